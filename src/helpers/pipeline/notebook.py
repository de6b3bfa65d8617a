"""Running one notebook: strict parameters, canonical output, results that appear whole or not at all."""

import ast
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
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
    endpoint: str, source: Path, target: Path, parameters: Mapping[str, object], output: Path
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
                on_cell_executed=_progress(endpoint, source),
            )


def _progress(endpoint: str, source: Path) -> Callable[..., None] | None:
    """Tells the `kypho repro` at work how far this notebook is; nothing where there is none."""
    if paths.WARM_VARIABLE not in os.environ:
        return None
    cells = len(nbformat.read(source, as_version=4).cells)

    def executed(*, cell_index: int, **_) -> None:
        warm.note(endpoint, cell_index + 1, cells)

    return executed


def _where(source: Path, failed: str) -> str:
    """The cell of the source notebook whose text is `failed`, as a person finds it."""
    for number, cell in enumerate(nbformat.read(source, as_version=4).cells, 1):
        if cell.source == failed:
            label = canonical.options(cell).get("label")
            return f"cell {number}" + (f" ({label})" if label else "")
    return "injected parameters"


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
        try:
            executed = _execute(endpoint, source, raw, parameters, fresh)
        except PapermillExecutionError as error:
            where = _where(source, error.source)
            raise NotebookError(f"{paths.relative(path)}, {where}: {error.ename}: {error.evalue}") from None
        except CellTimeoutError as error:
            raise NotebookError(f"{paths.relative(path)}: a cell ran for more than {CELL_TIMEOUT} s. {error}") from None
        except DeadKernelError:
            raise NotebookError(f"{paths.relative(path)}: the kernel died, most often for want of memory.") from None
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
