"""Where things are. Every path of the project is spelt here and nowhere else."""

import os
from pathlib import Path

from helpers.errors import ConfigError

#: The arrow of the data, in order; also the folder names below the root.
ENDPOINTS = ("leakage", "height", "angle", "pain", "qol", "tolerance", "volume_pain")

#: What has a `results.json`: who took part, which is no endpoint and has no notebook, and the endpoints.
REPORTED = ("participants", *ENDPOINTS)

#: Set by the pipeline for the kernels it starts; absent when a person works in JupyterLab.
OUTPUT_VARIABLE = "KYPHO_OUTPUT"

#: Where the warm process of the `kypho repro` at work listens; absent elsewhere.
WARM_VARIABLE = "KYPHO_WARM"


def root(start: Path | None = None) -> Path:
    """The project's folder: the nearest one at or above `start` that holds `params.yaml` and `dvc.yaml`.

    Parameters
    ----------
    start : Path, optional
        Where to look from; the working folder if not given.

    Raises
    ------
    ConfigError
        If no such folder is found.
    """
    start = Path(start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        missing = [name for name in ("params.yaml", "dvc.yaml") if not (folder / name).is_file()]
        if not missing:
            return folder
        if len(missing) == 1 and (folder / ".dvc").is_dir():
            raise ConfigError(
                f"{folder / missing[0]}: the file is missing. Take it as it was committed: git checkout -- {missing[0]}"
            )
    raise ConfigError(
        f"{start}: neither this folder nor one above it holds params.yaml and dvc.yaml. "
        "Run the command inside the project."
    )


def raw(source: str) -> Path:
    """Folder of an export as delivered, `synthetic` or the name of a real one."""
    return root() / "data" / "raw" / source


def interim() -> Path:
    """Folder of the canonical typed tables (Parquet)."""
    return root() / "data" / "interim"


def processed() -> Path:
    """Folder of the analysis datasets (Parquet)."""
    return root() / "data" / "processed"


def codebook() -> Path:
    """The one declaration of the data."""
    return root() / "data" / "codebook.yaml"


def database_lock() -> Path:
    """The record of database locks, kept by git."""
    return root() / "data" / "database-lock.json"


def date_key() -> Path:
    """Where the secret key of the date shift lies unless the environment names another file; git ignores it."""
    return root() / ".secrets" / "date-shift.key"


def sap() -> Path:
    """The statistical analysis plan as data."""
    return root() / "manuscript" / "sap.yaml"


def checklist() -> Path:
    """The CONSORT checklist as data."""
    return root() / "manuscript" / "checklist.yaml"


def notebook(endpoint: str) -> Path:
    """Source notebook of an endpoint."""
    return root() / "notebooks" / f"{endpoint}.ipynb"


def results(endpoint: str) -> Path:
    """Folder of the results of one of `REPORTED`, or of the overview when `endpoint` is `summary`."""
    return root() / "results" / endpoint


def metrics() -> Path:
    """The main results as DVC compares them."""
    return root() / "results" / "metrics.json"


def posterior() -> Path:
    """The posterior of the primary endpoint as DVC plots it."""
    return root() / "results" / "posterior.csv"


def forest() -> Path:
    """The forest of all main contrasts as DVC shows it side by side."""
    return root() / "results" / "forest.svg"


def output(endpoint: str) -> Path:
    """Folder a notebook writes its records to.

    The pipeline names it in the environment; a notebook run by hand writes to `scratch/` and never touches the
    pipeline's results.
    """
    given = os.environ.get(OUTPUT_VARIABLE)
    return Path(given) if given else root() / "scratch" / endpoint


def site() -> Path:
    """The built website."""
    return root() / "_site"


def relative(path: Path) -> str:
    """`path` as a reader of the project knows it: relative to the root when it lies inside."""
    path = Path(path).resolve()
    return path.relative_to(root()).as_posix() if path.is_relative_to(root()) else str(path)
