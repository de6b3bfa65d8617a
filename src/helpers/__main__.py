"""`python -m helpers` is the `kypho` command."""

from helpers.cli import main

main(prog_name="kypho")
