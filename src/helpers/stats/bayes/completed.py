"""What a trial of two arms will show at its end, given what it shows now: every outcome with its exact probability."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv, betaln, expit, log_expit, logit

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice, check_counts, check_level
from helpers.stats._wald import ALTERNATIVES, z_of
from helpers.stats.bayes._quadrature import integrate
from helpers.stats.bayes.beta import Proportion, check_proportions
from helpers.stats.bayes.predictive import BetaBinomial
from helpers.stats.bayes.priors import flat

#: A rule or statistic on final counts: events and n of the arm, then of the reference, as arrays that broadcast.
Rule = Callable[[np.ndarray, int, np.ndarray, int], np.ndarray]


@dataclass(frozen=True, eq=False)
class CompletedTrial:
    """All outcomes of the completed trial.

    `events` and `events_ref` are the final counts that can still come about, out of `n` and `n_ref`; `probability` has
    a row for each count of the arm and a column for each of the reference.
    """

    events: np.ndarray
    n: int
    events_ref: np.ndarray
    n_ref: int
    probability: np.ndarray

    def outcomes(self, rule: Rule) -> np.ndarray:
        """Value of a rule or statistic at every outcome."""
        found = np.asarray(rule(self.events[:, None], self.n, self.events_ref[None, :], self.n_ref))
        if found.shape != self.probability.shape:
            raise InvalidInput(
                f"the rule gave shape {found.shape}, {self.probability.shape} is needed; it gets arrays of counts, and "
                "elementwise(rule) makes one of a rule for single numbers."
            )
        return found

    def probability_of(self, rule: Rule) -> float:
        """Predictive probability that a rule on the final counts holds."""
        holds = self.outcomes(rule)
        if holds.dtype != bool:
            raise InvalidInput(f"the rule gave {holds.dtype}; a boolean for each outcome is needed.")
        return float(min(1.0, self.probability[holds].sum()))

    def expected(self, statistic: Rule) -> float:
        """Mean of a statistic of the final counts, such as the posterior probability of superiority."""
        return float((self.probability * self.outcomes(statistic)).sum())

    def risk_difference(self) -> tuple[np.ndarray, np.ndarray]:
        """Values that the final difference of proportions can take, in order, and their probabilities."""
        scaled = self.events[:, None] * self.n_ref - self.events_ref[None, :] * self.n  # whole, so equal ones are equal
        values, place = np.unique(scaled, return_inverse=True)
        weights = np.bincount(place.ravel(), weights=self.probability.ravel(), minlength=len(values))
        return values / (self.n * self.n_ref), weights


def completed_trial(
    events: int,
    n: int,
    events_ref: int,
    n_ref: int,
    *,
    remaining: int,
    remaining_ref: int,
    prior: Proportion | None = None,
    prior_ref: Proportion | None = None,
) -> CompletedTrial:
    """Predictive distribution of the final counts of both arms.

    Parameters
    ----------
    events, n : int
        Units with the event, and units, so far in the arm of interest; both may be 0.
    events_ref, n_ref : int
        The same in the reference arm.
    remaining, remaining_ref : int
        Units still to be observed in each arm.
    prior, prior_ref : BetaPosterior or BetaMixture, optional
        Priors from which the units to come are foretold; uniform if not given. The prior of the final analysis is that
        of the rule and may be another.

    Returns
    -------
    CompletedTrial
        With `probability_of`, `expected` and `risk_difference`.

    Raises
    ------
    InvalidInput
        If the counts are none, a number remaining is negative, or an arm would have no unit at the end.

    Notes
    -----
    Spiegelhalter DJ, Freedman LS, Blackburn PR. Control Clin Trials 1986;7:8-17. The arms are independent, each
    beta-binomial given its counts; all outcomes are listed, none is simulated.
    """
    arms = []
    for x, size, more, own in ((events, n, remaining, prior), (events_ref, n_ref, remaining_ref, prior_ref)):
        if size or x:
            check_counts(x, size)
        if int(more) != more or more < 0 or size + more < 1:
            raise InvalidInput(f"{size} units and {more} remaining: whole numbers from 0 up, not both 0, are needed.")
        arms.append(BetaBinomial((flat() if own is None else own).update(x, size), int(more)))
    arm, ref = arms
    return CompletedTrial(
        events=events + np.arange(arm.n + 1),
        n=n + arm.n,
        events_ref=events_ref + np.arange(ref.n + 1),
        n_ref=n_ref + ref.n,
        probability=np.outer(arm.probabilities, ref.probabilities),
    )


def probability_above(
    *, margin: float = 0.0, prior: Proportion | None = None, prior_ref: Proportion | None = None
) -> Rule:
    """Statistic: posterior probability that the arm's proportion exceeds the reference's by more than a margin.

    Parameters
    ----------
    margin : float
        Difference of proportions, -1 < margin < 1.
    prior, prior_ref : BetaPosterior or BetaMixture, optional
        Priors of the final analysis; uniform if not given.

    Returns
    -------
    callable
        For `CompletedTrial.expected`; `lambda *counts: statistic(*counts) > 0.95` is a rule.
    """
    if not -1 < margin < 1:
        raise InvalidInput(f"margin is {margin}; a difference of proportions lies between -1 and 1.")
    own = flat() if prior is None else prior
    own_ref = flat() if prior_ref is None else prior_ref
    check_proportions(own, own_ref)

    def statistic(events, n, events_ref, n_ref):
        rows, row_of = np.unique(events, return_inverse=True)
        columns, column_of = np.unique(events_ref, return_inverse=True)
        arms = [own.update(int(x), int(n)) for x in rows]
        refs = [own_ref.update(int(x), int(n_ref)) for x in columns]
        table = exceedance_table(arms, refs, margin)
        return table[row_of.reshape(np.shape(events)), column_of.reshape(np.shape(events_ref))]

    return statistic


def exceedance_table(arms: list[Proportion], references: list[Proportion], margin: float) -> np.ndarray:
    """Pr(arm > reference + margin) for every arm (row) and reference (column), to 1e-12, on shared nodes."""
    parts = [[part for _, part in ref.parts] for ref in references]
    flat_parts = [part for own in parts for part in own]
    smallest = min(min(part.alpha, part.beta) for part in flat_parts)
    power = max(2.0, 1 / smallest)
    places = [betaincinv(p.alpha, p.beta, np.array([1e-13, 1e-4, 0.5, 1 - 1e-4, 1 - 1e-13])) for p in flat_parts]
    spread = np.quantile(np.concatenate(places), np.linspace(0, 1, 9))
    marks = [float(y) for y in (*spread, -margin, 1 - margin) if 0 < y < 1]
    cuts = sorted({0.0, 1.0, *(float(expit(logit(y) / power)) for y in marks)})
    shapes = np.array([[part.alpha, part.beta] for part in flat_parts])[:, :, None]
    weights = np.zeros((len(references), len(flat_parts)))
    column = 0
    for row, ref in enumerate(references):
        for weight, _ in ref.parts:
            weights[row, column] = weight
            column += 1

    def integrand(x: np.ndarray) -> np.ndarray:
        at = power * logit(x)
        log_dy = shapes[:, 0] * log_expit(at) + shapes[:, 1] * log_expit(-at)
        log_dy = log_dy - betaln(shapes[:, 0], shapes[:, 1]) + np.log(power) - np.log(x) - np.log1p(-x)
        density = weights @ np.exp(log_dy)
        bounds = np.clip(expit(at) + margin, 0.0, 1.0)
        above = np.array([arm._above(bounds) for arm in arms])
        return above[:, None, :] * density[None, :, :]

    return np.clip(integrate(integrand, cuts, rtol=1e-13, atol=1e-14), 0.0, 1.0)


def score_lower_above(margin: float = 0.0, *, level: float = 0.95, bias_correction: bool = True) -> Rule:
    """Rule: the lower limit of the score interval of the difference of proportions lies above a margin.

    Level and bias correction as in `proportions.risk_difference` (Miettinen and Nurminen; without it Mee). The limit
    lies above the margin where the score statistic at the margin exceeds the normal quantile.
    """
    from helpers.stats.proportions import score_variance

    z = z_of(level)
    if not -1 < margin < 1:
        raise InvalidInput(f"margin is {margin}; a difference of proportions lies between -1 and 1.")

    def holds(x: int, n: int, y: int, m: int) -> bool:
        above = x / n - y / m - margin
        if above <= 0:
            return False
        variance = score_variance(margin, int(x), int(n), int(y), int(m), bias_correction=bias_correction)
        return bool(above * above > z * z * variance)

    return elementwise(holds)


def fisher_below(alpha: float = 0.05, *, alternative: str = "two-sided") -> Rule:
    """Rule: the p-value of Fisher's exact test is below `alpha`.

    "two-sided" adds the probabilities of all tables with the same margins that are no likelier; "greater" tests for
    more events in the arm of interest, "less" for fewer. With "two-sided" the rule holds for a difference in either
    direction.
    """
    check_level(1 - alpha)
    check_choice("alternative", alternative, ALTERNATIVES)

    def rule(events, n, events_ref, n_ref):
        x, y = np.broadcast_arrays(events, events_ref)
        p_values = np.ones(x.shape)
        for total in np.unique(x + y):
            at = x + y == total
            first = max(0, int(total) - n_ref)
            counts = np.arange(first, min(int(total), n) + 1)
            log_chances = _log_choose(n, counts) + _log_choose(n_ref, total - counts) - _log_choose(n + n_ref, total)
            chances = np.exp(log_chances)
            if alternative == "two-sided":
                own = np.array([chances[chances <= chance * (1 + 1e-7)].sum() for chance in chances])
            else:
                own = np.cumsum(chances) if alternative == "less" else np.cumsum(chances[::-1])[::-1]
            p_values[at] = own[x[at] - first]
        return p_values < alpha

    return rule


def _log_choose(n, k):
    return -betaln(n - k + 1, k + 1) - np.log1p(n)


def elementwise(rule: Callable[[int, int, int, int], object]) -> Rule:
    """A rule or statistic for single counts as one for arrays."""

    def over_arrays(events, n, events_ref, n_ref):
        x, y = np.broadcast_arrays(events, events_ref)
        found = [rule(int(a), n, int(b), n_ref) for a, b in zip(x.ravel(), y.ravel(), strict=True)]
        return np.array(found).reshape(x.shape)

    return over_arrays
