"""`kypho`, and `python -m helpers`, which is the same."""


def run() -> None:
    """The command line."""
    from helpers.cli import main

    main(prog_name="kypho")


if __name__ == "__main__":
    run()
