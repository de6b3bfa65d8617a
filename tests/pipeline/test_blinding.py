"""A real-looking export through the whole pipeline: closed until it is blinded or locked, and BLINDED on everything."""

import json
import zipfile

import pytest
from pypdf import PdfReader

from helpers.codebook import load_codebook
from tests.baking import digests, kypho
from tests.data.conftest import Export
from tests.data.real import unmark

pytestmark = pytest.mark.pipeline
BANNER = "BLINDED, TREATMENT ARMS PERMUTED"
SYNTHETIC = "SYNTHETIC DATA"


def edit(folder, *changes):
    path = folder / "params.yaml"
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")


def test_a_real_export_runs_blinded_with_its_banner_everywhere_and_opens_by_the_lock_alone(workshop):
    subjects = unmark(Export(workshop / "data/raw/synthetic", load_codebook(workshop / "data/codebook.yaml")))
    subjects = [
        line.split(",")[0] for line in (subjects / "patients.csv").read_text(encoding="utf-8").split("\n")[1:-1]
    ]
    kept = digests(workshop, "data/processed", "results", "_site")
    edit(workshop, ("source: synthetic", "source: hospital"))
    done = kypho(workshop, "repro")
    assert done.returncode == 2
    assert "data/raw/hospital is not locked" in done.stdout + done.stderr
    assert digests(workshop, "data/processed", "results", "_site") == kept

    edit(workshop, ("enabled: false", "enabled: true"))
    done = kypho(workshop, "repro")
    assert done.returncode == 0, done.stderr
    assert "Blinding: ON" in kypho(workshop, "status").stdout
    pages = [page.read_text(encoding="utf-8") for page in (workshop / "_site").rglob("*.html")]
    drawn = [figure.read_text(encoding="utf-8") for figure in (workshop / "results").rglob("*.svg")]
    tables = [p.read_text(encoding="utf-8") for p in (workshop / "results").glob("*/exhibits/*.csv")]
    listing = (workshop / "results/tolerance/exhibits/tbl-tolerance-listing.csv").read_text(encoding="utf-8")
    assert "Rows of single patients are not published." in listing and len(listing.splitlines()) == 2
    manuscript = workshop / "_site/manuscript"
    files = [
        zipfile.ZipFile(manuscript / "index.docx").read("word/document.xml").decode(),
        (manuscript / "index.xml").read_text(encoding="utf-8"),
        *(" ".join(page.extract_text().split()) for page in PdfReader(manuscript / "index.pdf").pages),
    ]
    assert (len(pages) > 5, len(drawn) > 5, len(tables) > 5) == (True, True, True)
    for text in (*pages, *drawn, *tables, *files):
        assert BANNER in text
        assert SYNTHETIC not in text
        assert not [subject for subject in subjects if f"KYPHO-01-{subject}" in text]
    records = json.loads((workshop / "results/pain/results.json").read_text(encoding="utf-8"))
    assert all(record["blinded"] is True for record in records)

    edit(workshop, ("enabled: true", "enabled: false"))
    assert kypho(workshop, "repro", "derive").returncode == 2
    assert kypho(workshop, "lock-database", "--by", "A. Manager").returncode == 0
    done = kypho(workshop, "repro", "derive")
    assert done.returncode == 0, done.stderr
    assert json.loads((workshop / "data/processed/provenance.json").read_text())["banner"] == ""
    assert "hospital, 31 patients" in kypho(workshop, "status").stdout
