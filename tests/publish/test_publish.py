import hashlib
import json
from pathlib import Path

import pytest

from helpers.errors import PublishError
from helpers.publish import choose_engine, publish
from tests.publish import mini, reading


def digests(site: Path) -> dict[str, str]:
    return {
        path.relative_to(site).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(site.rglob("*"))
        if path.is_file()
    }


def test_a_second_build_in_another_folder_gives_the_same_bytes(project, site, monkeypatch):
    monkeypatch.setenv("KYPHO_COMMIT", mini.COMMIT)
    publish("pandoc")
    assert digests(project / "_site") == digests(site)


def test_the_manifest_lists_pages_headings_and_exhibits(project):
    manifest = publish("pandoc")
    written = json.loads((project / "_site/manifest.json").read_text(encoding="utf-8"))
    assert written["pages"] == manifest.pages
    assert list(written["pages"]) == sorted(written["pages"])
    page = written["pages"]["results/leakage/notebook.html"]
    assert page["title"] == "Cement leakage"
    assert page["headings"][0] == {"level": 2, "anchor": "data", "text": "Data"}
    assert [item["id"] for item in page["exhibits"]] == ["fig-leakage-success", "tbl-leakage-success"]
    assert manifest.exhibits == ["fig-by-hand", "fig-leakage-success", "tbl-by-hand", "tbl-leakage-success"]


def test_the_commit_is_shown_and_does_not_change_the_manifest(project, site, monkeypatch):
    monkeypatch.setattr("helpers.publish.commit", lambda root: "bbbbbbbbbbbb")
    assert publish("pandoc").to_json() == (site / "manifest.json").read_text(encoding="utf-8")
    assert "commit bbbbbbbbbbbb" in (project / "_site/manuscript/reproducibility.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("index.qmd", "data.patients", "data.patient"),  # found while shortcodes are replaced
        ("index.qmd", "::: {.lead}", "::: {.layout}"),  # found by the dialect
        ("manuscript/index.qmd", 'fig-alt="A grey square."', ""),  # found in the built site
    ],
)
def test_a_failure_leaves_the_previous_site_as_it_was(published, change, name, old, new):
    project = published
    before = digests(project / "_site")
    change(name, old, new)
    with pytest.raises(PublishError):
        publish("pandoc")
    assert digests(project / "_site") == before
    assert [path.name for path in project.iterdir() if path.name.startswith("._site")] == []


def test_every_page_that_fails_is_reported(project, change):
    change("index.qmd", "data.patients", "data.patient")
    change("manuscript/index.qmd", "leakage.success.kp_events", "leakage.success.kp")
    with pytest.raises(PublishError) as caught:
        publish("pandoc")
    assert "variable data.patient is not in _variables.yml" in str(caught.value)
    assert "variable leakage.success.kp is not in _variables.yml" in str(caught.value)


def test_a_page_on_the_list_that_is_not_there_is_named_with_its_line(project):
    (project / "results/leakage/notebook.ipynb").unlink()
    with pytest.raises(
        PublishError, match=r"_quarto\.yml:7: results/leakage/notebook\.ipynb names no file\. Run the pipeline"
    ):
        publish("pandoc")


def test_an_absent_quarto_is_an_error_that_names_the_remedy(project, monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(PublishError, match=r"no quarto on the PATH.*publish\.engine to pandoc"):
        publish("quarto")


def test_auto_takes_pandoc_where_quarto_is_absent(monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    assert choose_engine("auto") == "pandoc"


def test_auto_takes_quarto_where_it_is_present(tmp_path, monkeypatch):
    command = tmp_path / "quarto"
    command.write_text("#!/bin/sh\necho 1.9.0\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert choose_engine("auto") == "quarto"


def test_a_quarto_that_is_too_old_is_refused(project, tmp_path_factory, monkeypatch):
    command = tmp_path_factory.mktemp("bin") / "quarto"
    command.write_text("#!/bin/sh\necho 1.5.57\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}:/usr/bin:/bin")
    with pytest.raises(PublishError, match=r"is Quarto 1\.5\.57; the site needs 1\.6 or newer"):
        publish("quarto")


def test_an_unknown_engine_is_refused():
    with pytest.raises(PublishError, match="must be one of auto, quarto, pandoc"):
        choose_engine("word")


@pytest.mark.engines
def test_both_engines_make_the_same_content(project):
    by_pandoc = publish("pandoc").to_json()
    by_quarto = publish("quarto").to_json()
    assert by_quarto == by_pandoc


@pytest.mark.engines
def test_both_engines_show_the_same_exhibits_in_word_pdf_and_jats(project):
    publish("quarto")
    folder = project / "_site/manuscript"
    by_quarto = reading.in_docx(folder / "index.docx"), reading.in_jats(folder / "index.xml")
    publish("pandoc")
    shown = reading.in_html(folder / "index.html")
    assert by_quarto == (shown, shown)
    publish("quarto")
    assert reading.missing_in_pdf(folder / "index.pdf", shown) == []
