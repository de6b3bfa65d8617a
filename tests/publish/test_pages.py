"""What a reader finds on the pages of the small project."""

import json
import re
import zipfile
from xml.etree import ElementTree

import pytest
from docx import Document
from pypdf import PdfReader

from tests.baking import ROOT
from tests.publish import mini, reading


@pytest.fixture(scope="module")
def manuscript(site):
    return reading.page(site, "manuscript/index.html")


@pytest.fixture(scope="module")
def home(site):
    return reading.page(site, "index.html")


@pytest.fixture(scope="module")
def notebook(site):
    return reading.page(site, "results/leakage/notebook.html")


def test_exhibits_are_numbered_in_the_order_they_stand(manuscript):
    assert [(item.id, item.kind, item.number) for item in manuscript.exhibits] == [
        ("fig-leakage-success", "figure", 1),
        ("tbl-leakage-success", "table", 1),
        ("tbl-by-hand", "table", 2),
        ("fig-by-hand", "figure", 2),
    ]


def test_references_are_links_with_the_number(manuscript):
    links = {link["href"]: reading.words(link) for link in manuscript.soup.find_all("a", class_="xref")}
    assert links == {
        "#fig-leakage-success": "Figure 1",
        "#tbl-leakage-success": "Table 1",
        "#sec-introduction": "Section 1",
        "#sec-primary": "2.1",
        "#tbl-by-hand": "Table 2",
        "#fig-by-hand": "Figure 2",
    }


def test_sections_are_numbered_and_the_headings_of_callouts_are_not(manuscript):
    assert manuscript.headings == [
        (1, "sec-introduction", "1 Introduction"),
        (1, "sec-results", "2 Results"),
        (2, "sec-primary", "2.1 Primary"),
        (2, "references", "References"),
    ]
    assert reading.words(manuscript.soup.find(class_="callout-warning").find("summary")) == "Careful"


def test_captions_keep_their_emphasis_and_pictures_their_alternative_text(manuscript):
    figure = manuscript.soup.find(id="fig-leakage-success")
    assert figure.find("figcaption").find("em").get_text() == "arm"
    assert figure.find("img")["alt"] == mini.ALT
    assert manuscript.exhibits[3].alt == ("A grey square.",)


def test_citations_are_resolved_and_listed_where_the_page_says(manuscript):
    assert "(Corcos et al. 2014)" in reading.words(manuscript.soup.main)
    assert manuscript.soup.find(id="refs").find_previous(["h1", "h2"])["id"] == "references"
    assert manuscript.soup.find(id="ref-corcos2014") is not None


def test_variables_reach_the_abstract_and_the_footnotes(manuscript):
    assert "Results. 9 events." in reading.words(manuscript.soup.find(class_="abstract"))
    assert "and 31." in reading.words(manuscript.soup.find(id="fn1"))


def test_math_is_mathml(manuscript):
    assert manuscript.soup.find("mfrac") is not None


def test_the_other_formats_are_offered(manuscript):
    links = manuscript.soup.find(class_="other-formats").find_all("a")
    assert [(reading.words(link), link["href"]) for link in links] == [
        ("Word", "index.docx"),
        ("PDF", "index.pdf"),
        ("JATS XML", "index.xml"),
    ]


def test_a_callout_has_its_title_and_its_text(home):
    callout = home.soup.find(class_="callout-note")
    assert reading.words(callout.find(class_="callout-title")) == "Status"
    assert callout.find("em").get_text() == "fabricated"


def test_a_tabset_has_a_panel_for_each_heading(home):
    panels = home.soup.find(class_="panel-tabset").find_all(class_="tab-panel")
    assert [reading.words(panel.find(class_="tab-title")) for panel in panels] == ["Figure", "Table"]
    assert panels[0].find(id="fig-leakage-success") is not None
    assert panels[1].find(id="tbl-leakage-success") is not None
    assert [text for _, _, text in home.headings] == ["More to read"]


def test_no_filter_leaves_the_order_of_attributes_to_chance(home):
    # a Lua table with names has no order of its own, a list of pairs has
    named = r"""(?:\w+|\["[^"]+"\]) = [^,{}]+"""
    unordered = re.compile(rf"\{{ {named}(?:, {named})+ \}}\)")
    filters = [*(ROOT / "manuscript/assets").glob("*.lua"), *(ROOT / "src/helpers/publish/assets").rglob("*.lua")]
    assert unordered.search('pandoc.Attr(id, {}, { role = "tabpanel", ["aria-labelledby"] = id .. "-tab" })')
    for path in filters:
        lines = path.read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if "pandoc.Attr" in line and unordered.search(line)] == [], path.name
    tabset = home.soup.find(class_="panel-tabset")
    assert list(tabset.find(class_="tab-list").attrs) == ["class", "role", "data-pagefind-ignore"]
    for panel in tabset.find_all(class_="tab-panel"):
        assert list(panel.attrs) == ["id", "class", "role", "aria-labelledby"]


def test_links_to_sources_become_links_to_pages(home):
    links = {reading.words(link): link["href"] for link in home.soup.main.find_all("a")}
    assert links["manuscript"] == "manuscript/index.html"
    assert links["leakage page"] == "results/leakage/notebook.html"


def test_the_navigation_marks_the_page_one_is_on(notebook):
    current = {reading.words(tag) for tag in notebook.soup.find_all("a", attrs={"aria-current": "page"})}
    assert current == {"Cement leakage"}
    assert notebook.soup.find("a", class_="site-title")["href"] == "../../index.html"


def test_an_exhibit_leads_to_its_numbers_its_pictures_and_its_code(manuscript, notebook):
    downloads = manuscript.soup.find(id="fig-leakage-success").find(class_="exhibit-downloads")
    links = {reading.words(link): link["href"] for link in downloads.find_all("a")}
    assert list(links) == ["Code", "Data (CSV)", "SVG", "PNG", "5.1.2"]
    assert links["Code"] == "../results/leakage/notebook.html#code-fig-leakage-success"
    assert links["Data (CSV)"] == "../results/leakage/exhibits/fig-leakage-success.csv"
    assert links["5.1.2"] == "../manuscript/sap.html#sap-5.1.2"
    own = notebook.soup.find(id="fig-leakage-success").find(class_="exhibit-downloads")
    assert own.find("a", string="Code")["href"] == "#code-fig-leakage-success"
    assert own["id"] == "code-fig-leakage-success"
    assert own.find_parent(class_="cell").find("details", class_="code-fold") is not None


def test_code_is_folded_and_coloured(notebook):
    folds = notebook.soup.find_all("details", class_="code-fold")
    assert len(folds) == 5
    assert all(not fold.has_attr("open") for fold in folds)
    assert notebook.soup.find("span", class_="im").get_text() == "from"


def test_included_fragments_and_the_build_are_shown(site):
    page = reading.page(site, "manuscript/reproducibility.html")
    assert "Engine pandoc, commit " in reading.words(page.soup.main)
    assert page.soup.main.find("table") is not None


def test_the_page_says_its_language_and_has_its_landmarks(home):
    assert home.soup.find("html")["lang"] == "en"
    for name in ("header", "nav", "main", "footer"):
        assert home.soup.find(name) is not None, name
    assert home.soup.find("a", class_="skip-link")["href"] == "#content"


def test_the_word_file_holds_text_tables_pictures_and_bookmarks(site):
    path = site / "manuscript/index.docx"
    document = Document(str(path))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert "Figure\u00a01: Success by arm, with 95\u00a0% interval." in text
    assert [cell.text for cell in document.tables[0].rows[1].cells] == ["KP", "15", "58\u00a0%"]
    assert len(document.inline_shapes) == 2
    markup = zipfile.ZipFile(path).read("word/document.xml").decode()
    for label in ("fig-leakage-success", "tbl-leakage-success", "tbl-by-hand", "fig-by-hand", "sec-primary"):
        assert f'w:name="{label}"' in markup


def test_the_pdf_holds_text_numbers_and_pictures(site):
    reader = PdfReader(site / "manuscript/index.pdf")
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    for expected in (
        "2.1 Primary",
        "Figure 1: Success by arm",
        "Table 2: A table by hand",
        "Corcos et al. 2014",
        "Read twice.",
    ):
        assert expected in text
    # The figure of the notebook is drawn, the picture by hand is an image.
    assert sum(len(page.images) for page in reader.pages) == 1


def test_the_pictures_have_their_alternative_text_in_every_format(site):
    expected = [mini.ALT, "A grey square."]
    assert reading.pdf_alternatives(site / "manuscript/index.pdf") == expected
    markup = zipfile.ZipFile(site / "manuscript/index.docx").read("word/document.xml").decode()
    assert [text for text in expected if f'descr="{text}"' in markup] == expected
    article = ElementTree.parse(site / "manuscript/index.xml")
    assert [" ".join(item.text.split()) for item in article.iter("alt-text")] == expected


def test_the_jats_file_holds_front_body_and_references(site):
    article = ElementTree.parse(site / "manuscript/index.xml").getroot()
    assert article.findtext("front/article-meta/title-group/article-title").split()[0] == "Balloon"
    assert [word.text for word in article.iter("kwd")] == ["metastasis", "leakage"]
    assert {item.get("id") for item in article.iter("fig")} == {"fig-leakage-success", "fig-by-hand"}
    assert len(list(article.iter("table"))) == 2
    assert [item.get("id") for item in article.iter("ref")] == ["ref-corcos2014"]


def test_results_and_exhibits_can_be_downloaded(site):
    assert json.loads((site / "results/leakage/results.json").read_text(encoding="utf-8")) == []
    assert (site / "results/leakage/exhibits/fig-leakage-success.csv").is_file()
