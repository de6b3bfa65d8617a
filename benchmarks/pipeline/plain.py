"""The baseline `plain`: the same stages, the notebooks run by papermill's command, under serial `dvc repro`.

    python -m benchmarks.pipeline.plain ENDPOINT    # what such a stage does after papermill

Each notebook starts a papermill and a kernel of its own. Behind it a process takes the exhibits out of the notebook, so
that every stage makes the same files as in this project.
"""

import sys
from pathlib import Path

import nbformat
import yaml

from helpers import files, paths
from helpers.params import load_params
from helpers.pipeline import canonical, exhibits
from helpers.pipeline.warm import ENVIRONMENT


def make_plain(folder: Path) -> None:
    """Give the notebooks' stages in the `dvc.yaml` of a copy of the project papermill's command."""
    path = folder / "dvc.yaml"
    pipeline = yaml.safe_load(path.read_text(encoding="utf-8"))
    given = load_params().endpoints.model_dump()
    variables = " ".join(f"{name}={value}" for name, value in ENVIRONMENT.items())
    for endpoint in paths.ENDPOINTS:
        raw = _raw(endpoint)
        parameters = " ".join(f"-p {name} {value}" for name, value in given[endpoint].items())
        pipeline["stages"][endpoint]["cmd"] = [
            f"mkdir -p {raw.parent}",
            f"{variables} {paths.OUTPUT_VARIABLE}=$PWD/{raw.parent} papermill notebooks/{endpoint}.ipynb {raw} "
            f"--cwd notebooks --kernel python3 --no-progress-bar {parameters}",
            f"{Path(sys.executable)} -m {__spec__.name} {endpoint}",
        ]
    path.write_text(yaml.safe_dump(pipeline, sort_keys=False, width=1000), encoding="utf-8")


def _raw(endpoint: str) -> Path:
    """Where papermill puts the notebook that it ran."""
    return Path("scratch") / endpoint / "raw.ipynb"


def finish(endpoint: str) -> None:
    """Turn what papermill left into the outputs of the stage."""
    raw = _raw(endpoint)
    notebook = canonical.executed_form(nbformat.read(raw, as_version=4))
    with files.replacing(paths.results(endpoint)) as fresh:
        (fresh / "exhibits").mkdir()
        exhibits.extract(notebook, fresh / "exhibits")
        files.write_text(fresh / "notebook.ipynb", canonical.dumps(notebook))
        (raw.parent / "results.json").replace(fresh / "results.json")


if __name__ == "__main__":
    finish(sys.argv[1])
