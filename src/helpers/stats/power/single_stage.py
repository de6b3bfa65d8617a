"""Single-stage designs for one arm: reject the uninteresting proportion at u events or more (A'Hern, Fleming).

The rule is `reject_at`, the smallest number of events that rejects. Where a source prints r for "more than r",
reject_at is r + 1.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, floor, sqrt

import numpy as np
from scipy.special import ndtri
from scipy.stats import binom

from helpers.errors import InvalidInput
from helpers.stats._types import known_reason
from helpers.stats.power._common import check_count, check_proportion

_CHUNK = 256
_ROUNDING = 1e-12


@dataclass(frozen=True)
class SingleStage:
    """`n` units, rejecting at `reject_at` events or more, with its exact error rate at p0 and power at p1."""

    n: int | None
    reject_at: int | None
    alpha: float | None
    power: float | None
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)


def operating(p0: float, p1: float, *, n: int, reject_at: int) -> SingleStage:
    """Exact error rate and power of a given design.

    Parameters
    ----------
    p0, p1 : float
        Uninteresting and interesting proportion, 0 to 1.
    n, reject_at : int
        Units, and the smallest number of events that rejects p0, 0 to n + 1.

    Returns
    -------
    SingleStage
        `alpha` and `power` are the probabilities of `reject_at` events or more at p0 and at p1.

    Raises
    ------
    InvalidInput
        If a number lies outside its range.
    """
    check_proportion("p0", p0, ends=True)
    check_proportion("p1", p1, ends=True)
    n, reject_at = check_count("n", n), check_count("reject_at", reject_at, least=0)
    if reject_at > n + 1:
        raise InvalidInput(f"reject_at is {reject_at} with {n} units; it is at most n + 1, which never rejects.")
    return SingleStage(n, reject_at, float(binom.sf(reject_at - 1, n, p0)), float(binom.sf(reject_at - 1, n, p1)))


def ahern(
    p0: float, p1: float, *, alpha: float = 0.05, power: float = 0.8, start: int = 1, most: int = 10_000
) -> SingleStage:
    """The smallest exact single-stage design.

    Parameters
    ----------
    p0, p1 : float
        Uninteresting and interesting proportion, p0 < p1.
    alpha, power : float
        Largest error rate at p0, and smallest power at p1.
    start, most : int
        Smallest and largest number of units that are tried.

    Returns
    -------
    SingleStage
        `reason` is "unreachable" if there is no design up to `most`.

    Raises
    ------
    InvalidInput
        If a number lies outside its range or p0 is not below p1.

    Notes
    -----
    A'Hern RP. Stat Med 2001;20:859-866. Exact power is saw-toothed in n: a larger size need not have a design.
    """
    found = designs(p0, p1, alpha=alpha, power=power, start=start, most=most, count=1)
    return found[0] if found else SingleStage(None, None, None, None, "unreachable")


def designs(
    p0: float,
    p1: float,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    start: int = 1,
    most: int = 10_000,
    count: int = 5,
) -> tuple[SingleStage, ...]:
    """The `count` smallest exact single-stage designs, as clinfun's ph2single lists them; otherwise as `ahern`."""
    check_proportion("p0", p0)
    check_proportion("p1", p1)
    check_proportion("alpha", alpha)
    check_proportion("power", power)
    if not p0 < p1:
        raise InvalidInput(f"p0 is {p0} and p1 {p1}; the interesting proportion must be the larger one.")
    count, start, most = check_count("count", count), check_count("start", start), check_count("most", most)
    found = []
    for design in _feasible(p0, p1, alpha, power, start, most):
        found.append(design)
        if len(found) == count:
            break
    return tuple(found)


def fleming(p0: float, p1: float, *, alpha: float = 0.05, power: float = 0.8) -> SingleStage:
    """Fleming's single-stage design by normal approximation, with its exact error rate and power; otherwise as `ahern`.

    Notes
    -----
    Fleming TR. Biometrics 1982;38:143-151. The error rate may exceed alpha.
    """
    check_proportion("p0", p0)
    check_proportion("p1", p1)
    check_proportion("alpha", alpha)
    check_proportion("power", power)
    if not p0 < p1:
        raise InvalidInput(f"p0 is {p0} and p1 {p1}; the interesting proportion must be the larger one.")
    z = float(ndtri(1 - alpha))
    spread, spread1 = sqrt(p0 * (1 - p0)), sqrt(p1 * (1 - p1))
    n = max(1, ceil(((z * spread + float(ndtri(power)) * spread1) / (p1 - p0)) ** 2 - 1e-9))
    return operating(p0, p1, n=n, reject_at=min(n + 1, floor(n * p0 + z * sqrt(n) * spread) + 1))


def _feasible(p0: float, p1: float, alpha: float, power: float, start: int, most: int) -> Iterator[SingleStage]:
    limit = alpha * (1 + _ROUNDING)
    for first in range(start, most + 1, _CHUNK):
        n = np.arange(first, min(first + _CHUNK, most + 1))
        reject_at = binom.isf(limit, n, p0).astype(int) + 1
        reject_at = np.where(binom.sf(reject_at - 2, n, p0) <= limit, reject_at - 1, reject_at)
        reject_at = np.where(binom.sf(reject_at - 1, n, p0) > limit, reject_at + 1, reject_at)
        error, reached = binom.sf(reject_at - 1, n, p0), binom.sf(reject_at - 1, n, p1)
        for at in np.flatnonzero((reached >= power * (1 - _ROUNDING)) & (reject_at <= n)):
            yield SingleStage(int(n[at]), int(reject_at[at]), float(error[at]), float(reached[at]))
