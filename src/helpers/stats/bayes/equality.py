"""Bayes factor for the equality of two proportions."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, log

import numpy as np
from scipy.special import betaln

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice, check_counts
from helpers.stats._wald import ALTERNATIVES
from helpers.stats.bayes.beta import Proportion, check_proportions
from helpers.stats.bayes.contrasts import difference
from helpers.stats.bayes.priors import flat


@dataclass(frozen=True)
class BayesFactor:
    """Evidence against equality: `factor` is the probability of the data if the proportions differ over that if not."""

    factor: float
    log_factor: float

    def probability_of_equality(self, prior: float = 0.5) -> float:
        """Posterior probability that the proportions are equal, given the prior probability of it."""
        if not 0 <= prior <= 1:
            raise InvalidInput(f"prior is {prior}; a probability lies between 0 and 1.")
        if prior in (0, 1):
            return float(prior)
        odds = log(prior) - log(1 - prior) - self.log_factor
        return 1 / (1 + exp(-odds)) if odds > -700 else 0.0


def equality(
    events: int,
    n: int,
    events_ref: int,
    n_ref: int,
    *,
    prior: Proportion | None = None,
    prior_ref: Proportion | None = None,
    prior_common: Proportion | None = None,
    alternative: str = "two-sided",
) -> BayesFactor:
    """Bayes factor of two different proportions against one common one.

    Parameters
    ----------
    events, n, events_ref, n_ref : int
        Units with the event, and units, in the arm of interest and in the reference arm.
    prior, prior_ref : BetaPosterior or BetaMixture, optional
        Independent priors of the two proportions if they differ; uniform if not given.
    prior_common : BetaPosterior or BetaMixture, optional
        Prior of the common proportion; uniform if not given. With uniform priors throughout the factor is Gunel and
        Dickey's for independent multinomials with concentration 1; their concentration a takes Beta(a, a) for the two
        and Beta(2 a - 1, 2 a - 1) for the common one.
    alternative : str
        "two-sided", or that the arm's proportion is "greater" or "less" than the reference's.

    Returns
    -------
    BayesFactor
        Above 1 it speaks for a difference.

    Raises
    ------
    InvalidInput
        If the counts are none.

    Notes
    -----
    Gunel E, Dickey J. Biometrika 1974;61:545-557. One-sided: the two-sided factor times the ratio of the posterior to
    the prior probability of that side.
    """
    check_counts(events, n)
    check_counts(events_ref, n_ref)
    check_choice("alternative", alternative, ALTERNATIVES)
    first, second, common = (flat() if p is None else p for p in (prior, prior_ref, prior_common))
    check_proportions(first, second, common)
    found = (
        _log_evidence(first, events, n)
        + _log_evidence(second, events_ref, n_ref)
        - _log_evidence(common, events + events_ref, n + n_ref)
    )
    if alternative != "two-sided":
        sides = [
            difference(a, b) for a, b in ((first, second), (first.update(events, n), second.update(events_ref, n_ref)))
        ]
        before, after = (side.exceeds(0.0) if alternative == "greater" else side.cdf(0.0) for side in sides)
        found = found + log(after / before) if after > 0 else -inf
    return BayesFactor(exp(found) if found < 700 else inf, found)


def _log_evidence(prior: Proportion, events: int, n: int) -> float:
    """Log probability of a given sequence with so many events."""
    logs = [
        log(weight) + float(betaln(part.alpha + events, part.beta + n - events) - betaln(part.alpha, part.beta))
        for weight, part in prior.parts
    ]
    return float(np.logaddexp.reduce(logs))
