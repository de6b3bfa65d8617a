"""Cochran-Mantel-Haenszel tests: two arms by two outcomes, and tables of any size with or without scores."""

from collections.abc import Sequence
from math import copysign, sqrt

import numpy as np
from scipy.stats import chi2

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice
from helpers.stats._wald import p_value, quantile
from helpers.stats.stratified._strata import StratifiedTest, read

SCORES = ("table", "rank", "ridit", "modridit")


def cmh_test(
    events: Sequence[int],
    n: Sequence[int],
    events_ref: Sequence[int],
    n_ref: Sequence[int],
    *,
    continuity: bool = False,
    alternative: str = "two-sided",
) -> StratifiedTest:
    """Cochran-Mantel-Haenszel test that arm and outcome are independent given the stratum.

    Parameters
    ----------
    events, n, events_ref, n_ref : sequence of int
        Counts by stratum, as in `mh_risk_difference`. A stratum with one arm only, without events or with events only
        is fixed by its margins and adds nothing.
    continuity : bool
        Take half a unit off the deviation, where it is at least that large. R does so by default, SAS and tern do not.
    alternative : {"two-sided", "greater", "less"}
        "greater": more events in the arm of interest than expected.

    Returns
    -------
    StratifiedTest
        `z` has the sign of the arm of interest, `statistic` is its square on one degree of freedom. Reason "too-few"
        where no stratum has both arms, "no-events" or "undefined" where none carries information.

    Raises
    ------
    InvalidInput
        If the counts are no counts, differ in length, or the alternative is not allowed.

    Notes
    -----
    Cochran WG. Biometrics 1954;10:417-451. Mantel N, Haenszel W. J Natl Cancer Inst 1959;22:719-748.
    """
    quantile(0.95, alternative)
    given = read(events, n, events_ref, n_ref)
    used = given.only(given.with_both)
    if not len(used):
        reason = "too-few" if not given.both_arms.any() else "undefined"
        if reason == "undefined" and given.only(given.both_arms).cases.sum() == 0:
            reason = "no-events"
        return StratifiedTest(None, None, None, strata=len(given), reason=reason)
    total, cases = used.total, used.cases
    deviation = float((used.events - used.n * cases / total).sum())
    variance = float((used.n * used.n_ref * cases * (total - cases) / (total**2 * (total - 1))).sum())
    taken = 0.5 if continuity and abs(deviation) >= 0.5 else 0.0
    z = copysign((abs(deviation) - taken) / sqrt(variance), deviation)
    return StratifiedTest(z * z, 1, p_value(z, alternative), z=z, strata=len(given), informative=len(used))


def general_cmh(
    tables: Sequence,
    *,
    kind: str = "general",
    row_scores: Sequence[float] | str = "table",
    column_scores: Sequence[float] | str = "table",
) -> StratifiedTest:
    """Cochran-Mantel-Haenszel test of tables with any number of rows and columns.

    Parameters
    ----------
    tables : array of shape (strata, rows, columns)
        Counts; rows are arms, columns the categories of the outcome.
    kind : {"general", "row-means", "correlation"}
        General association of nominal rows and columns; whether the rows' mean scores differ, for an ordinal outcome;
        or whether both scores are correlated.
    row_scores, column_scores : sequence of float or {"table", "rank", "ridit", "modridit"}
        Scores, or how to take them: 1, 2, ... ("table"), mid-ranks within the stratum, these divided by the stratum's
        size ("ridit") or by its size plus one ("modridit", which gives van Elteren's test).

    Returns
    -------
    StratifiedTest
        Reason "too-few" where no stratum has two units or more, "undefined" where nothing varies. `informative` counts
        strata that enter with a variance.

    Raises
    ------
    InvalidInput
        If the tables are not counts of one shape, or an option is not allowed.

    Notes
    -----
    Landis JR, Heyman ER, Koch GG. Int Stat Rev 1978;46:237-254. R's mantelhaen.test gives the general association.
    """
    check_choice("kind", kind, ("general", "row-means", "correlation"))
    counts = np.asarray(tables, dtype=float)
    if counts.ndim == 2:
        counts = counts[None]
    if counts.ndim != 3 or min(counts.shape[1:], default=0) < 2:
        raise InvalidInput(f"tables have the shape {counts.shape}; it has to be (strata, rows >= 2, columns >= 2).")
    if (counts < 0).any() or (counts != np.floor(counts)).any():
        raise InvalidInput("tables hold a value that is no count; all have to be whole numbers from 0.")
    strata = counts.shape[0]
    sized = counts[counts.sum(axis=(1, 2)) > 1]
    if not len(sized):
        return StratifiedTest(None, None, None, strata=strata, reason="too-few")
    left, right, informative = 0.0, 0.0, 0
    for table in sized:
        a, c = _contrasts(table, kind, row_scores, column_scores)
        total, by_row, by_column = table.sum(), table.sum(axis=1), table.sum(axis=0)
        expected = np.outer(by_row, by_column) / total
        spread_rows = (np.diag(by_row) * total - np.outer(by_row, by_row)) / total**2
        spread_columns = (np.diag(by_column) * total - np.outer(by_column, by_column)) / total**2
        variance = np.kron(a @ spread_rows @ a.T, c @ spread_columns @ c.T) * total**2 / (total - 1)
        left = left + (a @ (table - expected) @ c.T).ravel()
        right = right + variance
        informative += bool(np.trace(variance) > 1e-12)
    # a generalised inverse, for a row or column that is empty in all strata has no variance
    values, vectors = np.linalg.eigh(right)
    kept = values > max(values.max(), 0.0) * 1e-10
    if not kept.any() or informative == 0:
        return StratifiedTest(None, None, None, strata=strata, reason="undefined")
    turned = vectors[:, kept].T @ left
    statistic, df = float((turned**2 / values[kept]).sum()), int(kept.sum())
    return StratifiedTest(statistic, df, float(chi2.sf(statistic, df)), strata=strata, informative=informative)


def _contrasts(table: np.ndarray, kind: str, row_scores, column_scores) -> tuple[np.ndarray, np.ndarray]:
    """The linear functions of rows and columns that a test looks at."""
    rows, columns = table.shape
    all_rows = np.eye(rows)[:-1]
    all_columns = np.eye(columns)[:-1]
    if kind == "general":
        return all_rows, all_columns
    c = _scores(column_scores, table.sum(axis=0))[None]
    if kind == "row-means":
        return all_rows, c
    return _scores(row_scores, table.sum(axis=1))[None], c


def _scores(scores: Sequence[float] | str, margin: np.ndarray) -> np.ndarray:
    if not isinstance(scores, str):
        values = np.asarray(scores, dtype=float)
        if values.shape != margin.shape or not np.isfinite(values).all():
            raise InvalidInput(f"{values.size} scores for {margin.size} categories; one finite number each is needed.")
        return values
    check_choice("scores", scores, SCORES)
    if scores == "table":
        return np.arange(1.0, margin.size + 1)
    ranks = np.cumsum(margin) - (margin - 1) / 2
    return ranks / {"rank": 1.0, "ridit": margin.sum(), "modridit": margin.sum() + 1}[scores]
