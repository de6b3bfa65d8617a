"""The same thing delivered twice: rows that differ in their number alone, patients that differ in their identifier."""

from collections.abc import Iterator

import pandas as pd

from helpers.codebook import Codebook
from helpers.data.checks import Finding, Tables, rule
from helpers.data.shown import shown

#: Rows from which on two patients can be told to be one: fewer may agree by chance.
_ENOUGH = 4


@rule("duplicate-row")
def numbered_rows_differ(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    """A warning, of tables whose rows are numbered within a patient."""
    for numbering in codebook.rules.numbering:
        table, _, column = numbering.column.partition(".")
        if table in tables and column in tables[table]:
            yield from _same_rows(table, column, tables)


def _same_rows(table: str, number: str, tables: Tables) -> Iterator[Finding]:
    """Rows of a patient that say the same under another number; every row after the first."""
    rows = tables[table].drop(columns=number)
    again = rows.duplicated()
    if not again.any():
        return
    columns = list(rows)
    first = rows.assign(row=rows.index)[rows.duplicated(keep=False)].drop_duplicates(columns)
    before = rows[again].merge(first, on=columns, how="left")["row"]
    for row, earlier in zip(rows.index[again], before, strict=True):
        message = f"the row says the same as row {earlier} under another number."
        remedy = "Take one of them out; if it happened twice, keep both."
        yield Finding(table, row, number, message, remedy, severity="warning")


def _prints(tables: Tables, codebook: Codebook) -> pd.DataFrame:
    """First row of each patient with enough rows, the sum of their hashes, and their number."""
    prints = [pd.DataFrame({"subject": pd.Series(dtype="str"), "print": pd.Series(dtype="uint64")})]
    for table in tables.values():
        if "subject_id" in table and len(table.columns) > 1:
            rows = table.drop(columns="subject_id")
            hashed = pd.util.hash_pandas_object(rows, index=False)
            prints.append(pd.DataFrame({"subject": table["subject_id"], "print": hashed}))
    # a sum does not ask for the order of the rows; together with their number it stands for them
    each = pd.concat(prints).groupby("subject")["print"].agg(["sum", "size"])
    patients = tables["patients"]["subject_id"].dropna().drop_duplicates()
    first = pd.DataFrame({"subject": patients, "row": patients.index})
    return first.join(each[each["size"] >= _ENOUGH], on="subject", how="inner")


@rule("twin-patients", "patients.subject_id", across=_prints)
def patients_differ(tables: Tables, codebook: Codebook, prints: pd.DataFrame) -> Iterator[Finding]:
    """Patients whose rows in every table are the same but for the identifier; every patient after the first."""
    prints = prints.sort_values("row")
    again = prints[prints.duplicated(["sum", "size"])]
    if again.empty:
        return
    first = prints.drop_duplicates(["sum", "size"]).set_index(["sum", "size"])["subject"]
    here = again[again["subject"].isin(tables["patients"]["subject_id"])]
    for subject, row, mark, size in here.itertuples(index=False, name=None):
        message = f"patient {shown(subject)} has the same {size} rows as patient {shown(first[mark, size])}."
        remedy = "Was a patient entered under two identifiers? Take one of them out of every table."
        yield Finding("patients", row, "subject_id", message, remedy, severity="warning")
