"""Exact unconditional tests: Barnard's and Boschloo's of equal proportions, and the score test of any value."""

from math import inf

import numpy as np

from helpers.stats._types import check_choice
from helpers.stats._wald import check_alternative
from helpers.stats.proportions import _tails
from helpers.stats.proportions._common import check_between, check_two
from helpers.stats.proportions._results import ProportionTest
from helpers.stats.proportions._unconditional import Box, Space, regions, standardised


def barnard_test(
    events: int,
    n: int,
    events_ref: int,
    n_ref: int,
    *,
    alternative: str = "two-sided",
    statistic: str = "pooled",
    berger_boos: float = 0.0,
) -> ProportionTest:
    """Exact unconditional test of equal proportions, ordered by a standardised difference.

    Parameters
    ----------
    events, n : int
        Units with the event, and units, in the arm of interest.
    events_ref, n_ref : int
        The same in the reference arm. scipy's `barnard_exact` and `boschloo_exact` take the columns as arms.
    alternative : str
        "two-sided" (the absolute statistic), or the proportion of the arm of interest "greater" or "less".
    statistic : str
        Standard error from the "pooled" proportion (Suissa and Shuster; SAS EXACT BARNARD) or "unpooled".
    berger_boos : float
        As in `exact_test`.

    Returns
    -------
    ProportionTest
        `statistic` is the standardised difference, 0 where no unit or every unit had the event, infinite where only its
        unpooled standard error is 0.

    Raises
    ------
    InvalidInput
        If n or n_ref is not positive, events lies outside 0..n, or an option is not one of the words above.

    Notes
    -----
    Barnard GA. Biometrika 1947;34:123-138. Suissa S, Shuster JJ. J R Stat Soc A 1985;148:317-327.
    """
    check_two(events, n, events_ref, n_ref)
    check_alternative(alternative)
    check_choice("statistic", statistic, ("pooled", "unpooled"))
    check_between("berger_boos", berger_boos, 0, 0.5, ends=True)
    space = Space(n, n_ref)
    p, p_ref = space.events / n, space.events_ref / n_ref
    if statistic == "pooled":
        mean = (space.events + space.events_ref) / (n + n_ref)
        variance = mean * (1 - mean) * (1 / n + 1 / n_ref)
    else:
        variance = p * (1 - p) / n + p_ref * (1 - p_ref) / n_ref
    z, at = standardised(p - p_ref, variance), (events, events_ref)
    return ProportionTest(float(z[at]), _tail_of(space, z, at, alternative, berger_boos=berger_boos))


def boschloo_test(
    events: int,
    n: int,
    events_ref: int,
    n_ref: int,
    *,
    alternative: str = "two-sided",
    method: str = "central",
    berger_boos: float = 0.0,
) -> ProportionTest:
    """Exact unconditional test of equal proportions, ordered by Fisher's p-value; otherwise as `barnard_test`.

    Parameters
    ----------
    method : str
        The two-sided test: "central", twice the smaller one-sided p-value (scipy, R Exact); "minlike", ordered by the
        two-sided Fisher test (exact2x2). They are different tests.

    Returns
    -------
    ProportionTest
        `statistic` is Fisher's p-value, the smaller one-sided one for "central".

    Notes
    -----
    Boschloo RD. Stat Neerl 1970;24:1-35.
    """
    check_two(events, n, events_ref, n_ref)
    check_alternative(alternative)
    check_choice("method", method, ("central", "minlike"))
    check_between("berger_boos", berger_boos, 0, 0.5, ends=True)
    space, at = Space(n, n_ref), (events, events_ref)
    if alternative == "two-sided" and method == "central":
        sides = [
            boschloo_test(*_counts(space, at), alternative=side, berger_boos=berger_boos)
            for side in ("greater", "less")
        ]
        smaller = min(sides, key=lambda found: found.p_value)
        return ProportionTest(smaller.statistic, min(1.0, 2 * smaller.p_value))
    fisher = _fisher_p_values(space, alternative)
    p_value = _tail_of(space, -np.log(np.maximum(fisher, 1e-300)), at, "greater", berger_boos=berger_boos)
    return ProportionTest(float(fisher[at]), p_value)


def exact_test(
    events: int,
    n: int,
    events_ref: int,
    n_ref: int,
    *,
    null: float | None = None,
    measure: str = "difference",
    alternative: str = "two-sided",
    berger_boos: float = 0.0,
) -> ProportionTest:
    """Exact unconditional test of a difference, ratio or odds ratio against any value, ordered by the score statistic.

    Parameters
    ----------
    events, n, events_ref, n_ref
        As in `risk_difference`.
    null : float, optional
        The value under test, for non-inferiority the margin with its sign; no difference (0, or 1 for a ratio) if
        absent.
    measure : str
        "difference", "ratio" or "odds-ratio".
    alternative : str
        "two-sided" (the absolute statistic), or "greater" or "less" than `null`.
    berger_boos : float
        Search the nuisance proportion only where 1 - berger_boos confidence sets leave it, and add berger_boos to the
        p-value; 0 searches everywhere.

    Returns
    -------
    ProportionTest
        `statistic` is the score.

    Notes
    -----
    Chan ISF. Stat Med 1998;17:1403-1413. Berger RL, Boos DD. J Am Stat Assoc 1994;89:1012-1016.
    """
    check_two(events, n, events_ref, n_ref)
    check_choice("measure", measure, ("difference", "ratio", "odds-ratio"))
    check_alternative(alternative)
    check_between("berger_boos", berger_boos, 0, 0.5, ends=True)
    null = (0.0 if measure == "difference" else 1.0) if null is None else float(null)
    check_between("null", null, *((-1, 1) if measure == "difference" else (0, inf)))
    space, at = Space(n, n_ref), (events, events_ref)
    z = space.score(measure, null)[0]
    return ProportionTest(float(z[at]), _tail_of(space, z, at, alternative, measure, null, berger_boos))


def _tail_of(
    space: Space,
    z: np.ndarray,
    at: tuple[int, int],
    alternative: str,
    measure: str = "difference",
    null: float = 0.0,
    berger_boos: float = 0.0,
) -> float:
    """Highest probability of the tables at least as extreme as the one `at`, by the statistic z."""
    box = Box.around(at[0], space.n, at[1], space.n_ref, berger_boos) if berger_boos else None
    side = {"greater": 1, "less": -1, "two-sided": 0}[alternative]
    return min(1.0, space.tail(regions(z, at, side), measure, null, box) + berger_boos)


def _counts(space: Space, at: tuple[int, int]) -> tuple[int, int, int, int]:
    return at[0], space.n, at[1], space.n_ref


def _fisher_p_values(space: Space, alternative: str) -> np.ndarray:
    """Fisher's p-value of every table, one total number of events at a time."""
    found = np.ones((space.n + 1, space.n_ref + 1))
    for total in range(space.n + space.n_ref + 1):
        family = _tails.hypergeometric(space.n, space.n_ref, total)
        pmf = family.pmf(0.0)
        if alternative == "greater":
            p_values = np.cumsum(pmf[::-1])[::-1]
        elif alternative == "less":
            p_values = np.cumsum(pmf)
        else:
            order = np.sort(pmf)
            p_values = np.cumsum(order)[np.searchsorted(order, pmf * (1 + 1e-7), side="right") - 1]
        events = np.arange(family.low, family.high + 1)
        found[events, total - events] = np.minimum(1.0, p_values)
    return found
