"""Exact unconditional limits of a difference, a ratio and an odds ratio of two proportions."""

from math import exp, inf, log

from helpers.stats._types import Interval, check_choice, check_level
from helpers.stats.proportions._common import check_between, check_two
from helpers.stats.proportions._exact_limits import Search
from helpers.stats.proportions._results import RatioInterval
from helpers.stats.proportions._unconditional import Box, Space
from helpers.stats.proportions.difference_score import risk_difference
from helpers.stats.proportions.odds import score_odds_ratio
from helpers.stats.proportions.ratio import score_ratio

_INVERSIONS = ("two-one-sided", "two-sided")
#: Logarithm of the largest ratio looked at.
_LOG_END = 20.0


def exact_difference(
    events: int,
    n: int,
    events_ref: int,
    n_ref: int,
    *,
    level: float = 0.95,
    statistic: str = "score",
    inversion: str = "two-one-sided",
    berger_boos: float = 0.0,
) -> Interval:
    """Difference of two independent proportions with exact unconditional limits.

    Parameters
    ----------
    events, n, events_ref, n_ref, level
        As in `risk_difference`.
    statistic : str
        What orders the tables: the "score" statistic, or the plain "difference" of the observed proportions.
    inversion : str
        "two-one-sided": each limit inverts a one-sided test at half of 1 - level. "two-sided": both invert one test of
        the absolute statistic at 1 - level, which is shorter but says nothing about each side.
    berger_boos : float
        Search the nuisance proportion only where 1 - berger_boos confidence sets leave it, and take berger_boos off
        1 - level; 0 searches everywhere.

    Returns
    -------
    Interval
        The smallest interval that holds every difference the test does not reject.

    Raises
    ------
    InvalidInput
        As in `risk_difference`, or if an option is not one of the words above.

    Notes
    -----
    Santner TJ, Snell MK. J Am Stat Assoc 1980;75:386-394 (plain difference; SAS METHOD=NOSCORE). Chan ISF, Zhang Z.
    Biometrics 1999;55:1202-1209 (score, two one-sided tests; SAS METHOD=SCORE). Agresti A, Min Y. Biometrics
    2001;57:963-971 (score, one two-sided test; SAS METHOD=SCORE2). With the score the p-value jumps as the difference
    varies; limits are searched from outside, on a grid, and then to 1e-9. Berger RL, Boos DD. J Am Stat Assoc
    1994;89:1012-1016.
    """
    check_two(events, n, events_ref, n_ref)
    check_level(level)
    check_choice("statistic", statistic, ("score", "difference"))
    check_choice("inversion", inversion, _INVERSIONS)
    observed = events / n - events_ref / n_ref
    guess = risk_difference(events, n, events_ref, n_ref, level=level)
    box, alpha = _box(events, n, events_ref, n_ref, level, berger_boos)
    space, at, two_sided = Space(n, n_ref), (events, events_ref), inversion == "two-sided"
    plain = space.events / n - space.events_ref / n_ref if statistic == "difference" else None
    search = Search("difference", space, at, alpha if two_sided else alpha / 2, two_sided, box, plain)
    lower = -1.0 if observed == -1 else search.limit(guess.lower, observed, -1.0)
    return Interval(observed, lower, 1.0 if observed == 1 else search.limit(guess.upper, observed, 1.0))


def exact_ratio(
    events: int,
    n: int,
    events_ref: int,
    n_ref: int,
    *,
    level: float = 0.95,
    inversion: str = "two-one-sided",
    berger_boos: float = 0.0,
) -> RatioInterval:
    """Ratio of two independent proportions with exact unconditional limits; parameters as in `exact_difference`.

    The tables are ordered by the score statistic. 0 and infinity are the limits where an arm has no event.

    Notes
    -----
    Chan ISF, Zhang Z. Biometrics 1999;55:1202-1209; Agresti A, Min Y. Biometrics 2001;57:963-971; SAS EXACT RELRISK
    (METHOD=SCORE). The ordering by the plain ratio is left out: its upper limits are in the tens of thousands.
    """
    found = score_ratio(events, n, events_ref, n_ref, level=level)
    ends = (events == 0, events_ref == 0)
    return _on_log_scale("ratio", found, ends, (events, n, events_ref, n_ref), level, inversion, berger_boos)


def exact_odds_ratio(
    events: int,
    n: int,
    events_ref: int,
    n_ref: int,
    *,
    level: float = 0.95,
    inversion: str = "two-one-sided",
    berger_boos: float = 0.0,
) -> RatioInterval:
    """Odds ratio of two independent proportions with exact unconditional limits; otherwise as `exact_ratio`.

    Notes
    -----
    Agresti A, Min Y. Biostatistics 2002;3:379-386, ordered by the score statistic.
    """
    found = score_odds_ratio(events, n, events_ref, n_ref, level=level)
    ends = (events == 0 or events_ref == n_ref, events == n or events_ref == 0)
    return _on_log_scale("odds-ratio", found, ends, (events, n, events_ref, n_ref), level, inversion, berger_boos)


def _box(events: int, n: int, events_ref: int, n_ref: int, level: float, gamma: float) -> tuple[Box | None, float]:
    """Where to search the nuisance proportion, and what is then left of 1 - level."""
    if gamma:
        check_between("berger_boos", gamma, 0, 1 - level)
    return (Box.around(events, n, events_ref, n_ref, gamma) if gamma else None), 1 - level - gamma


def _on_log_scale(
    measure: str,
    guess: RatioInterval,
    ends: tuple[bool, bool],
    counts: tuple[int, int, int, int],
    level: float,
    inversion: str,
    gamma: float,
) -> RatioInterval:
    check_choice("inversion", inversion, _INVERSIONS)
    events, n, events_ref, n_ref = counts
    box, alpha = _box(*counts, level, gamma)
    if all(ends):
        return guess
    two_sided, value = inversion == "two-sided", guess.estimate
    search = Search(measure, Space(n, n_ref), (events, events_ref), alpha if two_sided else alpha / 2, two_sided, box)
    # an estimate of 0 or infinity is no place to start from; inside lies further that way than the guess at the limit
    centre = log(value) if 0 < value < inf else log(guess.upper if value == 0 else guess.lower)
    while search.p_value(centre, 1 if value == inf else -1) <= search.share:
        centre += 0.5 if value == inf else -0.5
    lower = 0.0 if ends[0] else exp(search.limit(log(guess.lower), centre, -_LOG_END))
    upper = inf if ends[1] else exp(search.limit(log(guess.upper), centre, _LOG_END))
    return RatioInterval(value, lower, upper)
