"""The `kypho` command, thin: each command names its work on a lower floor."""

from helpers.cli import data, publishing, runs, stages
from helpers.cli.group import main

__all__ = ["data", "main", "publishing", "runs", "stages"]
