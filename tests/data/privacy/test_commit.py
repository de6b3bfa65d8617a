"""The commit guard on files: places, kinds, rows of patients in every shape, identifiers, the key."""

import csv
import io
import json
import subprocess
import zipfile

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.data.formats import FORMATS, write_export
from helpers.data.load import read_table
from helpers.data.privacy.commit import Secrets, check_outputs, guard
from helpers.data.privacy.identifiers import identifiers_of
from helpers.data.privacy.rows import names_of, subjects_in
from tests.baking import ROOT
from tests.data.real import unmark

CSV = "subject_id,visit,vas\n77-001,D0,7.8\n77-002,D0,6.1\n"


@pytest.fixture(scope="module")
def names(codebook):
    return names_of(codebook)


@pytest.fixture
def refused(names):
    """The reasons for which one file is refused."""

    def judge(path, content, **secrets):
        content = content.encode() if isinstance(content, str) else content
        return [refusal.reason for refusal in guard([(path, content)], names, Secrets(**secrets))]

    return judge


@pytest.fixture(scope="module")
def tables(derived_template, codebook):
    """Typed tables of 31 patients without the generator's mark."""
    folder = derived_template / "data" / "interim"
    found = {name: read_table(folder / f"{name}.parquet") for name in codebook.tables}
    return {n: t.assign(subject_id=t["subject_id"].str.removeprefix("SYN-")) for n, t in found.items()}


def test_every_file_of_this_repository_may_be_committed(names):
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    present = [name for name in listed.split("\0") if name and (ROOT / name).is_file()]
    assert len(present) > 200
    assert guard([(name, (ROOT / name).read_bytes()) for name in present], names) == []


@pytest.mark.parametrize(
    "path",
    [
        "data/raw/hospital/patients.csv",
        "data/raw/export.zip",
        "data/raw/notes.txt",
        "Data/Raw/x.txt",
        "data/interim/vas.parquet",
        "data/processed/provenance.json",
        ".secrets/date-shift.key",
        ".dvc/cache/files/md5/00/aa",
    ],
)
def test_places_of_data_are_refused_whatever_lies_there(refused, path):
    assert refused(path, "nothing") == ["this is a place of data, which git must not keep."]


@pytest.mark.parametrize(
    "path", ["data/raw/hospital.dvc", "data/raw/.gitignore", "data/README.md", "data/database-lock.json"]
)
def test_what_git_keeps_of_the_data_may_be_committed(refused, path):
    assert refused(path, "outs:\n- md5: 00\n  path: hospital\n") == []


@pytest.mark.parametrize(
    "ending", ["parquet", "xpt", "XPT", "sas7bdat", "xlsx", "sav", "rds", "dta", "pkl", "pdf", "dcm"]
)
def test_kinds_of_files_that_hold_data_are_refused(refused, ending):
    assert "can hold patients' data" in refused(f"docs/x.{ending}", b"")[0]


@pytest.mark.parametrize("ending", ["zip", "gz", "7z", "tar", "gpg"])
def test_packed_files_are_refused(refused, ending):
    assert "cannot be looked into" in refused(f"docs/x.{ending}", b"")[0]


@pytest.mark.parametrize("name", ["notes.txt", "figure.png", "README", "script.py"])
def test_a_parquet_file_is_known_by_its_bytes_whatever_it_is_called(refused, derived_template, name):
    content = (derived_template / "data" / "interim" / "vas.parquet").read_bytes()
    assert "it is Parquet" in refused(name, content)[0]


def test_a_workbook_is_known_by_its_bytes(refused):
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    assert "archive or a workbook" in refused("notes.txt", book.getvalue())[0]


def test_unknown_binary_files_and_very_large_ones_are_refused(refused):
    assert "it is binary" in refused("x.bin", bytes(range(256)) * 10)[0]
    assert "larger than 20 MB" in refused("x.txt", b"a" * 20_000_001)[0]


def test_pictures_and_documents_without_patients_may_be_committed(refused):
    for name in ("manuscript/assets/reference.docx", "manuscript/assets/favicon.svg"):
        assert refused(name, (ROOT / name).read_bytes()) == []
    assert refused("x.png", b"\x89PNG\r\n\x1a\n\0\0\0") == []


def test_a_word_document_with_a_table_of_patients_is_refused(refused):
    document = docx.Document()
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(
        (c for row in table.rows for c in row.cells), ["subject_id", "vas", "77-001", "7"], strict=True
    ):
        cell.text = text
    file = io.BytesIO()
    document.save(file)
    assert refused("report.docx", file.getvalue()) == ["it holds rows of 1 patient."]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"])
def test_rows_are_found_in_every_encoding(refused, encoding):
    assert refused("x.txt", ("é" * 9 + "\n" + CSV).encode(encoding)) == ["it holds rows of 2 patients."]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "heading", ["subject_id", "USUBJID", '"SUBJID"', "Subject identifier", "record_id", " Subject_ID "]
)
def test_rows_are_found_whatever_parts_them_and_however_the_column_is_called(refused, delimiter, heading):
    text = CSV.replace("subject_id", heading).replace(",", delimiter)
    assert refused("docs/x.md", "Some words\n\n" + text) == ["it holds rows of 2 patients."]


def test_a_list_of_who_is_who_is_refused_though_no_column_is_the_codebooks(refused):
    assert refused("x.csv", "nom;subject_id\nDupont;77-001\n") == ["it holds rows of 1 patient."]


def test_one_row_is_enough_and_a_header_alone_is_none(refused):
    assert refused("x.csv", "subject_id,visit\n77-001,D0\n")
    assert refused("x.csv", "subject_id,visit\n") == []


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("table", ["patients", "imaging", "adverse_events", "procedures"])
def test_rows_are_refused_though_their_identifiers_were_cut_off(refused, tables, table, delimiter):
    cut = tables[table].drop(columns="subject_id").head(5)
    assert refused("docs/x.txt", cut.to_csv(sep=delimiter, index=False)) == ["it holds rows of patients."]


def test_rows_of_a_markdown_table_may_leave_out_the_pipes_at_their_ends(refused, tables):
    header, *rows = tables["procedures"].drop(columns="subject_id").head(5).to_csv(sep="|", index=False).splitlines()
    assert refused("x.md", "\n".join([f"|{header}|", *rows])) == ["it holds rows of patients."]


@pytest.mark.parametrize(
    "text",
    [
        "endpoint,visit,group,statistic,value\npain,D0,KP,mean,6.3\n",
        "| age | sex | what |\n|---|---|---|\n| 61 | F | an example |\n",
        "age, sex, site_id, allocated and stratum_levels describe 31 patients,\nin 2 sites, 2 arms, 2 strata\n",
        "age,sex,primary_tumour,allocated\n",
    ],
)
def test_tables_of_results_and_headers_alone_are_no_rows(refused, text):
    assert refused("docs/x.md", text) == []


def test_quoted_cells_may_hold_the_delimiter(refused):
    assert refused("x.csv", 'subject_id,verbatim\n77-001,"Pain, severe"\n')


@pytest.mark.parametrize("orient", ["records", "columns", "split", "table", "index"])
def test_a_frame_written_as_json_is_refused(refused, tables, orient):
    assert refused("x.json", tables["vas"].to_json(orient=orient, date_format="iso"))


@pytest.mark.parametrize("table", ["vas", "adverse_events", "imaging", "patients"])
@pytest.mark.parametrize("write", ["to_html", "to_string", "to_csv", "to_latex"])
def test_a_frame_written_as_text_is_refused(refused, tables, table, write):
    if write == "to_latex":
        lines = [" & ".join(map(str, row)) + r" \\" for row in tables[table].head().astype("str").to_numpy()]
        text = " & ".join(tables[table].columns) + r" \\" + "\n" + "\n".join(lines)
    else:
        text = getattr(tables[table].head(20), write)()
    assert refused("docs/page.txt", text)


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_of_an_export_is_refused_anywhere(refused, tables, codebook, tmp_path, format):
    write_export(tables, tmp_path, codebook, format)
    with_rows = {"csv": set(codebook.tables)}.get(format)
    written = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert written
    for path in written:
        reasons = refused(f"docs/{path.name}", path.read_bytes())
        assert reasons or (with_rows and path.stem not in with_rows), path.name


def test_a_redcap_export_with_labels_is_refused_and_its_patients_are_known(refused, project, tables, codebook):
    folder = project / "data" / "raw" / "hospital"
    folder.mkdir()
    write_export(tables, folder, codebook, "redcap", coding="label", headers="label")
    (path,) = (p for p in folder.iterdir() if p.is_file())
    assert refused("docs/x.txt", path.read_bytes()) == ["it holds rows of 31 patients."]
    assert identifiers_of(project / "data", codebook) == set(tables["patients"]["subject_id"])


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("x.ndjson", '{"subject_id": "SYN-01-001", "vas": 7}\n{"subject_id": "SYN-01-002", "vas": 5}\n'),
        ("x.ndjson", '{"columns": [{"name": "USUBJID"}, {"name": "AGE"}]}\n["SYN-01-001", 60]\n'),
        ("x.json", '{"columns": [{"name": "USUBJID"}, {"name": "AGE"}], "rows": [["SYN-01-001", 60]]}'),
        ("x.json", '[["USUBJID", "AGE"], ["SYN-01-001", 60]]'),
        ("x.json", '{"a": {"b": [{"usubjid": "SYN-01-001", "age": 60}]}}'),
        ("x.yaml", "- subject_id: SYN-01-001\n  vas: 7\n"),
        ("x.xml", '<ODM><SubjectData SubjectKey="SYN-01-001"></SubjectData></ODM>'),
        ("x.sql", "INSERT INTO vas (subject_id, visit) VALUES ('SYN-01-001', 'D0');"),
        ("x.R", 'd <- data.frame(USUBJID = c("SYN-01-001", "SYN-01-002"), AVAL = c(7, 6))'),
        ("x.txt", "visit|vas_date|vas|subject_id\n|||SYN-01-001\n"),
        ("x.md", "| visit | subject_id |\n|--|--|\n D0 | SYN-01-001\n"),
        ("x.py", 'd = pd.DataFrame({"subject_id": ["SYN-01-001", "SYN-01-002"], "vas": [7, 6]})'),
    ],
)
def test_rows_are_found_in_other_shapes(refused, path, text):
    assert "it holds rows of" in refused(path, text.replace("SYN-", ""))[0]


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0", exclude_categories=["C", "Z"]), max_size=12)


@given(
    table=st.sampled_from(["vas", "patients", "leaks", "adverse_events", "deaths"]),
    subjects=st.lists(st.from_regex(r"[A-Z]{0,2}[0-9]{2}-[0-9]{1,4}", fullmatch=True), min_size=1, max_size=5),
    cells=st.lists(CELL, min_size=30, max_size=30),
    delimiter=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    above=st.sampled_from(["", "# a remark\n", "\n\n", "Exported by somebody; on a day\n"]),
    first=st.booleans(),
)
@settings(max_examples=200)
def test_rows_of_any_table_are_refused_however_they_are_written(
    names, codebook, table, subjects, cells, delimiter, quoting, end, encoding, above, first
):
    columns = [c for c in codebook.tables[table].columns if c != "subject_id"]
    columns.insert(0 if first else len(columns), "subject_id")
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter, quoting=quoting, lineterminator=end)
    writer.writerow(columns)
    for k, subject in enumerate(subjects):
        values = iter(cells[k:])
        writer.writerow([subject if c == "subject_id" else next(values) for c in columns])
    content = (above + file.getvalue()).encode(encoding)
    assert guard([("docs/notes.txt", content)], names) != []


def notebook(outputs, source="1 + 1"):
    cell = {
        "cell_type": "code",
        "id": "a",
        "metadata": {},
        "execution_count": None,
        "source": [source],
        "outputs": outputs,
    }
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


def test_a_notebook_with_outputs_is_refused_and_one_without_is_not(refused):
    shown = [{"output_type": "execute_result", "data": {"text/plain": ["7.8"]}, "metadata": {}, "execution_count": 1}]
    assert refused("notebooks/pain.ipynb", notebook([])) == []
    assert refused("notebooks/pain.ipynb", notebook(shown)) == ["the notebook has outputs, which can show patients."]


@pytest.mark.parametrize(
    "text",
    [
        'keys = ["subject_id", "visit", "reader"]\nrows = ["77-001", "D0", "1"]\n',
        "| subject_id | pseudonym |\n|---|---|\n| visit | code |\n| item_01 | score |\n",
        "USUBJID, AVISIT and AVAL are in every dataset.\nWith 31 patients, 4 visits and 1 value.\n",
        "subject_id: {label: Subject identifier, type: string}\n",
        "The columns are:\n\nUSUBJID AVISIT AVAL\n\nand nothing else.\n",
        '{"subject_id": {"label": "Subject", "type": "string"}, "visit": {"label": "Visit"}}',
        '{"endpoint": "pain", "group": "KP", "value": 31}',
    ],
)
def test_words_about_columns_are_no_rows(refused, text):
    assert refused("docs/x.md", text) == []


@pytest.mark.parametrize("subject", ["SYN-01-001", "KYPHO-01-SYN-01-001", "P1", "1"])
def test_tests_may_hold_rows_of_invented_patients(refused, subject):
    text = CSV.replace("77-001", subject).replace("77-002", "SYN-01-002")
    assert refused("tests/data/fixture.csv", text) == []
    assert refused("docs/fixture.csv", text) != []


def test_tests_may_not_hold_rows_that_look_real(refused):
    assert refused("tests/data/fixture.csv", CSV) == ["it holds rows of 2 patients (rows of a test are marked SYN-)."]


@pytest.mark.parametrize(
    "text",
    ["Patient 77-017 withdrew.", "see KYPHO-01-77-017", "<text>77-017</text>", "x='77-017'", "(77-017)", "77-017_scan"],
)
def test_an_identifier_of_a_present_export_is_refused_in_any_text(refused, text):
    assert refused("docs/x.md", text, identifiers=frozenset({"77-017"})) == [
        "it names a patient of an export that is present."
    ]


def test_an_identifier_in_the_name_of_a_file_is_refused(refused):
    reasons = refused("docs/scan-of_77-017.png", b"\x89PNG\r\n\x1a\n", identifiers=frozenset({"77-017"}))
    assert reasons == ["its name holds a patient of an export that is present."]


@pytest.mark.parametrize(
    ("identifier", "text"), [("123456", "p = 0.123456"), ("12345", "12345 rows"), ("7", "7 patients"), ("anna", "Anna")]
)
def test_identifiers_that_look_like_ordinary_words_count_behind_the_name_of_the_study_only(refused, identifier, text):
    assert refused("docs/x.md", text, identifiers=frozenset({identifier})) == []
    assert refused("docs/x.md", f"KYPHO-01-{identifier}", identifiers=frozenset({identifier})) != []


def test_an_identifier_that_the_file_held_before_is_not_refused_again(names):
    secrets = Secrets(identifiers=frozenset({"77-017", "77-018"}))
    old, new = b"lot 77-017", b"lot 77-017, and 77-018"
    assert guard([("x.md", old)], names, secrets, lambda path: old) == []
    assert guard([("x.md", new)], names, secrets, lambda path: old) != []


@pytest.mark.parametrize("text", ["key = '{}'", "{}", "KEY={}\n"])
def test_the_key_of_the_date_shift_is_refused_anywhere(refused, text):
    key = "0123456789abcdef" * 4
    assert refused("notes.md", text.format(key.upper()), key=key) == ["it holds the secret key of the date shift."]


@pytest.mark.parametrize("format", FORMATS)
def test_identifiers_are_those_of_the_real_exports_that_are_present(project, export, tables, codebook, format):
    real = {name: table.assign(subject_id="H-" + table["subject_id"]) for name, table in tables.items()}
    folder = project / "data" / "raw" / "hospital"
    folder.mkdir()
    write_export(real, folder, codebook, format)
    assert identifiers_of(project / "data", codebook) == {s.casefold() for s in real["patients"]["subject_id"]}


def test_synthetic_patients_are_no_identifiers(project, codebook):
    assert identifiers_of(project / "data", codebook) == set()


def test_identifiers_are_known_from_the_interim_tables_when_the_export_itself_is_away(
    export, project, params, codebook
):
    from helpers.data.validate import validate
    from tests.data.real import named

    folder = unmark(export)
    validate(named(params))
    expected = {row["subject_id"] for row in export.rows("patients")}
    folder.rename(project / "elsewhere")
    assert identifiers_of(project / "data", codebook) == expected


def test_a_broken_export_does_not_stop_the_guard(project, codebook):
    folder = project / "data" / "raw" / "broken"
    folder.mkdir()
    (folder / "patients.csv").write_bytes(b'subject_id\x00,\xff\n"' + b"x" * 200_000)
    (folder / "dm.xpt").write_bytes(b"HEADER RECORD*******")
    identifiers_of(project / "data", codebook)


@pytest.mark.parametrize(
    "text", ["", "[", "{" * 100_000, "[" * 100_000, '{"subject_id": ' * 50_000, "\0", "subject_id," * 9_000]
)
def test_hostile_text_does_not_stop_the_guard(names, text):
    assert subjects_in(text, names) == set()


def test_what_leaves_without_having_been_in_git_is_looked_through_too(tmp_path, monkeypatch):
    """An export that is present, its key, and results that name a patient or hold rows."""
    monkeypatch.chdir(tmp_path)
    for name in ("params.yaml", "dvc.yaml", "data/codebook.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    export = tmp_path / "data/raw/export"
    export.mkdir(parents=True)
    (export / "patients.csv").write_text("subject_id,site_id\nKYP77-001,01\n", encoding="utf-8")
    (tmp_path / ".secrets").mkdir()
    (tmp_path / ".secrets/date-shift.key").write_text("ab" * 32, encoding="utf-8")
    leaving = [
        ("results/a.csv", b"subject_id,visit,vas\nP1,D0,7.8\nP2,D0,6.1\n"),
        ("_site/b.html", b"<p>Patient KYP77-001 withdrew.</p>"),
        ("_site/c.js", b"const key = '" + b"AB" * 32 + b"'"),
        ("_site/KYP77-001.svg", b"<svg/>"),
        ("_site/sound.html", b"<p>Of 31 patients 9 had no leak.</p>"),
        ("_site/d.pdf", b"%PDF-1.7"),
    ]
    said = check_outputs(leaving, synthetic=False)
    assert [line.split(": ")[0] for line in said] == [
        "_site/KYP77-001.svg",
        "_site/b.html",
        "_site/c.js",
        "results/a.csv",
    ]
    assert "rows of patients" in said[3]
    assert [line.split(": ")[0] for line in check_outputs(leaving, synthetic=True)] == [
        line.split(": ")[0] for line in said[:3]
    ]
