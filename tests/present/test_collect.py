import json
from contextlib import chdir
from pathlib import Path

import nbformat
import pytest

from helpers.codebook import load_codebook
from helpers.errors import InvalidInput
from helpers.paths import REPORTED
from helpers.present import spans
from helpers.present.collect import OVERVIEW, collect
from helpers.present.numbers import MARK
from helpers.present.text import markdown
from helpers.results import to_json
from helpers.sap import load_sap
from tests.present import fabricate
from tests.present.conftest import BANNER, ROOT, make_project

FIGURES = ("fig-forest", "fig-participants-flow", "fig-participants-survival")
TABLES = ("tbl-overview", "tbl-participants-baseline", "tbl-participants-flow")
FILES = {
    "_checklist.md",
    "_codebook.md",
    "_outcomes.md",
    "_provenance.md",
    "_results.md",
    "_sap.md",
    "codebook.csv",
    *(f"exhibits/{name}{ending}" for name in FIGURES for ending in (".csv", ".png", ".svg", "-narrow.svg", ".txt")),
    *(f"exhibits/{name}.csv" for name in TABLES),
    *(f"exhibits/{name}.py" for name in (*FIGURES, *TABLES)),
    "exhibits.json",
    "numbers.json",
    "overview.ipynb",
    "preview.png",
    "provenance.json",
    "redcap-dictionary.csv",
    "results.csv",
    "results.js",
}

IN_GIT = ("_variables.yml", "results/forest.svg", "results/metrics.json", "results/posterior.csv")


def with_results(root: Path) -> Path:
    for endpoint in REPORTED:
        folder = root / "results" / endpoint
        folder.mkdir(parents=True)
        (folder / "results.json").write_text(to_json(fabricate.ALL[endpoint]()), encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def collected(tmp_path_factory) -> Path:
    """A project in which `collect` has run once. Read it only."""
    root = make_project(tmp_path_factory.mktemp("collected"))
    with chdir(root):
        with_results(root)
        collect()
    return root


def contents(project) -> dict[str, bytes]:
    summary = project / "results/summary"
    found = {p.relative_to(summary).as_posix(): p.read_bytes() for p in sorted(summary.rglob("*")) if p.is_file()}
    return found | {name: (project / name).read_bytes() for name in IN_GIT}


def test_a_second_run_gives_the_same_bytes_and_one_that_fails_leaves_them(collected, own_project):
    first = contents(collected)
    assert set(first) == {*FILES, *IN_GIT}
    with_results(own_project)
    collect()
    assert contents(own_project) == first
    (own_project / "results/qol/results.json").write_text("[]", encoding="utf-8")
    with pytest.raises(InvalidInput, match="0 records fit"):
        collect()
    assert contents(own_project) == first


def test_the_long_table_holds_every_record_and_says_what_data_ran(collected):
    lines = (collected / "results/summary/results.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + sum(len(make()) for make in fabricate.ALL.values())
    assert lines[0].endswith(",sap,DATA")
    assert all(line.endswith(BANNER + '"') or line.endswith(BANNER) for line in lines[1:])


def test_the_overview_is_a_notebook_whose_cells_pages_can_embed(collected):
    notebook = nbformat.read(collected / "results/summary/overview.ipynb", as_version=4)
    nbformat.validate(notebook)
    outputs = {cell.id: cell.outputs[0].data for cell in notebook.cells if cell.cell_type == "code"}
    assert set(outputs["fig-forest"]) == {"image/svg+xml", "image/png", "text/plain"}
    assert outputs["tbl-overview"]["text/markdown"].startswith("| Estimate")
    assert "#| fig-alt:" in notebook.cells[1].source
    assert set(outputs) == {shown.label for shown in OVERVIEW} == {*FIGURES, *TABLES}
    assert outputs["tbl-participants-flow"]["text/markdown"].startswith("| Patients")


def test_every_exhibit_of_the_overview_has_a_caption_without_a_result_and_a_figure_says_what_is_drawn():
    for shown in OVERVIEW:
        assert shown.caption.endswith(".") and "signific" not in shown.caption
        assert bool(shown.alt) == shown.label.startswith("fig-")


def test_the_overview_hides_small_cells_and_says_so_under_the_exhibit(own_project):
    path = own_project / "data/processed/provenance.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"min_cell": 3}), encoding="utf-8")
    for endpoint in REPORTED:
        committed = ROOT / "results" / endpoint / "results.json"
        target = own_project / "results" / endpoint / "results.json"
        target.parent.mkdir(parents=True)
        target.write_text(committed.read_text(encoding="utf-8"), encoding="utf-8")
    collect()
    notebook = nbformat.read(own_project / "results/summary/overview.ipynb", as_version=4)
    cells = {cell.id: cell for cell in notebook.cells if cell.cell_type == "code"}
    flow = cells["tbl-participants-flow"]
    assert MARK in flow.outputs[0].data["text/markdown"]
    assert "fewer than 3 patients" in flow.source
    assert MARK in (own_project / "results/metrics.json").read_text(encoding="utf-8")


def test_the_record_of_the_data_travels_unchanged(collected):
    here = json.loads((collected / "results/summary/provenance.json").read_text(encoding="utf-8"))
    assert here == json.loads((collected / "data/processed/provenance.json").read_text(encoding="utf-8"))


def test_every_registered_outcome_has_analyses_and_a_main_result(collected):
    text = (collected / "results/summary/_outcomes.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("|")][2:]
    rows = [[spans.plain(cell.strip()) for cell in line.strip("|").split("|")] for line in lines]
    assert [row[0] for row in rows] == [str(n) for n in range(1, 15)]  # fourteen outcome lines in the registry record
    for row, outcome in zip(rows, load_sap(collected / "manuscript/sap.yaml").registry_outcomes, strict=True):
        assert row[1].startswith(outcome.measure)
        assert int(row[3]) > 0
        assert any(digit in row[4] for digit in "0123456789")
    # The model over vertebrae, in the unit that the plan names, is the main result of height
    assert rows[1][4].startswith("Anterior height: 1.2 (\u22120.7 to 3.1)\u00a0mm; Middle height: ")


def test_the_plan_page_names_every_estimand_and_analysis(collected):
    text = (collected / "results/summary/_sap.md").read_text(encoding="utf-8")
    plan = load_sap(collected / "manuscript/sap.yaml")
    missing = [item.id for item in (*plan.estimands, *plan.analyses) if f"`{item.id}`" not in text]
    assert missing == []
    assert all(d.text in text for d in plan.deviations)


def test_the_codebook_page_names_every_column_and_code_list(collected):
    text = (collected / "results/summary/_codebook.md").read_text(encoding="utf-8")
    book = load_codebook(collected / "data/codebook.yaml")
    names = [c for t in book.tables.values() for c in t.columns] + [v for d in book.datasets for v in book.variables(d)]
    assert [n for n in (*names, *book.all_codelists) if f"`{n}`" not in text] == []


def test_the_codebook_page_says_what_is_assumed_and_why(collected):
    text = (collected / "results/summary/_codebook.md").read_text(encoding="utf-8")
    book = load_codebook(collected / "data/codebook.yaml")
    columns = [c for table in book.tables.values() for c in table.columns.values()]
    notes = [c.assumed for c in (*columns, *book.dallas.domains.values()) if c.assumed]
    assert len(notes) == 13  # items 8 to 16, the reader, and three multipliers
    inline = [*notes, book.assumed["stratum_levels"]]
    assert [note for note in inline if f"(assumed: {markdown(note)})" not in text] == []
    whole = [book.assumed["ctcae"], book.schedule.assumed, book.dallas.assumed]
    assert [note for note in whole if f"Assumed: {markdown(note)}." not in text] == []


def test_the_codebook_page_shows_the_scoring_the_schedule_and_the_terms(collected):
    lines = (collected / "results/summary/_codebook.md").read_text(encoding="utf-8").splitlines()
    assert "| Back pain | Musculoskeletal and connective tissue disorders | 1 to 3 |" in lines
    assert "| `D1` | Day 1 | 1 | Pain scale, Imaging |" in lines
    (activities,) = [line for line in lines if line.startswith("| `DPQDA`")]
    assert activities.endswith("`item_07` 0 to 5 | 3 | 1 |")


def test_the_page_of_the_data_shows_the_banner_and_the_whole_checksum(collected):
    text = (collected / "results/summary/_provenance.md").read_text(encoding="utf-8")
    assert BANNER in text
    assert "0123456789abcdef" * 4 in text
    assert "| pingouin | " in text
