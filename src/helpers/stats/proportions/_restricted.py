"""Maximum likelihood proportions of two arms whose difference, ratio or odds ratio is held at a value."""

from math import acos, cos, pi, sqrt

import numpy as np

_NEWTON_STEPS = 2
#: Near a double root the slope is rounding; a step is a correction of rounding, no search.
_FLAT, _SMALL_STEP = 1e-9, 1e-6
_MOST_STEPS = 200
_MEASURES = ("difference", "ratio", "odds-ratio")


def restricted_mle(difference: float, events: int, n: int, events_ref: int, n_ref: int) -> tuple[float, float]:
    """Maximum likelihood proportions, arm of interest and reference, whose difference is held at `difference`.

    Notes
    -----
    The log likelihood is concave in the reference proportion, so its slope falls through zero once at most. Newton's
    method from the closed-form root of the cubic, kept within an interval known to hold the maximum.
    """
    low, high = max(0.0, -difference), min(1.0, 1.0 - difference)
    parts = [
        (count, shift, sign)
        for count, shift, sign in (
            (events, difference, 1),
            (events_ref, 0.0, 1),
            (n - events, 1 - difference, -1),
            (n_ref - events_ref, 1.0, -1),
        )
        if count
    ]

    def slopes(p_ref: float) -> tuple[float, float]:
        """First derivative of the log likelihood, and minus the second."""
        first = second = 0.0
        for count, shift, sign in parts:
            share = shift + sign * p_ref
            if share <= 0:
                return sign * float("inf"), float("inf")
            term = count / share
            first += sign * term
            second += term / share
        return first, second

    if low >= high or slopes(low)[0] <= 0:
        p_ref = low
    elif slopes(high)[0] >= 0:
        p_ref = high
    else:
        p_ref = min(high, max(low, _cubic_root(difference, events, n, events_ref, n_ref)))
        for _ in range(_MOST_STEPS):
            first, second = slopes(p_ref)
            low, high = (p_ref, high) if first > 0 else (low, p_ref)
            ahead = p_ref + first / second if second not in (0.0, float("inf")) else low
            ahead = ahead if low < ahead < high else (low + high) / 2
            if ahead == p_ref or abs(ahead - p_ref) < 1e-16 or ahead in (low, high):
                break
            p_ref = ahead
    return min(1.0, max(0.0, p_ref + difference)), p_ref


def score_variance(
    difference: float, events: int, n: int, events_ref: int, n_ref: int, *, bias_correction: bool = True
) -> float:
    """Variance of the observed difference at the restricted maximum likelihood proportions."""
    p, p_ref = restricted_mle(difference, events, n, events_ref, n_ref)
    total = n + n_ref
    return (p * (1 - p) / n + p_ref * (1 - p_ref) / n_ref) * (total / (total - 1) if bias_correction else 1.0)


def restricted(measure: str, value, x, n: int, x_ref, n_ref: int) -> tuple:
    """The proportions, arm of interest and reference, by closed formulas; value and counts may be arrays.

    Notes
    -----
    Miettinen O, Nurminen M. Stat Med 1985;4:213-226, appendices I and II: a cubic for the difference, quadratics for
    the ratios. The quadratics are solved in the form that does not subtract like from like, and the root of the cubic
    is polished by Newton's method, since its trigonometric form loses half the digits near a double root.
    """
    if measure == "difference" and np.ndim(x) == 0:
        return restricted_mle(value, x, n, x_ref, n_ref)
    return _HELD[measure](value, x, n, x_ref, n_ref)


def _difference(value, x, n: int, x_ref, n_ref: int) -> tuple:
    total, events = n + n_ref, x + x_ref
    c2 = (n + 2 * n_ref) * value - total - events
    c1 = (n_ref * value - total - 2 * x_ref) * value + events
    c0 = x_ref * value * (1 - value)
    third, slope_part = c2 / (3 * total), c1 / (3 * total)
    square = third * third
    q = third * (square - 1.5 * slope_part) + c0 / (2 * total)
    length = np.sqrt(np.maximum(0.0, square - slope_part))
    root = np.copysign(length, q)
    with np.errstate(divide="ignore", invalid="ignore"):  # a triple root has length 0, and any angle will do
        cosine = np.nan_to_num(np.abs(q) / (length * length * length), nan=0.0, posinf=1.0)
    p_ref = 2 * root * np.cos((np.pi + np.arccos(np.minimum(1.0, cosine))) / 3) - third
    for _ in range(_NEWTON_STEPS):
        height = ((total * p_ref + c2) * p_ref + c1) * p_ref + c0
        slope = (3 * total * p_ref + 2 * c2) * p_ref + c1
        slope[np.abs(slope) < _FLAT] = np.inf
        p_ref = p_ref - np.clip(height / slope, -_SMALL_STEP, _SMALL_STEP)
    p_ref = np.clip(p_ref, np.maximum(0.0, -value), np.minimum(1.0, 1.0 - value))
    return np.clip(p_ref + value, 0.0, 1.0), p_ref


def _ratio(value, x, n: int, x_ref, n_ref: int) -> tuple:
    a, minus_b, c = (n + n_ref) * value, n * value + x + n_ref + x_ref * value, x + x_ref
    p_ref = 2 * c / (minus_b + np.sqrt(np.maximum(0.0, minus_b * minus_b - 4 * a * c)))
    p_ref = np.clip(p_ref, 0.0, np.minimum(1.0, 1.0 / value))
    return np.clip(p_ref * value, 0.0, 1.0), p_ref


def restricted_odds(value, x, n: int, x_ref, n_ref: int) -> tuple:
    """As `restricted` for the odds ratio: proportions of events and of others, then the same of the reference.

    Notes
    -----
    The quadratics of the two proportions of an arm have the same discriminant, a sum of terms that are never negative.
    Each root is taken where nothing is subtracted, so that neither proportion loses digits when the other is near 1.
    """
    # the arms in the order that makes the odds ratio at most 1
    swap = value > 1
    with np.errstate(divide="ignore", over="ignore"):  # of the values that are not taken
        small = np.where(swap, 1 / np.asarray(value, dtype=float), value)
    events = np.asarray(x + x_ref, dtype=float)
    n_top, n_bottom = np.where(swap, n_ref, n), np.where(swap, n, n_ref)
    others, surplus = n_top + n_bottom - events, events - n_bottom
    square = surplus**2 + 2 * small * (n_top * n_bottom + events * others) + ((n_top - events) * small) ** 2
    root = np.sqrt(square)
    bottom = np.clip(2 * events / (n_bottom + events + (n_top - events) * small + root), 0.0, 1.0)
    half = surplus + (n_bottom + others) * small
    with np.errstate(divide="ignore", invalid="ignore"):  # of the form that is not taken
        missing = np.where(half < 0, (root - half) / (2 * n_bottom * (1 - small)), 2 * others * small / (half + root))
    missing = np.clip(np.where(others == 0, 0.0, missing), 0.0, 1.0)
    both = missing + bottom * small
    top, top_missing = bottom * small / both, missing / both
    return (
        np.where(swap, bottom, top),
        np.where(swap, missing, top_missing),
        np.where(swap, top, bottom),
        np.where(swap, top_missing, missing),
    )


def _odds_ratio(value, x, n: int, x_ref, n_ref: int) -> tuple:
    p, _, p_ref, _ = restricted_odds(value, x, n, x_ref, n_ref)
    return p, p_ref


_HELD = dict(zip(_MEASURES, (_difference, _ratio, _odds_ratio), strict=True))


def _cubic_root(difference: float, events: int, n: int, events_ref: int, n_ref: int) -> float:
    """The root that `_difference` takes, without its polish and without the cost of arrays."""
    total, both = n + n_ref, events + events_ref
    third = ((n + 2 * n_ref) * difference - total - both) / (3 * total)
    c1 = ((n_ref * difference - total - 2 * events_ref) * difference + both) / total
    q = third**3 - c1 * third / 2 + events_ref * difference * (1 - difference) / (2 * total)
    root = sqrt(max(0.0, third**2 - c1 / 3)) * (1 if q > 0 else -1)
    angle = acos(max(-1.0, min(1.0, q / root**3))) if root else 0.0
    return 2 * root * cos((pi + angle) / 3) - third
