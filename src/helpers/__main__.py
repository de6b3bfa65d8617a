"""`kypho`, and `python -m helpers`, which is the same."""

import os
import sys

from helpers import paths


def run() -> None:
    """Hand the work of a stage to the warm process of the `kypho repro` at work; everything else is done here."""
    if paths.WARM_VARIABLE in os.environ and sys.argv[1:2] == ["stage"]:
        from helpers.pipeline.warm import Job

        sys.exit(Job("helpers.cli:main", sys.argv[1:]).wait())
    from helpers.cli import main

    main(prog_name="kypho")


if __name__ == "__main__":
    run()
