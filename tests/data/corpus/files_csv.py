"""Damage to the files of the compendium's own format, as programs and people do it."""

import os

from tests.data.corpus.case import damaged


def text(folder, table, change):
    """Rewrite a table's text; bytes are written as they are."""
    path = folder / f"{table}.csv"
    changed = change(path.read_text(encoding="utf-8"))
    path.write_bytes(changed if isinstance(changed, bytes) else changed.encode())


def lines(folder, table, change):
    text(folder, table, lambda whole: "\n".join(change(whole.splitlines())) + "\n")


def cell(folder, table, row, column, value):
    """Put a value (as CSV) into a cell, by spreadsheet row and column."""

    def change(rows):
        cells = rows[row - 1].split(",")
        cells[rows[0].split(",").index(column)] = value
        return [*rows[: row - 1], ",".join(cells), *rows[row:]]

    lines(folder, table, change)
    return row


@damaged("csv", "encoding", "adverse_events")
def a_table_in_latin_1(folder):
    text(folder, "adverse_events", lambda whole: whole.replace("reported", "rapporté").encode("latin-1"))


@damaged("csv", "encoding", "vas")
def a_table_in_utf_16(folder):
    text(folder, "vas", lambda whole: whole.encode("utf-16"))


@damaged("csv", "csv", "vas")
def semicolons_of_a_french_spreadsheet(folder):
    text(folder, "vas", lambda whole: whole.replace(",", ";"))
    return 1


@damaged("csv", "csv", "deaths")
def tabs_between_columns(folder):
    text(folder, "deaths", lambda whole: whole.replace(",", "\t"))
    return 1


@damaged("csv", "type", "vas")
def a_decimal_comma(folder):
    return cell(folder, "vas", 4, "vas", '"3,4"')


@damaged("csv", "range", "vas")
def a_byte_order_mark_and_a_value_out_of_range(folder):
    cell(folder, "vas", 4, "vas", "34")
    text(folder, "vas", lambda whole: "\ufeff" + whole)
    return 4


@damaged("csv", "row-length", "imaging")
def a_file_cut_off_in_a_row(folder):
    text(folder, "imaging", lambda whole: whole[: whole.index("\n", 4000) + 9])
    return (folder / "imaging.csv").read_text().count("\n") + 1


@damaged("csv", "unexplained-absence", "patients", severity="warning")
def a_file_cut_off_between_rows(folder):
    lines(folder, "stature", lambda rows: rows[:-1])
    subject = (folder / "stature.csv").read_text().splitlines()[-1].split(",")[0]
    people = [row.split(",")[0] for row in (folder / "patients.csv").read_text().splitlines()]
    return people.index(subject) + 1


@damaged("csv", "missing-header", "leaks")
def an_empty_file(folder):
    (folder / "leaks.csv").write_bytes(b"")


@damaged("csv", "both-arms", "patients")
def a_table_of_patients_without_a_row(folder):
    lines(folder, "patients", lambda rows: rows[:1])


@damaged("csv", "missing-table", "dallas")
def a_table_that_was_not_delivered(folder):
    (folder / "dallas.csv").unlink()


@damaged("csv", "missing-column", "vas")
def a_header_in_another_case(folder):
    lines(folder, "vas", lambda rows: [rows[0].replace("vas_date", "VAS Date"), *rows[1:]])


@damaged("csv", "extra-column", "vas")
def a_header_with_a_column_spelt_otherwise(folder):
    lines(folder, "vas", lambda rows: [rows[0].replace("vas_date", "VAS Date"), *rows[1:]])
    return 1


@damaged("csv", "missing-column", "vas")
def a_table_without_its_header(folder):
    lines(folder, "vas", lambda rows: rows[1:])


@damaged("csv", "code", "leaks")
def two_columns_exchanged_below_their_header(folder):
    def change(rows):
        split = [row.split(",") for row in rows]
        a, b = split[0].index("leak_type"), split[0].index("leak_size")
        for cells in split[1:]:
            cells[a], cells[b] = cells[b], cells[a]
        return [",".join(cells) for cells in split]

    lines(folder, "leaks", change)
    return 2


@damaged("csv", "heights", "imaging", severity="warning")
def anterior_and_posterior_exchanged_in_the_header(folder):
    head = {"anterior_mm": "posterior_mm", "posterior_mm": "anterior_mm"}
    lines(folder, "imaging", lambda rows: [",".join(head.get(c, c) for c in rows[0].split(",")), *rows[1:]])


@damaged("csv", "key", "patients")
def a_patient_entered_twice(folder):
    lines(folder, "patients", lambda rows: [*rows, rows[1]])
    return len((folder / "patients.csv").read_text().splitlines())


@damaged("csv", "twin-patients", "patients", severity="warning")
def a_patient_under_two_identifiers(folder):
    subject = (folder / "patients.csv").read_text().splitlines()[3].split(",")[0]
    for path in folder.glob("*.csv"):
        lines(
            folder,
            path.stem,
            lambda rows: rows + [row.replace(subject, "SYN-01-901") for row in rows if row.startswith(f"{subject},")],
        )
    return len((folder / "patients.csv").read_text().splitlines())


@damaged("csv", "csv", "adverse_events")
def a_nul_byte(folder):
    text(folder, "adverse_events", lambda whole: whole.replace("Fever", "Fe\0ver", 1))


@damaged("csv", "csv", "adverse_events")
def a_cell_of_ten_megabytes(folder):
    text(folder, "adverse_events", lambda whole: whole.replace("Fever", "x" * 10_000_000, 1))


@damaged("csv", "extra-column", "vas")
def a_header_of_a_million_columns(folder):
    lines(folder, "vas", lambda rows: [rows[0] + "," + ",".join(f"c{k}" for k in range(1_000_000)), *rows[1:]])
    return 1


@damaged("csv", "csv", "stature")
def a_quotation_mark_that_never_closes(folder):
    text(folder, "stature", lambda whole: whole + '"SYN-01-001,D0')


@damaged("csv", "outside-folder", "deaths")
def a_link_that_leads_out_of_the_folder(folder):
    target = folder.parent / "elsewhere.csv"
    (folder / "deaths.csv").rename(target)
    (folder / "deaths.csv").symlink_to(os.path.relpath(target, folder))


@damaged("csv", "not-a-file", "deaths")
def a_folder_in_place_of_a_file(folder):
    (folder / "deaths.csv").unlink()
    (folder / "deaths.csv").mkdir()


@damaged("csv", "outside-folder", "deaths")
def a_link_to_nowhere(folder):
    (folder / "deaths.csv").unlink()
    (folder / "deaths.csv").symlink_to("/nowhere/at/all.csv")


@damaged("csv", "unknown-file", "vas")
def a_spreadsheet_beside_the_tables(folder):
    (folder / "vas.xlsx").write_bytes(b"PK\x03\x04")


@damaged("csv", "direct-identifier", "patients")
def a_column_of_names(folder):
    lines(folder, "patients", lambda rows: [rows[0] + ",Nom", *(f"{row},Dupont" for row in rows[1:])])
    return 1


@damaged("csv", "pattern", "patients")
def a_formula_for_an_identifier(folder):
    return cell(folder, "patients", 2, "subject_id", '"=HYPERLINK(""http://x"")"')


@damaged("csv", "code", "adverse_events")
def a_script_for_a_term(folder):
    rows = (folder / "adverse_events.csv").read_text().splitlines()
    at = next(k for k, row in enumerate(rows) if ",Back pain," in row)
    rows[at] = rows[at].replace(",Back pain,", ",<script>alert(1)</script>,")
    lines(folder, "adverse_events", lambda _: rows)
    return at + 1


@damaged("csv", "type", "deaths")
def dates_in_the_french_order(folder):
    return cell(folder, "deaths", 2, "death_date", "17/03/2018")


@damaged("csv", "type", "patients")
def a_date_as_the_number_of_a_spreadsheet(folder):
    return cell(folder, "patients", 2, "randomisation_date", "42477")


@damaged("csv", "type", "dallas")
def a_word_for_a_missing_value(folder):
    return cell(folder, "dallas", 2, "item_03", "NA")


@damaged("csv", "empty-row", "vas")
def an_empty_row_between_others(folder):
    lines(folder, "vas", lambda rows: [*rows[:2], ",,,", *rows[2:]])
    return 3


@damaged("csv", "duplicate-column", "deaths")
def a_column_that_comes_twice(folder):
    lines(folder, "deaths", lambda rows: [rows[0] + ",cause", *(f"{row},OTHER" for row in rows[1:])])
    return 1


@damaged("csv", "csv", "vas")
def carriage_returns_alone_and_a_quote(folder):
    text(folder, "vas", lambda whole: whole.replace("\n", "\r", 3) + '"')


@damaged("csv", "type", "patients")
def digits_of_another_script(folder):
    return cell(folder, "patients", 2, "age", "\u0666\u0660")


@damaged("csv", "type", "vas")
def a_number_that_is_not_one(folder):
    return cell(folder, "vas", 2, "vas", "nan")


@damaged("csv", "type", "leaks")
def a_number_of_a_thousand_digits(folder):
    return cell(folder, "leaks", 2, "leak_number", "9" * 1000)
