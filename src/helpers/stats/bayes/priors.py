"""Priors of a proportion: flat, Jeffreys', sceptical, from the literature, power, robust; and how much they weigh."""

from __future__ import annotations

from math import inf

import numpy as np
from scipy.special import betaln, expit, logit

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice, check_counts
from helpers.stats.bayes._quadrature import integrate, log_density, stretch
from helpers.stats.bayes.beta import BetaMixture, BetaPosterior, Proportion, check_proportions


def flat() -> BetaPosterior:
    """Uniform prior, Beta(1, 1)."""
    return BetaPosterior(1.0, 1.0)


def jeffreys() -> BetaPosterior:
    """Jeffreys' prior, Beta(1/2, 1/2)."""
    return BetaPosterior(0.5, 0.5)


def sceptical(rate: float, ess: float) -> BetaPosterior:
    """Beta prior centred at a stated rate with a stated weight.

    Parameters
    ----------
    rate : float
        Prior mean, 0 < rate < 1.
    ess : float
        Units the prior is worth, above 0: the sum of its parameters.

    Returns
    -------
    BetaPosterior
        Beta(rate * ess, (1 - rate) * ess). The same prior in both arms is sceptical of a difference: its mean is 0 and
        the larger `ess`, the closer to 0.

    Raises
    ------
    InvalidInput
        If the rate lies outside (0, 1) or ess is not positive.
    """
    _check_rate(rate)
    _check_ess(ess)
    return BetaPosterior(rate * ess, (1 - rate) * ess)


def from_moments(mean: float, sd: float) -> BetaPosterior:
    """Beta prior with a stated mean and standard deviation.

    Raises
    ------
    InvalidInput
        If the mean lies outside (0, 1), or the variance outside 0 to mean * (1 - mean).
    """
    _check_rate(mean)
    if not 0 < sd * sd < mean * (1 - mean):
        raise InvalidInput(f"sd is {sd}; with mean {mean} it must lie between 0 and {(mean * (1 - mean)) ** 0.5}.")
    ess = mean * (1 - mean) / (sd * sd) - 1
    return BetaPosterior(mean * ess, (1 - mean) * ess)


def discounted(events: int, n: int, ess: float, *, initial: BetaPosterior | None = None) -> BetaPosterior:
    """Prior from published counts, discounted to a stated weight.

    Parameters
    ----------
    events, n : int
        Units with the event, and units, of the earlier study.
    ess : float
        Units the prior shall be worth in all.
    initial : BetaPosterior, optional
        Prior before the earlier study, whose weight is part of `ess`. Without one the prior mean is the published
        rate, which must then lie between 0 and 1.

    Returns
    -------
    BetaPosterior
        `initial` plus the counts times a factor that makes the parameters add up to `ess`.

    Raises
    ------
    InvalidInput
        If the counts are none, `ess` is not above the weight of `initial`, or there is no event or no non-event and no
        `initial`.
    """
    check_counts(events, n)
    a, b = (initial.alpha, initial.beta) if initial is not None else (0.0, 0.0)
    if not a + b < ess < inf:
        raise InvalidInput(f"ess is {ess}; it must be a number above the weight {a + b} of the initial prior.")
    factor = (ess - a - b) / n
    alpha, beta = a + factor * events, b + factor * (n - events)
    if min(alpha, beta) <= 0:
        raise InvalidInput(f"{events} events of {n}: the rate alone gives Beta({alpha}, {beta}); add an initial prior.")
    return BetaPosterior(alpha, beta)


def power_prior(events: int, n: int, power: float, *, initial: BetaPosterior | None = None) -> BetaPosterior:
    """Power prior: the likelihood of earlier counts raised to a power, times an initial prior.

    Parameters
    ----------
    events, n : int
        Units with the event, and units, of the earlier study.
    power : float
        Weight of each earlier unit, from 0 (none) to 1 (pooled).
    initial : BetaPosterior, optional
        Prior before the earlier study; uniform if not given.

    Raises
    ------
    InvalidInput
        If the counts are none or the power lies outside 0 to 1.

    Notes
    -----
    Ibrahim JG, Chen MH. Stat Sci 2000;15:46-60, with a fixed power.
    """
    check_counts(events, n)
    if not 0 <= power <= 1:
        raise InvalidInput(f"power is {power}; it must lie between 0 and 1.")
    start = flat() if initial is None else initial
    return BetaPosterior(start.alpha + power * events, start.beta + power * (n - events))


def robust(informative: Proportion, weight: float, *, rate: float = 0.5, ess: float = 2.0) -> BetaMixture:
    """Robust mixture: an informative prior with a vague one beside it.

    Parameters
    ----------
    informative : BetaPosterior or BetaMixture
        The prior to be made robust.
    weight : float
        Prior probability of the vague component, 0 to 1.
    rate, ess : float
        Mean and weight of the vague component; uniform if not given.

    Notes
    -----
    Schmidli H, Gsteiger S, Roychoudhury S, O'Hagan A, Spiegelhalter D, Neuenschwander B. Biometrics 2014;70:1023-1032.
    """
    check_proportions(informative)
    if not 0 <= weight <= 1:
        raise InvalidInput(f"weight is {weight}; it must lie between 0 and 1.")
    weights, components = zip(*informative.parts, strict=True)
    shares = (*((1 - weight) * w for w in weights), weight)
    return BetaMixture(shares, (*components, sceptical(rate, ess)))


def effective_sample_size(prior: Proportion, *, method: str = "information-ratio") -> float:
    """Units a prior is worth.

    Parameters
    ----------
    prior : BetaPosterior or BetaMixture
        For one beta every method gives alpha + beta, the last one nearly.
    method : str
        "information-ratio", the expected local information ratio; "moment", the weight of the beta with the same mean
        and standard deviation; "mode", the method of Morita and others at the highest mode.

    Returns
    -------
    float
        For a mixture of distant components it can be below the weight of each.

    Raises
    ------
    InvalidInput
        For "information-ratio", if a component of a mixture has a parameter below 1, for the integral is then infinite;
        for "mode", if there is no mode between 0 and 1.

    Notes
    -----
    Neuenschwander B, Weber S, Schmidli H, O'Hagan A. Biometrics 2020;76:578-587. Morita S, Thall PF, Muller P.
    Biometrics 2008;64:595-602.
    """
    check_proportions(prior)
    check_choice("method", method, ("information-ratio", "moment", "mode"))
    parts = prior.parts
    if method == "moment":
        return prior.mean * (1 - prior.mean) / prior.sd**2 - 1
    if method == "mode":
        return _at_mode(prior)
    if len(parts) == 1:
        return parts[0][1].alpha + parts[0][1].beta
    if min(min(part.alpha, part.beta) for _, part in parts) < 1:
        raise InvalidInput(
            "a component has a parameter below 1, where the information ratio is infinite; use 'moment'."
        )
    total = 0.0
    for weight, part in parts:
        power = stretch(part.alpha, part.beta)
        quantiles = [part.quantile(p) for p in (1e-10, 1e-4, 0.5, 1 - 1e-4, 1 - 1e-10)]
        cuts = [float(expit(logit(y) / power)) for y in quantiles if 0 < y < 1]

        def integrand(x: np.ndarray, part=part, power=power) -> np.ndarray:
            at, log_dy = log_density(x, part.alpha, part.beta, power)
            y = expit(at)
            return np.exp(log_dy) * _information(prior, y, 1 - y) * y * (1 - y)

        total += weight * float(integrate(integrand, sorted({0.0, *cuts, 1.0}), rtol=1e-10))
    return total


def _information(prior: Proportion, y: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Minus the second derivative of the log density, `rest` being 1 - y."""
    y, rest = np.maximum(y, 1e-300), np.maximum(rest, 1e-300)
    logs = np.array(
        [
            np.log(w) + (p.alpha - 1) * np.log(y) + (p.beta - 1) * np.log(rest) - betaln(p.alpha, p.beta)
            for w, p in prior.parts
        ]
    )
    shares = np.exp(logs - logs.max(axis=0))
    shares = shares / shares.sum(axis=0)
    slopes = np.array([(p.alpha - 1) / y - (p.beta - 1) / rest for _, p in prior.parts])
    curves = np.array([-(p.alpha - 1) / y**2 - (p.beta - 1) / rest**2 for _, p in prior.parts])
    mean = (shares * slopes).sum(axis=0)
    return -(shares * (curves + (slopes - mean) ** 2)).sum(axis=0)


def _at_mode(prior: Proportion) -> float:
    peaks = [peak for peak in prior._peaks() if 0 < peak < 1]
    if not peaks:
        raise InvalidInput("the prior has no mode between 0 and 1; use 'moment' or 'information-ratio'.")
    mode = max(peaks, key=prior.pdf)
    own = float(_information(prior, np.array([mode]), np.array([1 - mode]))[0])
    scale = 100.0  # the vague prior that is taken off, Beta(mode / 100, (1 - mode) / 100)
    vague = (mode / scale - 1) / mode**2 + ((1 - mode) / scale - 1) / (1 - mode) ** 2
    unit = prior.mean / mode**2 + (1 - prior.mean) / (1 - mode) ** 2
    return (own - vague) / unit


def _check_rate(rate: float) -> None:
    if not 0 < rate < 1:
        raise InvalidInput(f"the rate is {rate}; a prior mean must lie between 0 and 1.")


def _check_ess(ess: float) -> None:
    if not 0 < ess < inf:
        raise InvalidInput(f"ess is {ess}; an effective sample size must be a positive number.")
