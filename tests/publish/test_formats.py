import zipfile

import docx
import pytest
from pypdf import PdfReader

from helpers.errors import PublishError
from helpers.publish import publish
from helpers.publish.reference import reference_docx
from tests.publish import mini, reading
from tests.publish.mini import BANNER


@pytest.fixture(scope="session")
def word(site):
    return docx.Document(str(site / "manuscript/index.docx"))


@pytest.fixture(scope="session")
def document(site) -> str:
    with zipfile.ZipFile(site / "manuscript/index.docx") as archive:
        return archive.read("word/document.xml").decode("utf-8")


def test_the_committed_reference_document_is_what_the_module_writes():
    assert (mini.PROJECT / "manuscript/assets/reference.docx").read_bytes() == reference_docx()


def test_every_style_that_the_word_file_uses_is_one_of_the_reference_document(word):
    known = {style.name for style in docx.Document(str(mini.PROJECT / "manuscript/assets/reference.docx")).styles}
    paragraphs = [*word.paragraphs, *(p for table in word.tables for cell in table._cells for p in cell.paragraphs)]
    used = {paragraph.style.name for paragraph in paragraphs} | {table.style.name for table in word.tables}
    assert {"Title", "Subtitle", "Abstract", "Banner", "Table Row", "Table Caption", "Image Caption", "Table"} <= used
    assert used - known == set()


def test_the_running_header_of_the_word_file_holds_the_banner_and_the_footer_the_page_number(word):
    assert word.sections[0].header.paragraphs[0].text == f"{BANNER} · KYPHO-01"
    assert " PAGE " in word.sections[0].footer._element.xml


def test_the_running_header_names_no_status_where_the_data_are_real(tmp_path, monkeypatch):
    monkeypatch.chdir(mini.bake(tmp_path, synthetic=False))
    publish("pandoc")
    header = docx.Document(str(tmp_path / "_site/manuscript/index.docx")).sections[0].header.paragraphs[0].text
    assert header == "KYPHO-01"


def test_tables_of_the_word_file_repeat_their_head_keep_rows_whole_and_fit_the_page(word):
    page = word.sections[0]
    width = page.page_width - page.left_margin - page.right_margin
    assert len(word.tables) == 2
    for table in word.tables:
        assert table.rows[0]._tr.xpath("./w:trPr/w:tblHeader")
        assert all(row._tr.xpath("./w:trPr/w:cantSplit") for row in table.rows)
        assert 0 < sum(column.width for column in table.columns) <= width


def test_numbers_in_tables_of_the_word_file_stand_on_the_right(word):
    for table in word.tables:
        for row in table.rows[1:]:
            assert [p.alignment for p in row.cells[1].paragraphs] == [docx.enum.text.WD_ALIGN_PARAGRAPH.RIGHT]


def test_captions_are_counted_by_word_and_references_are_fields_that_name_them(document):
    assert document.count(" SEQ Table ") == 2
    assert document.count(" SEQ Figure ") == 2
    for place in ("_Ref_tbl_by_hand", "_Ref_fig_leakage_success"):
        assert f'w:name="{place}"' in document
        assert f" REF {place} \\h " in document


def test_the_word_file_says_title_author_language_and_keywords_and_nothing_of_the_engine(word, site):
    properties = word.core_properties
    assert properties.title == "Balloon kyphoplasty against vertebroplasty"
    assert (properties.author, properties.language) == ("The KYPHO-01 investigators", "en")
    assert properties.keywords == "metastasis, leakage"
    with zipfile.ZipFile(site / "manuscript/index.docx") as archive:
        assert b"kypho-offset" not in archive.read("docProps/custom.xml")


def test_the_pdf_is_tagged_for_universal_access_and_says_what_it_is(site):
    reader = PdfReader(site / "manuscript/index.pdf")
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en-GB"
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data()
    assert reader.metadata.title == "Balloon kyphoplasty against vertebroplasty"
    assert reader.metadata.author == "The KYPHO-01 investigators"
    assert [item.title for item in reader.outline if not isinstance(item, list)][:2] == ["1 Introduction", "2 Results"]


def test_every_page_of_the_pdf_has_banner_and_page_number(site):
    pages = PdfReader(site / "manuscript/index.pdf").pages
    for number, page in enumerate(pages, start=1):
        text = page.extract_text()
        assert BANNER in text and f"{number} / {len(pages)}" in text


def test_all_formats_show_the_same_exhibits_captions_texts_and_cells(site):
    folder = site / "manuscript"
    shown = reading.in_html(folder / "index.html")
    assert [item.label for item in shown] == ["Figure 1", "Figure 2", "Table 1", "Table 2"]
    assert shown[2].numbers == ["15", "58", "16", "32"]
    assert reading.in_docx(folder / "index.docx") == shown
    assert reading.in_jats(folder / "index.xml") == shown
    assert reading.missing_in_pdf(folder / "index.pdf", shown) == []
    assert sorted(reading.pdf_alternatives(folder / "index.pdf")) == sorted(item.alt for item in shown if item.alt)


def test_a_reading_that_differs_is_seen(site):
    shown = reading.in_html(site / "manuscript/index.html")
    changed = [reading.Shown(item.label, item.caption, item.alt, (("KP", "99"),)) for item in shown[:1]]
    assert reading.missing_in_pdf(site / "manuscript/index.pdf", changed) == ["KP99"]


@pytest.mark.parametrize("name", ["reference.docx", "manuscript.typ", "manuscript.xml"])
def test_a_look_that_is_not_there_is_an_error_with_its_line(project, name):
    (project / "manuscript/assets" / name).unlink()
    with pytest.raises(
        PublishError, match=rf"manuscript/index\.qmd:\d+: format\.\w+\.[\w-]+: manuscript/assets/{name}"
    ):
        publish("pandoc")
