"""Rows of single events or patients: no result, and shown only where they are no patient's."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Listing:
    """Codes and texts by column, one row an event; without an identifier."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
