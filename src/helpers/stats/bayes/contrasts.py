"""Difference, ratio and odds ratio of two independent proportions, by quadrature."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import exp, inf, isfinite, log, sqrt

import numpy as np
from scipy.optimize import brentq
from scipy.special import betaincinv, expit, logit

from helpers.errors import InvalidInput
from helpers.stats._types import Interval
from helpers.stats.bayes._quadrature import integrate, log_density, stretch
from helpers.stats.bayes.beta import Proportion, check_proportions, equal_tailed

_SHARES = np.polynomial.legendre.leggauss(48)


@dataclass(frozen=True)
class _Contrast:
    """A contrast that rises with the arm's proportion and falls with the reference's."""

    arm: Proportion
    reference: Proportion

    def __post_init__(self):
        check_proportions(self.arm, self.reference)

    def cdf(self, value: float) -> float:
        """Probability that the contrast is at most `value`."""
        low, high = self._support
        return self.mass(low, value) if value < self._centre else 1.0 - self.mass(value, high)

    def exceeds(self, value: float) -> float:
        """Probability that the contrast is greater than `value`, such as a margin."""
        low, high = self._support
        return self.mass(value, high) if value > self._centre else 1.0 - self.mass(low, value)

    def mass(self, low: float, high: float) -> float:
        """Probability that the contrast lies between `low` and `high`, such as a region of equivalence.

        Notes
        -----
        The mean over the reference's y of the arm's probability between the bounds that y sets, not the difference of
        two probabilities, so a small one has as many digits as a large one. The range is cut where the reference's
        mass lies, so that a narrow peak is not missed, and where a bound passes 0 or 1.
        """
        low, high = max(self._support[0], low), min(self._support[1], high)
        if not low < high:
            return 0.0
        kinks = [y for value in (low, high) for y in self._kinks(value) if 0 < y < 1]
        total = 0.0
        for weight, part in self.reference.parts:
            a, b = part.alpha, part.beta
            power = stretch(a, b)
            cuts = sorted({0.0, 1.0, *(float(expit(logit(y) / power)) for y in (*_landmarks(a, b), *kinks))})

            def integrand(x: np.ndarray, a=a, b=b, power=power) -> np.ndarray:
                at, log_dy = log_density(x, a, b, power)
                return np.exp(log_dy) * self.arm.masses(self._bound(at, low), self._bound(at, high))

            total += weight * float(integrate(integrand, cuts))
        return min(1.0, total)

    def quantile(self, probability: float) -> float:
        """The value below which the contrast lies with this probability, 0 < probability < 1.

        Notes
        -----
        A start from a coarse quadrature, then secant steps on the exact distribution function.
        """
        if not 0 < probability < 1:
            raise InvalidInput(f"probability is {probability}; it must lie between 0 and 1.")
        low, high = self._bracket

        def gap(at: float) -> float:
            return self.cdf(self._value(at)) - probability

        try:
            at = float(brentq(lambda at: self._coarse(self._value(at)) - probability, low, high, xtol=1e-12))
            wide = 1e-5 * max(1.0, abs(at))
            slope = (self._coarse(self._value(at + wide)) - self._coarse(self._value(at - wide))) / (2 * wide)
            last, error = at, gap(at)
            for _ in range(8):
                move = -error / slope if slope > 0 else inf
                if not (isfinite(move) and low < at + move < high):
                    break
                if abs(move) <= 1e-9 * max(1.0, abs(at)):  # the slope has five digits, so what is left is below 1e-13
                    return self._value(at + move)
                last, at, before, error = at, at + move, error, gap(at + move)
                if error == 0:
                    return self._value(at)
                if abs(error) > abs(before) / 2:
                    break
                slope = (error - before) / (at - last) if error != before else slope
        except ValueError:  # the coarse distribution does not reach the probability within the bracket
            pass
        return self._value(float(brentq(gap, low, high, xtol=1e-13, rtol=1e-13)))

    def interval(self, *, level: float = 0.95) -> Interval:
        """Median with the equal-tailed credible interval."""
        return equal_tailed(self, level)

    def _coarse(self, value: float) -> float:
        """The distribution function to a few digits."""
        return float(self._weights @ self.arm._below(np.clip(self._bound(self._nodes, value), 0.0, 1.0)))

    @cached_property
    def _nodes(self) -> np.ndarray:
        shares = (_SHARES[0] + 1) / 2
        tiny = np.finfo(float).tiny
        at = [betaincinv(part.alpha, part.beta, shares) for _, part in self.reference.parts]
        return logit(np.clip(np.concatenate(at), tiny, 1 - 1e-16))

    @cached_property
    def _weights(self) -> np.ndarray:
        return np.concatenate([weight * _SHARES[1] / 2 for weight, _ in self.reference.parts])

    @cached_property
    def _centre(self) -> float:
        """Near enough to the median to say which tail is the smaller one."""
        return self._of(self.arm.mean, self.reference.mean)


@dataclass(frozen=True)
class DifferencePosterior(_Contrast):
    """Distribution of the difference of two independent proportions, `arm` minus `reference`."""

    _support = (-1.0, 1.0)
    _bracket = (-1.0, 1.0)

    @property
    def mean(self) -> float:
        """Mean of the difference."""
        return self.arm.mean - self.reference.mean

    @property
    def sd(self) -> float:
        """Standard deviation of the difference."""
        return sqrt(self.arm.sd**2 + self.reference.sd**2)

    @staticmethod
    def _of(arm: float, reference: float) -> float:
        return arm - reference

    @staticmethod
    def _value(at: float) -> float:
        return at

    @staticmethod
    def _bound(at: np.ndarray, value: float) -> np.ndarray:
        return expit(at) + value

    @staticmethod
    def _kinks(value: float) -> tuple[float, ...]:
        return -value, 1.0 - value


@dataclass(frozen=True)
class RatioPosterior(_Contrast):
    """Distribution of the ratio of two independent proportions, `arm` over `reference`.

    Parameters alpha below 0.05 are refused: much of such a proportion lies below the smallest number there is.
    """

    _support = (0.0, inf)
    _bracket = (-700.0, 700.0)

    def __post_init__(self):
        super().__post_init__()
        _check_smallest("a ratio", [part.alpha for own in (self.arm, self.reference) for _, part in own.parts])

    @staticmethod
    def _of(arm: float, reference: float) -> float:
        return arm / reference

    @staticmethod
    def _value(at: float) -> float:
        return exp(at)

    @staticmethod
    def _bound(at: np.ndarray, value: float) -> np.ndarray:
        return np.ones_like(at) if value == inf else np.minimum(1.0, expit(at) * value)

    @staticmethod
    def _kinks(value: float) -> tuple[float, ...]:
        return (1.0 / value,) if 1 < value < inf else ()


@dataclass(frozen=True)
class OddsRatioPosterior(_Contrast):
    """Distribution of the odds ratio of two independent proportions, `arm` over `reference`.

    Parameters below 0.05 are refused, as in `RatioPosterior`.
    """

    _support = (0.0, inf)
    _bracket = (-700.0, 700.0)

    def __post_init__(self):
        super().__post_init__()
        parts = [part for own in (self.arm, self.reference) for _, part in own.parts]
        _check_smallest("an odds ratio", [value for part in parts for value in (part.alpha, part.beta)])

    @staticmethod
    def _of(arm: float, reference: float) -> float:
        return arm / (1 - arm) * (1 - reference) / reference

    @staticmethod
    def _value(at: float) -> float:
        return exp(at)

    @staticmethod
    def _bound(at: np.ndarray, value: float) -> np.ndarray:
        if value == 0:
            return np.zeros_like(at)
        return np.ones_like(at) if value == inf else expit(at + log(value))

    @staticmethod
    def _kinks(value: float) -> tuple[float, ...]:
        return ()


def difference(arm: Proportion, reference: Proportion) -> DifferencePosterior:
    """Posterior of the difference of two proportions that are independent given the data."""
    return DifferencePosterior(arm, reference)


def ratio(arm: Proportion, reference: Proportion) -> RatioPosterior:
    """Posterior of the ratio of two proportions that are independent given the data, arm over reference.

    The relative reduction of failures is that of the complements: 1 - ratio(arm.complement(), reference.complement()).
    """
    return RatioPosterior(arm, reference)


def odds_ratio(arm: Proportion, reference: Proportion) -> OddsRatioPosterior:
    """Posterior of the odds ratio of two proportions that are independent given the data, arm over reference."""
    return OddsRatioPosterior(arm, reference)


def _check_smallest(what: str, parameters: list[float]) -> None:
    if min(parameters) < 0.05:
        raise InvalidInput(f"{what} needs beta parameters of at least 0.05; one is {min(parameters)}.")


def _landmarks(alpha: float, beta: float) -> list[float]:
    places = betaincinv(alpha, beta, np.array([1e-12, 1e-4, 0.5, 1 - 1e-4, 1 - 1e-12]))
    return [float(y) for y in places if 0 < y < 1]
