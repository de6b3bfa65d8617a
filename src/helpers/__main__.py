"""`kypho`, and `python -m helpers`, which is the same."""

import os
import sys


def run() -> None:
    """Hand the work of a stage to the warm process of the `kypho repro` at work; everything else is done here."""
    from helpers.pipeline.warm import VARIABLE, Job

    if VARIABLE in os.environ and sys.argv[1:2] == ["stage"]:
        sys.exit(Job("kypho", sys.argv[1:]).wait())
    from helpers.cli import main

    main(prog_name="kypho")


if __name__ == "__main__":
    run()
