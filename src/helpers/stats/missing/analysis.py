"""Analysis of covariance of completed data at one visit, pooled; and how it moves when imputed values are shifted."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helpers.errors import InvalidInput
from helpers.stats._types import Contrast, Estimate, check_level
from helpers.stats.missing._inference import Inference
from helpers.stats.missing.imputation import Imputations
from helpers.stats.missing.panel import Panel
from helpers.stats.missing.pooling import rubin
from helpers.stats.missing.resampling import bootstrap, jackknife

#: Residual variation below this share of the outcome's size is rounding, not variation.
_NEGLIGIBLE = 1e-12


@dataclass(frozen=True)
class ImputedContrast(Contrast):
    """A pooled contrast of an arm with the reference arm.

    `imputed` counts the values imputed at the visit in the two arms. `riv`, `lambda_`, `fmi` and `efficiency` are as in
    `pooling.Pooled`, and `monte_carlo_se` is the standard error of the estimate due to the number of imputations; they
    are None where standard errors come from resampling. `df` is infinite where the limits are normal.
    """

    imputed: int = 0
    riv: float | None = None
    lambda_: float | None = None
    fmi: float | None = None
    efficiency: float | None = None
    monte_carlo_se: float | None = None


@dataclass(frozen=True)
class VisitComparison:
    """Adjusted means by arm at one visit, and contrasts of every arm but the reference with it."""

    means: dict[str, Estimate]
    contrasts: dict[str, ImputedContrast]


@dataclass(frozen=True)
class Lines:
    """Quantities (Q) of each data set as functions of shifts d: estimates a'(1, d) and variances (1, d)'V(1, d).

    `estimates` (D, Q, S + 1), `variances` (D, Q, S + 1, S + 1); the quantities are the adjusted means by arm, then the
    contrasts. `df` is that of the complete data.
    """

    estimates: np.ndarray
    variances: np.ndarray
    df: int
    reason: str = ""


def lines(
    imputations: Imputations, visit, *, covariates: Sequence[str] | None = None, shifts: np.ndarray | None = None
) -> Lines:
    """Analyse every completed data set at a visit by ordinary least squares.

    Parameters
    ----------
    imputations : Imputations
    visit
        One of the panel's visits.
    covariates : sequence of str, optional
        Covariates of the panel to adjust for, by default all those given to it.
    shifts : array (S, n), optional
        What one unit of each shift adds to the patients' outcomes at the visit.

    Returns
    -------
    Lines
        Reasons as in `means.ancova`.

    Notes
    -----
    Estimates are linear in the outcomes and residual sums of squares quadratic, so one pass serves every shift.
    Adjusted means stand at the average of the covariates over all patients of the sample. Agrees with `means.ancova`.
    """
    panel = imputations.panel
    column = panel.position(visit)
    y = imputations.values[:, :, column]
    d, n = y.shape
    extra = np.zeros((0, n)) if shifts is None else np.asarray(shifts, dtype=float)
    weights = np.ones((1, n)) if imputations.weights is None else imputations.weights
    a = len(panel.arms)
    indicators = (panel.arm[:, None] == np.arange(a)).astype(float)
    adjusters = adjusting(panel, covariates, column)
    k = a + adjusters.shape[1]
    df = n - k
    counts = np.einsum("rn,na->ra", weights, indicators)
    quantities = a + a - 1
    none = Lines(np.full((d, quantities, 1 + len(extra)), np.nan), np.empty(0), df)
    if a < 2 or counts.min() < 2 or df < 1:
        return Lines(none.estimates, none.variances, df, "too-few")

    total = weights.sum(axis=1, keepdims=True)
    centre = np.einsum("rn,nc->rc", weights, adjusters) / total
    spread = np.broadcast_to(adjusters, (len(weights), *adjusters.shape)) - centre[:, None, :]
    size = np.sqrt(np.einsum("rn,rnc->rc", weights, spread**2))
    if np.any(size == 0):
        return Lines(none.estimates, none.variances, df, "collinear")
    design = np.concatenate([np.broadcast_to(indicators, (len(weights), n, a)), spread / size[:, None, :]], axis=2)
    rooted = design * np.sqrt(weights)[:, :, None]
    if np.linalg.matrix_rank(rooted / np.linalg.norm(rooted, axis=1, keepdims=True)).min() < k:
        return Lines(none.estimates, none.variances, df, "collinear")
    q, r = np.linalg.qr(rooted)
    # rows of the coefficients of interest: the arms, and each arm less the reference
    wanted = np.zeros((quantities, k))
    wanted[:a, :a] = np.eye(a)
    wanted[a:, 1:a], wanted[a:, 0] = np.eye(a - 1), -1.0
    turned = np.broadcast_to(wanted.T, (len(r), k, quantities))
    loading = np.swapaxes(np.linalg.solve(np.swapaxes(r, 1, 2), turned), 1, 2)

    stack = np.concatenate([y[:, None, :], np.broadcast_to(extra, (d, *extra.shape))], axis=1)
    stack = stack * np.sqrt(weights)[:, None, :]
    # one design for all data sets, or one each
    each = "" if imputations.weights is None else "d"
    q, loading = (q, loading) if each else (q[0], loading[0])
    onto = np.einsum(f"{each}nk,dsn->dsk", q, stack)
    left = stack - np.einsum(f"{each}nk,dsk->dsn", q, onto)
    estimates = np.einsum(f"{each}qk,dsk->dqs", loading, onto)
    squares = np.einsum("dsn,dtn->dst", left, left)
    floor = (_NEGLIGIBLE * max(1.0, float(np.abs(y).max()))) ** 2 * n
    if np.any(squares[:, 0, 0] <= floor):
        return Lines(estimates, none.variances, df, "no-variance")
    factor = np.broadcast_to((loading**2).sum(axis=-1), (d, quantities))
    return Lines(estimates, factor[:, :, None, None] * squares[:, None] / df, df)


def adjusting(panel: Panel, covariates: Sequence[str] | None, column: int) -> np.ndarray:
    """Columns of the covariates at a visit, (n, c)."""
    names = list(dict.fromkeys(c.split("=")[0] for c in panel.covariates)) if covariates is None else list(covariates)
    found = []
    for name in names:
        own = [v[:, column] for c, v in panel.covariates.items() if c == name or c.startswith(f"{name}=")]
        if not own:
            raise InvalidInput(f"covariate {name} is not among those of the panel ({', '.join(panel.covariates)}).")
        found.extend(own)
    return np.column_stack(found) if found else np.empty((len(panel.subjects), 0))


def compare_at(
    imputations: Imputations,
    visit,
    *,
    covariates: Sequence[str] | None = None,
    offsets: np.ndarray | None = None,
    interval: str = "normal",
    null: float = 0.0,
    level: float = 0.95,
    alternative: str = "two-sided",
    rule: str = "barnard-rubin",
    lambda_floor: float = 0.0,
) -> VisitComparison:
    """Adjusted means and contrasts at one visit, pooled over the completed data sets.

    Parameters
    ----------
    imputations, visit, covariates
        As in `lines`.
    offsets : array (n, J), optional
        Added to the outcomes before the analysis; see `delta.offsets`.
    interval : {"normal", "percentile"}
        For conditional means with the bootstrap.
    null, level, alternative, rule, lambda_floor
        As in `pooling.rubin`; one-sided only for the contrasts.

    Returns
    -------
    VisitComparison
        Everything but n is None where there are no imputations or the analysis is impossible; the reason says why.

    Notes
    -----
    Random imputations are pooled by Rubin's rules; at a visit where none was needed the result is that of the data.
    Conditional means have the standard error of the jackknife or bootstrap over patients, at every visit.
    """
    check_level(level)
    panel = imputations.panel
    column = panel.position(visit)
    counts = [int((panel.arm == a).sum()) for a in range(len(panel.arms))]
    absent = [int((panel.missing[:, column] & (panel.arm == a)).sum()) for a in range(len(panel.arms))]
    if imputations.reason:
        return unestimable(panel.arms, counts, absent, imputations.reason)
    moved = None if offsets is None else offsets[None, :, column]
    found = lines(imputations, visit, covariates=covariates, shifts=moved)
    if found.reason:
        return unestimable(panel.arms, counts, absent, found.reason)
    at = np.ones(found.estimates.shape[2])
    estimates = found.estimates @ at
    variances = np.einsum("dqst,s,t->dq", found.variances, at, at)
    means, contrasts = {}, {}
    for position in range(estimates.shape[1]):
        own = position < len(panel.arms)
        arm = position if own else position - len(panel.arms) + 1
        infer = Inference(level=level) if own else Inference(level=level, null=null, alternative=alternative)
        pair = estimates[:, position], variances[:, position]
        if imputations.weights is None and not any(absent):
            numbers = _plain(*pair, found.df, infer)
        elif imputations.weights is None:
            numbers = _by_rubin(*pair, found.df, infer, rule, lambda_floor)
        else:
            numbers = _by_resampling(pair[0], imputations.resampling, infer, interval)
        name = panel.arms[arm]
        if own:
            drop = {"p_value", "riv", "lambda_", "fmi", "efficiency", "monte_carlo_se"}
            means[name] = Estimate(counts[arm], **{k: v for k, v in numbers.items() if k not in drop})
        else:
            contrasts[name] = ImputedContrast(counts[arm] + counts[0], imputed=absent[arm] + absent[0], **numbers)
    return VisitComparison(means, contrasts)


def _plain(estimates, variances, df: int, infer: Inference) -> dict:
    """Numbers of the data themselves: no imputation plays a part in them."""
    estimate, se = float(estimates[0]), float(np.sqrt(variances[0]))
    lower, upper = infer.limits(estimate, se, df)
    p_value = infer.p_value(estimate, se, df)
    found = {"estimate": estimate, "se": se, "df": df, "lower": lower, "upper": upper, "p_value": p_value}
    return found | {"riv": 0.0, "lambda_": 0.0, "fmi": 0.0, "efficiency": 1.0, "monte_carlo_se": 0.0}


def _by_rubin(estimates, variances, df: int, infer: Inference, rule: str, lambda_floor: float) -> dict:
    options = {"null": infer.null, "level": infer.level, "alternative": infer.alternative}
    one = rubin(estimates, np.sqrt(variances), complete_df=df, rule=rule, lambda_floor=lambda_floor, **options)
    names = ("estimate", "se", "df", "lower", "upper", "p_value", "riv", "lambda_", "fmi", "efficiency", "reason")
    return {name: getattr(one, name) for name in names} | {"monte_carlo_se": one.monte_carlo_se}


def _by_resampling(estimates, resampling: str, infer: Inference, interval: str) -> dict:
    options = {"null": infer.null, "level": infer.level, "alternative": infer.alternative}
    if resampling == "jackknife":
        one = jackknife(estimates[0], estimates[1:], **options)
    else:
        one = bootstrap(estimates[0], estimates[1:], interval=interval, **options)
    return {name: getattr(one, name) for name in ("estimate", "se", "df", "lower", "upper", "p_value", "reason")}


def unestimable(arms, counts: Sequence[int], absent: Sequence[int], reason: str) -> VisitComparison:
    """Every quantity None, with the numbers of patients and the reason."""
    means = {name: Estimate(counts[a], None, reason=reason) for a, name in enumerate(arms)}
    contrasts = {
        name: ImputedContrast(counts[a] + counts[0], None, reason=reason, imputed=absent[a] + absent[0])
        for a, name in enumerate(arms)
        if a
    }
    return VisitComparison(means, contrasts)
