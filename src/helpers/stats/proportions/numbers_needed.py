"""Number needed to treat, for benefit and for harm."""

from dataclasses import dataclass
from math import inf

from helpers.errors import InvalidInput
from helpers.stats._types import Interval, known_reason


@dataclass(frozen=True)
class Direction:
    """Numbers needed in one direction: the estimate where it lies there, and the limits from fewest to most units.

    `most` is infinite where the interval of the difference holds zero: the interval then goes on in the other
    direction.
    """

    estimate: float | None
    fewest: float | None
    most: float | None


@dataclass(frozen=True)
class NumberNeeded:
    """Number needed to treat for one more unit to benefit, or to be harmed.

    A direction is None where neither the estimate nor the interval reaches it. Where both are there the interval runs
    from `benefit.fewest` through infinity to `harm.fewest`. A difference of zero is an infinite number in both.
    """

    benefit: Direction | None
    harm: Direction | None
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)

    @property
    def through_infinity(self) -> bool:
        """Whether no difference is compatible with the data."""
        return any(side is not None and side.most == inf for side in (self.benefit, self.harm))


def number_needed(difference: Interval, *, event_is_benefit: bool = True) -> NumberNeeded:
    """Number needed to treat from any interval of a difference of proportions.

    Parameters
    ----------
    difference : Interval
        Proportion with the event, arm of interest minus reference, in [-1, 1], with its limits.
    event_is_benefit : bool
        False where the event is harm, so that fewer are better.

    Returns
    -------
    NumberNeeded
        Units to treat with the treatment of interest for one more (or one less harmed) than with the reference. Where
        the difference has no limits, the estimate and its `reason`.

    Raises
    ------
    InvalidInput
        If a number lies outside [-1, 1], or the limits are the wrong way round.

    Notes
    -----
    Altman DG. BMJ 1998;317:1309-1312. Bender R. Control Clin Trials 2001;22:102-110 (from the limits of Newcombe's
    method 10). The limits 1/upper and 1/lower are exchanged; with zero inside the interval of the difference the
    numbers run through infinity, and "-20 to 4" would name those that are left out.
    """
    numbers = (difference.estimate, difference.lower, difference.upper)
    if any(value is not None and not -1 <= value <= 1 for value in numbers):
        raise InvalidInput(f"a difference of proportions of {numbers}: each has to lie between -1 and 1.")
    estimate, lower, upper = numbers
    if None not in (lower, upper) and lower > upper:
        raise InvalidInput(f"the lower limit {lower} of a difference is above the upper {upper}.")
    if estimate is None:
        return NumberNeeded(None, None, difference.reason or "undefined")
    if not event_is_benefit:
        estimate, lower, upper = -estimate, *(None if end is None else -end for end in (upper, lower))
    return NumberNeeded(
        _direction(estimate, lower, upper),
        _direction(-estimate, *(None if end is None else -end for end in (upper, lower))),
        difference.reason,
    )


def _direction(estimate: float, lower: float | None, upper: float | None) -> Direction | None:
    """The numbers of the direction in which differences are positive."""
    number = None if estimate < 0 else 1 / estimate if estimate > 0 else inf
    if lower is None or upper is None or upper < 0:
        return None if number is None else Direction(number, None, None)
    if upper == 0 and number is None:
        return None
    return Direction(number, 1 / upper if upper > 0 else inf, 1 / lower if lower > 0 else inf)
