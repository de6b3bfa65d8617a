"""Running one notebook: strict parameters, canonical output, results that appear whole or not at all."""

import ast
import os
import sys
import tempfile
from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path

import nbformat

from helpers import files, paths
from helpers.errors import NotebookError
from helpers.pipeline import canonical, exhibits, warm

#: Longest time a cell may take, in seconds; the longest one takes about a hundredth of it.
CELL_TIMEOUT = 600


def declared_parameters(path: Path) -> dict[str, object]:
    """Names and default values of a notebook's cell tagged `parameters`.

    Raises
    ------
    NotebookError
        If there is not exactly one such cell, or it does anything but assign literals.
    """
    notebook = nbformat.read(path, as_version=4)
    cells = [cell for cell in notebook.cells if "parameters" in canonical.tags(cell)]
    if len(cells) != 1:
        raise NotebookError(f"{paths.relative(path)}: {len(cells)} cells are tagged `parameters`; there must be one.")
    found = {}
    for statement in ast.parse(cells[0].source).body:
        try:
            if not (isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)):
                raise ValueError
            found[statement.targets[0].id] = ast.literal_eval(statement.value)
        except ValueError:
            raise NotebookError(
                f"{paths.relative(path)}, parameters cell, line {statement.lineno}: "
                "only `name = literal` may stand here."
            ) from None
    return found


def check_parameters(path: Path, given: Mapping[str, object]) -> None:
    """Hold the parameters of `params.yaml` against those the notebook declares; papermill itself would only warn.

    Raises
    ------
    NotebookError
        Naming every parameter that one side has and the other lacks.
    """
    declared = declared_parameters(path)
    misspelt = [f"{name} is in params.yaml and not in the parameters cell" for name in given if name not in declared]
    missing = [f"{name} is in the parameters cell and not in params.yaml" for name in declared if name not in given]
    if misspelt or missing:
        raise NotebookError(
            f"{paths.relative(path)}: {'; '.join(misspelt + missing)}. "
            f"Write the name alike in both, under endpoints.{path.stem}."
        )
    for name, value in given.items():
        if value != declared[name]:
            print(
                f"note: {name} is {value!r} in params.yaml and {declared[name]!r} in {paths.relative(path)}; "
                "run by hand, the notebook will show other numbers than the pipeline."
            )


@contextmanager
def _environment(**variables: str):
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _execute(
    source: Path, target: Path, parameters: Mapping[str, object], output: Path, follower: "_Follower"
) -> nbformat.NotebookNode:
    import papermill
    from traitlets.config import Config

    # ipc needs no port, so no two kernels race for one; its sockets need a short path.
    with tempfile.TemporaryDirectory(prefix="kypho-") as sockets:
        config = Config()
        config.KernelManager.transport = "ipc"
        config.KernelManager.ip = str(Path(sockets) / "k")
        variables = {**warm.ENVIRONMENT, paths.OUTPUT_VARIABLE: str(output)}
        if paths.WARM_VARIABLE in os.environ:
            variables["JUPYTER_DEFAULT_PROVISIONER_NAME"] = "kypho-warm"
        with _environment(**variables):
            return papermill.execute_notebook(
                str(source),
                str(target),
                parameters=dict(parameters),
                kernel_name=canonical.KERNELSPEC["name"],
                progress_bar=False,
                cwd=str(paths.root() / "notebooks"),
                execution_timeout=CELL_TIMEOUT,
                config=config,
                shutdown_kernel="immediate",  # it has nothing left to say, and takes a while to say so
                request_save_on_cell_execute=False,  # twice a cell, and nobody reads it
                autosave_cell_every=0,
                on_cell_execute=follower.begins,
                on_cell_executed=follower.ended,
            )


class _Follower:
    """Knows which cell is at work, and tells the `kypho repro` at work, if there is one, how far the notebook is."""

    def __init__(self, endpoint: str, source: Path):
        self.endpoint = endpoint
        self.cells = nbformat.read(source, as_version=4).cells
        self.at_work = ""

    def begins(self, *, cell: nbformat.NotebookNode, **_) -> None:
        self.at_work = cell.source

    def ended(self, *, cell_index: int, **_) -> None:
        if paths.WARM_VARIABLE in os.environ:
            warm.note(self.endpoint, cell_index + 1, len(self.cells))

    def failed(self, what: str) -> NotebookError:
        """The error of the cell at work, by its place in the source notebook."""
        where = "injected parameters"
        for number, cell in enumerate(self.cells, 1):
            if cell.source == self.at_work:
                label = canonical.options(cell).get("label")
                where = f"cell {number}" + (f" ({label})" if label else "")
        return NotebookError(f"{paths.relative(paths.notebook(self.endpoint))}, {where}: {what}")


def run_notebook(endpoint: str, parameters: Mapping[str, object]) -> list[str]:
    """Run the notebook of `endpoint` and put its records, exhibits and executed copy into `results/<endpoint>/`.

    What was there stays as it was if anything fails.

    Parameters
    ----------
    endpoint : str
        One of `paths.ENDPOINTS`.
    parameters : mapping of str to scalar
        Exactly the names that the notebook's parameters cell declares.

    Returns
    -------
    list of str
        The labels of the exhibits.

    Raises
    ------
    NotebookError
        If a parameter is unknown or missing, a cell raises, no results are written, or an exhibit has no label.
    """
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    path = paths.notebook(endpoint)
    check_parameters(path, parameters)
    with files.replacing(paths.results(endpoint)) as fresh:
        source, raw = fresh / "source.ipynb", fresh / "raw.ipynb"
        files.write_text(source, canonical.dumps(canonical.source_form(nbformat.read(path, as_version=4))))
        follower = _Follower(endpoint, source)
        try:
            executed = _execute(source, raw, parameters, fresh, follower)
        except PapermillExecutionError as error:
            raise follower.failed(f"{error.ename}: {error.evalue}") from None
        except CellTimeoutError:
            limit = f"{CELL_TIMEOUT} s, which is CELL_TIMEOUT in helpers.pipeline.notebook"
            raise follower.failed(f"it ran for more than {limit}.") from None
        except DeadKernelError:
            why = "most often because memory was short. Close other programs and run it again."
            raise follower.failed(f"the kernel died, {why}") from None
        source.unlink()
        raw.unlink(missing_ok=True)
        for cell in executed.cells:
            for output in cell.get("outputs", []):
                if output.output_type == "stream" and output.name == "stderr":
                    sys.stderr.write(output.text)
        notebook = canonical.executed_form(executed)
        (fresh / "exhibits").mkdir()
        try:
            labels = exhibits.extract(notebook, fresh / "exhibits")
        except NotebookError as error:
            raise NotebookError(f"{paths.relative(path)}, {error}") from None
        if not (fresh / "results.json").is_file():
            raise NotebookError(
                f"{paths.relative(path)}: no results were written. "
                f'Its last cell must call write_results("{endpoint}", ...).'
            )
        files.write_text(fresh / "notebook.ipynb", canonical.dumps(notebook))
    return labels


def clean(path: Path) -> bool:
    """Bring a source notebook to its canonical form; True if that changed the file."""
    before = path.read_text(encoding="utf-8")
    after = canonical.dumps(canonical.source_form(nbformat.reads(before, as_version=4)))
    if before != after:
        files.write_text(path, after)
    return before != after
