"""Commands that bring the pipeline up to date, say where it stands and compare what it made."""

import sys

import click

from helpers import paths
from helpers.cli import said
from helpers.cli.group import main, mendable
from helpers.errors import INTERRUPTED, ConfigError

#: What the stages work with, in the order in which a run from nothing needs it, what they import when they come to it
#: included: every fork would import that anew. The libraries that take long stand alone, so that a fork waits for one.
LOADED_ONCE = (
    "helpers.cli",
    "helpers.data.synthesise",
    "helpers.data.validate",
    "helpers.data.derive",
    "pyarrow.dataset",
    "scipy.optimize",
    "scipy.stats",
    *(f"helpers.endpoints.{name}" for name in paths.REPORTED),
    "pingouin",
    "formulaic",
    "matplotlib.figure",
    "seaborn",
    "helpers.present.tables",
    "helpers.present.figures",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "PIL.JpegImagePlugin",
    "papermill",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.debugger",
    "sqlite3",
    "IPython.core.completerlib",
    "helpers.pipeline.notebook",
    "helpers.present.collect",
    "helpers.publish",
    "pypdfium2",
    "typst",
)


@main.command()
@click.argument("stages", nargs=-1)
@click.option("--force", is_flag=True, help="Run the stages even if nothing changed.")
@mendable
def repro(stages: tuple[str, ...], force: bool) -> None:
    """Bring data, results and site up to date.

    STAGES limits the run to these and what they need, for example `kypho repro pain`.
    """
    from helpers.pipeline.repro import repro as run

    _preflight(stages)
    try:
        outcome = run(stages, force=force, modules=LOADED_ONCE)
    except KeyboardInterrupt:
        click.echo("interrupted: stages that had ended are kept, and the next run goes on from there", err=True)
        sys.exit(INTERRUPTED)
    count = len(outcome.ran)
    click.echo(f"{count} {'stage' if count == 1 else 'stages'} ran, {len(outcome.skipped)} up to date")
    if not stages:
        click.echo(said.summary())


@main.command()
@mendable
def status() -> None:
    """Say which stages are out of date and why, which data ran, and whether they are blinded or locked."""
    from helpers.data.lock import status_lines
    from helpers.params import load_params
    from helpers.pipeline.status import stale

    found = stale()
    for stage, reasons in found.items():
        click.echo(f"{stage} is out of date: {'; '.join(reasons)}")
    if not found:
        click.echo("All stages are up to date.")
    try:
        click.echo(f"Data: {said.data()}")
    except ConfigError:
        click.echo("Data: none has run yet")
    for line in status_lines(load_params()):
        click.echo(line)


@main.command()
@click.argument("revisions", nargs=-1)
@click.option(
    "--format",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="markdown: for the comment on a pull request.",
)
@click.option("--exit-code", is_flag=True, help="Exit 1 if anything changed, as git diff does.")
@mendable
def compare(revisions: tuple[str, ...], format: str, exit_code: bool) -> None:
    """Say which numbers changed between two revisions.

    Without REVISIONS the last commit is compared with the working tree, with one that revision with the working tree,
    with two the first with the second. Nothing is run: what results/ holds is compared.
    """
    import json

    from helpers.pipeline import revisions as git
    from helpers.present import comparison
    from helpers.results.compare import as_json
    from helpers.results.compare import compare as work
    from helpers.results.snapshot import FILES, snapshot

    if len(revisions) > 2:
        raise ConfigError(f"two revisions can be compared, not {len(revisions)}.")
    old, new = (*(revisions or ("HEAD",)), git.WORKING_TREE)[:2]
    before = snapshot(old, *git.files_of(old, FILES))
    after = snapshot(new, "", git.files_here(FILES)) if len(revisions) < 2 else snapshot(new, *git.files_of(new, FILES))
    found = work(before, after)
    forms = {
        "text": comparison.as_text,
        "markdown": comparison.as_markdown,
        "json": lambda c: json.dumps(as_json(c), indent=1, ensure_ascii=False) + "\n",
    }
    click.echo(forms[format](found), nl=False)
    sys.exit(1 if exit_code and found.differs else 0)


@main.command("clean-notebooks")
@mendable
def clean_notebooks() -> None:
    """Bring the source notebooks to their canonical form: no outputs, no editors' metadata."""
    from helpers.pipeline.notebook import clean

    for endpoint in paths.ENDPOINTS:
        if clean(paths.notebook(endpoint)):
            click.echo(f"cleaned {paths.relative(paths.notebook(endpoint))}")


def _preflight(stages: tuple[str, ...]) -> None:
    """Say in words, before DVC is asked, what would make it fail in its own."""
    from helpers.params import load_params

    source = load_params().data.source
    if source != "synthetic" and not paths.raw(source).is_dir():
        raise ConfigError(
            f"params.yaml, data.source: there is no folder {paths.relative(paths.raw(source))}. "
            "Put the export there, or name the folder that holds it."
        )
    known = ("synthesise", "validate", "derive", *paths.REPORTED, "collect", "publish")
    if strangers := [name for name in stages if name not in known]:
        raise ConfigError(f"there is no stage {strangers[0]}. The stages are {', '.join(known)}.")
