"""A small project in a temporary folder, with a good export to break."""

import csv
import shutil
from pathlib import Path

import pytest

from helpers.codebook import load_codebook
from helpers.data.derive import derive
from helpers.data.formats import read_export
from helpers.data.synthesise import synthesise
from helpers.data.units import Units, units_of
from helpers.data.validate import check_export, validate
from helpers.params import load_params

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def codebook():
    return load_codebook(ROOT / "data" / "codebook.yaml")


@pytest.fixture(scope="session")
def params():
    return load_params(ROOT / "params.yaml")


def lay_out(folder: Path) -> Path:
    """A project without data: params.yaml, codebook.yaml and the dvc.yaml that marks its root."""
    (folder / "data").mkdir(parents=True)
    shutil.copy(ROOT / "params.yaml", folder)
    shutil.copy(ROOT / "data" / "codebook.yaml", folder / "data")
    (folder / "dvc.yaml").write_text("stages: {}\n")
    return folder


@pytest.fixture(scope="session")
def template(tmp_path_factory, params):
    """A project with the default synthetic export, written once."""
    folder = lay_out(tmp_path_factory.mktemp("template") / "project")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        synthesise(params)
    return folder


@pytest.fixture(scope="session")
def derived_template(template, tmp_path_factory, params):
    """That project with its interim tables and analysis datasets, made once."""
    folder = tmp_path_factory.mktemp("derived") / "project"
    shutil.copytree(template, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        validate(params)
        derive(params)
    return folder


@pytest.fixture
def derived(derived_template, monkeypatch):
    """The working folder: the project with its datasets, to be read only."""
    monkeypatch.chdir(derived_template)
    return derived_template


@pytest.fixture
def project(template, tmp_path, monkeypatch):
    """The working folder: a fresh copy of that project."""
    folder = tmp_path / "project"
    shutil.copytree(template, folder)
    monkeypatch.chdir(folder)
    return folder


class Export:
    """An export under the knife: tables as lists of rows of text, written back as CSV."""

    def __init__(self, folder: Path, codebook):
        self.folder, self.codebook = folder, codebook

    def rows(self, table: str) -> list[dict[str, str]]:
        with (self.folder / f"{table}.csv").open(encoding="utf-8", newline="") as handle:
            return list(csv.DictReader(handle))

    def save(self, table: str, rows: list[dict[str, str]]) -> None:
        columns = list(rows[0]) if rows else list(self.codebook.tables[table].columns)
        with (self.folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    def find(self, table: str, **values: str) -> int:
        """Spreadsheet row of the first row with these values."""
        return next(k for k, row in enumerate(self.rows(table), start=2) if all(row[c] == v for c, v in values.items()))

    def set(self, table: str, row: int, **values: str) -> int:
        """Change cells of a spreadsheet row, and give the row back."""
        rows = self.rows(table)
        rows[row - 2] |= values
        self.save(table, rows)
        return row

    def append(self, table: str, **values: str) -> int:
        """Add a row, and give its spreadsheet row."""
        rows = self.rows(table)
        rows.append({column: values.get(column, "") for column in self.codebook.tables[table].columns})
        self.save(table, rows)
        return len(rows) + 1

    def drop(self, table: str, **values: str) -> None:
        """Take out every row with these values."""
        self.save(table, [row for row in self.rows(table) if any(row[c] != v for c, v in values.items())])

    def problems(self, units: Units | None = None):
        export = read_export(self.folder, self.codebook)
        return check_export(export, self.codebook, units or units_of(load_params(ROOT / "params.yaml")))[1]


@pytest.fixture
def export(project, codebook):
    return Export(project / "data" / "raw" / "synthetic", codebook)
