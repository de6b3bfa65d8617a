"""A project without data: the real plan, codebook and parameters, and a record of provenance made up for the test."""

import json
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BANNER = "SYNTHETIC DATA, NOT TRIAL RESULTS"


def write_provenance(root: Path, *, synthetic: bool) -> None:
    record = {
        "synthetic": synthetic,
        "source": "synthetic" if synthetic else "export-2021",
        "format": "csv",
        "patients": 31,
        "rows": {"patients": 31},
        "files": {"patients.csv": "ab" * 32},
        "checksum": "0123456789abcdef" * 4,
        "blinded": False,
        "dates_shifted": False,
        "min_cell": 1,
        "banner": BANNER if synthetic else "",
    }
    (root / "data/processed/provenance.json").write_text(json.dumps(record), encoding="utf-8")


def make_project(root: Path) -> Path:
    for name in (
        "params.yaml",
        "dvc.yaml",
        "pyproject.toml",
        "requirements.lock",
        "manuscript/checklist.yaml",
        "manuscript/sap.yaml",
        "data/codebook.yaml",
    ):
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    (root / "data/processed").mkdir()
    write_provenance(root, synthetic=True)
    return root


@pytest.fixture(scope="session")
def _shared(tmp_path_factory) -> Path:
    return make_project(tmp_path_factory.mktemp("present"))


@pytest.fixture
def project(_shared: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder is a project with synthetic data. Shared: read it only, so that the plan is parsed once."""
    monkeypatch.chdir(_shared)
    return _shared


@pytest.fixture
def own_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, to change."""
    monkeypatch.chdir(tmp_path)
    return make_project(tmp_path)


@pytest.fixture
def real_export(own_project: Path) -> Path:
    """A project whose data came from a real export."""
    write_provenance(own_project, synthetic=False)
    return own_project
