"""Commands that build the site and the manuscript, hold their prose to its sources, and archive them."""

from functools import partial
from pathlib import Path

import click

from helpers import paths
from helpers.cli import said
from helpers.cli.group import main, mendable


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
    click.echo(said.summary())


@main.command()
@click.option("--output", type=click.Path(path_type=Path), help="The zip file, by default below scratch/.")
@mendable
def archive(output: Path | None) -> None:
    """Write sources, results and site of the commit as an RO-Crate: one zip file with checksums and licences.

    Data are in it only if they are synthetic; of a real export nothing of a participant is.
    """
    from helpers.data.privacy.commit import check_commit, check_outputs
    from helpers.data.provenance import load_provenance
    from helpers.pipeline.status import stale
    from helpers.publish.archive import write_archive

    check_commit(everything=True)
    synthetic = load_provenance().synthetic
    written = write_archive(output, stale=stale, screen=partial(check_outputs, synthetic=synthetic))
    click.echo(f"Written: {paths.relative(written.path)}\n{_verified(written.found)}")


@main.command("verify-archive")
@click.argument("file", type=click.Path(path_type=Path))
@mendable
def verify_archive(file: Path) -> None:
    """Verify an archive on any machine; nothing is unpacked.

    Every member against its size and checksum, the results against the run that is recorded, the data and the banner.
    """
    from helpers.publish.archive import verify_archive as verify

    click.echo(f"Sound: {file}\n{_verified(verify(file))}")


@main.command("check-prose")
@mendable
def check_prose() -> None:
    """Find every number in prose that the pipeline did not write and that manuscript/facts.yaml does not declare."""
    from helpers.publish import check_prose as check

    click.echo(f"{check()} passages: no typed number")


def _verified(found) -> str:
    withheld = f"; {found.restricted} files of participants are described and not in it" if found.restricted else ""
    return (
        f"{found.name}\ncommit {found.commit}, {found.members} files, {found.size / 1e6:.1f} MB, "
        f"{found.entities} entities, {found.stages} stages of the run{withheld}\nsha256 {found.sha256}"
    )
