"""The `kypho` command, thin: each command names its work on a lower floor; an error that a person can mend exits 2."""

import shutil
import sys
from functools import partial, wraps
from pathlib import Path

import click

from helpers import paths
from helpers.errors import ConfigError, KyphoError


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


#: What the stages work with, in the order in which a run from nothing needs it.
LOADED_ONCE = (
    "helpers.cli",
    "helpers.data.synthesise",
    "helpers.data.validate",
    "helpers.data.derive",
    "helpers.endpoints.participants",
    "helpers.endpoints",
    "helpers.present.tables",
    "helpers.present.figures",
    "matplotlib.backends.backend_svg",
    "helpers.present.collect",
    "papermill",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "helpers.pipeline.notebook",
    "helpers.publish",
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
    outcome = run(stages, force=force, modules=LOADED_ONCE)
    count = len(outcome.ran)
    click.echo(f"{count} {'stage' if count == 1 else 'stages'} ran, {len(outcome.skipped)} up to date")
    if not stages:
        click.echo(_summary())


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
        click.echo(f"Data: {_data()}")
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


def _data() -> str:
    from helpers.data.provenance import load_provenance

    record = load_provenance()
    kind = "SYNTHETIC" if record.synthetic else f"export {record.source}"
    return f"{kind}, {record.patients} patients, sha256 {record.digest}"


def _verified(found) -> str:
    withheld = f"; {found.restricted} files of participants are described and not in it" if found.restricted else ""
    return (
        f"{found.name}\ncommit {found.commit}, {found.members} files, {found.size / 1e6:.1f} MB, "
        f"{found.entities} entities, {found.stages} stages of the run{withheld}\nsha256 {found.sha256}"
    )


def _summary() -> str:
    site = paths.relative(paths.site())
    manuscript = ", ".join(f"{site}/manuscript/index.{kind}" for kind in ("html", "docx", "pdf", "xml"))
    return f"Built {site}/index.html; manuscript {manuscript}; data: {_data()}"
