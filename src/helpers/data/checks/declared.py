"""The rules the codebook declares about rows: keys, references between tables, sums, the order of dates, numbering."""

from collections.abc import Iterator

import pandas as pd

from helpers.codebook import Codebook, Numbering, Order, Reference, Sum
from helpers.data.checks import Finding, Tables, delivered, in_rows, look_up, once
from helpers.data.shown import shown


def declared_findings(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    """All of them, for the columns that were delivered."""
    for name in tables:
        yield from duplicate_keys(name, tables, codebook)
    for reference in codebook.rules.references:
        everywhere = [table for table in tables if table != reference.to]
        for name in everywhere if reference.table == "*" else [reference.table]:
            yield from references(name, reference, tables)
    for total in codebook.rules.sums:
        yield from sums(total, tables)
    for order in codebook.rules.order:
        yield from dates_in_order(order, tables, codebook)
    for numbering in codebook.rules.numbering:
        yield from numbers_without_a_gap(numbering, tables)


def duplicate_keys(name: str, tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    """Two rows with one key; every row after the first is reported."""
    key = list(codebook.tables[name].key)
    if not delivered(tables, *(f"{name}.{column}" for column in key)):
        return
    rows = tables[name][key].dropna()
    again = rows[rows.duplicated()]
    if again.empty:
        return
    firsts = rows.assign(row=rows.index)[rows.duplicated(keep=False)].drop_duplicates(key)
    before = again.merge(firsts, on=key, how="left")["row"]
    for (row, *values), first in zip(again.itertuples(name=None), before, strict=True):
        said = ", ".join(f"{column} {shown(value)}" for column, value in zip(key, values, strict=True))
        remedy = "Keep one of the rows, or correct the key."
        yield Finding(name, row, key[-1], f"{said} is in row {first} already.", remedy, rule="key")


def references(name: str, reference: Reference, tables: Tables) -> Iterator[Finding]:
    """Values that are not found where the codebook says; rows with an empty cell among them are left alone."""
    columns, found = list(reference.columns), list(reference.found)
    if not delivered(tables, *(f"{name}.{c}" for c in columns), *(f"{reference.to}.{c}" for c in found)):
        return
    known = tables[reference.to][found].dropna().drop_duplicates().set_axis(columns, axis=1)
    rows = tables[name][columns].dropna()
    if len(columns) == 1:
        there = rows[columns[0]].isin(known[columns[0]]).to_numpy(dtype=bool)
    else:
        there = (rows.merge(known, on=columns, how="left", indicator=True)["_merge"] == "both").to_numpy()
    for row, *values, times in once(rows[~there], columns).itertuples(name=None):
        said = {column: shown(value) for column, value in zip(columns, values, strict=True)}
        message = reference.message.format(**said).removesuffix(".") + f"{in_rows(times)}."
        yield Finding(name, row, columns[-1], message, reference.remedy, rule=reference.rule)


def sums(total: Sum, tables: Tables) -> Iterator[Finding]:
    """A total that is not the sum of its parts; rows with an empty cell among them are left alone."""
    columns = [total.total, *total.parts]
    if not delivered(tables, *(f"{total.table}.{column}" for column in columns)):
        return
    rows = tables[total.table][columns].dropna()
    wrong = rows[rows[total.total] != rows[list(total.parts)].sum(axis=1)]
    for row, said, *parts in wrong.itertuples(name=None):
        message = f"{said} is not the sum of its components, {' + '.join(map(str, parts))} = {sum(parts)}."
        yield Finding(total.table, row, total.total, message, total.remedy, rule=total.rule)


def dates_in_order(order: Order, tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    """A date on the wrong side of the patient's other date; of several others, it must contradict them all.

    Rows of a patient with one date are reported once.
    """
    (early_table, _, early), (late_table, _, late) = order.earlier.partition("."), order.later.partition(".")
    if not delivered(tables, order.earlier, order.later, f"{early_table}.subject_id", f"{late_table}.subject_id"):
        return
    at_later = order.row == late_table
    column = late if at_later else early
    rows = tables[order.row]
    if early_table == late_table:
        other, name = rows[early], early
    elif at_later:
        other, name = look_up(rows["subject_id"], tables[early_table].groupby("subject_id")[early].min()), early
    else:
        other, name = look_up(rows["subject_id"], tables[late_table].groupby("subject_id")[late].max()), late
    label = codebook.tables[early_table if at_later else late_table].columns[name].label.lower()
    wrong = (rows[column] < other if at_later else rows[column] > other).to_numpy(dtype=bool)
    found = pd.DataFrame({"subject": rows["subject_id"][wrong], "date": rows[column][wrong], "other": other[wrong]})
    side = "before" if at_later else "after"
    for row, _, date, against, times in once(found, ["subject", "date", "other"]).itertuples(name=None):
        message = f"{date:%Y-%m-%d} is {side} the patient's {label}, {against:%Y-%m-%d}{in_rows(times)}."
        remedy = "Correct whichever date is wrong."
        yield Finding(order.row, row, column, message, remedy, severity=order.severity, rule=order.rule)


def numbers_without_a_gap(numbering: Numbering, tables: Tables) -> Iterator[Finding]:
    """A patient whose highest number is above the count of different numbers: some row is not there."""
    table, _, column = numbering.column.partition(".")
    if not delivered(tables, numbering.column, f"{table}.subject_id"):
        return
    rows = tables[table][["subject_id", column]].dropna()
    rows = rows[rows[column] >= 1].drop_duplicates().sort_values(["subject_id", column], kind="stable")
    place = rows.groupby("subject_id").cumcount() + 1
    gap = rows[rows[column] != place].drop_duplicates("subject_id")
    for row, subject, number in gap.itertuples(name=None):
        message = f"patient {shown(subject)} has number {number}, but no number {place[row]}."
        yield Finding(table, row, column, message, numbering.remedy, severity="warning", rule=numbering.rule)
