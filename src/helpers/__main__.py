"""`kypho`, and `python -m helpers`, which is the same."""

import sys

from helpers.errors import INTERRUPTED


def run() -> None:
    """The command line."""
    try:
        from helpers.cli import main
    except KeyboardInterrupt:  # already while it is loaded
        print("interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)

    main(prog_name="kypho")


if __name__ == "__main__":
    run()
