"""Beta-binomial proportions of clustered units in two arms, by maximum likelihood."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, log, sqrt

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.special import gammaln
from scipy.stats import chi2

from helpers.stats._types import Contrast, Estimate, Interval
from helpers.stats._wald import limits, p_value
from helpers.stats.clustered._counts import read_clusters

_GRID = np.concatenate([[0.0, 1e-4, 1e-3, 0.01], np.linspace(0.03, 0.99, 25), [0.999, 1.0]])
#: A likelihood that rises by less than this over that at the boundary has its maximum there.
_FLAT = 1e-9


@dataclass(frozen=True)
class BetaBinomial:
    """Means of two arms with the correlation of units within clusters, and what compares the means.

    `correlation` and `correlation_ref` are one estimate where a common one was asked for. `independence_p` tests that
    there is no correlation, by the likelihood ratio at the boundary.
    """

    arm: Estimate
    reference: Estimate
    correlation: Interval
    correlation_ref: Interval
    difference: Contrast
    log_odds_ratio: Contrast
    log_likelihood: float | None = None
    independence_p: float | None = None


def beta_binomial(
    events: Sequence[int],
    n: Sequence[int],
    events_ref: Sequence[int],
    n_ref: Sequence[int],
    *,
    common_correlation: bool = True,
    degrees: float | None = None,
    level: float = 0.95,
    alternative: str = "two-sided",
) -> BetaBinomial:
    """Beta-binomial means of two arms of clusters, their difference and log odds ratio.

    Parameters
    ----------
    events, n, events_ref, n_ref : sequence of int
        Counts by cluster, in the arm of interest and the reference arm.
    common_correlation : bool
        One correlation for both arms, or one each.
    degrees : float or None
        Degrees of freedom of t intervals; None is the normal distribution.
    level : float
        Confidence level, 0 < level < 1.
    alternative : {"two-sided", "greater", "less"}
        Of the tests and intervals of the difference and the log odds ratio.

    Returns
    -------
    BetaBinomial
        Standard errors from the observed information, with the correlation held fixed where its estimate is at 0 or 1;
        intervals of the correlation by profile likelihood. Reason "too-few" without clusters in an arm; for the
        correlation "undefined" where no cluster of two units or more, in an arm with both outcomes, tells of it; for
        the difference "no-events" or "separated" where an arm has no or only events.

    Raises
    ------
    InvalidInput
        If the counts are no counts, differ in length, or an option is not allowed.

    Notes
    -----
    Griffiths DA. Biometrics 1973;29:637-648. Written as products over 0..n-1, the likelihood is regular at a
    correlation of 0. R aod::betabin has the same parameters.
    """
    limits(0.0, 1.0, level=level, alternative=alternative, df=degrees)
    arms = [_Arm.of(events, n), _Arm.of(events_ref, n_ref)]
    if not all(a.clusters for a in arms):
        return _nothing(arms)
    groups = [arms] if common_correlation else [[arms[0]], [arms[1]]]
    fits = [_fit(group, level) for group in groups]
    rhos = [fits[0], fits[0]] if common_correlation else fits
    used = [0.0 if r.estimate is None else r.estimate for r in rhos]
    means = [a.best_mean(rho) for a, rho in zip(arms, used, strict=True)]
    covariance = _covariance(arms, means, [r.interval for r in rhos], common_correlation)
    total = sum(a.log_likelihood(m, r) + a.constant for a, m, r in zip(arms, means, used, strict=True))
    free = sum(f.drop for f in fits)
    independence = None
    if all(f.estimate is not None for f in fits):
        # under independence each correlation is at the boundary: half of its chance lies at 0
        k = len(fits)
        parts = [chi2.sf(free, j) if j else float(free <= 0) for j in range(k + 1)]
        chances = [0.5, 0.5] if k == 1 else [0.25, 0.5, 0.25]
        independence = float(sum(c * p for c, p in zip(chances, parts, strict=True)))

    singles = [_mean(a, m, covariance[i][i], level, degrees) for i, (a, m) in enumerate(zip(arms, means, strict=True))]
    units = sum(a.units for a in arms)
    difference = means[0] - means[1]
    reason = next((s.reason for s in singles if s.reason), "")
    if reason:
        compared = Contrast(units, difference, reason=reason)
        odds = Contrast(units, None, reason=reason)
    else:
        squared = covariance[0][0] + covariance[1][1] - 2 * covariance[0][1]
        compared = _contrast(units, difference, squared, degrees, level, alternative)
        slopes = [1 / (m * (1 - m)) for m in means]
        squared = (
            slopes[0] ** 2 * covariance[0][0]
            + slopes[1] ** 2 * covariance[1][1]
            - 2 * slopes[0] * slopes[1] * covariance[0][1]
        )
        value = log(means[0] / (1 - means[0])) - log(means[1] / (1 - means[1]))
        odds = _contrast(units, value, squared, degrees, level, alternative)
    return BetaBinomial(*singles, rhos[0].interval, rhos[1].interval, compared, odds, float(total), independence)


@dataclass(frozen=True, eq=False)
class _Arm:
    """How many clusters have more than r events, more than r other units, and more than r units, r = 0, 1, ..."""

    over: np.ndarray
    under: np.ndarray
    size: np.ndarray
    clusters: int
    units: int
    constant: float

    @classmethod
    def of(cls, events: Sequence[int], n: Sequence[int]) -> "_Arm":
        x, size = read_clusters(events, n)
        r = np.arange(int(size.max(initial=1)))
        counts = [(v[:, None] > r).sum(axis=0).astype(float) for v in (x, size - x, size)]
        constant = float((gammaln(size + 1) - gammaln(x + 1) - gammaln(size - x + 1)).sum())
        return cls(*counts, clusters=x.size, units=int(size.sum()), constant=constant)

    @property
    def is_mixed(self) -> bool:
        """Whether both outcomes occur."""
        return self.over[0] > 0 and self.under[0] > 0

    @property
    def tells_of_correlation(self) -> bool:
        return self.is_mixed and self.size.size > 1

    @property
    def all_or_none(self) -> bool:
        """Whether every cluster has one outcome only, so that a correlation of 1 is possible."""
        return self.over[0] + self.under[0] == self.size[0]

    def log_likelihood(self, mean: float, rho: float) -> float:
        if rho >= 1:
            if not self.all_or_none:
                return -inf
            parts = ((self.over[0], mean), (self.under[0], 1 - mean))
            return sum(k * log(p) if p > 0 else -inf for k, p in parts if k)
        r = np.arange(self.size.size)
        total = 0.0
        for count, base in ((self.over, mean * (1 - rho)), (self.under, (1 - mean) * (1 - rho))):
            terms = base + r * rho
            if (terms[count > 0] <= 0).any():
                return -inf
            total += float((count[count > 0] * np.log(terms[count > 0])).sum())
        return total - float((self.size * np.log(1 - rho + r * rho)).sum())

    def best_mean(self, rho: float) -> float:
        """The mean that maximises the likelihood, which is concave in it."""
        if not self.is_mixed:
            return 1.0 if self.over[0] else 0.0
        if rho >= 1:
            return float(self.over[0] / (self.over[0] + self.under[0]))
        r = np.arange(self.size.size)

        def slope(mean: float) -> float:
            first = self.over / (mean * (1 - rho) + r * rho)
            return float((first - self.under / ((1 - mean) * (1 - rho) + r * rho)).sum())

        return float(brentq(slope, 1e-12, 1 - 1e-12, xtol=1e-14, rtol=1e-13))

    def information(self, mean: float, rho: float) -> np.ndarray:
        """Minus the second derivatives in the mean and the correlation."""
        r = np.arange(self.size.size)
        out = np.zeros((2, 2))
        for count, p, sign in ((self.over, mean, 1.0), (self.under, 1 - mean, -1.0)):
            keep = count > 0
            term, c = (p * (1 - rho) + r * rho)[keep], count[keep]
            in_mean, in_rho = sign * (1 - rho) * np.ones(keep.sum()), (r - p)[keep]
            out[0, 0] += (c * in_mean**2 / term**2).sum()
            out[1, 1] += (c * in_rho**2 / term**2).sum()
            out[0, 1] += (c * (in_mean * in_rho / term**2 + sign / term)).sum()
        out[1, 0] = out[0, 1]
        out[1, 1] -= (self.size * (r - 1) ** 2 / (1 - rho + r * rho) ** 2).sum()
        return out


@dataclass(frozen=True)
class _Correlation:
    """Estimate of a correlation, its interval, and twice the rise of the log likelihood over independence."""

    estimate: float | None
    interval: Interval
    drop: float


def _fit(arms: Sequence[_Arm], level: float) -> _Correlation:
    """The correlation that maximises the likelihood with every arm's mean at its best."""
    if not any(a.tells_of_correlation for a in arms):
        return _Correlation(None, Interval(None, None, None, "undefined"), 0.0)

    def profile(rho: float) -> float:
        return sum(a.log_likelihood(a.best_mean(rho), rho) for a in arms)

    values = np.array([profile(rho) for rho in _GRID])
    best = int(np.argmax(values))
    estimate, top = float(_GRID[best]), float(values[best])
    low, high = _GRID[max(0, best - 1)], _GRID[min(len(_GRID) - 1, best + 1)]
    found = minimize_scalar(lambda r: -profile(r), bounds=(low, high), method="bounded", options={"xatol": 1e-10})
    if -found.fun > top:
        estimate, top = float(found.x), -float(found.fun)
    if top - values[0] < _FLAT:
        estimate, top = 0.0, float(values[0])
    elif np.isfinite(values[-1]) and top - values[-1] < _FLAT:
        estimate, top = 1.0, float(values[-1])
    cut = float(chi2.isf(1 - level, 1)) / 2

    def fall(rho: float) -> float:
        return min(top - profile(rho), 1e6) - cut

    lower, upper = 0.0, 1.0
    if estimate > 0 and fall(0.0) > 0:
        lower = float(brentq(fall, 0.0, estimate, xtol=1e-11))
    if estimate < 1 and fall(1.0) > 0:
        upper = float(brentq(fall, estimate, 1.0, xtol=1e-11))
    return _Correlation(estimate, Interval(estimate, lower, upper), max(0.0, 2 * (top - float(values[0]))))


def _covariance(arms: list[_Arm], means: list[float], rhos: list[Interval], common: bool) -> list[list[float]]:
    """Covariance of the two means, the correlation counted as estimated where it lies inside (0, 1)."""
    full, free = np.zeros((4, 4)), [False] * 4
    for i, (a, mean, rho) in enumerate(zip(arms, means, rhos, strict=True)):
        value = rho.estimate or 0.0
        at = [i, 2 if common else 2 + i]
        free[i] = a.is_mixed
        if value >= 1:
            full[i, i] += a.over[0] / mean**2 + a.under[0] / (1 - mean) ** 2 if a.is_mixed else 0.0
            continue
        full[np.ix_(at, at)] += a.information(mean, value)
        free[at[1]] = free[at[1]] or (value > 0 and a.size.size > 1)
    keep = np.flatnonzero(free)
    out = np.full((4, 4), np.nan)
    block = full[np.ix_(keep, keep)]
    if keep.size and np.linalg.cond(block) < 1e14:
        out[np.ix_(keep, keep)] = np.linalg.inv(block)
    return [[float(out[i, j]) for j in range(2)] for i in range(2)]


def _mean(arm: _Arm, mean: float, squared: float, level: float, degrees: float | None) -> Estimate:
    if not arm.is_mixed:
        return Estimate(arm.units, mean, reason="separated" if mean else "no-events")
    if not squared > 0:
        return Estimate(arm.units, mean, reason="singular")
    se = sqrt(squared)
    return Estimate(arm.units, mean, se, degrees, *limits(mean, se, level=level, df=degrees))


def _contrast(n: int, value: float, squared: float, degrees: float | None, level: float, alternative: str) -> Contrast:
    if not squared > 0:
        return Contrast(n, value, reason="singular")
    se = sqrt(squared)
    ends = limits(value, se, level=level, alternative=alternative, df=degrees)
    return Contrast(n, value, se, degrees, *ends, p_value=p_value(value / se, alternative, df=degrees))


def _nothing(arms: list[_Arm]) -> BetaBinomial:
    units = sum(a.units for a in arms)
    singles = [Estimate(a.units, None, reason="too-few") for a in arms]
    empty, nowhere = Contrast(units, None, reason="too-few"), Interval(None, None, None, "too-few")
    return BetaBinomial(*singles, nowhere, nowhere, empty, empty)
