"""The rules the codebook declares: keys, references between tables, sums, the order of dates."""

from collections.abc import Iterator

from helpers.codebook import Codebook, Order, Reference, Sum
from helpers.data.checks import Finding, Tables, delivered, look_up


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


def duplicate_keys(name: str, tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    """Two rows with one key; every row after the first is reported."""
    key = list(codebook.tables[name].key)
    if not delivered(tables, *(f"{name}.{column}" for column in key)):
        return
    first: dict[tuple, int] = {}
    for row, *values in tables[name][key].dropna().itertuples(name=None):
        before = first.setdefault(tuple(values), row)
        if before != row:
            said = ", ".join(f"{column} {value}" for column, value in zip(key, values, strict=True))
            remedy = "Keep one of the rows, or correct the key."
            yield Finding(name, row, key[-1], f"{said} is in row {before} already.", remedy, rule="key")


def references(name: str, reference: Reference, tables: Tables) -> Iterator[Finding]:
    """Values that are not found where the codebook says; rows with an empty cell among them are left alone."""
    columns, found = list(reference.columns), list(reference.found)
    if not delivered(tables, *(f"{name}.{c}" for c in columns), *(f"{reference.to}.{c}" for c in found)):
        return
    known = set(tables[reference.to][found].dropna().itertuples(index=False, name=None))
    for row, *values in tables[name][columns].dropna().itertuples(name=None):
        if tuple(values) not in known:
            message = reference.message.format(**dict(zip(columns, values, strict=True)))
            yield Finding(name, row, columns[-1], message, reference.remedy, rule=reference.rule)


def sums(total: Sum, tables: Tables) -> Iterator[Finding]:
    """A total that is not the sum of its parts; rows with an empty cell among them are left alone."""
    columns = [total.total, *total.parts]
    if not delivered(tables, *(f"{total.table}.{column}" for column in columns)):
        return
    for row, said, *parts in tables[total.table][columns].dropna().itertuples(name=None):
        if said != sum(parts):
            message = f"{said} is not the sum of its components, {' + '.join(map(str, parts))} = {sum(parts)}."
            yield Finding(total.table, row, total.total, message, total.remedy, rule=total.rule)


def dates_in_order(order: Order, tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    """A date on the wrong side of the patient's other date; of several others, it must contradict them all."""
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
    wrong = rows[column] < other if at_later else rows[column] > other
    for row in rows.index[wrong.to_numpy(dtype=bool)]:
        side = "before" if at_later else "after"
        message = f"{rows.at[row, column]:%Y-%m-%d} is {side} the patient's {label}, {other[row]:%Y-%m-%d}."
        yield Finding(order.row, row, column, message, "Correct whichever date is wrong.", rule=order.rule)
