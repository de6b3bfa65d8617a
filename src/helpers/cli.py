"""The `kypho` command, thin: each command names its work on a lower floor; an error that a person can mend exits 2."""

import sys
from functools import wraps
from pathlib import Path

import click

from helpers import paths
from helpers.errors import ConfigError, InvalidData, KyphoError


def mendable(command):
    """Print a `KyphoError` without a traceback and exit 2, or with the code of the stage that failed."""

    @wraps(command)
    def wrapped(*args, **kwargs):
        try:
            return command(*args, **kwargs)
        except KyphoError as error:
            click.echo(f"error: {error}", err=True)
            sys.exit(getattr(error, "exit_code", 2))

    return wrapped


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="kypho-01-compendium", prog_name="kypho")
def main() -> None:
    """KYPHO-01 (NCT02700308): from the trial's data export to the published manuscript and site.

    Start with `kypho repro`; it runs what is out of date and nothing else.
    """


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
    outcome = run(stages, force=force)
    count = len(outcome.ran)
    click.echo(f"{count} {'stage' if count == 1 else 'stages'} ran, {len(outcome.skipped)} up to date")
    if not stages:
        click.echo(_summary())


@main.command("check-data")
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@mendable
def check_data(folder: Path | None) -> None:
    """Check an export against the codebook without changing anything.

    FOLDER holds the CSV tables; without it, the export that params.yaml names is checked.
    Exits 0 if all is well, 1 if there are warnings only, 2 if there are errors.
    """
    from helpers.data.validate import check_data as check
    from helpers.params import load_params

    folder = folder or paths.raw(load_params().data.source)
    problems = check(folder)
    for problem in problems:
        if problem.severity == "warning":
            click.echo(f"warning: {problem}")
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise InvalidData(errors)
    if problems:
        sys.exit(1)
    click.echo(f"{paths.relative(folder)}: no problem found")


@main.command()
@click.option(
    "--engine", type=click.Choice(["auto", "quarto", "pandoc"]), help="Instead of publish.engine in params.yaml."
)
@mendable
def publish(engine: str | None) -> None:
    """Build the site and the manuscript from the results that are there."""
    from helpers.params import load_params
    from helpers.publish import publish as build

    build(engine or load_params().publish.engine)
    click.echo(_summary())


@main.command()
@mendable
def status() -> None:
    """Say which stages are out of date and why, and which data ran."""
    from helpers.pipeline.status import stale

    found = stale()
    for stage, reasons in found.items():
        click.echo(f"{stage} is out of date: {'; '.join(reasons)}")
    if not found:
        click.echo("All stages are up to date.")
    try:
        click.echo(f"Data: {_data()}")
    except ConfigError:
        click.echo("Data: none has run yet")


@main.command("clean-notebooks")
@mendable
def clean_notebooks() -> None:
    """Bring the source notebooks to their canonical form: no outputs, no editors' metadata."""
    from helpers.pipeline.notebook import clean

    for endpoint in paths.ENDPOINTS:
        if clean(paths.notebook(endpoint)):
            click.echo(f"cleaned {paths.relative(paths.notebook(endpoint))}")


@main.group()
def stage() -> None:
    """The work of single stages, as dvc.yaml calls them. To bring a stage up to date use `kypho repro STAGE`."""


@stage.command()
@mendable
def synthesise() -> None:
    """Write the synthetic export."""
    from helpers.data.synthesise import synthesise as work
    from helpers.params import load_params

    work(load_params())


@stage.command()
@mendable
def validate() -> None:
    """Check the export and write typed tables."""
    from helpers.data.validate import validate as work
    from helpers.params import load_params

    click.echo(str(work(load_params())))


@stage.command()
@mendable
def derive() -> None:
    """Derive the analysis datasets."""
    from helpers.data.derive import derive as work
    from helpers.params import load_params

    work(load_params())


@stage.command()
@click.argument("endpoint", type=click.Choice(paths.ENDPOINTS))
@mendable
def notebook(endpoint: str) -> None:
    """Run the notebook of ENDPOINT."""
    from helpers.params import load_params
    from helpers.pipeline.notebook import run_notebook

    run_notebook(endpoint, getattr(load_params().endpoints, endpoint).model_dump())


@stage.command()
@mendable
def collect() -> None:
    """Gather all results, the variables for prose and the overview."""
    from helpers.present.collect import collect as work

    work()


@stage.command("publish")
@mendable
def publish_stage() -> None:
    """Build the site and the manuscript with the engine of params.yaml."""
    from helpers.params import load_params
    from helpers.publish import publish as build

    build(load_params().publish.engine)


def _preflight(stages: tuple[str, ...]) -> None:
    """Say in words, before DVC is asked, what would make it fail in its own."""
    from helpers.params import load_params

    source = load_params().data.source
    if source != "synthetic" and not paths.raw(source).is_dir():
        raise ConfigError(
            f"params.yaml, data.source: there is no folder {paths.relative(paths.raw(source))}. "
            "Put the export there, or name the folder that holds it."
        )
    known = ("synthesise", "validate", "derive", *paths.ENDPOINTS, "collect", "publish")
    if strangers := [name for name in stages if name not in known]:
        raise ConfigError(f"there is no stage {strangers[0]}. The stages are {', '.join(known)}.")


def _data() -> str:
    from helpers.data.provenance import load_provenance

    record = load_provenance()
    kind = "SYNTHETIC" if record.synthetic else f"export {record.source}"
    return f"{kind}, {record.patients} patients, sha256 {record.checksum[:12]}"


def _summary() -> str:
    site = paths.relative(paths.site())
    manuscript = ", ".join(f"{site}/manuscript/index.{kind}" for kind in ("html", "docx", "pdf", "xml"))
    return f"Built {site}/index.html; manuscript {manuscript}; data: {_data()}"
