"""Seven notebooks that look like siblings: what a source notebook may hold, and in which order. None is run here."""

import ast
import re
from functools import cache
from pathlib import Path

import nbformat
import pytest
import yaml

from helpers.paths import ENDPOINTS
from helpers.pipeline import canonical
from helpers.present.collect import OVERVIEW

ROOT = Path(__file__).resolve().parents[2]
HEADINGS = ["Estimand", "Answer", "Results", "Data", "Record"]
TABS = ["Main", "Sensitivity", "Vertebra level", "Diagnostics"]
WITH_VERTEBRAE = {"leakage", "height", "angle"}
MOST_CELLS = 25
EXHIBITS = {"figures": "fig", "tables": "tbl"}

every_notebook = pytest.mark.parametrize("endpoint", ENDPOINTS)


@cache
def notebook(endpoint: str) -> nbformat.NotebookNode:
    return nbformat.read(ROOT / "notebooks" / f"{endpoint}.ipynb", as_version=4)


def cells(endpoint: str, kind: str) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook(endpoint).cells if cell.cell_type == kind]


def calls(cell: nbformat.NotebookNode) -> set[str]:
    """Names of the modules whose functions a cell calls."""
    called = [node.func for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Call)]
    return {f.value.id for f in called if isinstance(f, ast.Attribute) and isinstance(f.value, ast.Name)}


def parameters(endpoint: str) -> nbformat.NotebookNode:
    (cell,) = [cell for cell in cells(endpoint, "code") if "parameters" in canonical.tags(cell)]
    return cell


def test_there_is_a_notebook_for_every_endpoint_and_no_other():
    assert {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")} == set(ENDPOINTS)


@every_notebook
def test_the_file_is_in_its_canonical_form(endpoint):
    text = (ROOT / "notebooks" / f"{endpoint}.ipynb").read_text(encoding="utf-8")
    assert text == canonical.dumps(canonical.source_form(nbformat.reads(text, as_version=4)))
    nbformat.validate(notebook(endpoint))


@every_notebook
def test_nothing_that_ran_is_kept(endpoint):
    assert all(cell.outputs == [] and cell.execution_count is None for cell in cells(endpoint, "code"))


@every_notebook
def test_the_first_cell_is_front_matter_with_title_and_subtitle(endpoint):
    first = notebook(endpoint).cells[0]
    assert first.cell_type == "raw"
    assert set(yaml.safe_load(first.source.strip("-\n"))) == {"title", "subtitle"}


@every_notebook
def test_the_parameters_are_those_of_params_yaml_scalar_and_explained(endpoint):
    declared = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))["endpoints"][endpoint]
    source = parameters(endpoint).source.split("\n", 1)[1]  # below the name of the fold
    assigned = {s.targets[0].id: ast.literal_eval(s.value) for s in ast.parse(source).body}
    assert assigned == declared
    assert all(isinstance(value, str | int | float) for value in assigned.values())
    assert all(re.search(r"\S  # \S", line) for line in source.splitlines())


@every_notebook
def test_one_cell_imports_at_most_six_names_and_only_of_the_project(endpoint):
    importing = [
        cell for cell in cells(endpoint, "code") if re.search(r"^\s*(import|from)\s", cell.source, re.MULTILINE)
    ]
    assert len(importing) == 1
    nodes = [n for n in ast.parse(importing[0].source).body if isinstance(n, ast.Import | ast.ImportFrom)]
    assert all(isinstance(node, ast.ImportFrom) and node.module.startswith("helpers") for node in nodes)
    assert sum(len(node.names) for node in nodes) <= 6


@every_notebook
def test_a_cell_is_short_and_only_calls(endpoint):
    forbidden = (ast.FunctionDef, ast.Lambda, ast.ClassDef, ast.Try, ast.JoinedStr)
    forbidden += (ast.For, ast.While, ast.If, ast.ListComp, ast.DictComp)
    for cell in cells(endpoint, "code"):
        lines = [line for line in cell.source.splitlines() if not line.startswith("#|")]
        assert len(lines) <= 10, cell.source
        assert not [n for n in ast.walk(ast.parse(cell.source)) if isinstance(n, forbidden)], cell.source
        assert not re.search(r"\b(plt|round|format|print)\b", cell.source), cell.source


@every_notebook
def test_every_exhibit_has_its_cell_its_label_and_its_caption_and_a_figure_its_alt_text(endpoint):
    found = []
    for cell in cells(endpoint, "code"):
        kinds = [EXHIBITS[name] for name in calls(cell) if name in EXHIBITS]
        options = canonical.options(cell)
        if not kinds:
            assert set(options) <= {"code-summary"}, cell.source
            continue
        (kind,) = kinds
        assert options["label"].startswith(f"{kind}-")
        assert set(options) == {"label", f"{kind}-cap"} | ({"fig-alt"} if kind == "fig" else set())
        assert all(text.strip().endswith(".") for name, text in options.items() if name != "label")
        found.append(kind)
    assert {"fig", "tbl"} <= set(found)


def test_no_label_is_used_twice_in_the_whole_project():
    labels = [canonical.options(cell).get("label") for endpoint in ENDPOINTS for cell in cells(endpoint, "code")]
    used = [*(label for label in labels if label), *(shown.label for shown in OVERVIEW)]
    assert sorted(used) == sorted(set(used))


@every_notebook
def test_the_sections_and_the_tabs_are_those_of_the_siblings_in_the_same_order(endpoint):
    text = "\n".join(cell.source for cell in cells(endpoint, "markdown"))
    found = re.findall(r"^(#+) (.+)$", text, re.MULTILINE)
    assert {marks for marks, _ in found} == {"##", "###"}
    assert [name for marks, name in found if marks == "##"] == HEADINGS
    tabs = [name for marks, name in found if marks == "###"]
    assert tabs == [name for name in TABS if name != "Vertebra level" or endpoint in WITH_VERTEBRAE]
    before, _, after = text.partition("::: {.panel-tabset}")
    inside, _, behind = after.partition("\n:::\n")
    assert re.findall(r"^### ", text, re.MULTILINE) == re.findall(r"^### ", inside, re.MULTILINE)
    assert ":::" not in before + inside + behind


@every_notebook
def test_the_question_comes_first_then_the_answer_then_the_exhibits(endpoint):
    first, *others = [i for i, cell in enumerate(notebook(endpoint).cells) if cell.cell_type == "code"]
    assert f'sentences.estimand("{endpoint}")' in notebook(endpoint).cells[first].source
    (answer,) = [i for i in others if "sentences.summary" in notebook(endpoint).cells[i].source]
    exhibits = [i for i in others if "#| label:" in notebook(endpoint).cells[i].source]
    assert first < answer < min(exhibits)
    assert len(exhibits) > 1
    assert len(others) < MOST_CELLS


@every_notebook
def test_no_result_is_typed_into_the_text(endpoint):
    texts = [cell.source for cell in cells(endpoint, "markdown")]
    for cell in cells(endpoint, "code"):
        texts += [text for name, text in canonical.options(cell).items() if name != "label"]
    for text in texts:
        rest = re.sub(r"\b95 %|\bmonth 3\b|\bday 1\b|\bday 21\b|\b0 to 10\b|\b0 to 100\b|\bgrade [35]\b", "", text)
        assert not re.search(r"\d\.\d|\d ?%|\d/\d|\d{2,}", rest), text


@every_notebook
def test_the_last_cell_records_under_the_notebooks_own_name(endpoint):
    last = notebook(endpoint).cells[-1].source
    assert f'write_results("{endpoint}", records)' in last
    assert last.endswith(";")  # the path that it returns names a folder of this machine


@every_notebook
def test_every_result_that_is_computed_is_recorded(endpoint):
    statements = [node for cell in cells(endpoint, "code") for node in ast.parse(cell.source).body]
    computing = [s for s in statements if isinstance(s, ast.Assign) and f"{endpoint}." in ast.unparse(s.value)]
    computed = {s.targets[0].id for s in computing}
    (records,) = [s for s in statements if isinstance(s, ast.Assign) and s.targets[0].id == "records"]
    assert computed and computed == {n.id for n in ast.walk(records.value) if isinstance(n, ast.Name)}


@every_notebook
def test_an_exhibit_gets_all_records_because_one_may_tell_a_count_that_another_hides(endpoint):
    for cell in cells(endpoint, "code"):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith(("figures.", "tables.")):
                assert ast.unparse(node.args[0]) == "records", cell.source
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "sentences.summary":
                assert ast.unparse(node.args[1]) == "records", cell.source
