"""A proportion's distribution: beta, or a mixture of betas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
from scipy.optimize import brentq
from scipy.special import betainc, betaincc, betainccinv, betaincinv, betaln, xlog1py, xlogy

from helpers.errors import InvalidInput
from helpers.stats._types import Interval, check_counts, check_level


class Proportion:
    """What a beta distribution and a mixture of betas have in common; `parts` are pairs of weight and beta."""

    @property
    def parts(self) -> tuple[tuple[float, BetaPosterior], ...]:
        """Weights, adding up to 1, and the beta distributions they belong to."""
        raise NotImplementedError

    def cdf(self, value: float) -> float:
        """Probability that the proportion is at most `value`."""
        return float(self._below(np.clip(value, 0.0, 1.0)))

    def exceeds(self, value: float) -> float:
        """Probability that the proportion is greater than `value`."""
        return float(self._above(np.clip(value, 0.0, 1.0)))

    def mass(self, low: float, high: float) -> float:
        """Probability that the proportion lies between `low` and `high`.

        Notes
        -----
        The difference of two probabilities from the nearer end: two that are close to 1 would leave few digits.
        """
        return float(self.masses(np.asarray(low), np.asarray(high)))

    def masses(self, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """`mass` over arrays."""
        low, high = np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)
        if (low == 0).all():
            return self._below(high)
        if (high == 1).all():
            return self._above(low)
        total = 0.0
        for weight, part in self.parts:
            below, above = part._below(high), part._above(low)
            own = np.where(below < above, below - part._below(low), above - part._above(high))
            total = total + weight * np.maximum(0.0, own)
        return total

    def pdf(self, value: float) -> float:
        """Density at `value`; infinite where it is, 0 outside 0 to 1."""
        return sum(weight * part.pdf(value) for weight, part in self.parts)

    @property
    def mean(self) -> float:
        """Mean of the proportion."""
        return sum(weight * part.alpha / (part.alpha + part.beta) for weight, part in self.parts)

    @property
    def sd(self) -> float:
        """Standard deviation of the proportion."""
        spread = 0.0
        for weight, part in self.parts:
            total = part.alpha + part.beta
            spread += weight * part.alpha * part.beta / (total**2 * (total + 1))
            spread += weight * (part.alpha / total - self.mean) ** 2
        return sqrt(spread)

    def quantile(self, probability: float) -> float:
        """The value below which the proportion lies with this probability."""
        check_probability(probability)
        ends = [part.quantile(probability) for _, part in self.parts]
        low, high = min(ends), max(ends)
        if low == high:
            return low
        return float(brentq(lambda value: self.cdf(value) - probability, low, high, xtol=1e-15, rtol=1e-14))

    def interval(self, *, level: float = 0.95) -> Interval:
        """Median with the equal-tailed credible interval."""
        return equal_tailed(self, level)

    @property
    def mode(self) -> float | None:
        """Where the density is highest; None where that is nowhere or at both ends alike."""
        peaks = self._peaks()
        return peaks[0] if len(peaks) == 1 else None

    def hpd(self, *, level: float = 0.95) -> Interval:
        """Mode with the interval of highest posterior density.

        Returns
        -------
        Interval
            Of all intervals with this probability the shortest. Where the density is level throughout, the middle one
            is given. Reason "several-modes" where the density has more than one peak, for its densest region is then
            not one interval.

        Notes
        -----
        Both limits have the same density, or one lies at the end of the scale; found as a root, not by search.
        """
        check_level(level)
        peaks = self._peaks()
        if not peaks:
            found = equal_tailed(self, level)
            return Interval(None, found.lower, found.upper)
        if len(peaks) > 1:
            return Interval(None, None, None, "several-modes")
        spare = 1 - level

        def slack(tail: float) -> float:
            """Density at the lower limit less that at the upper, with `tail` of the probability below the lower."""
            mirrored = self.complement()  # whose small numbers have more digits than 1 minus them
            return self._log_pdf(self.quantile(tail)) - mirrored._log_pdf(mirrored.quantile(spare - tail))

        if peaks[0] == 0.0:
            return Interval(0.0, 0.0, self._upper(spare))
        if peaks[0] == 1.0:
            return Interval(1.0, self.quantile(spare), 1.0)
        low, high = spare * 1e-12, spare * (1 - 1e-12)
        if slack(low) >= 0:
            return Interval(peaks[0], 0.0, self._upper(spare))
        if slack(high) <= 0:
            return Interval(peaks[0], self.quantile(spare), 1.0)
        tail = float(brentq(slack, low, high, xtol=1e-16, rtol=1e-13))
        return Interval(peaks[0], self.quantile(tail), self._upper(spare - tail))

    def update(self, events: int, n: int) -> Proportion:
        """Posterior of the proportion after `events` in `n` further units."""
        raise NotImplementedError

    def complement(self) -> Proportion:
        """Distribution of 1 minus the proportion."""
        raise NotImplementedError

    def _below(self, value):
        return sum(weight * part._below(value) for weight, part in self.parts)

    def _above(self, value):
        return sum(weight * part._above(value) for weight, part in self.parts)

    def _upper(self, tail: float) -> float:
        """The value above which the proportion lies with this probability."""
        ends = [part._upper(tail) for _, part in self.parts]
        low, high = min(ends), max(ends)
        if low == high:
            return low
        return float(brentq(lambda value: self.exceeds(value) - tail, low, high, xtol=1e-15, rtol=1e-14))

    def _log_pdf(self, value: float) -> float:
        density = self.pdf(value)
        return float(np.log(density)) if density > 0 else -inf

    def _peaks(self) -> list[float]:
        """Local maxima of the density, found between the nodes of a fine grid; empty where it is level."""
        grid = np.unique(np.concatenate([part._grid() for _, part in self.parts]))
        slopes = [self._slope(x) for x in grid]
        peaks = [0.0] if self._rises_to(0) else []
        for i in range(len(grid) - 1):
            if slopes[i] > 0 >= slopes[i + 1] and grid[i + 1] > grid[i]:
                peaks.append(float(brentq(self._slope, grid[i], grid[i + 1], xtol=1e-15)))
        return peaks + ([1.0] if self._rises_to(1) else [])

    def _slope(self, value: float) -> float:
        """Sign and size of the slope of the density, scaled by value * (1 - value)."""
        total = 0.0
        for weight, part in self.parts:
            total += weight * part.pdf(value) * ((part.alpha - 1) * (1 - value) - (part.beta - 1) * value)
        return total

    def _rises_to(self, end: int) -> bool:
        """Whether the density rises towards 0 or 1."""
        near = 1e-13 if end == 0 else 1 - 1e-13
        slope = self._slope(near)
        return slope < 0 if end == 0 else slope > 0


@dataclass(frozen=True)
class BetaPosterior(Proportion):
    """Beta distribution of a proportion."""

    alpha: float
    beta: float

    def __post_init__(self):
        if not (0 < self.alpha < inf and 0 < self.beta < inf):
            raise InvalidInput(f"Beta({self.alpha}, {self.beta}): both parameters must be positive numbers.")

    @property
    def parts(self) -> tuple[tuple[float, BetaPosterior], ...]:
        return ((1.0, self),)

    def pdf(self, value: float) -> float:
        if not 0 <= value <= 1:
            return 0.0
        log_pdf = xlogy(self.alpha - 1, value) + xlog1py(self.beta - 1, -value) - betaln(self.alpha, self.beta)
        return float(np.exp(min(log_pdf, 709.0))) if log_pdf < inf else inf

    def quantile(self, probability: float) -> float:
        check_probability(probability)
        return float(betaincinv(self.alpha, self.beta, probability))

    def update(self, events: int, n: int) -> BetaPosterior:
        if n or events:
            check_counts(events, n)
        return BetaPosterior(self.alpha + events, self.beta + n - events)

    def complement(self) -> BetaPosterior:
        return BetaPosterior(self.beta, self.alpha)

    def _below(self, value):
        return betainc(self.alpha, self.beta, value)

    def _above(self, value):
        return betaincc(self.alpha, self.beta, value)

    def _upper(self, tail: float) -> float:
        return float(betainccinv(self.alpha, self.beta, tail))

    def _log_pdf(self, value: float) -> float:
        return float(xlogy(self.alpha - 1, value) + xlog1py(self.beta - 1, -value) - betaln(self.alpha, self.beta))

    def _peaks(self) -> list[float]:
        a, b = self.alpha, self.beta
        if a == b == 1:
            return []
        if a > 1 and b > 1:
            return [(a - 1) / (a + b - 2)]
        return ([0.0] if a < 1 or (a == 1 and b > 1) else []) + ([1.0] if b < 1 or (b == 1 and a > 1) else [])

    def _grid(self) -> np.ndarray:
        tails = np.array([1e-10, 1e-6, 1e-4])
        shares = np.concatenate([tails, np.linspace(0.001, 0.999, 200), 1 - tails])
        return np.clip(betaincinv(self.alpha, self.beta, shares), 1e-13, 1 - 1e-13)


@dataclass(frozen=True)
class BetaMixture(Proportion):
    """Mixture of beta distributions of a proportion; weights are positive and are made to add up to 1."""

    weights: tuple[float, ...]
    components: tuple[BetaPosterior, ...]

    def __post_init__(self):
        weights, components = tuple(map(float, self.weights)), tuple(self.components)
        total = sum(weights)
        if len(weights) != len(components) or not weights or not (min(weights) >= 0 and 0 < total < inf):
            raise InvalidInput(
                f"{len(weights)} weights {weights} of {len(components)} components: one each, none negative, is needed."
            )
        if not all(isinstance(component, BetaPosterior) for component in components):
            raise InvalidInput("components: each must be a BetaPosterior.")
        object.__setattr__(self, "weights", tuple(weight / total for weight in weights))
        object.__setattr__(self, "components", components)

    @property
    def parts(self) -> tuple[tuple[float, BetaPosterior], ...]:
        return tuple((w, c) for w, c in zip(self.weights, self.components, strict=True) if w > 0)

    def update(self, events: int, n: int) -> BetaMixture:
        """Posterior: each component updated, its weight times the probability it gave to the data."""
        if n or events:
            check_counts(events, n)
        updated = [component.update(events, n) for component in self.components]
        logs = np.array(
            [betaln(u.alpha, u.beta) - betaln(c.alpha, c.beta) for u, c in zip(updated, self.components, strict=True)]
        )
        logs = logs - logs[np.array(self.weights) > 0].max()
        weights = np.array(self.weights) * np.exp(np.minimum(logs, 0.0))
        return BetaMixture(tuple(float(w) for w in weights / weights.sum()), tuple(updated))

    def complement(self) -> BetaMixture:
        return BetaMixture(self.weights, tuple(component.complement() for component in self.components))


def posterior(
    events: int,
    n: int,
    *,
    prior_alpha: float = 1.0,
    prior_beta: float = 1.0,
    prior: Proportion | None = None,
) -> BetaPosterior | BetaMixture:
    """Posterior of a proportion under a Beta(prior_alpha, prior_beta) prior.

    Parameters
    ----------
    events, n : int
        Units with the event, and units; n may be 0, then the prior comes back.
    prior_alpha, prior_beta : float
        Parameters of the prior, both positive; 1 and 1 is uniform.
    prior : BetaPosterior or BetaMixture, optional
        A prior in their place.

    Returns
    -------
    BetaPosterior or BetaMixture
        Beta(prior_alpha + events, prior_beta + n - events), or the updated mixture.

    Raises
    ------
    InvalidInput
        If events lies outside 0..n or a parameter is not positive.
    """
    if prior is not None:
        return prior.update(events, n)
    if n or events:
        check_counts(events, n)
    if min(prior_alpha, prior_beta) <= 0:
        raise InvalidInput(f"Beta({prior_alpha}, {prior_beta}): both parameters of the prior must be positive.")
    return BetaPosterior(prior_alpha + events, prior_beta + n - events)


def equal_tailed(distribution, level: float) -> Interval:
    """Median with the equal-tailed interval of anything that has quantiles."""
    check_level(level)
    tail = (1 - level) / 2
    return Interval(distribution.quantile(0.5), distribution.quantile(tail), distribution.quantile(1 - tail))


def check_probability(probability: float) -> None:
    """Refuse a probability outside 0 to 1."""
    if not 0 <= probability <= 1:
        raise InvalidInput(f"probability is {probability}; it must lie between 0 and 1.")


def check_proportions(*distributions: Sequence) -> None:
    """Refuse what is no distribution of a proportion."""
    for distribution in distributions:
        if not isinstance(distribution, Proportion):
            raise InvalidInput(f"{distribution!r} is no BetaPosterior or BetaMixture.")
