"""Two proportions: large-sample tests, of no difference or against a margin."""

from math import inf, log, sqrt

from scipy.special import chdtrc

from helpers.stats._types import check_choice
from helpers.stats._wald import check_alternative, p_value
from helpers.stats.proportions._common import check_between, check_two
from helpers.stats.proportions._likelihood import deviance
from helpers.stats.proportions._results import ProportionTest
from helpers.stats.proportions._scores import score

_VARIANCES = ("score", "miettinen-nurminen", "pooled", "unpooled")


def difference_test(
    events: int,
    n: int,
    events_ref: int,
    n_ref: int,
    *,
    null: float = 0.0,
    alternative: str = "two-sided",
    variance: str = "score",
    continuity: bool = False,
) -> ProportionTest:
    """Normal test of a difference of two proportions, against zero or a margin.

    Parameters
    ----------
    events, n : int
        Units with the event, and units, in the arm of interest.
    events_ref, n_ref : int
        The same in the reference arm.
    null : float
        The difference under test, arm of interest minus reference. Non-inferiority of an event that is wanted: minus
        the margin, "greater"; of one that is not: the margin, "less".
    alternative : str
        "two-sided", or a difference "greater" or "less" than `null`. SAS prints the p-value of the side the data lie
        on.
    variance : str
        "score", at the maximum likelihood proportions under `null` (Farrington and Manning; goes with Mee's interval);
        "miettinen-nurminen", the same times N/(N-1) (goes with `risk_difference`); "pooled", from the common observed
        proportion; "unpooled", from the two observed proportions (Wald).
    continuity : bool
        Move the observed difference (1/n + 1/n_ref)/2 towards `null`, not past it.

    Returns
    -------
    ProportionTest
        `statistic` is the normal deviate; "no-variance" where the standard error is 0.

    Raises
    ------
    InvalidInput
        If n or n_ref is not positive, events lies outside 0..n, `null` outside (-1, 1), or an option is not one of the
        words above.

    Notes
    -----
    Farrington CP, Manning G. Stat Med 1990;9:1447-1454. Miettinen O, Nurminen M. Stat Med 1985;4:213-226. With a `null`
    other than 0, statsmodels 0.15.0 has a wrong coefficient in the restricted estimates.
    """
    check_two(events, n, events_ref, n_ref)
    check_between("null", null, -1, 1)
    check_alternative(alternative)
    check_choice("variance", variance, _VARIANCES)
    if variance in ("score", "miettinen-nurminen"):
        counts = (events, n, events_ref, n_ref)
        return _scored("difference", null, counts, variance, alternative, continuity)
    p, p_ref = events / n, events_ref / n_ref
    if variance == "pooled":
        mean = (events + events_ref) / (n + n_ref)
        se = sqrt(mean * (1 - mean) * (1 / n + 1 / n_ref))
    else:
        se = sqrt(p * (1 - p) / n + p_ref * (1 - p_ref) / n_ref)
    distance = p - p_ref - null
    if continuity:
        shift = min(abs(distance), (1 / n + 1 / n_ref) / 2)
        distance -= shift if distance > 0 else -shift
    return _normal(distance / se if se else None, alternative)


def ratio_test(
    events: int,
    n: int,
    events_ref: int,
    n_ref: int,
    *,
    null: float = 1.0,
    alternative: str = "two-sided",
    variance: str = "score",
    continuity: bool = False,
) -> ProportionTest:
    """Normal test of a ratio of two proportions, against 1 or a margin; parameters otherwise as in `difference_test`.

    Parameters
    ----------
    null : float
        The ratio under test, above 0.
    variance : str
        "score" (Farrington and Manning; goes with Koopman's interval), "miettinen-nurminen" (the same times N/(N-1)),
        or "log", normal on the log scale (Katz), then "separated" where an arm has no event and without a continuity
        correction.
    """
    return _ratio_like("ratio", events, n, events_ref, n_ref, null, alternative, variance, continuity)


def odds_ratio_test(
    events: int,
    n: int,
    events_ref: int,
    n_ref: int,
    *,
    null: float = 1.0,
    alternative: str = "two-sided",
    variance: str = "score",
    continuity: bool = False,
) -> ProportionTest:
    """Normal test of an odds ratio, against 1 or a margin; parameters as in `ratio_test` ("log" is Woolf's)."""
    return _ratio_like("odds-ratio", events, n, events_ref, n_ref, null, alternative, variance, continuity)


def chi_squared_test(events: int, n: int, events_ref: int, n_ref: int, *, correction: str = "none") -> ProportionTest:
    """Pearson's chi-squared test of equal proportions, two-sided, on one degree of freedom.

    Parameters
    ----------
    correction : str
        "none"; "yates", every observed count moved towards the expected one by a half, not past it (R's chisq.test); or
        "n-1", the statistic times (N-1)/N (Egon Pearson, Campbell), which goes with `risk_difference`.

    Returns
    -------
    ProportionTest
        "no-events" where no unit had the event, "no-variance" where every unit had.

    Notes
    -----
    Yates F. J R Stat Soc Suppl 1934;1:217-235. Campbell I. Stat Med 2007;26:3661-3675.
    """
    check_two(events, n, events_ref, n_ref)
    check_choice("correction", correction, ("none", "yates", "n-1"))
    total, both = float(n + n_ref), events + events_ref
    if both in (0, total):
        return ProportionTest(None, None, reason="no-events" if both == 0 else "no-variance")
    excess = abs(events - n * both / total)
    if correction == "yates":
        excess = max(0.0, excess - 0.5)
    statistic = excess**2 / (both / total * (1 - both / total)) * (total / n / n_ref)
    if correction == "n-1":
        statistic *= (total - 1) / total
    return ProportionTest(statistic, float(chdtrc(1, statistic)), df=1)


def g_test(events: int, n: int, events_ref: int, n_ref: int) -> ProportionTest:
    """Likelihood-ratio test of equal proportions, on one degree of freedom; otherwise as `chi_squared_test`."""
    check_two(events, n, events_ref, n_ref)
    both = events + events_ref
    if both in (0, n + n_ref):
        return ProportionTest(None, None, reason="no-events" if both == 0 else "no-variance")
    statistic = deviance("difference", 0.0, events, n, events_ref, n_ref)
    return ProportionTest(statistic, float(chdtrc(1, statistic)), df=1)


def _ratio_like(
    measure: str,
    events: int,
    n: int,
    events_ref: int,
    n_ref: int,
    null: float,
    alternative: str,
    variance: str,
    continuity: bool,
) -> ProportionTest:
    check_two(events, n, events_ref, n_ref)
    check_between("null", null, 0, inf)
    check_alternative(alternative)
    check_choice("variance", variance, ("score", "miettinen-nurminen", "log"))
    if variance != "log":
        return _scored(measure, null, (events, n, events_ref, n_ref), variance, alternative, continuity)
    cells = [events, n - events, events_ref, n_ref - events_ref]
    if 0 in (cells if measure == "odds-ratio" else (events, events_ref)):
        return ProportionTest(None, None, reason="separated" if events + events_ref else "no-events")
    if measure == "ratio":
        value, square = events / n / (events_ref / n_ref), 1 / events - 1 / n + 1 / events_ref - 1 / n_ref
    else:
        value, square = cells[0] * cells[3] / (cells[1] * cells[2]), sum(1 / cell for cell in cells)
    return _normal(log(value / null) / sqrt(square) if square > 0 else None, alternative)


def _scored(
    measure: str, null: float, counts: tuple[int, int, int, int], variance: str, alternative: str, continuity: bool
) -> ProportionTest:
    reason = _uninformative(measure, null, counts)
    if reason:
        return ProportionTest(None, None, reason=reason)
    correction = "yates" if continuity else "none"
    z = score(measure, null, counts, bias_correction=variance == "miettinen-nurminen", continuity=correction)
    return _normal(z, alternative)


def _uninformative(measure: str, null: float, counts: tuple[int, int, int, int]) -> str:
    """Why tables of no event, or of nothing else, say nothing about the measure; or nothing."""
    events, n, events_ref, n_ref = counts
    none, every = events + events_ref == 0, (events, events_ref) == (n, n_ref)
    if measure == "difference":
        return "no-variance" if (none or every) and null == 0 else ""
    if none:
        return "no-events"
    return "undefined" if every and measure == "odds-ratio" else "no-variance" if every and null == 1 else ""


def _normal(z: float | None, alternative: str) -> ProportionTest:
    if z is None:
        return ProportionTest(None, None, reason="no-variance")
    return ProportionTest(z, p_value(z, alternative))
