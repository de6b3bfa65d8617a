"""What diagnostic figures show, in words for their alternative texts."""

from collections.abc import Sequence

from helpers.present import labels, numbers
from helpers.present.select import Interval, select, value
from helpers.results import Record

Records = Sequence[Record]

#: The fifths of the ordered residuals, the lowest first.
FIFTHS = (1, 2, 3, 4, 5)


def fifths(fit: Records, code: str) -> list[tuple[float, float]]:
    """Expected and seen mean of each fifth of the residuals of a measure; none where they are not given."""
    pairs = [
        tuple(value(fit, parameter=f"{code}_{name}{k}", statistic="mean") for name in ("NORMAL", "FIFTH"))
        for k in FIFTHS
    ]
    return [pair for pair in pairs if all(isinstance(v, float | int) for v in pair)]


def residuals(fit: Records, codes: Sequence[str]) -> str:
    """The means of the fifths, measure by measure, beside those of a normal sample."""
    parts = []
    for code in codes:
        found = [select(fit, parameter=f"{code}_FIFTH{k}") for k in FIFTHS]
        seen = ", ".join(numbers.plain(value(own), "smd") for own in found)
        pairs = fifths(fit, code)
        expected = ", ".join(numbers.plain(pair[0], "smd") for pair in pairs)
        parts.append(f"{labels.parameter(code).lower()} {seen}" + (f" (normal: {expected})" if pairs else ""))
    return f"Mean of each fifth of the ordered residuals, in standard deviations: {'; '.join(parts)}."


def agreement(named: Sequence[tuple[str, Interval]], unit: str) -> str:
    """Mean difference of the readings and limits of agreement, row by row."""
    parts = "; ".join(f"{name.lower()} {i.text}" for name, i in named)
    return f"First reading minus second, mean and limits that hold 95\u00a0% of differences, in {unit}: {parts}."
