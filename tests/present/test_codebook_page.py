"""The codebook for readers says what is declared: no more, no less, each variable once."""

import csv
import io
import re
import subprocess
from contextlib import chdir

import pytest
from bs4 import BeautifulSoup

from helpers.codebook import Codebook, load_codebook
from helpers.data.formats.redcap_dictionary import dictionary
from helpers.present import codebook_page, codebook_variables
from helpers.present.collect import collect
from helpers.publish.pandoc import READER, pandoc_path
from helpers.publish.shortcodes import SHORTCODE
from tests.baking import ROOT
from tests.present.conftest import make_project
from tests.present.test_collect import with_results

#: What the page is made of; a script, picture or frame would be another.
TAGS = {
    *("h2", "h3", "p", "em", "a", "code", "span", "div"),
    *("table", "colgroup", "col", "thead", "tbody", "tr", "th", "td"),
}
CELL = re.compile(r"(?<!\\)\|")


@pytest.fixture(scope="module")
def book() -> Codebook:
    return load_codebook(ROOT / "data/codebook.yaml")


@pytest.fixture(scope="module")
def text(book) -> str:
    return codebook_page.page(book)


def table_rows(text: str) -> dict[str, dict[str, str]]:
    """The searchable table: anchor of the row -> heading -> cell."""
    block = text.split("::: {.search-table", 1)[1].split("\n:::\n", 1)[0]
    header, _, *lines = [line for line in block.splitlines() if line.startswith("|")]
    names, *rows = [[cell.strip() for cell in CELL.split(line)[1:-1]] for line in (header, *lines)]
    return {re.search(r"\{#(.+?)\}", row[0]).group(1): dict(zip(names, row, strict=True)) for row in rows}


def test_every_variable_of_the_export_has_one_row_with_a_permanent_link_of_its_own(book, text):
    declared = [f"{table}.{name}" for table, content in book.tables.items() for name in content.columns]
    rows = table_rows(text)
    assert list(rows) == declared
    assert all(row["Variable"].endswith(f"](#{anchor}){{#{anchor}}}") for anchor, row in rows.items())
    anchors = re.findall(r"\{#([^}]+)\}", text)
    assert len(anchors) == len(set(anchors))


def test_a_row_says_what_the_codebook_says_of_the_variable(book, text):
    for anchor, row in table_rows(text).items():
        table, name = anchor.split(".")
        column = book.tables[table].columns[name]
        assert row["What it is"].startswith(column.label)
        assert (row["Type"], row["Unit"], row["Sensitivity"]) == (column.type, column.unit or "", column.sensitivity)
        assert row["Table, form"] == f"`{table}` [{book.tables[table].form}]{{.line}}"
        assert (row["Empty cell"] == "not allowed") == column.required


@pytest.mark.parametrize(
    ("anchor", "heading", "words"),
    [  # each as declared in data/codebook.yaml
        ("patients.age", "Codes or range", "[18 to 110]{.whole}"),
        ("imaging.kyphosis_deg", "Codes or range", "[−45 to 90]{.whole}"),
        ("deaths.death_date", "Codes or range", "[2016-03-01 to 2020-12-01]{.whole}"),
        ("leaks.symptomatic", "Codes or range", "[`Y` Yes]{.line} [`N` No]{.line}"),
        ("patients.sex", "Codes or range", "[`sex`](#list.sex) [`F` Female]{.line} [`M` Male]{.line}"),
        ("procedures.level", "Codes or range", "17 codes: [`level`](#list.level)"),
        ("patients.subject_id", "Codes or range", r"pattern \[A-Za-z0-9\]\[A-Za-z0-9\_-\]\*"),
        ("adverse_events.verbatim", "Codes or range", ""),
        ("vas.vas", "What it is", "Pain (delivered in cm or mm, as `data.vas_unit` says)"),
        ("imaging.reader", "What it is", "Reader (assumed: two readings of every image)"),
        ("adverse_events.end_date", "Empty cell", "not over when last asked"),
        ("imaging.anterior_mm", "Empty cell", "not known"),
        ("dallas.item_01", "Empty cell", "not known; DPQDA replaces up to 1 of 7"),
        ("dallas.item_16", "Empty cell", "not known; no DPQSI then"),
        ("dallas.dpqda", "Empty cell", "to be scored from the items; the column may be absent"),
    ],
)
def test_codes_ranges_and_empty_cells_are_in_words(text, anchor, heading, words):
    assert table_rows(text)[anchor][heading] == words


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ({"min": 3}, "3 or more"),
        ({"max": 4.5}, "up to 4.5"),
        ({"min": -2, "max": -1}, "−2 to −1"),
        ({}, ""),
    ],
)
def test_a_range_may_be_open(book, declared, words):
    age = book.tables["patients"].columns["age"].model_copy(update={"min": None, "max": None, **declared})
    table = book.tables["patients"]
    changed = table.model_copy(update={"columns": table.columns | {"age": age}})
    text = codebook_page.page(book.model_copy(update={"tables": book.tables | {"patients": changed}}))
    assert table_rows(text)["patients.age"]["Codes or range"] == (f"[{words}]{{.whole}}" if words else "")


def test_every_code_list_has_an_anchor_and_every_link_on_the_page_leads_somewhere(book, text):
    anchors = set(re.findall(r"\{#([^}]+)\}", text))
    assert {f"list.{name}" for name in book.all_codelists} <= anchors
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= anchors


def test_each_kind_of_type_and_sensitivity_is_explained(book, text):
    columns = [column for table in book.tables.values() for column in table.columns.values()]
    assert {column.type for column in columns} <= set(codebook_page.TYPES)
    assert {column.sensitivity for column in columns} <= set(codebook_page.SENSITIVITY)
    assert all(f"*{word}* " in text for word in (*codebook_page.TYPES, *codebook_page.SENSITIVITY))


def test_the_csv_holds_the_same_variables_with_plain_values(book, text):
    lines = list(csv.DictReader(io.StringIO(codebook_variables.to_csv(book))))
    assert [f"{line['table']}.{line['variable']}" for line in lines] == list(table_rows(text))
    found = {f"{line['table']}.{line['variable']}": line for line in lines}
    angle, sex, death = found["imaging.kyphosis_deg"], found["patients.sex"], found["deaths.death_date"]
    assert (angle["minimum"], angle["maximum"], angle["unit"]) == ("-45", "90", "degrees")
    assert (sex["codes"], sex["code_list"], sex["required"], sex["key"]) == ("F=Female; M=Male", "sex", "Y", "N")
    assert (death["minimum"], death["maximum"]) == ("2016-03-01", "2020-12-01")
    assert found["deaths.subject_id"]["key"] == "Y"
    assert found["dallas.dpqda"]["may_be_absent"] == "Y"
    assert len(found["adverse_events.term"]["codes"].split("; ")) == len(book.ctcae)


HOSTILE = (
    "<script>alert(1)</script>",
    "{{< include /etc/passwd >}}",
    "[a](javascript:alert(1)) and ![b](x.png)",
    "a | b \\| c",
    "*bold* _slanted_ `code` ~~gone~~ ^up^ ~down~",
    r"$\\alpha$ \\input{/etc/passwd}",
    "@corcos2014 [^note] # heading",
    "::: {.callout-note}",
    "]{.line} [x",
)


@pytest.mark.parametrize("words", HOSTILE)
def test_whatever_the_codebook_says_stays_text(book, words):
    column = (
        book.tables["patients"]
        .columns["sex"]
        .model_copy(update={"label": words, "unit": words, "assumed": words, "missing": words, "required": False})
    )
    patients = book.tables["patients"].model_copy(
        update={"label": words, "form": words, "columns": book.tables["patients"].columns | {"sex": column}}
    )
    changed = book.model_copy(
        update={
            "tables": book.tables | {"patients": patients},
            "codelists": book.codelists | {"sex": {"F": words, words: "Male"}},
            "ctcae": {words: next(iter(book.ctcae.values()))},
        }
    )
    page = codebook_page.page(changed)
    assert not SHORTCODE.search(page)
    html = subprocess.run(
        [pandoc_path(), "--from", READER, "--to", "html5"], input=page, capture_output=True, text=True, check=True
    ).stdout
    soup = BeautifulSoup(html, "html.parser")
    assert {tag.name for tag in soup.find_all()} <= TAGS
    row = [
        " ".join(cell.get_text().replace("\u200a", "").split())
        for cell in soup.find(id="patients.sex").find_parent("tr").find_all("td")
    ]
    plain = " ".join(words.split())
    assert row == [
        *("sex", f"{plain} (assumed: {plain})", "code", plain, f"sex F {plain} {plain} Male"),
        *(plain, f"patients {plain}", "indirect"),
    ]
    assert plain in [" ".join(cell.get_text().replace("\u200a", "").split()) for cell in soup.find_all("td")]


def test_no_spreadsheet_computes_what_the_csv_holds(book):
    column = book.tables["patients"].columns["sex"].model_copy(update={"label": '=HYPERLINK("https://example.org")'})
    patients = book.tables["patients"]
    changed = patients.model_copy(update={"columns": patients.columns | {"sex": column}})
    text = codebook_variables.to_csv(book.model_copy(update={"tables": book.tables | {"patients": changed}}))
    cells = [cell for line in csv.reader(io.StringIO(text)) for cell in line]
    assert '\'=HYPERLINK("https://example.org")' in cells
    assert [cell for cell in cells if cell.startswith(("=", "+", "@")) or re.match(r"-(?!\d+$)", cell)] == []


def test_collect_writes_the_page_and_both_downloads_from_the_same_codebook(tmp_path):
    root = make_project(tmp_path)
    with chdir(root):
        with_results(root)
        collect()
        book = load_codebook()
    summary = root / "results/summary"
    assert (summary / "_codebook.md").read_text(encoding="utf-8") == codebook_page.page(book)
    assert (summary / "codebook.csv").read_text(encoding="utf-8") == codebook_variables.to_csv(book)
    assert (summary / "redcap-dictionary.csv").read_text(encoding="utf-8") == dictionary(book)


def test_the_page_offers_each_download_as_a_file_of_the_site():
    page = (ROOT / "manuscript/codebook.qmd").read_text(encoding="utf-8")
    resources = (ROOT / "_quarto.yml").read_text(encoding="utf-8")
    for name in re.findall(r"\]\(\.\./(results/summary/[\w.-]+)\)", page):
        assert f"    - /{name}\n" in resources
