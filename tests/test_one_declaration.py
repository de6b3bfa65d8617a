"""`data/codebook.yaml` is the one declaration: validation, page, REDCap dictionary and generator follow a change of it.

Each use runs in a process of its own, in a folder that holds the codebook and the parameters and nothing else of the
project, and notes every file it opens.
"""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.baking import ROOT

#: What each use is called for: the value of `result`.
USES = {
    "validation": """
from helpers.data.validate import check
from helpers.params import load_params
found = check("data/raw/export", load_params())
result = [[p.table, p.row, p.column, p.rule, p.message] for p in found.problems]
""",
    "page": """
from helpers.codebook import load_codebook
from helpers.present import codebook_page
result = codebook_page.page(load_codebook())
""",
    "dictionary": """
from helpers.codebook import load_codebook
from helpers.data.formats.redcap_dictionary import dictionary
result = dictionary(load_codebook())
""",
    "generator": """
from helpers.codebook import load_codebook
from helpers.data.formats import write_export
from helpers.data.synthesise import generate
from helpers.params import load_params
from pathlib import Path
folder = Path("data/raw/export")
folder.mkdir(parents=True, exist_ok=True)
tables = generate(load_params().synthetic)
write_export(tables, folder, load_codebook())
rows = {name: json.loads(table.to_json(orient="values", date_format="iso")) for name, table in tables.items()}
result = {name: [list(table), rows[name]] for name, table in tables.items()}
""",
}
RUN = """
import json, os, sys
opened = set()
def note(event, arguments):
    if event == "open" and isinstance(arguments[0], str) and (arguments[1] is None or "r" in str(arguments[1])):
        opened.add(os.path.realpath(arguments[0]))
sys.addaudithook(note)
{use}
print(json.dumps([sorted(opened), result]))
"""


@dataclass(frozen=True)
class Outcome:
    """What a use gave, and the declarations it opened: every file of project or repository that is not Python code."""

    result: list | dict | str
    opened: set[str]


def make_project(folder: Path) -> Path:
    for name in ("params.yaml", "data/codebook.yaml"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    (folder / "dvc.yaml").write_text("stages: {}\n", encoding="utf-8")  # marks the root; holds nothing
    return folder


def change(project: Path, name: str, *steps: tuple[str, object]) -> None:
    """Set values of a YAML file by their dotted places; None takes a key away."""
    path = project / name
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    for place, value in steps:
        *parents, last = place.split("/")
        where = content
        for parent in parents:
            where = where[parent]
        if value is None:
            del where[last]
        else:
            where[last] = value
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")


def run(use: str, project: Path) -> Outcome:
    done = subprocess.run(
        [sys.executable, "-c", RUN.format(use=USES[use])],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    opened, result = json.loads(done.stdout)
    environment = tuple(os.path.realpath(prefix) + os.sep for prefix in (sys.prefix, sys.base_prefix))
    ours = set()
    for name in opened:
        for root in (project.resolve(), ROOT):
            inside = name.startswith(f"{root}{os.sep}") and not name.startswith(environment)
            if inside and not name.endswith((".py", ".pyc")):
                ours.add(os.path.relpath(name, root))
    return Outcome(result, ours)


@pytest.fixture(scope="module")
def before(tmp_path_factory) -> Path:
    """The project as it is, with an export of its generator."""
    return make_project(tmp_path_factory.mktemp("before"))


@pytest.fixture(scope="module")
def first(before) -> dict[str, Outcome]:
    """What each use gives before any change; the generator writes the export that validation reads."""
    return {use: run(use, before) for use in ("generator", "validation", "page", "dictionary")}


@pytest.fixture(scope="module")
def after(before, first, tmp_path_factory) -> Path:
    """The same with six changes in the codebook; its export is still the one from before them."""
    project = tmp_path_factory.mktemp("after")
    shutil.copytree(before, project, dirs_exist_ok=True)
    weight = {"label": "Body weight", "type": "decimal", "unit": "kg", "min": 30, "max": 200, "optional": True}
    change(
        project,
        "data/codebook.yaml",
        ("tables/patients/columns/age/label", "Age when the arm was drawn"),
        ("tables/procedures/columns/volume_ml/max", 4.2),
        ("codelists/site/02", None),
        ("codelists/site/07", "Hospital of the change"),
        ("tables/stature/columns/weight_kg", weight),
        ("tables/imaging/columns/anterior_mm/unit", "millimetres"),
        ("tables/patients/columns/sex/sensitivity", "none"),
    )
    return project


@pytest.fixture(scope="module")
def redrawn(after, tmp_path_factory) -> tuple[Path, Outcome]:
    """The changed project with an export drawn anew. The shares of the sites, in params.yaml, name the new code."""
    project = tmp_path_factory.mktemp("redrawn")
    shutil.copytree(after, project, dirs_exist_ok=True)
    change(
        project, "params.yaml", ("synthetic/site_share", {"01": 0.8, "07": 0.2}), ("synthetic/scenarios/one-site", {})
    )
    return project, run("generator", project)


def test_validation_follows_the_codebook(first, after):
    assert first["validation"].result == []
    found = run("validation", after).result
    volumes = csv_column(after, "procedures", "volume_ml")
    assert {row for table, row, column, *_ in found if (table, column) == ("procedures", "volume_ml")} == {
        number for number, value in enumerate(volumes, start=2) if float(value) > 4.2
    }
    sites = csv_column(after, "patients", "site_id")
    assert {row for table, row, column, *_ in found if (table, column) == ("patients", "site_id")} == {
        number for number, value in enumerate(sites, start=2) if value == "02"
    }
    assert len({(table, column) for table, _, column, *_ in found}) == 2  # the column that may be absent is no problem
    assert all("4.2" in message for _, _, column, _, message in found if column == "volume_ml")


def test_validation_reads_a_new_column_and_holds_it_against_its_range(redrawn):
    project, _ = redrawn
    assert run("validation", project).result == []
    path = project / "data/raw/export/stature.csv"
    header, first, *rest = path.read_text(encoding="utf-8").splitlines()
    assert header.endswith(",weight_kg")
    path.write_text("\n".join([header, first + "7", *rest]) + "\n", encoding="utf-8")
    ((table, row, column, rule, message),) = run("validation", project).result
    assert (table, row, column, rule) == ("stature", 2, "weight_kg", "range")
    assert "30" in message
    assert "200" in message


def test_the_page_follows_the_codebook(first, after):
    old, new = first["page"].result, run("page", after).result
    told = {  # anchor -> words that its row has after the change and had not before
        "patients.age": ["| Age when the arm was drawn |"],
        "procedures.volume_ml": ["0.1 to 4.2"],
        "patients.site_id": ["`07` Hospital of the change"],
        "stature.weight_kg": ["Body weight", "decimal", "| kg |", "30 to 200", "may be absent"],
        "imaging.anterior_mm": ["| millimetres |"],
        "patients.sex": ["| none |"],
    }
    for anchor, words in told.items():
        assert all(word in row_of(new, anchor) for word in words), anchor
        assert not all(word in row_of(old, anchor) for word in words), anchor
    assert "`02`" not in row_of(new, "patients.site_id")


def test_the_redcap_dictionary_follows_the_codebook(first, after):
    old, new = (
        {line["Variable / Field Name"]: line for line in csv.DictReader(io.StringIO(outcome.result))}
        for outcome in (first["dictionary"], run("dictionary", after))
    )
    assert set(new) - set(old) == {"weight_kg"}
    changed = {(name, key): new[name][key] for name in old for key in old[name] if old[name][key] != new[name][key]}
    choices = changed.pop(("site_id", "Choices, Calculations, OR Slider Labels"))
    assert "07, Hospital of the change" in choices
    assert "02," not in choices
    assert changed.pop(("sex", "Field Annotation")).endswith("sensitivity: none")
    assert changed == {
        ("age", "Field Label"): "Age when the arm was drawn",
        ("volume_ml", "Text Validation Max"): "4.2",
        ("anterior_mm", "Field Note"): "Unit: millimetres.",
        ("sex", "Identifier?"): "",
    }
    assert new["weight_kg"]["Text Validation Min"] == "30"
    assert new["weight_kg"]["Field Note"].startswith("Unit: kg.")


def test_the_generator_follows_the_codebook(first, redrawn):
    _, outcome = redrawn
    old, new = first["generator"].result, outcome.result
    assert max(column_of(old, "procedures", "volume_ml")) > 4.2 == max(column_of(new, "procedures", "volume_ml"))
    assert set(column_of(old, "patients", "site_id")) == {"01", "02"}
    assert set(column_of(new, "patients", "site_id")) == {"01", "07"}
    assert new["stature"][0] == [*old["stature"][0], "weight_kg"]


def test_the_generator_refuses_a_code_that_the_codebook_no_longer_has(after):
    with pytest.raises(AssertionError, match=r"site_share: 02 is not in data/codebook\.yaml"):
        run("generator", after)


@pytest.mark.parametrize(
    ("use", "opened"),
    [
        ("page", {"data/codebook.yaml"}),
        ("dictionary", {"data/codebook.yaml"}),
        ("generator", {"data/codebook.yaml", "params.yaml"}),
        ("validation", {"data/codebook.yaml", "params.yaml"}),
    ],
)
def test_each_use_opens_the_codebook_and_no_other_declaration(before, first, use, opened):
    export = {path.relative_to(before).as_posix() for path in (before / "data/raw/export").iterdir()}
    assert first[use].opened - export == opened


def csv_column(project: Path, table: str, column: str) -> list[str]:
    path = project / f"data/raw/export/{table}.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        return [line[column] for line in csv.DictReader(lines)]


def column_of(tables: dict, table: str, column: str) -> list:
    names, rows = tables[table]
    return [row[names.index(column)] for row in rows]


def row_of(page: str, anchor: str) -> str:
    return next((line for line in page.splitlines() if f"{{#{anchor}}}" in line), "")
