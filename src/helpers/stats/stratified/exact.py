"""Exact conditional inference on the odds ratio common to the strata."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, isinf, log

import numpy as np
from scipy.special import gammaln, logsumexp

from helpers.stats._types import check_choice
from helpers.stats._wald import quantile
from helpers.stats.stratified._score import crossing
from helpers.stats.stratified._strata import Pooled, Strata, read

#: Probabilities that differ by less than this share are equal, as in R.
_SAME = 1e-7


def exact_odds_ratio(
    events: Sequence[int],
    n: Sequence[int],
    events_ref: Sequence[int],
    n_ref: Sequence[int],
    *,
    mid_p: bool = False,
    two_sided: str = "likelihood",
    level: float = 0.95,
    alternative: str = "two-sided",
) -> Pooled:
    """Conditional maximum likelihood odds ratio with its exact test and interval, given the strata's margins.

    Parameters
    ----------
    events, n, events_ref, n_ref : sequence of int
        Counts by stratum, as in `mh_risk_difference`. With one stratum the test is Fisher's.
    mid_p : bool
        Count half of the observed value's probability, in the test and in the limits.
    two_sided : {"likelihood", "doubled"}
        Two-sided p-value: the probability of all values no more probable than the observed one (R), or twice the
        smaller tail, which agrees with the interval. With `mid_p` half of the observed value's probability is taken
        off either.
    level : float
        Confidence level, 0 < level < 1.
    alternative : {"two-sided", "greater", "less"}
        Of the test of a ratio of 1 and of the interval; "greater": more events in the arm of interest.

    Returns
    -------
    Pooled
        A ratio from 0 to infinity with limits on the same scale; `statistic` is the number of events in the arm of
        interest. Reason "too-few", "no-events" or "undefined" where no stratum carries information.

    Raises
    ------
    InvalidInput
        If the counts are no counts, differ in length, or an option is not allowed.

    Notes
    -----
    Gart JJ. Biometrika 1970;57:471-475. Mehta CR, Patel NR, Gray R. J Am Stat Assoc 1985;80:969-973. R,
    mantelhaen.test(exact = TRUE). The limits are those of two one-sided tests (central).
    """
    check_choice("two_sided", two_sided, ("likelihood", "doubled"))
    quantile(level, alternative)
    given = read(events, n, events_ref, n_ref)
    used = given.only(given.with_both)
    seen = {"strata": len(given), "informative": len(used)}
    if not len(used):
        reason = "too-few" if not given.both_arms.any() else "undefined"
        if reason == "undefined" and given.only(given.both_arms).cases.sum() == 0:
            reason = "no-events"
        return Pooled(None, None, None, reason, **seen)
    law = _conditional(used)
    tail = (1 - level) / (2 if alternative == "two-sided" else 1)
    lower, upper = law.limit(tail, -1, mid_p), law.limit(tail, 1, mid_p)
    if alternative == "greater":
        upper = inf
    elif alternative == "less":
        lower = 0.0
    return Pooled(
        law.estimate(),
        lower,
        upper,
        statistic=float(given.events.sum()),
        p_value=law.p_value(alternative, mid_p, two_sided),
        **seen,
    )


@dataclass(frozen=True)
class _Conditional:
    """The number of events in the arm of interest given all margins: support, log weights at a ratio of 1, observed."""

    support: np.ndarray
    log_weight: np.ndarray
    observed: float
    start: float

    def probabilities(self, log_ratio: float) -> np.ndarray:
        tilted = self.log_weight + log_ratio * self.support
        return np.exp(tilted - logsumexp(tilted))

    def estimate(self) -> float:
        if self.observed == self.support[0]:
            return 0.0
        if self.observed == self.support[-1]:
            return inf
        return exp(crossing(lambda x: self.observed - float(self.probabilities(x) @ self.support), self.start))

    def limit(self, tail: float, side: int, mid_p: bool) -> float:
        """The ratio at which the observed value or one further out has the probability `tail`."""
        end = self.support[-1] if side > 0 else self.support[0]
        if self.observed == end:
            return inf if side > 0 else 0.0
        beyond = (self.support < self.observed) if side > 0 else (self.support > self.observed)
        weight = beyond + (0.5 if mid_p else 1.0) * (self.support == self.observed)

        def excess(log_ratio: float) -> float:
            probability = float(self.probabilities(log_ratio) @ weight)
            return probability - tail if side > 0 else tail - probability

        found = crossing(excess, self.start)
        return exp(found) if not isinf(found) else (inf if found > 0 else 0.0)

    def p_value(self, alternative: str, mid_p: bool, two_sided: str) -> float:
        at_one = self.probabilities(0.0)
        here = float(at_one[self.support == self.observed].sum())
        taken = here / 2 if mid_p else 0.0
        upper = float(at_one[self.support >= self.observed].sum()) - taken
        lower = float(at_one[self.support <= self.observed].sum()) - taken
        if alternative != "two-sided":
            return min(1.0, upper if alternative == "greater" else lower)
        if two_sided == "doubled":
            return min(1.0, 2 * min(lower, upper))
        return min(1.0, float(at_one[at_one <= here * (1 + _SAME)].sum()) - taken)


def _conditional(used: Strata) -> _Conditional:
    """The strata's hypergeometric distributions added up, tilted to where the observed value lies."""
    start = log(float(((used.events + 0.5) * (used.n_ref - used.events_ref + 0.5)).sum())) - log(
        float(((used.n - used.events + 0.5) * (used.events_ref + 0.5)).sum())
    )
    weight, least = np.ones(1), 0.0
    for n, n_ref, cases in zip(used.n, used.n_ref, used.cases, strict=True):
        low, high = max(0.0, cases - n_ref), min(n, cases)
        k = np.arange(low, high + 1)
        logs = start * k - (
            gammaln(k + 1) + gammaln(n - k + 1) + gammaln(cases - k + 1) + gammaln(n_ref - cases + k + 1)
        )
        weight = np.convolve(weight, np.exp(logs - logs.max()))
        weight, least = weight / weight.max(), least + low
    support = least + np.arange(weight.size)
    with np.errstate(divide="ignore"):
        log_weight = np.log(weight) - start * support
    return _Conditional(support, log_weight, float(used.events.sum()), start)
