"""Hostile text in every text field of an export and in the codebook: it is text in every output, and nothing executes.

The terms stand in the table of preferred terms, which the manuscript embeds: they reach HTML, DOCX, PDF and JATS.
"""

import csv
import json
import re
import shutil
import xml.etree.ElementTree as ET

import docx
import pytest
import yaml
from docx.oxml.ns import qn
from pypdf import PdfReader

from tests.baking import kypho
from tests.site.conftest import _serve

pytestmark = [pytest.mark.pipeline, pytest.mark.browser]

TERMS = (
    "<script>window.hit=1</script>",
    '<img src="x" onerror="window.hit=2">',
    '=HYPERLINK("http://example.org","one")',
    "{{< include /etc/passwd >}} two",
    "**three** [link](javascript:window.hit=3) @fig-leakage-success",
    r"$\sqrt{4}$ \input{/etc/passwd} four",
    '#include "/etc/passwd" #read("/etc/passwd") five',
    "a | b <!-- six --> `seven` ~~eight~~ ^nine^",
)
LABEL = '<b onclick="window.hit=4">label</b> {{< var data.patients >}} *ten*'


def squeezed(text: str) -> str:
    """Letters and signs without spaces and case: formats break lines in their own way, terms begin with a capital."""
    return re.sub(r"\s+", "", text).casefold()


@pytest.fixture(scope="module")
def hostile(built, tmp_path_factory):
    """The built copy run again on an export whose every text field is hostile, with a hostile codebook."""
    folder = tmp_path_factory.mktemp("hostile") / "compendium"
    shutil.copytree(built, folder, symlinks=True)
    path = folder / "data/codebook.yaml"
    book = yaml.safe_load(path.read_text(encoding="utf-8"))
    for term in TERMS:
        book["ctcae"][term] = {"soc": f"{term} class", "grades": [1, 5]}
    book["tables"]["vas"]["columns"]["vas"]["label"] = LABEL
    book["codelists"]["approach"]["UNIPEDICULAR"] = LABEL
    path.write_text(yaml.safe_dump(book, allow_unicode=True, sort_keys=False), encoding="utf-8")

    export = shutil.copytree(folder / "data/raw/synthetic", folder / "data/raw/hostile")
    with (export / "adverse_events.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    for number, row in enumerate(rows):
        row["verbatim"] = TERMS[number % len(TERMS)]
        if row["grade"] != "5" and not row["leak_number"]:
            row["term"] = TERMS[number % len(TERMS)]
    assert set(TERMS) <= {row["term"] for row in rows}
    with (export / "adverse_events.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    params = folder / "params.yaml"
    text = params.read_text(encoding="utf-8")
    params.write_text(text.replace("source: synthetic #", "source: hostile #", 1), encoding="utf-8")
    done = kypho(folder, "repro")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_nothing_executes_on_any_page_and_the_text_is_read_as_it_was_written(hostile, visit):
    pages = sorted(json.loads((hostile / "_site/manifest.json").read_text(encoding="utf-8"))["pages"])
    serving = _serve(hostile / "_site")
    window, shown = visit(next(serving)), {}
    for page in pages:
        window.go(page)
        # Quarto's own buttons, outside the text, are switched by handlers of its own
        for element in window.page.query_selector_all("main [onclick], [onerror], a[href^='javascript:window']"):
            pytest.fail(f"{page}: {element.evaluate('e => e.outerHTML')}")
        shown[page] = squeezed(window.page.inner_text("main"))
        assert window.page.evaluate("window.hit === undefined"), page
    assert window.complaints == []
    for page in ("results/tolerance/notebook.html", "manuscript/index.html"):
        for term in TERMS:
            assert squeezed(term) in shown[page], (page, term)
    assert squeezed(LABEL) in shown["manuscript/codebook.html"]
    next(serving, None)


def test_documents_hold_the_text_and_no_file_of_the_machine(hostile):
    folder = hostile / "_site/manuscript"
    document = docx.Document(folder / "index.docx")
    cells = [text.text for text in document.element.body.iter(qn("w:t"))]  # those of tables in tables too
    jats = "".join(ET.parse(folder / "index.xml").getroot().itertext())
    pdf = "".join(page.extract_text() for page in PdfReader(folder / "index.pdf").pages)
    for name, text in (("docx", "".join(cells)), ("jats", jats), ("pdf", pdf)):
        assert "root:x:0:0" not in text, name
        for term in TERMS:
            assert squeezed(term) in squeezed(text), (name, term)


def test_no_file_of_the_site_includes_another_file_and_no_cell_is_a_formula(hostile):
    for path in (p for p in (hostile / "_site").rglob("*") if p.suffix in (".html", ".xml", ".svg", ".csv", ".json")):
        assert "root:x:0:0" not in path.read_text(encoding="utf-8"), path
    tables = [*(hostile / "_site").rglob("*.csv"), *(hostile / "results").rglob("*.csv")]
    assert len(tables) > 20
    for path in tables:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            for row in csv.reader(handle):
                for cell in row:
                    if cell.startswith(("=", "+", "-", "@", "\t", "\r")):
                        float(cell)  # a number is the only thing that may begin like a formula


def test_drawings_hold_no_script(hostile):
    drawings = [*(hostile / "_site").rglob("*.svg")]
    assert len(drawings) > 5
    for path in drawings:
        names = {element.tag.rpartition("}")[2] for element in ET.parse(path).iter()}
        assert not names & {"script", "foreignObject"}, path


def test_the_report_of_the_check_shows_the_text_and_runs_nothing(hostile, visit, tmp_path):
    export = shutil.copytree(hostile / "data/raw/hostile", hostile / "data/raw/worse", dirs_exist_ok=True)
    text = (export / "patients.csv").read_text(encoding="utf-8").split("\n")
    cells = next(csv.reader([text[1]]))
    with (export / "patients.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(next(csv.reader([text[0]])))
        for term in TERMS:
            writer.writerow([term, term, *cells[2:]])
    done = kypho(
        hostile, "check-data", str(export), "--html", str(tmp_path / "r.html"), "--csv", str(tmp_path / "r.csv")
    )
    assert done.returncode == 2 and "Traceback" not in done.stderr
    serving = _serve(tmp_path)
    window = visit(next(serving)).go("r.html")
    assert window.page.evaluate("window.hit === undefined")
    assert "<script>window.hit=1</script>" in window.page.inner_text("body")
    with (tmp_path / "r.csv").open(encoding="utf-8-sig", newline="") as handle:
        assert not [cell for row in csv.reader(handle) for cell in row if cell.startswith(("=", "+", "-", "@"))]
    next(serving, None)
