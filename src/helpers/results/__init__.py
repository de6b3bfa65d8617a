"""The result record: what every number is, how it is kept, and which numbers are not shown."""

from helpers.results.disclosure import protect
from helpers.results.listing import Listing
from helpers.results.record import COLUMNS, GROUPS, HIDDEN, STATISTICS, Record, canonical
from helpers.results.store import read_results, to_json, write_results

__all__ = [
    "COLUMNS",
    "GROUPS",
    "HIDDEN",
    "STATISTICS",
    "Listing",
    "Record",
    "canonical",
    "protect",
    "read_results",
    "to_json",
    "write_results",
]
