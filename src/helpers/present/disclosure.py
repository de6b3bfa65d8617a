"""What exhibits, sentences and variables may show: records without their small cells, a mark in their place, and why.

The mark is the shorthand of the UK's Government Analysis Function for a confidential number ("Symbols and shorthand in
tables"): letters that a screen reader says, and no asterisk, which people take for significance.
"""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import TypeVar

from helpers.data.provenance import load_provenance
from helpers.present.numbers import MARK
from helpers.results import Record, protect

Shown = TypeVar("Shown")


def publishable(records: Sequence[Record]) -> list[Record]:
    """Records without small cells, by the limit that the record of the data names."""
    return protect(records, load_provenance().min_cell)


def published(exhibit: Callable[..., Shown]) -> Callable[..., Shown]:
    """The exhibit of what may be shown of the records it is given: all of an endpoint's, since one may tell another."""

    @wraps(exhibit)
    def of_publishable(records: Sequence[Record], **options) -> Shown:
        return exhibit(publishable(records), **options)

    return of_publishable


def note(text: str) -> str:
    """The footnote of a text with the mark in it; of any other none."""
    return footnote(load_provenance().min_cell) if MARK in text else ""


def footnote(limit: int) -> str:
    """What the mark means, with the limit it rests on."""
    few = "a single patient" if limit == 2 else f"fewer than {limit} patients"
    return f"{MARK} stands for a number that is not shown, because it counts {few} or would reveal such a count."


def explained(text: str) -> str:
    """A text, with the footnote behind it if it has the mark."""
    return " ".join(part for part in (text, note(text)) if part)
