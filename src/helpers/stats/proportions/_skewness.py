"""The skewness correction of score statistics."""

from math import sqrt


def corrected(score: float, skewness: float, z: float) -> float:
    """A standardised score with the given skewness, taken to the normal scale.

    The value c that solves c + skewness/6 (c^2 - 1) = score. Where that has no solution, the first step from the
    quantile z is taken: score - skewness/6 (z^2 - 1).

    Notes
    -----
    Gart JJ, Nam J. Biometrics 1988;44:323-338 and 1990;46:637-643. Laud PJ. Pharm Stat 2017;16:334-348.
    """
    a = skewness / 6
    under_root = 1 + 4 * a * (score + a)
    if under_root < 0:
        return score - a * (z * z - 1)
    return 2 * (score + a) / (1 + sqrt(under_root))
