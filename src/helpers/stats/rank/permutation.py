"""Permutation test of a difference of means: two samples, or pairs by their signs."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from helpers.stats._types import check_choice, known_reason
from helpers.stats._wald import check_alternative
from helpers.stats.rank._exact import flipped_p, sampled_p
from helpers.stats.rank.paired import differences_of
from helpers.stats.summary import values_of


@dataclass(frozen=True)
class PermutationTest:
    """A difference of means, or a mean of differences, with its permutation p-value.

    `exact` says whether every arrangement was counted; otherwise `resamples` random ones were drawn.
    """

    n: int
    n_ref: int | None
    difference: float | None
    p_value: float | None = None
    exact: bool = False
    resamples: int = 0
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)


def permutation_test(
    values: Iterable[float],
    reference: Iterable[float],
    *,
    alternative: str = "two-sided",
    method: str = "exact",
    two_sided: str = "distance",
    mid_p: bool = False,
    resamples: int = 100_000,
    seed: int = 0,
) -> PermutationTest:
    """Fisher-Pitman permutation test of the difference of two means.

    Parameters
    ----------
    values, reference : iterable of float
        The two samples, in the same unit; missing values are left out.
    alternative : {"two-sided", "greater", "less"}
        Whether the mean of the values is another, larger or smaller.
    method : {"exact", "random"}
        Every arrangement, where they can be counted, else random ones (`exact` of the result says which); or random
        ones at once.
    two_sided : {"distance", "doubled"}
        As in `mann_whitney`.
    mid_p : bool
        Count half the probability of the value observed; exact only.
    resamples, seed : int
        Number of random arrangements and their seed.

    Returns
    -------
    PermutationTest
        Difference in the unit of the values. An empty sample is "too-few", all values the same "no-variance" with a
        p-value of 1.

    Notes
    -----
    Fisher RA. The design of experiments. 1935. Pitman EJG. J R Stat Soc Suppl 1937;4:119-130. Random arrangements count
    the one observed: Phipson B, Smyth GK. Stat Appl Genet Mol Biol 2010;9:39.
    """
    _check(alternative, method, two_sided)
    x, y = values_of(values), values_of(reference)
    n, m = x.size, y.size
    if not (n and m):
        return PermutationTest(n, m, None, reason="too-few")
    pooled = np.concatenate([x, y])
    difference = float(x.mean() - y.mean())
    if np.ptp(pooled) == 0:
        return PermutationTest(n, m, 0.0, 1.0, True, reason="no-variance")
    if method == "exact":
        total = float(x.sum())
        p_value = sampled_p(pooled, n, total, alternative, two_sided=two_sided, mid_p=mid_p)
        if p_value is not None:
            return PermutationTest(n, m, difference, p_value, True)
    rng = np.random.default_rng(seed)
    sums = np.concatenate(
        [rng.permuted(np.tile(pooled, (size, 1)), axis=1)[:, :n].sum(axis=1) for size in _chunks(resamples)]
    )
    p_value = _random_p(sums - n * pooled.mean(), float(x.sum()) - n * pooled.mean(), alternative, two_sided)
    return PermutationTest(n, m, difference, p_value, False, resamples)


def paired_permutation_test(
    values: Iterable[float],
    reference: Iterable[float] | None = None,
    *,
    centre: float = 0.0,
    alternative: str = "two-sided",
    method: str = "exact",
    two_sided: str = "distance",
    mid_p: bool = False,
    resamples: int = 100_000,
    seed: int = 0,
) -> PermutationTest:
    """Permutation test of the mean of differences over all their signs.

    Parameters
    ----------
    values, reference, centre
        As in `signed_rank`.
    alternative, method, two_sided, mid_p, resamples, seed
        As in `permutation_test`.

    Returns
    -------
    PermutationTest
        `n` counts pairs. "too-few" without a pair; "no-variance", with a p-value of 1, where every difference is the
        centre.
    """
    _check(alternative, method, two_sided)
    differences = differences_of(values, reference) - centre
    differences = differences[np.isfinite(differences)]
    n = differences.size
    if not n:
        return PermutationTest(0, None, None, reason="too-few")
    mean, sizes = float(differences.mean()), np.abs(differences)
    if not sizes.any():
        return PermutationTest(n, None, 0.0, 1.0, True, reason="no-variance")
    observed = float(differences[differences > 0].sum())
    if method == "exact":
        p_value = flipped_p(sizes, observed, alternative, two_sided=two_sided, mid_p=mid_p)
        if p_value is not None:
            return PermutationTest(n, None, mean, p_value, True)
    rng = np.random.default_rng(seed)
    sums = np.concatenate([(rng.random((size, n)) < 0.5) @ sizes for size in _chunks(resamples)])
    p_value = _random_p(sums - sizes.sum() / 2, observed - sizes.sum() / 2, alternative, two_sided)
    return PermutationTest(n, None, mean, p_value, False, resamples)


def _check(alternative: str, method: str, two_sided: str) -> None:
    check_alternative(alternative)
    check_choice("method", method, ("exact", "random"))
    check_choice("two_sided", two_sided, ("distance", "doubled"))


def _chunks(resamples: int, size: int = 20_000) -> list[int]:
    full, rest = divmod(resamples, size)
    return [size] * full + ([rest] if rest else [])


def _random_p(found: np.ndarray, observed: float, alternative: str, two_sided: str) -> float:
    near = 1e-9 * max(1.0, abs(observed))
    above, below = int((found >= observed - near).sum()) + 1, int((found <= observed + near).sum()) + 1
    trials = found.size + 1
    if alternative != "two-sided":
        return (above if alternative == "greater" else below) / trials
    if two_sided == "doubled":
        return min(1.0, 2 * min(above, below) / trials)
    return (int((np.abs(found) >= abs(observed) - near).sum()) + 1) / trials
