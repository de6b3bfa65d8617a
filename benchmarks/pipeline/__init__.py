"""How long a run takes, held against two baselines, `plain` and `floor`; `make bench` writes `pipeline.md`."""

import statistics
from collections.abc import Sequence


def spread(values: Sequence[float]) -> str:
    """`17.30 (16.90 to 18.00)`: median, least and most."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def verdict(holds: bool) -> str:
    """How the reports say whether a limit is kept."""
    return "kept" if holds else "NOT KEPT"
