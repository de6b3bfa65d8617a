"""Agreement on classes beyond chance: kappa of two raters, plain and weighted, its relatives, and kappa of many."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import pandas as pd
from scipy.special import ndtri

from helpers.errors import InvalidInput
from helpers.stats._types import Interval, check_choice, check_level
from helpers.stats._wald import limits, p_value

WEIGHTS = ("unweighted", "linear", "quadratic")
MEASURES = ("cohen", "scott", "gwet", "uniform")


@dataclass(frozen=True)
class Kappa(Interval):
    """A coefficient of agreement of `n` objects, with its standard error and the normal test of no agreement.

    `observed` and `expected` are the agreement seen and that by chance, weighted where weights were given; `se_null` is
    the standard error without agreement beyond chance.
    """

    n: int = 0
    se: float | None = None
    se_null: float | None = None
    statistic: float | None = None
    p_value: float | None = None
    observed: float | None = None
    expected: float | None = None


def agreement_table(
    first: Iterable[Hashable], second: Iterable[Hashable], *, classes: Sequence[Hashable] | None = None
) -> np.ndarray:
    """How often each class of the first rater met each of the second.

    Parameters
    ----------
    first, second : iterables
        The classes given to each object, in the same order; an object with one missing is left out.
    classes : sequence
        All classes in their order; those seen, sorted, where none are given.

    Returns
    -------
    array
        Counts, one row a class of the first rater, one column a class of the second.

    Raises
    ------
    InvalidInput
        If the two differ in length, or a class is not among those given.
    """
    one, two = (pd.Series(list(c), dtype=object) for c in (first, second))
    if len(one) != len(two):
        raise InvalidInput(f"{len(one)} classes by the first rater and {len(two)} by the second: pairs are needed.")
    both = one.notna() & two.notna()
    one, two = one[both].tolist(), two[both].tolist()
    known = list(classes) if classes is not None else sorted(set(one) | set(two))
    place = {c: i for i, c in enumerate(known)}
    strange = sorted({str(c) for c in (*one, *two) if c not in place})
    if strange:
        raise InvalidInput(f"classes {', '.join(strange)} are not among those given.")
    table = np.zeros((len(known), len(known)), dtype=int)
    np.add.at(table, ([place[c] for c in one], [place[c] for c in two]), 1)
    return table


def kappa(
    table: np.ndarray,
    *,
    weights: str | np.ndarray = "unweighted",
    measure: str = "cohen",
    level: float = 0.95,
) -> Kappa:
    """Kappa of two raters from their table of agreement.

    Parameters
    ----------
    table : array
        Counts, one row a class of the first rater, one column a class of the second, as from `agreement_table`.
    weights : {"unweighted", "linear", "quadratic"} or array
        Credit for near agreement: none; 1 - distance/(classes - 1); 1 less its square; or a matrix of credits, 1 on the
        diagonal and at most 1 elsewhere.
    measure : {"cohen", "scott", "gwet", "uniform"}
        What chance is: the product of each rater's shares (Cohen); of their mean shares (Scott's pi, the intraclass
        kappa); Gwet's AC1, with weights AC2, for very common or rare classes; equal shares of all classes (Brennan and
        Prediger, Bennett's S, for two classes the prevalence-adjusted kappa).
    level : float
        Confidence level, 0 < level < 1.

    Returns
    -------
    Kappa
        At most 1, with a normal interval that is cut at 1 and, unless the value lies lower, at -1. "too-few" for an
        empty table; "undefined" where chance alone agrees fully, as where both raters gave everything one class; 1
        without an interval where all agree ("no-variance"). `se_null` for Cohen's only; the test of the others takes
        `se`.

    Raises
    ------
    InvalidInput
        If the table is not square or not of counts, or an option is not allowed.

    Notes
    -----
    Cohen J. Educ Psychol Meas 1960;20:37-46; Psychol Bull 1968;70:213-220. Standard errors of Cohen's: Fleiss JL, Cohen
    J, Everitt BS. Psychol Bull 1969;72:323-327; of the others Gwet KL. Br J Math Stat Psychol 2008;61:29-48.
    """
    check_level(level)
    check_choice("measure", measure, MEASURES)
    counts = _counts(table)
    n, q = int(counts.sum()), len(counts)
    credit = _credit(weights, q)
    if not n:
        return Kappa(None, None, None, "too-few", n)
    p = counts / n
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    mean = (rows + columns) / 2
    observed = float((credit * p).sum())
    expected = {
        "cohen": float(rows @ credit @ columns),
        "scott": float(mean @ credit @ mean),
        "gwet": float(credit.sum() * (mean * (1 - mean)).sum() / (q * (q - 1))) if q > 1 else 1.0,
        "uniform": float(credit.sum()) / q**2,
    }[measure]
    if 1 - expected <= 1e-12:
        return Kappa(None, None, None, "undefined", n, observed=observed, expected=expected)
    found = (observed - expected) / (1 - expected)
    facts = {"n": n, "observed": observed, "expected": expected}
    if measure == "cohen":
        se, se_null = _cohen_errors(p, credit, observed, expected, n)
    else:
        se, se_null = _gwet_error(p, credit, found, expected, measure, n), None
    if found >= 1 - 1e-12 or not se:
        return Kappa(found, None, None, "no-variance", se_null=se_null, **facts)
    lower, upper = limits(found, se, level=level)
    below = se_null if se_null is not None else se
    statistic = found / below if below else None
    p_null = None if statistic is None else p_value(statistic)
    return Kappa(
        found, max(min(-1.0, found), lower), min(1.0, upper), "", n, se, se_null, statistic, p_null, observed, expected
    )


def adjusted_kappa(
    agreed: int, n: int, *, classes: int = 2, interval: str = "wald-adjusted", level: float = 0.95
) -> Interval:
    """Kappa adjusted for prevalence and bias, also called G index, from how many of n objects two raters agreed on.

    Parameters
    ----------
    agreed, n : int
        Objects given the same class, and objects.
    classes : int
        Classes there are, two or more.
    interval : {"wald-adjusted", "exact", "wilson"}
        Of the share agreed on: two agreements and two disagreements added; Clopper-Pearson; Wilson.
    level : float
        Confidence level, 0 < level < 1.

    Returns
    -------
    Interval
        At most 1.

    Raises
    ------
    InvalidInput
        If the counts or an option are not allowed.

    Notes
    -----
    Byrt T et al. J Clin Epidemiol 1993;46:423-429. Bonett DG. J Educ Behav Stat 2022;47:438-458 (adjusted interval).
    """
    from helpers.stats.proportions import clopper_pearson, wilson

    check_level(level)
    check_choice("interval", interval, ("wald-adjusted", "exact", "wilson"))
    if int(classes) != classes or classes < 2:
        raise InvalidInput(f"classes is {classes}; there are two at least.")
    share = clopper_pearson(agreed, n, level=level) if interval != "wilson" else wilson(agreed, n, level=level)
    lower, upper = share.lower, share.upper
    if interval == "wald-adjusted":
        centre = (agreed + 2) / (n + 4)
        half = float(ndtri((1 + level) / 2)) * sqrt(centre * (1 - centre) / (n + 4))
        lower, upper = max(0.0, centre - half), min(1.0, centre + half)
    return Interval(*((classes * v - 1) / (classes - 1) for v in (agreed / n, lower, upper)))


def fleiss_kappa(counts: np.ndarray, *, level: float = 0.95) -> Kappa:
    """Kappa of several raters, not always the same ones.

    Parameters
    ----------
    counts : array
        One row an object, one column a class: how many raters gave it; as many raters for each object.
    level : float
        Confidence level, 0 < level < 1.

    Returns
    -------
    Kappa
        The test is by the standard error without agreement, the interval by Gwet's standard error. "too-few" below two
        objects; "undefined" where all raters gave one class; 1 without an interval where all agree ("no-variance").

    Raises
    ------
    InvalidInput
        If the counts are not whole numbers, or objects differ in the number of raters, or there are fewer than two.

    Notes
    -----
    Fleiss JL. Psychol Bull 1971;76:378-382; the standard error without agreement is that of Fleiss JL, Nee JC, Landis
    JR. Psychol Bull 1979;86:974-977. Gwet KL. Handbook of inter-rater reliability. 4th ed. 2014.
    """
    check_level(level)
    array = np.asarray(counts, dtype=float)
    if array.ndim != 2 or not np.isfinite(array).all() or (array < 0).any() or (array != np.round(array)).any():
        raise InvalidInput("counts of classes: one row an object, one column a class, whole numbers of at least 0.")
    raters = set(array.sum(axis=1))
    if len(raters) > 1 or min(raters, default=2) < 2:
        raise InvalidInput(f"{sorted(raters)} raters: each object needs the same number, two at least.")
    n = len(array)
    if n < 2:
        return Kappa(None, None, None, "too-few", n)
    m = raters.pop()
    share = array.sum(axis=0) / (n * m)
    each = ((array**2).sum(axis=1) - m) / (m * (m - 1))
    observed, expected = float(each.mean()), float((share**2).sum())
    if 1 - expected <= 1e-12:
        return Kappa(None, None, None, "undefined", n, observed=observed, expected=expected)
    found = (observed - expected) / (1 - expected)
    spread = share * (1 - share)
    root = float(spread.sum() ** 2 - (spread * (1 - 2 * share)).sum())
    se_null = sqrt(2 * max(0.0, root) / (n * m * (m - 1))) / float(spread.sum())
    parts = (each - expected) / (1 - expected)
    parts = parts - 2 * (1 - found) * (array @ share / m - expected) / (1 - expected)
    se = sqrt(float(((parts - found) ** 2).sum()) / (n * (n - 1)))
    facts = {"n": n, "observed": observed, "expected": expected, "se_null": se_null}
    statistic = found / se_null if se_null else None
    test = {"statistic": statistic, "p_value": None if statistic is None else p_value(statistic)}
    if found >= 1 - 1e-12 or se <= 1e-12:
        return Kappa(found, None, None, "no-variance", **facts, **test)
    lower, upper = limits(found, se, level=level)
    return Kappa(found, max(-1.0, lower), min(1.0, upper), se=se, **facts, **test)


def _counts(table: np.ndarray) -> np.ndarray:
    counts = np.asarray(table, dtype=float)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or not counts.size:
        raise InvalidInput(f"a table of shape {counts.shape}: as many rows as columns are needed, one a class.")
    if not np.isfinite(counts).all() or (counts < 0).any() or (counts != np.round(counts)).any():
        raise InvalidInput("a table of agreement holds counts, whole numbers of at least 0.")
    return counts


def _credit(weights: str | np.ndarray, q: int) -> np.ndarray:
    if isinstance(weights, str):
        check_choice("weights", weights, WEIGHTS)
        distance = np.abs(np.arange(q)[:, None] - np.arange(q)[None, :]) / max(1, q - 1)
        return {"unweighted": np.eye(q), "linear": 1 - distance, "quadratic": 1 - distance**2}[weights]
    credit = np.asarray(weights, dtype=float)
    if credit.shape != (q, q) or not np.isfinite(credit).all() or (np.diag(credit) != 1).any() or credit.max() > 1:
        raise InvalidInput(f"weights of shape {credit.shape} for {q} classes: 1 on the diagonal, at most 1 elsewhere.")
    return credit


def _cohen_errors(p: np.ndarray, credit: np.ndarray, observed: float, expected: float, n: int) -> tuple[float, float]:
    """Standard errors with and without agreement beyond chance."""
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    means = (credit @ columns)[:, None] + (rows @ credit)[None, :]
    inside = float((p * (credit * (1 - expected) - means * (1 - observed)) ** 2).sum())
    squared = inside - (observed * expected - 2 * expected + observed) ** 2
    null = float((np.outer(rows, columns) * (credit - means) ** 2).sum()) - expected**2
    scale = sqrt(n) * (1 - expected)
    floor = 1e-15
    return (
        sqrt(squared) / (scale * (1 - expected)) if squared > floor else 0.0,
        sqrt(null) / scale if null > floor else 0.0,
    )


def _gwet_error(p: np.ndarray, credit: np.ndarray, found: float, expected: float, measure: str, n: int) -> float:
    """Standard error of the linearised coefficient."""
    mean, q = (p.sum(axis=1) + p.sum(axis=0)) / 2, len(p)
    if measure == "uniform":
        chance = np.full((q, q), expected)
    elif measure == "scott":
        each = (credit @ mean + mean @ credit) / 2
        chance = (each[:, None] + each[None, :]) / 2
    else:
        each = credit.sum() / (q * (q - 1)) * (1 - mean)
        chance = (each[:, None] + each[None, :]) / 2
    parts = (credit - expected) / (1 - expected) - 2 * (1 - found) * (chance - expected) / (1 - expected)
    squared = float((p * (parts - found) ** 2).sum())
    return sqrt(squared / n) if squared > 1e-15 else 0.0
