"""The manuscript's Word, PDF and JATS files of the real project, and what LibreOffice and Poppler show of them."""

import json
import subprocess
from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.conftest import POPPLER, SOFFICE
from tests.publish import reading

pytestmark = pytest.mark.pipeline

#: Millimetres to points.
MM = 72 / 25.4


@pytest.fixture(scope="session")
def folder(built_site) -> Path:
    return built_site / "manuscript"


@pytest.fixture(scope="session")
def shown(folder) -> list[reading.Shown]:
    """The exhibits of the web page, which the other formats are held against."""
    found = reading.in_html(folder / "index.html")
    listed = json.loads((folder.parent / "manifest.json").read_text(encoding="utf-8"))["pages"]
    exhibits = listed["manuscript/index.html"]["exhibits"]
    assert len(found) == len(exhibits) > 8
    assert sum(len(item.numbers) for item in found) > 300
    return found


@pytest.fixture(scope="session")
def by_libreoffice(folder, tmp_path_factory) -> Path:
    """The Word file as LibreOffice prints it."""
    if not SOFFICE or not POPPLER:
        pytest.skip("LibreOffice or Poppler is missing; on Debian: apt-get install libreoffice-writer poppler-utils")
    place = tmp_path_factory.mktemp("libreoffice")
    command = [SOFFICE, "--headless", f"-env:UserInstallation=file://{place}/profile", "--convert-to", "pdf"]
    done = subprocess.run(
        [*command, "--outdir", str(place), str(folder / "index.docx")], capture_output=True, text=True, timeout=300
    )
    assert (place / "index.pdf").is_file(), done.stdout + done.stderr
    return place / "index.pdf"


def test_the_word_file_shows_what_the_page_shows(folder, shown):
    assert reading.in_docx(folder / "index.docx") == shown


def test_the_jats_file_shows_what_the_page_shows(folder, shown):
    assert reading.in_jats(folder / "index.xml") == shown


def test_the_pdf_shows_what_the_page_shows(folder, shown):
    assert reading.missing_in_pdf(folder / "index.pdf", shown) == []
    assert sorted(reading.pdf_alternatives(folder / "index.pdf")) == sorted(item.alt for item in shown if item.alt)


@pytest.mark.skipif(POPPLER is None, reason="Poppler is missing; on Debian: apt-get install poppler-utils")
def test_nothing_runs_over_the_edge_of_a_page_of_the_pdf(folder):
    for number, page in enumerate(PdfReader(folder / "index.pdf").pages, start=1):
        width = float(page.mediabox.width)
        assert (round(width), round(float(page.mediabox.height))) == (595, 842)
        assert reading.right_edge(folder / "index.pdf", number) <= width - 25 * MM, f"page {number}"


def test_libreoffice_shows_every_table_and_figure_of_the_word_file(by_libreoffice, shown):
    assert reading.missing_in_pdf(by_libreoffice, shown) == []
    figures = sum(item.label.startswith("Figure") for item in shown)
    assert reading.pictures_by_poppler(by_libreoffice) == figures


def test_libreoffice_finds_room_for_every_table_of_the_word_file(by_libreoffice):
    for number, page in enumerate(PdfReader(by_libreoffice).pages, start=1):
        assert reading.right_edge(by_libreoffice, number) <= float(page.mediabox.width) - 22 * MM, f"page {number}"


def test_libreoffice_shows_the_banner_and_a_page_number_on_every_page(by_libreoffice):
    pages = PdfReader(by_libreoffice).pages
    for number, page in enumerate(pages, start=1):
        text = " ".join(page.extract_text().split())
        assert "SYNTHETIC DATA, NOT TRIAL RESULTS" in text and f"{number} / {len(pages)}" in text
