"""Closed testing: a hypothesis is rejected if every intersection that holds it is rejected by a local test."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import sqrt

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import chi2

from helpers.errors import InvalidInput
from helpers.stats.multiplicity._common import Adjusted, as_p_values, as_tuple, as_weights

#: 2^15 intersections are listed in well under a second.
MOST_HYPOTHESES = 15

#: Given p-values, weights summing to 1 and positions of the members of an intersection, the p-value of the
#: intersection.
LocalTest = Callable[[np.ndarray, np.ndarray, tuple[int, ...]], float]


@dataclass(frozen=True)
class ClosedTest(Adjusted):
    """Adjusted p-values with the p-value of every intersection, by the positions of its members (from 0)."""

    intersections: dict[tuple[int, ...], float] = field(default_factory=dict)


def closed_test(
    p_values: Sequence[float | None], *, local: str | LocalTest = "simes", weights: Sequence[float] | None = None
) -> ClosedTest:
    """Closed test of all intersections of the hypotheses.

    Parameters
    ----------
    p_values : sequence of float
        P-values in [0, 1]; None or NaN for a missing one, which stays missing and belongs to no intersection.
    local : str or callable
        Test of an intersection: "bonferroni", "sidak", "simes", "hochberg", "fisher" or "stouffer", or a function of
        p-values, weights and positions of the members that gives the p-value of the intersection.
    weights : sequence of float, optional
        Weights above 0; in each intersection they are scaled to sum to 1. "fisher" knows no weights.

    Returns
    -------
    ClosedTest
        Adjusted p-values and the p-values of the intersections. With more than 15 p-values nothing is listed and
        `reason` is "too-large".

    Raises
    ------
    InvalidInput
        If a p-value lies outside [0, 1], a weight is not positive, the local test is unknown, or it gives a number
        outside [0, 1] and not above.

    Notes
    -----
    Marcus R, Peritz E, Gabriel KR. Biometrika 1976;63:655-660. "simes" gives Hommel's procedure, "bonferroni" Holm's,
    "hochberg" Hochberg's; "fisher" (Fisher's combination) and "stouffer" (weighted sum of normal scores) assume
    independent tests.
    """
    if isinstance(local, str) and local not in LOCAL_TESTS:
        raise InvalidInput(f"local is {local!r}; allowed are {', '.join(map(repr, LOCAL_TESTS))} or a function.")
    test = LOCAL_TESTS[local] if isinstance(local, str) else local
    p = as_p_values(p_values)
    shares = as_weights(weights, p.size)
    if local == "fisher" and weights is not None:
        raise InvalidInput("Fisher's combination has no weights; use 'stouffer' for a weighted one.")
    known = np.flatnonzero(~np.isnan(p))
    if known.size > MOST_HYPOTHESES:
        return ClosedTest((None,) * p.size, known.size, "too-large")
    adjusted = np.where(np.isnan(p), np.nan, 0.0)
    intersections = {}
    for members in subsets(known):
        of = list(members)
        found = float(test(p[of], shares[of] / shares[of].sum(), members))
        if not found >= 0:
            raise InvalidInput(f"the local test gave {found} for hypotheses {members}; a p-value lies in [0, 1].")
        found = intersections[members] = min(1.0, found)
        adjusted[of] = np.maximum(adjusted[of], found)
    return ClosedTest(as_tuple(adjusted), known.size, "", intersections)


def subsets(positions: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Every set of the positions but the empty one."""
    positions = [int(at) for at in positions]
    for code in range(1, 2 ** len(positions)):
        yield tuple(at for bit, at in enumerate(positions) if code >> bit & 1)


def bonferroni_test(p: np.ndarray, w: np.ndarray, members: tuple[int, ...] = ()) -> float:
    """Smallest p-value over its weight."""
    return float((p / w).min())


def sidak_test(p: np.ndarray, w: np.ndarray, members: tuple[int, ...] = ()) -> float:
    """Probability, for independent tests, of a p-value as small in relation to its weight."""
    with np.errstate(divide="ignore"):
        return float(-np.expm1((np.log1p(-p) / w).max()))


def simes_test(p: np.ndarray, w: np.ndarray, members: tuple[int, ...] = ()) -> float:
    """Smallest p-value over the weight of all p-values up to it (Benjamini, Hochberg. Scand J Stat 1997;24:407-418)."""
    order = np.argsort(p, kind="stable")
    return float((p[order] / np.cumsum(w[order])).min())


def hochberg_test(p: np.ndarray, w: np.ndarray, members: tuple[int, ...] = ()) -> float:
    """Smallest p-value times the weight from it on, over its weight."""
    order = np.argsort(p, kind="stable")
    sorted_w = w[order]
    return float((p[order] * np.cumsum(sorted_w[::-1])[::-1] / sorted_w).min())


def fisher_test(p: np.ndarray, w: np.ndarray, members: tuple[int, ...] = ()) -> float:
    """Fisher's combination of independent p-values."""
    if (p == 0).any():
        return 0.0
    return float(chi2.sf(-2 * np.log(p).sum(), 2 * p.size))


def stouffer_test(p: np.ndarray, w: np.ndarray, members: tuple[int, ...] = ()) -> float:
    """Weighted sum of normal scores of independent one-sided p-values (Liptak)."""
    if (p == 1).any():
        return 1.0
    if (p == 0).any():
        return 0.0
    return float(ndtr((w * ndtri(p)).sum() / sqrt((w * w).sum())))


LOCAL_TESTS: dict[str, LocalTest] = {
    "bonferroni": bonferroni_test,
    "sidak": sidak_test,
    "simes": simes_test,
    "hochberg": hochberg_test,
    "fisher": fisher_test,
    "stouffer": stouffer_test,
}
