"""What an interval does by its nature: for counts, over every result the arms can have, weighted by its probability.

The arms are taken as independent binomial counts with the true rates, of the sizes that the trials have. A rank
correlation of what is independent has one distribution whatever is ranked; it is drawn from random orders.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.stats import binom
from scipy.stats import t as student

from helpers.stats import bayes, proportions
from helpers.stats.correlation import spearman_limits

Limits = tuple[float, float, float]  # estimate, lower, upper
#: Random orders behind the distribution of a rank correlation: shares are right to 0.1 percentage points.
ORDERS = 200_000
Sizes = Mapping[tuple[int, int], float]  # (patients of KP, of VP) -> share of the trials


@dataclass(frozen=True)
class Known:
    """Probability that the interval holds the truth, that it leaves zero out, and the mean of the estimate."""

    coverage: float
    rejection: float
    mean: float


@cache
def _one(method: str, events: int, n: int) -> Limits:
    if method == "beta-binomial":
        found = bayes.posterior(events, n).interval()
        return found.estimate, found.lower, found.upper
    found = {"wilson": proportions.wilson, "clopper-pearson": proportions.clopper_pearson}[method](events, n)
    return events / n, found.lower, found.upper


@cache
def _two(method: str, events: int, n: int, events_ref: int, n_ref: int) -> Limits:
    if method == "beta-binomial":
        found = bayes.difference(bayes.posterior(events, n), bayes.posterior(events_ref, n_ref)).interval()
    else:
        found = {"miettinen-nurminen": proportions.risk_difference}[method](events, n, events_ref, n_ref)
    return found.estimate, found.lower, found.upper


@cache
def _table(method: str, group: str, n: int, n_ref: int) -> np.ndarray:
    """Limits for every result: events of KP x events of VP x (estimate, lower, upper)."""
    if group == "KP-VP":
        return np.array([[_two(method, x, n, y, n_ref) for y in range(n_ref + 1)] for x in range(n + 1)])
    if group == "KP":
        return np.array([[_one(method, x, n)] * (n_ref + 1) for x in range(n + 1)])
    return np.array([[_one(method, y, n_ref) for y in range(n_ref + 1)]] * (n + 1))


def exact(method: str, group: str, rates: tuple[float, float], sizes: Sizes, truth: float) -> Known:
    """Of independent binomial counts with these rates."""
    total = np.zeros(3)
    for (n, n_ref), share in sizes.items():
        weights = np.outer(binom.pmf(np.arange(n + 1), n, rates[0]), binom.pmf(np.arange(n_ref + 1), n_ref, rates[1]))
        total += share * _average(_table(method, group, n, n_ref), weights, truth)
    return Known(*(float(value) for value in total))


def generated(method: str, group: str, counts: list[tuple[int, int, int, int]], truth: float) -> Known:
    """Of the counts that the generator made: (events, patients) of KP and of VP in each of its trials."""
    total = np.zeros(3)
    by_size: dict[tuple[int, int], Counter] = {}
    for events, n, events_ref, n_ref in counts:
        by_size.setdefault((n, n_ref), Counter())[(events, events_ref)] += 1
    for (n, n_ref), often in by_size.items():
        weights = np.zeros((n + 1, n_ref + 1))
        for place, number in often.items():
            weights[place] = number / len(counts)
        total += _average(_table(method, group, n, n_ref), weights, truth)
    return Known(*(float(value) for value in total))


@cache
def _orders(n: int) -> tuple[float, float]:
    """Share of the orders of n ranks whose interval holds zero, and whose t test rejects."""
    draw, number = np.random.default_rng(n), Counter()
    for _ in range(10):
        ranks = draw.permuted(np.tile(np.arange(n), (ORDERS // 10, 1)), axis=1)
        number.update(((ranks - np.arange(n)) ** 2).sum(axis=1).tolist())
    held = rejected = 0
    for distance, often in number.items():
        r = 1 - 6 * distance / (n**3 - n)
        if abs(r) > 1 - 1e-12:
            rejected += often
            continue
        lower, upper = spearman_limits(r, n)
        held += often * (lower <= 0 <= upper)
        rejected += often * (2 * student.sf(abs(r) * np.sqrt((n - 2) / (1 - r * r)), n - 2) < 0.05)
    return held / ORDERS, rejected / ORDERS


def ranks(pairs: Mapping[int, float]) -> Known:
    """Of Spearman's correlation of independent values without ties; number of pairs -> share of the trials."""
    both = np.array([_orders(n) for n in pairs]).T @ np.array(list(pairs.values()))
    return Known(float(both[0]), float(both[1]), 0.0)


def sizes(counts: list[tuple[int, int, int, int]]) -> dict[tuple[int, int], float]:
    """How often the arms had which sizes."""
    often = Counter((n, n_ref) for _, n, _, n_ref in counts)
    return {size: number / len(counts) for size, number in sorted(often.items())}


def _average(table: np.ndarray, weights: np.ndarray, truth: float) -> np.ndarray:
    estimate, lower, upper = np.moveaxis(table, -1, 0)
    # limits come from root finding: one that equals the truth covers it
    covered = (lower <= truth + 1e-9) & (truth - 1e-9 <= upper)
    return np.array(
        [(weights * covered).sum(), (weights * ((lower > 0) | (upper < 0))).sum(), (weights * estimate).sum()]
    )
