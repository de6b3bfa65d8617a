"""The baseline `floor`: the whole pipeline in one process, which imports the libraries once.

The same code in the same order, without DVC, papermill and kernels: what they and the warm process cost is what a run
takes beyond this. Run it in the folder of a project: `python FLOOR`.
"""

import os
import sys

from helpers.pipeline.warm import ENVIRONMENT

if any(os.environ.get(name) != value for name, value in ENVIRONMENT.items()):
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **ENVIRONMENT})

from IPython.core.displayhook import CapturingDisplayHook
from IPython.core.interactiveshell import InteractiveShell
from nbformat.v4 import new_output
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

from helpers import files, paths
from helpers.data.derive import derive
from helpers.data.synthesise import synthesise
from helpers.data.validate import validate
from helpers.params import Params, load_params
from helpers.pipeline import canonical, exhibits
from helpers.present.collect import collect
from helpers.publish import publish


def run_notebook(endpoint: str, params: Params) -> None:
    """The cells of one notebook in this process; its outputs become what `kypho stage notebook` makes."""
    notebook = load_notebook_node(str(paths.notebook(endpoint)))
    notebook = parameterize_notebook(notebook, getattr(params.endpoints, endpoint).model_dump())
    shell = InteractiveShell()
    with files.replacing(paths.results(endpoint)) as fresh:
        os.environ[paths.OUTPUT_VARIABLE] = str(fresh)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                shell.display_trap.hook = shown = CapturingDisplayHook(shell=shell, outputs=[])
                shell.run_cell(cell.source).raise_error()
                quiet = cell.source.endswith(";")
                cell.outputs = [] if quiet else [new_output("execute_result", **each) for each in shown.outputs]
        del os.environ[paths.OUTPUT_VARIABLE]
        executed = canonical.executed_form(notebook)
        (fresh / "exhibits").mkdir()
        exhibits.extract(executed, fresh / "exhibits")
        files.write_text(fresh / "notebook.ipynb", canonical.dumps(executed))


def main() -> None:
    params = load_params()
    synthesise(params)
    validate(params)
    derive(params)
    describe_participants()
    for endpoint in paths.ENDPOINTS:
        run_notebook(endpoint, params)
    collect()
    publish(params.publish.engine)


def describe_participants() -> None:
    """The stage `participants`."""
    from helpers.cli.stages import participants

    participants.callback()


if __name__ == "__main__":
    main()
