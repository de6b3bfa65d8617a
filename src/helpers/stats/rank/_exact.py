"""Permutation distributions of a sum of scores: samples drawn without replacement, flipped signs, strata.

A distribution is listed point by point where the scores lie on a grid (ranks, counts, decimals of few digits); tails
alone, from the sums of two halves of the scores, where they do not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

import numpy as np

#: The largest number of additions for a distribution listed point by point: about two seconds.
_MOST_ADDITIONS = 1_000_000_000
#: The largest number of subsets of half the scores.
_MOST_SUBSETS = 2**18
#: The largest number of points held while strata are combined.
_MOST_POINTS = 4_000_000
#: Sums that differ by less than this share of their size are the same.
_SAME = 1e-9


@dataclass(frozen=True)
class Distribution:
    """A discrete distribution: its points in ascending order and their probabilities."""

    points: np.ndarray
    probabilities: np.ndarray

    @property
    def mean(self) -> float:
        return float(self.points @ self.probabilities)

    @property
    def variance(self) -> float:
        return float((self.points - self.mean) ** 2 @ self.probabilities)

    def at_least(self, value: float, *, mid_p: bool = False) -> float:
        """Probability of `value` or more; half of the probability of `value` itself with `mid_p`."""
        return _tails(self, value, mid_p)[1]

    def at_most(self, value: float, *, mid_p: bool = False) -> float:
        """Probability of `value` or less, or with half of that of `value` itself."""
        return _tails(self, value, mid_p)[0]

    def p_value(self, value: float, alternative: str, *, two_sided: str = "distance", mid_p: bool = False) -> float:
        """The p-value of an observed value.

        Two-sided, either the probability of lying as far from the mean as the value does ("distance") or twice the
        smaller tail ("doubled").
        """
        lower, upper = _tails(self, value, mid_p)
        if alternative != "two-sided":
            return upper if alternative == "greater" else lower
        if two_sided == "doubled":
            return min(1.0, 2 * min(lower, upper))
        far = Distribution(*_merged(np.abs(self.points - self.mean), self.probabilities, _unit(self.points)))
        return _tails(far, abs(value - self.mean), mid_p)[1]


def sampled(scores: np.ndarray, size: int) -> Distribution | None:
    """Distribution of the sum of `size` scores drawn at random without replacement; None where it is too large.

    Notes
    -----
    The shift algorithm of Streitberg B, Roehmel J. Stat Softw Newsl 1986;12:10-18, on probabilities in place of counts:
    the scores are passed one by one, and each is among those drawn with the probability that remains.
    """
    grid = _grid(scores)
    if grid is None:
        return None
    steps, least, unit = grid
    total = len(scores)
    largest = int(np.sort(steps)[total - size :].sum()) if size else 0
    if total * (size + 1) * (largest + 1) > _MOST_ADDITIONS:
        return None
    table = np.zeros((size + 1, largest + 1))
    table[0, 0] = 1.0
    drawn = np.arange(size + 1)
    for passed, step in enumerate(steps):
        chance = np.clip((size - drawn) / (total - passed), 0.0, 1.0)
        taken = table[:-1] * chance[:-1, None]
        table *= (1 - chance)[:, None]
        table[1:, step:] += taken[:, : largest + 1 - step]
    return _listed(table[size], size * least, unit)


def flipped(scores: np.ndarray) -> Distribution | None:
    """Distribution of the sum of the scores whose random sign is plus; None where it is too large."""
    scores = np.asarray(scores, dtype=float)
    grid = _grid(np.append(scores, 0.0))
    if grid is None:
        return None
    (steps, _, unit), zero = grid, grid[0][-1]
    steps = steps[:-1]
    moves = steps - zero  # the score 0 may not be the least
    up, down = int(moves[moves > 0].sum()), int(-moves[moves < 0].sum())
    if len(moves) * (up + down + 1) > _MOST_ADDITIONS:
        return None
    row = np.zeros(up + down + 1)
    row[down] = 1.0
    for move in moves:
        row = 0.5 * (row + np.roll(row, move))
    return _listed(row, -down * unit, unit)


def combined(distributions: Sequence[Distribution]) -> Distribution | None:
    """Distribution of the sum of independent parts; None where it is too large."""
    points, probabilities = np.zeros(1), np.ones(1)
    for part in distributions:
        if len(points) * len(part.points) > _MOST_POINTS:
            return None
        sums = np.add.outer(points, part.points).ravel()
        weights = np.multiply.outer(probabilities, part.probabilities).ravel()
        points, probabilities = _merged(sums, weights, _SAME * max(1.0, float(np.abs(sums).max())))
    return Distribution(points, probabilities)


def scaled(distribution: Distribution, factor: float) -> Distribution:
    """The distribution of a positive multiple."""
    return Distribution(distribution.points * factor, distribution.probabilities)


def sampled_p(
    scores: np.ndarray, size: int, value: float, alternative: str, *, two_sided: str = "distance", mid_p: bool = False
) -> float | None:
    """The exact p-value of the sum of `size` scores, for scores on a grid or not; None where there are too many."""
    distribution = sampled(scores, size)
    if distribution is not None:
        return distribution.p_value(value, alternative, two_sided=two_sided, mid_p=mid_p)
    half = len(scores) // 2
    if 2 ** (len(scores) - half) > _MOST_SUBSETS:
        return None
    first, second = _subsets(scores[:half]), _subsets(scores[half:])
    pairs = [
        (first[0][first[1] == k], np.sort(second[0][second[1] == size - k]))
        for k in range(max(0, size - len(scores) + half), min(half, size) + 1)
    ]
    mean = size * float(np.mean(scores))
    return _split_p(pairs, comb(len(scores), size), value, mean, alternative, two_sided, mid_p)


def flipped_p(
    scores: np.ndarray, value: float, alternative: str, *, two_sided: str = "distance", mid_p: bool = False
) -> float | None:
    """The exact p-value of the sum of the scores whose sign is plus; None where there are too many."""
    distribution = flipped(scores)
    if distribution is not None:
        return distribution.p_value(value, alternative, two_sided=two_sided, mid_p=mid_p)
    half = len(scores) // 2
    if 2 ** (len(scores) - half) > _MOST_SUBSETS:
        return None
    pairs = [(_subsets(scores[:half])[0], np.sort(_subsets(scores[half:])[0]))]
    return _split_p(pairs, 2 ** len(scores), value, float(np.sum(scores)) / 2, alternative, two_sided, mid_p)


def _split_p(pairs, total, value, mean, alternative, two_sided, mid_p) -> float:
    """p-value by counting pairs of half sums.

    Notes
    -----
    The idea of van de Wiel MA. J Stat Comput Simul 2001;71:151-162.
    """
    size = max(1.0, *(float(np.abs(part).max()) for pair in pairs for part in pair if part.size))
    near = _SAME * size

    def above(bound: float) -> int:
        """How many sums are larger than the bound."""
        return sum(len(a) * len(b) - int(np.searchsorted(b, bound - a, side="right").sum()) for a, b in pairs)

    def tails(bound: float) -> tuple[float, float]:
        at_least, over = above(bound - near), above(bound + near)
        tied = (at_least - over) / 2 if mid_p else 0.0
        return (total - over - tied) / total, (at_least - tied) / total

    if alternative != "two-sided":
        return tails(value)[1 if alternative == "greater" else 0]
    if two_sided == "doubled":
        return min(1.0, 2 * min(tails(value)))
    reach = abs(value - mean)
    if reach <= near:
        return 1.0 - (0.5 * (above(value - near) - above(value + near)) / total if mid_p else 0.0)
    return tails(mean + reach)[1] + tails(mean - reach)[0]


def _tails(distribution: Distribution, value: float, mid_p: bool) -> tuple[float, float]:
    near = _unit(distribution.points)
    below = float(distribution.probabilities[distribution.points < value - near].sum())
    above = float(distribution.probabilities[distribution.points > value + near].sum())
    at = float(distribution.probabilities[np.abs(distribution.points - value) <= near].sum())
    share = at / 2 if mid_p else at
    return min(1.0, below + share), min(1.0, above + share)


def _unit(points: np.ndarray) -> float:
    """Points nearer than this are one."""
    return _SAME * max(1.0, float(np.abs(points).max(initial=0.0)))


def _merged(points: np.ndarray, probabilities: np.ndarray, near: float) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(points, kind="stable")
    points, probabilities = points[order], probabilities[order]
    starts = np.flatnonzero(np.append(True, np.diff(points) > near))
    return points[starts], np.add.reduceat(probabilities, starts)


def _listed(row: np.ndarray, offset: float, unit: float) -> Distribution:
    held = np.flatnonzero(row > 0)
    return Distribution(offset + unit * held, row[held] / row[held].sum())


def _grid(scores: np.ndarray) -> tuple[np.ndarray, float, float] | None:
    """Scores as whole steps above the least one, with that one and the width of a step; None off any usual grid."""
    scores = np.asarray(scores, dtype=float)
    if not np.isfinite(scores).all():
        return None
    least = float(scores.min(initial=np.inf)) if scores.size else 0.0
    above = scores - least
    near = 1e-11 * max(1.0, float(np.abs(scores).max(initial=0.0)))
    for parts in (1, 2, 4, 10, 100, 1000, 10_000):
        steps = np.rint(above * parts)
        if np.abs(steps / parts - above).max(initial=0.0) <= near and steps.sum() < _MOST_ADDITIONS:
            whole = steps.astype(np.int64)
            common = int(np.gcd.reduce(whole)) if whole.any() else 1
            return whole // common, least, common / parts
    return None


def _subsets(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sum and size of every subset."""
    sums, sizes = np.zeros(1), np.zeros(1, dtype=int)
    for score in scores:
        sums, sizes = np.concatenate([sums, sums + score]), np.concatenate([sizes, sizes + 1])
    return sums, sizes
