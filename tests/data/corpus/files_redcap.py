"""Damage to a REDCap export."""

import csv
import io

from tests.data.corpus.case import damaged


def edit(folder, change):
    """Rewrite the records (the header first) of the export."""
    path = folder / "redcap.csv"
    records = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
    given = change(records)
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(records)
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    return given


def put(folder, field, value, *, where=None):
    """Put a value into the first record in which the field holds one, and give its row."""

    def change(records):
        at = records[0].index(field)
        row = next(k for k, cells in enumerate(records) if k and cells[at] and (where is None or cells[at] == where))
        records[row][at] = value
        return row + 1

    return edit(folder, change)


def rename(folder, field, name):
    def change(records):
        records[0] = [name if cell == field else cell for cell in records[0]]

    edit(folder, change)


@damaged("redcap", "type", "patients")
def an_age_in_words(folder):
    return put(folder, "age", "sixty")


@damaged("redcap", "code", "patients")
def a_code_the_dictionary_does_not_have(folder):
    return put(folder, "sex", "X")


@damaged("redcap", "type", "vas")
def a_decimal_comma(folder):
    return put(folder, "vas_vas", "3,4")


@damaged("redcap", "type", "deaths")
def a_date_in_the_french_order(folder):
    return put(folder, "death_date", "17/03/2018")


@damaged("redcap", "missing-column", "patients")
def a_field_that_is_missing(folder):
    def change(records):
        at = records[0].index("age")
        for cells in records:
            del cells[at]

    edit(folder, change)


@damaged("redcap", "direct-identifier", "redcap")
def a_field_of_names(folder):
    def change(records):
        for k, cells in enumerate(records):
            cells.append("" if k else "patient_name")
        return 1

    return edit(folder, change)


@damaged("redcap", "extra-column", "redcap")
def a_field_nobody_declared(folder):
    def change(records):
        for k, cells in enumerate(records):
            cells.append("" if k else "hb_g_dl")
        return 1

    return edit(folder, change)


@damaged("redcap", "redcap-instrument", "redcap")
def an_instrument_nobody_declared(folder):
    return put(folder, "redcap_repeat_instrument", "biopsies")


@damaged("redcap", "encoding", "redcap")
def an_export_in_latin_1(folder):
    path = folder / "redcap.csv"
    path.write_bytes(path.read_text(encoding="utf-8-sig").replace("as reported", "rapporté").encode("latin-1"))


@damaged("redcap", "csv", "redcap")
def a_nul_byte(folder):
    path = folder / "redcap.csv"
    path.write_bytes(path.read_bytes().replace(b"Fever", b"Fe\0ver", 1))


@damaged("redcap", "missing-header", "redcap")
def an_empty_file(folder):
    (folder / "redcap.csv").write_bytes(b"")


@damaged("redcap", "row-length", "redcap")
def a_file_cut_off_in_a_record(folder):
    path = folder / "redcap.csv"
    whole = path.read_text(encoding="utf-8-sig")
    path.write_text(whole[: whole.index("\n", 9000) + 30])
    return path.read_text().count("\n") + 1


@damaged("redcap-labels", "code", "patients")
def a_label_the_dictionary_does_not_have(folder):
    path = folder / "redcap.csv"
    path.write_text(path.read_text(encoding="utf-8-sig").replace(",Female,", ",Féminin,", 1), encoding="utf-8")
    return 2
