import json
import zipfile

import pytest
from pypdf import PdfReader

from helpers.errors import PublishError
from helpers.publish import publish
from tests.publish import mini, reading

PAGES = ("index.html", "manuscript/index.html", "manuscript/reproducibility.html", "results/leakage/notebook.html")
PROVENANCE = "results/summary/provenance.json"


def words(path) -> str:
    if path.suffix == ".docx":
        return zipfile.ZipFile(path).read("word/document.xml").decode()
    if path.suffix == ".pdf":
        return " ".join(PdfReader(path).pages[0].extract_text().split())
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_the_banner_stands_on_every_page(site, page):
    banner = reading.page(site, page).soup.find(class_="kypho-banner")
    assert banner.get_text(strip=True) == mini.BANNER


@pytest.mark.parametrize("ending", ["docx", "pdf", "xml"])
def test_the_banner_stands_in_every_file(site, ending):
    assert mini.BANNER in words(site / f"manuscript/index.{ending}")


def test_the_banner_stands_on_every_page_of_the_pdf(site):
    for page in PdfReader(site / "manuscript/index.pdf").pages:
        assert page.extract_text().strip().startswith(mini.BANNER)


def test_real_data_have_no_banner(project):
    (project / PROVENANCE).write_text(json.dumps({"synthetic": False, "banner": ""}), encoding="utf-8")
    publish("pandoc")
    for name in (*PAGES, "manuscript/index.docx", "manuscript/index.pdf", "manuscript/index.xml"):
        assert mini.BANNER not in words(project / "_site" / name)


def test_synthetic_data_have_the_banner_even_if_the_record_leaves_its_words_out(project):
    (project / PROVENANCE).write_text(json.dumps({"synthetic": True, "banner": ""}), encoding="utf-8")
    publish("pandoc")
    assert mini.BANNER in words(project / "_site/index.html")


BLINDED = "BLINDED, TREATMENT ARMS PERMUTED"


@pytest.mark.parametrize(
    ("record", "banner"),
    [
        ({"synthetic": False, "blinded": True, "banner": BLINDED}, BLINDED),
        ({"synthetic": False, "blinded": True, "banner": ""}, BLINDED),
        ({"synthetic": True, "blinded": True, "banner": f"{mini.BANNER} · {BLINDED}"}, f"{mini.BANNER} · {BLINDED}"),
    ],
    ids=["an export", "an export whose record leaves the words out", "synthetic data"],
)
def test_blinded_data_say_so_on_every_page_and_in_every_file(project, record, banner):
    (project / PROVENANCE).write_text(json.dumps(record), encoding="utf-8")
    publish("pandoc")
    for name in PAGES:
        shown = reading.page(project / "_site", name).soup.find(class_="kypho-banner")
        assert shown.get_text(strip=True) == banner
    for ending in ("docx", "pdf", "xml"):
        assert banner in words(project / f"_site/manuscript/index.{ending}")
    for page in PdfReader(project / "_site/manuscript/index.pdf").pages:
        assert " ".join(page.extract_text().split()).startswith(banner)


@pytest.mark.parametrize("switch", ["synthetic: false", "banner: ''", "kypho-banner: false"])
def test_no_front_matter_removes_it(project, change, switch):
    change("index.qmd", "subtitle: A small compendium", switch)
    with pytest.raises(PublishError, match="is not in the dialect"):
        publish("pandoc")


def test_leaving_the_filter_out_is_found_by_the_check(project, change):
    change("_quarto.yml", "  - path: manuscript/assets/banner.lua\n    at: pre-quarto\n", "")
    with pytest.raises(PublishError, match=r"index\.html: the banner 'SYNTHETIC DATA, NOT TRIAL RESULTS' is missing"):
        publish("pandoc")


def test_without_a_record_of_the_data_nothing_is_published(project):
    (project / PROVENANCE).unlink()
    with pytest.raises(PublishError, match=r"provenance\.json is missing"):
        publish("pandoc")
    assert not (project / "_site").exists()


def test_the_filter_itself_refuses_to_run_without_the_record(project, tmp_path):
    """Quarto run by hand must not make pages without the status of the data either."""
    from helpers.publish.pandoc import run_pandoc

    (project / PROVENANCE).unlink()
    with pytest.raises(PublishError, match="nothing says which data ran"):
        run_pandoc(
            "text",
            source="x",
            to="html5",
            output=tmp_path / "x.html",
            filters=[project / "manuscript/assets/banner.lua"],
            metadata={"title": "x"},
        )
