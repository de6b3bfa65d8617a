"""Commands for the export: check it, write one, lock it, keep it out of git."""

import shutil
import sys
from pathlib import Path

import click

from helpers import paths
from helpers.cli.group import main, mendable

FORMAT = click.Choice(["csv", "redcap", "xpt", "dataset-json"])


@main.command("check-data")
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--format", type=FORMAT, help="Format of the export, instead of data.format in params.yaml.")
@click.option("--csv", "table", type=click.Path(path_type=Path), help="Write every problem to this CSV file.")
@click.option("--html", "page", type=click.Path(path_type=Path), help="Write the report to this page.")
@mendable
def check_data(folder: Path | None, format: str | None, table: Path | None, page: Path | None) -> None:
    """Check an export against the codebook without changing anything.

    FOLDER holds the export; without it, the one that params.yaml names is checked.
    Exits 0 if all is well, 1 if there are warnings only, 2 if there are errors.
    """
    from helpers import files
    from helpers.data import report
    from helpers.data.validate import check
    from helpers.params import load_params

    params = load_params()
    found = check(folder or paths.raw(params.data.source), params, format)
    width = shutil.get_terminal_size((100, 24)).columns
    click.echo(report.text(found, width=width, colour=sys.stdout.isatty()), nl=False)
    for target, text in ((table, report.to_csv), (page, report.to_html)):
        if target:
            files.write_text(target, text(found))
            click.echo(f"Written: {target}")
    sys.exit(found.exit_code)


@main.command()
@click.option("--format", type=click.Choice(["redcap"]), required=True, help="redcap: a data dictionary to import.")
@click.option("--out", type=click.Path(path_type=Path), help="File to write, instead of the terminal.")
@mendable
def codebook(format: str, out: Path | None) -> None:
    """Write the codebook for another system."""
    from helpers import files
    from helpers.codebook import load_codebook
    from helpers.data.formats.redcap_dictionary import dictionary

    text = dictionary(load_codebook())
    if out:
        files.write_text(out, text)
        click.echo(f"Written: {out}")
    else:
        click.echo(text, nl=False)


@main.command("synthesise")
@click.option("--patients", type=click.IntRange(4, 1_000_000), help="Instead of synthetic.patients in params.yaml.")
@click.option("--scenario", help="One of synthetic.scenarios in params.yaml, instead of synthetic.scenario.")
@click.option("--seed", type=click.IntRange(0), help="Instead of synthetic.seed.")
@click.option("--format", type=FORMAT, default="csv", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write, by default below data/raw/.")
@mendable
def synthesise_export(
    patients: int | None, scenario: str | None, seed: int | None, format: str, out: Path | None
) -> None:
    """Write a synthetic export of any size, scenario and format; the one of the pipeline stays as it is."""
    from helpers.data.synthesise import synthesise_to
    from helpers.params import load_params

    options = {"patients": patients, "scenario": scenario, "seed": seed, "format": format}
    click.echo(str(synthesise_to(load_params(), out, **options)))


@main.command("date-key")
@mendable
def date_key() -> None:
    """Make the secret key that shifts dates, outside git, and print its fingerprint."""
    from helpers.data.privacy.key import key_file, make_key

    mark = make_key()
    click.echo(f"Key written to {paths.relative(key_file())}. Keep a copy in a safe place, and never in git.")
    click.echo(f'Its fingerprint, for params.yaml, privacy.date_key: "{mark}"')


@main.command("lock-database")
@click.option("--by", required=True, help="Who takes responsibility for the lock.")
@mendable
def lock_database(by: str) -> None:
    """Record that the export of params.yaml is final; only then may its blinding be opened."""
    from helpers.data.lock import lock_database as lock
    from helpers.params import load_params

    click.echo(f"Locked: {lock(load_params(), by)}")
    click.echo("Commit data/database-lock.json. To open the blinding set blinding.enabled: false in params.yaml.")


@main.command("check-commit")
@click.option("--all", "everything", is_flag=True, help="Look at every file that git keeps, not at the staged ones.")
@mendable
def check_commit(everything: bool) -> None:
    """Refuse a commit that holds data of patients. The git hook of the project calls this."""
    from helpers.data.privacy.commit import check_commit as check

    count = check(everything=everything)
    click.echo(f"{count} {'file' if count == 1 else 'files'}: no data of patients")
