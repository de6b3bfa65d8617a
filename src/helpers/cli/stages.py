"""The work of single stages, as dvc.yaml calls them."""

import click

from helpers import paths
from helpers.cli.group import main, mendable


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
def participants() -> None:
    """Describe who took part."""
    from helpers import files
    from helpers.data import load_datasets
    from helpers.endpoints import participants as who
    from helpers.present import disclosure, exhibit
    from helpers.results import write_results

    records = who.describe(load_datasets("adsl", "adcomp"))
    target = paths.results("participants")
    write_results("participants", records, target=target)
    files.write_text(target / "results.csv", exhibit.numbers_csv(disclosure.publishable(records)))


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
