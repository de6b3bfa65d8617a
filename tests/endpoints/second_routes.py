"""Routes to the headline numbers that share nothing with `helpers.stats`: formulas of papers, exact arithmetic."""

from fractions import Fraction
from math import comb, sqrt

import numpy as np
from pytest import approx
from scipy.optimize import brentq
from scipy.stats import norm

Z = norm.ppf(0.975)


def same(value: float):
    """Equal to 1e-6, relative."""
    return approx(value, rel=1e-6, abs=1e-10)


# --- score intervals: the variance is that of the most likely pair of proportions under the hypothesis


def _restricted(x: int, n: int, y: int, m: int, p_of, low: float, high: float) -> tuple[float, float]:
    """The most likely proportions (p, q), p being given by q; the likelihood has one maximum in q."""

    def slope(q: float) -> float:
        p, by = p_of(q)
        return by * (x / p - (n - x) / (1 - p)) + y / q - (m - y) / (1 - q)

    edge = 1e-10 * (high - low)
    low, high = low + edge, high - edge
    if slope(low) <= 0:
        return p_of(low)[0], low
    if slope(high) >= 0:
        return p_of(high)[0], high
    q = brentq(slope, low, high, xtol=1e-15, rtol=1e-14)
    return p_of(q)[0], q


def restricted_difference(x: int, n: int, y: int, m: int, delta: float) -> tuple[float, float]:
    return _restricted(x, n, y, m, lambda q: (q + delta, 1.0), max(0.0, -delta), min(1.0, 1 - delta))


def _limits(score, estimate: float, low: float, high: float) -> tuple[float, float]:
    """Where the score, falling in the hypothesis, is plus and minus the normal quantile."""
    below = brentq(lambda d: score(d) - Z, low, estimate, xtol=1e-13) if score(low) > Z else low
    above = brentq(lambda d: score(d) + Z, estimate, high, xtol=1e-13) if score(high) < -Z else high
    return below, above


def miettinen_nurminen(x: int, n: int, y: int, m: int) -> tuple[float, float, float]:
    """Difference with its limits: Miettinen and Nurminen, Stat Med 1985;4:213-226."""

    def score(delta: float) -> float:
        p, q = restricted_difference(x, n, y, m, delta)
        variance = (p * (1 - p) / n + q * (1 - q) / m) * (n + m) / (n + m - 1)
        return (x / n - y / m - delta) / sqrt(variance)

    estimate = x / n - y / m
    return estimate, *_limits(score, estimate, -0.9999, 0.9999)


def miettinen_nurminen_ratio(x: int, n: int, y: int, m: int) -> tuple[float, float, float]:
    """Risk ratio, the same paper: x/n less phi y/m, over its restricted standard deviation."""

    def score(phi: float) -> float:
        p, q = _restricted(x, n, y, m, lambda q: (phi * q, phi), 0.0, min(1.0, 1 / phi))
        variance = (p * (1 - p) / n + phi**2 * q * (1 - q) / m) * (n + m) / (n + m - 1)
        return (x / n - phi * y / m) / sqrt(variance)

    estimate = (x / n) / (y / m)
    return estimate, *_limits(score, estimate, 1e-4, 1e4)


def miettinen_nurminen_odds(x: int, n: int, y: int, m: int) -> tuple[float, float, float]:
    """Odds ratio, the same paper: events less those expected given the total, over their standard deviation."""

    def score(psi: float) -> float:
        p, q = _restricted(
            x, n, y, m, lambda q: (q * psi / (1 + q * (psi - 1)), psi / (1 + q * (psi - 1)) ** 2), 0.0, 1.0
        )
        variance = 1 / (1 / (n * p * (1 - p)) + 1 / (m * q * (1 - q))) * (n + m) / (n + m - 1)
        return (x - n * p) / sqrt(variance)

    estimate = x * (m - y) / ((n - x) * y)
    return estimate, *_limits(score, estimate, 1e-4, 1e4)


def stratified_miettinen_nurminen(tables: list[tuple[int, int, int, int]]) -> tuple[float, float, float]:
    """Common difference with weights of Mantel and Haenszel, the restricted variances weighted alike."""
    w = np.array([n * m / (n + m) for _, n, _, m in tables])
    w = w / w.sum()
    found = np.array([x / n - y / m for x, n, y, m in tables])

    def score(delta: float) -> float:
        variance = 0.0
        for share, (x, n, y, m) in zip(w, tables, strict=True):
            p, q = restricted_difference(x, n, y, m, delta)
            variance += share**2 * (p * (1 - p) / n + q * (1 - q) / m) * (n + m) / (n + m - 1)
        return (w @ found - delta) / sqrt(variance)

    estimate = float(w @ found)
    return estimate, *_limits(score, estimate, -0.9999, 0.9999)


def mantel_haenszel_sato(tables: list[tuple[int, int, int, int]]) -> tuple[float, float]:
    """Common difference and standard error: Sato, Biometrics 1989;45:1323-1324."""
    total, p_sum, q_sum, top = 0.0, 0.0, 0.0, 0.0
    for x, n, y, m in tables:
        size = n + m
        top += (x * m - y * n) / size
        total += n * m / size
        p_sum += (n**2 * y - m**2 * x + n * m * (m - n) / 2) / size**2
        q_sum += (x * (m - y) + y * (n - x)) / (2 * size)
    difference = top / total
    return difference, sqrt((difference * p_sum + q_sum) / total**2)


# --- the posterior of two beta distributions with whole-numbered parameters, in fractions


def _times(one: list[Fraction], two: list[Fraction]) -> list[Fraction]:
    out = [Fraction(0)] * (len(one) + len(two) - 1)
    for i, a in enumerate(one):
        for j, b in enumerate(two):
            out[i + j] += a * b
    return out


def _power(constant: Fraction, linear: Fraction, exponent: int) -> list[Fraction]:
    """(constant + linear x) to a power."""
    return [comb(exponent, k) * constant ** (exponent - k) * linear**k for k in range(exponent + 1)]


def _integral(p: list[Fraction], low: Fraction, high: Fraction) -> Fraction:
    return sum((c * (high ** (k + 1) - low ** (k + 1)) / (k + 1) for k, c in enumerate(p)), Fraction(0))


def _density(a: int, b: int) -> list[Fraction]:
    constant = Fraction(a + b - 1) * comb(a + b - 2, a - 1)
    return [
        constant * c for c in _times(_power(Fraction(0), Fraction(1), a - 1), _power(Fraction(1), Fraction(-1), b - 1))
    ]


def _below(a: int, b: int, shift: Fraction) -> list[Fraction]:
    """P(X <= x - shift) as a polynomial in x: the binomial chance of a successes or more of a + b - 1."""
    n = a + b - 1
    out = [Fraction(0)] * (n + 1)
    for k in range(a, n + 1):
        term = _times(_power(-shift, Fraction(1), k), _power(1 + shift, Fraction(-1), n - k))
        out = [o + comb(n, k) * t for o, t in zip(out, term, strict=True)]
    return out


def exceeds(kp: tuple[int, int], vp: tuple[int, int], threshold: Fraction) -> Fraction:
    """P(KP - VP > threshold), exactly."""
    low, high = max(Fraction(0), threshold), min(Fraction(1), 1 + threshold)
    inside = _integral(_times(_density(*kp), _below(*vp, threshold)), low, high) if low < high else Fraction(0)
    # above 1 + threshold every value of VP is small enough
    return inside + (_integral(_density(*kp), high, Fraction(1)) if high < 1 else Fraction(0))


def mass(ab: tuple[int, int], low: Fraction, high: Fraction) -> Fraction:
    return _integral(_density(*ab), low, high)
