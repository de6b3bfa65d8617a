"""A standardised difference in words of probability: superiority, overlap, and Cohen's U indices."""

from math import sqrt

from scipy.special import ndtr

from helpers.stats._types import Interval, check_choice, check_level
from helpers.stats.effect_sizes.noncentral import cohens_d
from helpers.stats.means.two_sample import welch
from helpers.stats.summary import Sample, moments

MEASURES = ("superiority", "overlap", "u1", "u2", "u3")


def from_d(d: float, measure: str = "superiority") -> float:
    """A standardised difference of two normal distributions of equal variance as a probability.

    Parameters
    ----------
    d : float
        Standardised difference, arm of interest minus reference.
    measure : {"superiority", "overlap", "u1", "u2", "u3"}
        "superiority": that a unit of the arm has the higher value than one of the reference. "overlap": share of both
        distributions that they have in common. "u1": share of both together that they have not. "u2": share of the
        higher one above the same share of the lower. "u3": share of the reference below the mean of the arm.

    Raises
    ------
    InvalidInput
        If the measure is not one of these.

    Notes
    -----
    McGraw KO, Wong SP. Psychol Bull 1992;111:361-365. Cohen J. Statistical power analysis for the behavioral sciences.
    2nd ed. 1988, section 2.2.
    """
    check_choice("measure", measure, MEASURES)
    half = float(ndtr(abs(d) / 2))
    return {
        "superiority": float(ndtr(d / sqrt(2))),
        "overlap": 2 * (1 - half),
        "u1": (2 * half - 1) / half,
        "u2": half,
        "u3": float(ndtr(d)),
    }[measure]


def common_language(
    values: Sample,
    reference: Sample,
    *,
    measure: str = "superiority",
    equal_variances: bool = True,
    level: float = 0.95,
) -> Interval:
    """Probability in place of a standardised difference, with the interval that the noncentral t distribution gives.

    Parameters
    ----------
    values, reference : iterable of float or Moments
        As in `cohens_d`, taken to be normal; `rank.relative_effect` estimates superiority without that.
    measure : {"superiority", "overlap", "u1", "u2", "u3"}
        As in `from_d`.
    equal_variances : bool
        For "superiority" only: otherwise the difference is set against both variances added, with the limits of Welch's
        interval.
    level : float
        Confidence level, 0 < level < 1.

    Returns
    -------
    Interval
        Probabilities; reasons as in `cohens_d`. Where d may be zero, "overlap" reaches to 1, "u1" to 0, "u2" to 0.5.
    """
    check_level(level)
    check_choice("measure", measure, MEASURES)
    if not equal_variances and measure == "superiority":
        one, two = moments(values), moments(reference)
        found = welch(one, two, level=level) if one and two else None
        if found is None or found.reason:
            return Interval(None, None, None, found.reason if found else "too-few")
        spread = sqrt(one.variance + two.variance)
        return Interval(*(float(ndtr(v / spread)) for v in (found.estimate, found.lower, found.upper)))
    d = cohens_d(values, reference, level=level)
    if d.reason:
        return Interval(None if d.estimate is None else from_d(d.estimate, measure), None, None, d.reason)
    ends = [from_d(end, measure) for end in (d.lower, d.upper)]
    if measure in ("overlap", "u1", "u2") and d.lower < 0 < d.upper:
        ends.append(from_d(0.0, measure))
    return Interval(from_d(d.estimate, measure), min(ends), max(ends))
