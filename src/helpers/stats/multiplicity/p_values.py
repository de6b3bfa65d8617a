"""Adjusted p-values of a family of hypotheses from their p-values alone."""

from collections.abc import Callable, Sequence

import numpy as np

from helpers.errors import InvalidInput
from helpers.stats.multiplicity._common import Adjusted, as_p_values, as_tuple, as_weights
from helpers.stats.multiplicity.closed import closed_test


def bonferroni(
    p_values: Sequence[float | None], *, weights: Sequence[float] | None = None, size: int | None = None
) -> Adjusted:
    """Bonferroni adjustment, each p-value divided by its share of the error rate.

    Parameters
    ----------
    p_values : sequence of float
        P-values in [0, 1]; None or NaN for a missing one, which stays missing and is not counted.
    weights : sequence of float, optional
        Relative shares of the error rate, above 0, scaled to sum to 1 over the hypotheses that have a p-value.
    size : int, optional
        Number of hypotheses to count, at least the number of p-values; for a confirmatory family the planned number, as
        if the missing ones had a p-value of 1. Not with weights.

    Returns
    -------
    Adjusted
        Adjusted p-values at full precision, at most 1.

    Raises
    ------
    InvalidInput
        If a p-value lies outside [0, 1], a weight is not positive or missing, `size` is too small, or both are given.

    Notes
    -----
    Dunn OJ. J Am Stat Assoc 1961;56:52-64. `size` and missing p-values as in R's p.adjust.
    """
    return _over_the_known(lambda p, w: p / w, p_values, weights, size)


def sidak(
    p_values: Sequence[float | None], *, weights: Sequence[float] | None = None, size: int | None = None
) -> Adjusted:
    """Sidak's single-step adjustment; parameters and errors as in `bonferroni`.

    Notes
    -----
    Sidak Z. J Am Stat Assoc 1967;62:626-633. Keeps the error rate if the tests are independent or two-sided and normal.
    """
    return _over_the_known(lambda p, w: -np.expm1(-_hazard(p) / w), p_values, weights, size)


def holm(
    p_values: Sequence[float | None], *, weights: Sequence[float] | None = None, size: int | None = None
) -> Adjusted:
    """Holm's step-down adjustment, weighted if weights are given; parameters and errors as in `bonferroni`.

    Notes
    -----
    Holm S. Scand J Stat 1979;6:65-70. Without the running maximum a larger p-value could get a smaller adjusted one.
    """
    return _over_the_known(lambda p, w: _down(w, p / w), p_values, weights, size)


def sidak_step_down(
    p_values: Sequence[float | None], *, weights: Sequence[float] | None = None, size: int | None = None
) -> Adjusted:
    """Step-down adjustment by Sidak's inequality; parameters and errors as in `bonferroni`.

    Notes
    -----
    Holland BS, Copenhaver MD. Biometrics 1987;43:417-423.
    """
    return _over_the_known(lambda p, w: -np.expm1(-_down(w, _hazard(p) / w)), p_values, weights, size)


def hochberg(
    p_values: Sequence[float | None], *, weights: Sequence[float] | None = None, size: int | None = None
) -> Adjusted:
    """Hochberg's step-up adjustment; parameters and errors as in `bonferroni`.

    Notes
    -----
    Hochberg Y. Biometrika 1988;75:800-802. With unequal weights the closed test whose intersections are judged by the
    smallest p_(i) (w_(i) + ... + w_(k)) / w_(i) (Tamhane AC, Liu L. Biometrika 2008;95:279-294), for at most 15
    hypotheses.
    """
    if weights is not None and len(set(weights)) > 1:
        _no_size(size)
        return closed_test(p_values, local="hochberg", weights=weights)
    return _over_the_known(lambda p, _: _up(p, lambda rank, m: m - rank + 1), p_values, weights, size)


def hommel(
    p_values: Sequence[float | None], *, weights: Sequence[float] | None = None, size: int | None = None
) -> Adjusted:
    """Hommel's adjustment, the closed test of Simes' tests; parameters and errors as in `bonferroni`.

    Notes
    -----
    Hommel G. Biometrika 1988;75:383-386. Of all intersections of k hypotheses with a given one, the hardest to reject
    adds the k - 1 largest p-values, so m intersections are enough. Weighted Simes tests with unequal weights, for at
    most 15.
    """
    if weights is not None and len(set(weights)) > 1:
        _no_size(size)
        return closed_test(p_values, local="simes", weights=weights)
    return _over_the_known(lambda p, _: _hommel(p), p_values, weights, size)


def benjamini_hochberg(p_values: Sequence[float | None], *, size: int | None = None) -> Adjusted:
    """Benjamini and Hochberg's adjustment for the false discovery rate; parameters and errors as in `bonferroni`.

    Notes
    -----
    Benjamini Y, Hochberg Y. J R Stat Soc B 1995;57:289-300. Keeps the rate if the tests are independent or positively
    dependent.
    """
    return _over_the_known(lambda p, _: _up(p, lambda rank, m: m / rank), p_values, None, size)


def benjamini_yekutieli(p_values: Sequence[float | None], *, size: int | None = None) -> Adjusted:
    """False discovery rate under any dependence of the tests; parameters and errors as in `bonferroni`.

    Notes
    -----
    Benjamini Y, Yekutieli D. Ann Stat 2001;29:1165-1188.
    """
    return _over_the_known(
        lambda p, _: _up(p, lambda rank, m: m / rank * np.sum(1 / np.arange(1, m + 1))), p_values, None, size
    )


METHODS: dict[str, Callable[..., Adjusted]] = {
    "bonferroni": bonferroni,
    "sidak": sidak,
    "holm": holm,
    "sidak-step-down": sidak_step_down,
    "hochberg": hochberg,
    "hommel": hommel,
    "benjamini-hochberg": benjamini_hochberg,
    "benjamini-yekutieli": benjamini_yekutieli,
}


def adjust(p_values: Sequence[float | None], *, method: str, **options) -> Adjusted:
    """Adjust by the method of that name, one of `METHODS`; options and errors as in its function."""
    if method not in METHODS:
        raise InvalidInput(f"method is {method!r}; allowed are {', '.join(map(repr, METHODS))}.")
    return METHODS[method](p_values, **options)


def _over_the_known(
    rule: Callable[[np.ndarray, np.ndarray], np.ndarray],
    p_values: Sequence[float | None],
    weights: Sequence[float] | None,
    size: int | None,
) -> Adjusted:
    """Apply the rule to the p-values that are there, filled up with 1 to `size`; the others stay missing."""
    p = as_p_values(p_values)
    known = ~np.isnan(p)
    count = int(known.sum())
    if weights is not None:
        _no_size(size)
        as_weights(weights, p.size)
        shares = as_weights(np.asarray(weights, dtype=float)[known], count) if count else np.empty(0)
    else:
        size = count if size is None else size
        if int(size) != size or size < count:
            raise InvalidInput(f"size is {size} for {count} p-values; it must be a whole number, at least that many.")
        shares = as_weights(None, int(size))
    filled = np.concatenate([p[known], np.ones(shares.size - count)])
    found = np.full(p.size, np.nan)
    if count:
        found[known] = rule(filled, shares)[:count]
    return Adjusted(as_tuple(found), shares.size)


def _no_size(size: int | None) -> None:
    if size is not None:
        raise InvalidInput("size and weights are both given; weights say how many hypotheses there are.")


def _hazard(p: np.ndarray) -> np.ndarray:
    """-log(1 - p), with all the digits of a small p."""
    with np.errstate(divide="ignore"):
        return -np.log1p(-p)


def _down(w: np.ndarray, demand: np.ndarray) -> np.ndarray:
    """Step down: the hypothesis with the smallest demand shares the rate with all, the next with the rest."""
    order = np.argsort(demand, kind="stable")
    left = np.cumsum(w[order][::-1])[::-1]
    found = np.empty(w.size)
    found[order] = np.maximum.accumulate(demand[order] * left)
    return found


def _up(p: np.ndarray, factor: Callable) -> np.ndarray:
    """Step up: the factor by rank, then the running minimum from the largest p-value."""
    order = np.argsort(p, kind="stable")[::-1]
    rank = np.arange(p.size, 0, -1)
    found = np.empty(p.size)
    found[order] = np.minimum.accumulate(factor(rank, p.size) * p[order])
    return found


def _hommel(p: np.ndarray) -> np.ndarray:
    m, order = p.size, np.argsort(p, kind="stable")
    sorted_p = p[order]
    adjusted = np.zeros(m)
    for k in range(1, m + 1):
        others = (k * sorted_p[m - k + 1 :] / np.arange(2, k + 1)).min(initial=np.inf)
        local = np.minimum(k * sorted_p, others)
        local[m - k :] = local[m - k]  # those among the k largest are judged with each other
        adjusted = np.maximum(adjusted, local)
    found = np.empty(m)
    found[order] = adjusted
    return found
