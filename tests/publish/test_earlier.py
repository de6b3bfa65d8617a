"""What an earlier build made is taken where all that it was made of is the same, and nowhere else."""

import shutil

import pytest

from helpers.errors import PublishError
from helpers.publish import pandoc, publish
from tests.publish.test_publish import digests

#: One change of each kind of input: file, words, other words, and the page that has to follow.
CHANGES = [
    ("manuscript/index.qmd", "Leakage was common", "Leakage was frequent", "manuscript/index.docx"),
    ("manuscript/index.qmd", "title: Balloon kyphoplasty", "title: The balloon kyphoplasty", "manuscript/index.html"),
    ("manuscript/references.bib", "Corcos", "Korkos", "manuscript/index.xml"),
    ("manuscript/assets/banner.lua", '"Status of the data"', '"What the data are"', "404.html"),
    ("manuscript/assets/manuscript.typ", "paper", "paper /* a remark */", None),
    ("manuscript/assets/vancouver.csl", "<title>", "<title>My ", None),
    ("_quarto.yml", "A footer.", "Another footer.", "index.html"),
    ("_variables.yml", "31", "32", "manuscript/index.pdf"),
    ("CITATION.cff", "KYPHO-01", "KYPHO-1", None),
    ("results/summary/numbers.json", "number with the event", "number of events", "manuscript/index.html"),
    ("results/summary/exhibits.json", '["5.1.2"]', "[]", "results/leakage/notebook.html"),
    ("results/leakage/notebook.ipynb", "One row a patient", "A row a patient", "results/leakage/notebook.html"),
]


def rebuilt(project) -> dict[str, str]:
    """Digests of the site made with nothing to take from earlier."""
    shutil.rmtree(project / ".dvc")
    publish("pandoc")
    return digests(project / "_site")


def test_after_any_change_a_build_is_as_one_from_nothing(project, change):
    publish("pandoc")
    for file, old, new, follows in CHANGES:
        before = digests(project / "_site")
        change(file, old, new)
        publish("pandoc")
        after = digests(project / "_site")
        assert follows is None or after[follows] != before[follows], (file, old)
        assert after == rebuilt(project), (file, old)


def test_files_of_exhibits_that_come_go_and_change_are_noticed(project):
    publish("pandoc")
    exhibits = project / "results/leakage/exhibits"
    (exhibits / "fig-leakage-success.csv").unlink()
    (project / "manuscript/picture.png").write_bytes((exhibits / "fig-leakage-success.png").read_bytes())
    publish("pandoc")
    assert "fig-leakage-success.csv" not in (project / "_site/results/leakage/notebook.html").read_text("utf-8")
    assert digests(project / "_site") == rebuilt(project)


def test_a_second_build_makes_no_page_again_and_what_it_had_no_use_for_is_dropped(project, change, monkeypatch):
    publish("pandoc")
    first = digests(project / "_site")
    kept = {path.name for path in (project / ".dvc/tmp/pages").iterdir()}
    monkeypatch.setattr(pandoc, "pandoc_path", lambda: "false")
    publish("pandoc")
    assert digests(project / "_site") == first
    change("404.qmd", "Go on", "Walk on")
    with pytest.raises(PublishError, match=r"^404\.qmd: pandoc could not make 404\.html[^\n]*$"):
        publish("pandoc")
    monkeypatch.undo()
    monkeypatch.chdir(project)
    publish("pandoc")
    now = {path.name for path in (project / ".dvc/tmp/pages").iterdir()}
    assert len(kept - now) == len(now - kept) == 1


def test_another_commit_is_put_into_what_is_taken(project, change, monkeypatch):
    change("manuscript/index.qmd", "Leakage was common", 'At {{< env KYPHO_COMMIT "no commit" >}} leakage was common')
    monkeypatch.setattr("helpers.publish.commit", lambda root: "aaaaaaaaaaaa")
    publish("pandoc")
    first = digests(project / "_site")
    monkeypatch.setattr("helpers.publish.commit", lambda root: "bbbbbbbbbbbb-modified")
    with monkeypatch.context() as patch:
        patch.setattr(pandoc, "pandoc_path", lambda: "false")
        publish("pandoc")
    taken = digests(project / "_site")
    pages = {f"manuscript/index.{ending}" for ending in ("html", "docx", "pdf", "xml")}
    assert pages | {"manuscript/reproducibility.html"} <= {name for name in taken if taken[name] != first.get(name)}
    assert taken == rebuilt(project)
