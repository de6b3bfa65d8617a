"""A standardised effect with its interval."""

from dataclasses import dataclass

from helpers.stats._types import Interval


@dataclass(frozen=True)
class EffectSize(Interval):
    """A difference in standard deviations, of `n` values in all, with its interval.

    `adjusted` is the estimate corrected for small-sample bias, `se` the standard error of the estimate, `sd` the
    standard deviation it was divided by, in the unit of the values.
    """

    n: int = 0
    adjusted: float | None = None
    se: float | None = None
    sd: float | None = None
