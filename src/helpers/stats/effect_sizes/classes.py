"""Standardised differences of proportions: of one, and of all classes of a characteristic at once."""

from collections.abc import Sequence
from math import asin, sqrt

import numpy as np

from helpers.errors import InvalidInput
from helpers.stats._types import Interval, check_counts, check_level
from helpers.stats._wald import limits
from helpers.stats.effect_sizes._types import EffectSize


def standardised_difference_binary(
    events: int, n: int, events_ref: int, n_ref: int, *, level: float = 0.95
) -> EffectSize:
    """Difference of two proportions over the square root of their mean variance, arm of interest minus reference.

    Parameters
    ----------
    events, n : int
        Units with the characteristic, and units, in the arm of interest.
    events_ref, n_ref : int
        The same in the reference arm.
    level : float
        Confidence level, 0 < level < 1.

    Returns
    -------
    EffectSize
        With a normal interval. 0 without an interval where all or none of both arms have the characteristic
        ("no-variance"); None where all of one arm and none of the other have it ("separated").

    Raises
    ------
    InvalidInput
        If n or n_ref is not positive, or events lies outside 0..n.

    Notes
    -----
    Variances p(1 - p). Yang D, Dalton JE. SAS Global Forum 2012, paper 335; Austin PC. Commun Stat Simul Comput
    2009;38:1228-1234.
    """
    check_level(level)
    check_counts(events, n)
    check_counts(events_ref, n_ref)
    p, q = events / n, events_ref / n_ref
    variance = (p * (1 - p) + q * (1 - q)) / 2
    if not variance:
        return EffectSize(0.0 if p == q else None, None, None, "no-variance" if p == q else "separated", n + n_ref)
    d = (p - q) / sqrt(variance)
    se = _standard_error(d, n, n_ref)
    return EffectSize(d, *limits(d, se, level=level), n=n + n_ref, se=se, sd=sqrt(variance))


def standardised_difference_classes(
    counts: Sequence[int], counts_ref: Sequence[int], *, level: float = 0.95
) -> EffectSize:
    """Distance of two distributions over classes in standard deviations.

    Parameters
    ----------
    counts, counts_ref : sequence of int
        Units of each class in the arm of interest and in the reference arm, in the same order of classes.
    level : float
        Confidence level, 0 < level < 1.

    Returns
    -------
    EffectSize
        Of two classes the standardised difference of the proportions of the second, with its sign; of several the
        Mahalanobis distance of their proportions, without one, its interval ending at 0. 0 without an interval where
        the arms have the same single class ("no-variance"). None where an arm is empty ("too-few") or where the classes
        of the arms, or combinations of them, do not overlap ("separated").

    Raises
    ------
    InvalidInput
        If the two differ in length, or a count is no whole number of at least 0.

    Notes
    -----
    Yang D, Dalton JE. SAS Global Forum 2012, paper 335. Classes that no unit has are left out. R's tableone inverts a
    singular covariance matrix by its generalised inverse, which can turn arms without a class in common into a distance
    of 0; here they are "separated".
    """
    check_level(level)
    one, two = (np.asarray(list(c), dtype=float) for c in (counts, counts_ref))
    if one.size != two.size or not one.size:
        raise InvalidInput(f"{one.size} and {two.size} classes: both arms need the same classes, one at least.")
    both = np.concatenate([one, two])
    if not np.isfinite(both).all() or (both < 0).any() or (both != np.round(both)).any():
        raise InvalidInput("counts of classes must be whole numbers of at least 0.")
    n, n_ref = int(one.sum()), int(two.sum())
    if not (n and n_ref):
        return EffectSize(None, None, None, "too-few", n + n_ref)
    if one.size == 2:
        return standardised_difference_binary(int(one[1]), n, int(two[1]), n_ref, level=level)
    seen = (one + two) > 0
    p, q = one[seen] / n, two[seen] / n_ref
    difference = (p - q)[1:]
    mean = sum(np.diag(share[1:]) - np.outer(share[1:], share[1:]) for share in (p, q)) / 2
    if len(p) == 1:
        return EffectSize(0.0, None, None, "no-variance", n + n_ref)
    inverse = np.linalg.pinv(mean, rcond=1e-12, hermitian=True)
    # a difference outside the range of the covariance matrix is one that no variation within the arms explains
    if np.abs(mean @ inverse @ difference - difference).max(initial=0.0) > 1e-9:
        return EffectSize(None, None, None, "separated", n + n_ref)
    d = sqrt(max(0.0, float(difference @ inverse @ difference)))
    se = _standard_error(d, n, n_ref)
    lower, upper = limits(d, se, level=level)
    return EffectSize(d, max(0.0, lower), upper, n=n + n_ref, se=se)


def cohens_h(events: int, n: int, events_ref: int, n_ref: int, *, level: float = 0.95) -> Interval:
    """Difference of two proportions on the arcsine scale, with a normal interval; parameters as in the binary case.

    Notes
    -----
    Cohen J. Statistical power analysis for the behavioral sciences. 2nd ed. 1988, chapter 6. The variance is
    1/n + 1/n_ref.
    """
    check_level(level)
    check_counts(events, n)
    check_counts(events_ref, n_ref)
    h = 2 * asin(sqrt(events / n)) - 2 * asin(sqrt(events_ref / n_ref))
    return Interval(h, *limits(h, sqrt(1 / n + 1 / n_ref), level=level))


def _standard_error(d: float, n: int, n_ref: int) -> float:
    return sqrt((n + n_ref) / (n * n_ref) + d * d / (2 * (n + n_ref)))
