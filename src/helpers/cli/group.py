"""The command itself, and how its parts fail: an error that a person can mend exits 2."""

import sys
from functools import wraps

import click

from helpers.errors import INTERRUPTED, KyphoError, refused


def mendable(command):
    """Print what a person can mend without a traceback and exit 2, or with the code of the stage that failed."""

    @wraps(command)
    def wrapped(*args, **kwargs):
        try:
            return command(*args, **kwargs)
        except KyphoError as error:
            click.echo(f"error: {error}", err=True)
            sys.exit(getattr(error, "exit_code", 2))
        except OSError as error:
            if not (said := refused(error)):
                raise
            click.echo(f"error: {said}", err=True)
            sys.exit(2)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            sys.exit(INTERRUPTED)

    return wrapped


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="kypho-01-compendium", prog_name="kypho")
def main() -> None:
    """KYPHO-01 (NCT02700308): from the trial's data export to the published manuscript and site.

    Start with `kypho repro`; it runs what is out of date and nothing else.
    """
