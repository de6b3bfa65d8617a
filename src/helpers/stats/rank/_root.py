"""The root search that R's uniroot makes, step for step, so that its Hodges-Lehmann estimates can be met."""

from collections.abc import Callable

import numpy as np

_EPSILON = np.finfo(float).eps


def brent(function: Callable[[float], float], a: float, b: float, *, tolerance: float = 1e-4) -> float:
    """Root between a and b by the method of Brent.

    Notes
    -----
    Brent RP. Algorithms for minimization without derivatives. Prentice-Hall, 1973, chapter 4, as in Netlib's zeroin. On
    a step function the answer depends on the steps of the search: scipy's brentq stops elsewhere.
    """
    fa, fb = function(a), function(b)
    if fa == 0 or fb == 0:
        return float(a if fa == 0 else b)
    c, fc = a, fa
    for _ in range(1000):
        before = b - a
        if abs(fc) < abs(fb):
            a, b, c = b, c, b
            fa, fb, fc = fb, fc, fb
        near = 2 * _EPSILON * abs(b) + tolerance / 2
        step = (c - b) / 2
        if abs(step) <= near or fb == 0:
            return float(b)
        if abs(before) >= near and abs(fa) > abs(fb):
            ratio = fb / fa
            if a == c:
                p, q = (c - b) * ratio, 1 - ratio
            else:
                first, second = fa / fc, fb / fc
                p = ratio * ((c - b) * first * (first - second) - (b - a) * (second - 1))
                q = (first - 1) * (second - 1) * (ratio - 1)
            p, q = (p, -q) if p > 0 else (-p, q)
            if p < 0.75 * (c - b) * q - abs(near * q) / 2 and p < abs(before * q / 2):
                step = p / q
        if abs(step) < near:
            step = near if step > 0 else -near
        a, fa = b, fb
        b += step
        fb = function(b)
        if fb * fc > 0:
            c, fc = a, fa
    return float(b)
