"""Rubin's rules for one quantity: an estimate and its standard error from each completed data set become one."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite, isinf, sqrt

import numpy as np

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice, known_reason
from helpers.stats.missing._inference import Inference, check_complete_df, vector
from helpers.stats.missing.scales import Scale, scale_named

RULES = ("barnard-rubin", "rubin", "normal")


@dataclass(frozen=True)
class Pooled:
    """An estimate pooled over `imputations` completed data sets.

    `estimate`, `lower` and `upper` are in the unit of the estimates. `se`, `within` (mean of the squared standard
    errors), `between` (variance of the estimates) and `total` (their sum, `between` counted 1 + 1/m times) are on the
    scale of pooling. `riv` is the relative increase in variance due to the missing values, `lambda_` the share of the
    total variance due to them, `fmi` the fraction of missing information and `efficiency` that of m imputations
    relative to infinitely many.
    """

    imputations: int
    estimate: float | None
    se: float | None = None
    df: float | None = None
    lower: float | None = None
    upper: float | None = None
    p_value: float | None = None
    within: float | None = None
    between: float | None = None
    total: float | None = None
    riv: float | None = None
    lambda_: float | None = None
    fmi: float | None = None
    efficiency: float | None = None
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)

    @property
    def monte_carlo_se(self) -> float | None:
        """Standard error of the pooled estimate due to the finite number of imputations alone."""
        return None if self.between is None else sqrt(self.between / self.imputations)


def rubin(
    estimates: Sequence[float],
    se: Sequence[float],
    *,
    complete_df: float = inf,
    rule: str = "barnard-rubin",
    lambda_floor: float = 0.0,
    scale: str | Scale = "identity",
    se_on_scale: bool = False,
    null: float | None = None,
    level: float = 0.95,
    alternative: str = "two-sided",
) -> Pooled:
    """Pool one quantity over multiply imputed data sets.

    Parameters
    ----------
    estimates, se : sequence of float
        One estimate and standard error a data set.
    complete_df : float
        Degrees of freedom of the analysis had nothing been missing; infinite for a normal one.
    rule : {"barnard-rubin", "rubin", "normal"}
        Degrees of freedom of Barnard and Rubin 1999, never above `complete_df`, or of Rubin 1987, which agree where
        `complete_df` is infinite; or infinite ones.
    lambda_floor : float
        Least value of lambda in the degrees of freedom. 0 is the rule as published; 1e-4 is what R mice does.
    scale : str or Scale
        Scale on which estimates are averaged: "identity", "log", "logit", "fisher-z", "arcsine" or a `Scale`.
    se_on_scale : bool
        Whether `se` is on that scale already, as that of a log odds ratio is; else it is carried there by the delta
        method.
    null : float, optional
        Value of the null hypothesis in the unit of the estimates; by default the one of no effect on the scale.
    level : float
        Confidence level, 0 < level < 1.
    alternative : {"two-sided", "less", "greater"}
        Direction of the alternative; a one-sided one gives a one-sided interval.

    Returns
    -------
    Pooled
        Only the estimate with one data set ("too-few") or without any variance ("no-variance"). "undefined" where an
        estimate or a standard error is missing or lies at the end of the scale, or, for "barnard-rubin", where the
        estimates vary and the standard errors are 0.

    Raises
    ------
    InvalidInput
        If the two sequences differ in length, a standard error is negative, or an option is none of those named.

    Notes
    -----
    Rubin DB. Multiple Imputation for Nonresponse in Surveys. Wiley 1987, chapter 3. Barnard J, Rubin DB. Biometrika
    1999;86:948-955. With equal estimates the degrees of freedom are v(v+1)/(v+3), the limit of the rule; R mice floors
    lambda at 1e-4 and prints a little less. The fraction of missing information is (r + 2/(df+3))/(r+1), as in R mice,
    and 0 with equal estimates.
    """
    check_choice("rule", rule, RULES)
    check_complete_df(complete_df)
    chosen = scale_named(scale)
    infer = Inference(level=level, null=chosen.null if null is None else null, alternative=alternative)
    values, errors = vector("estimates", estimates), vector("se", se)
    m = values.size
    if errors.size != m:
        raise InvalidInput(f"{m} estimates but {errors.size} standard errors; each data set gives one of both.")
    if np.any(errors < 0):
        raise InvalidInput("a standard error is negative.")

    with np.errstate(all="ignore"):
        pooled_at = chosen.forward(values)
        errors = errors if se_on_scale else errors * np.abs(chosen.derivative(values))
    if not np.all(np.isfinite(pooled_at)):
        return Pooled(m, None, reason="undefined")
    mean = float(pooled_at.mean())
    # the spread of equal values has to be exactly nothing, which a mean rounded in its last digit would spoil
    between = float(pooled_at.var(ddof=1)) if m > 1 and np.ptp(pooled_at) > 0 else 0.0
    estimate = float(chosen.inverse(np.float64(mean)))
    if not np.all(np.isfinite(errors)):
        return Pooled(m, estimate, reason="undefined")
    within = float((errors**2).mean())
    if m < 2:
        return Pooled(m, estimate, within=within, reason="too-few")
    total = within + (1 + 1 / m) * between
    if total == 0:
        return Pooled(m, estimate, within=within, between=between, total=total, reason="no-variance")
    riv = (1 + 1 / m) * between / within if within else inf
    finite = complete_df if rule == "barnard-rubin" else inf
    df = inf if rule == "normal" else degrees_of_freedom(m, riv, complete_df=finite, lambda_floor=lambda_floor)
    fmi = fraction_missing(riv, df)
    parts = {
        "within": within,
        "between": between,
        "total": total,
        "riv": riv,
        "lambda_": (1 + 1 / m) * between / total,
        "fmi": fmi,
        "efficiency": relative_efficiency(fmi, m),
    }
    if df == 0:
        return Pooled(m, estimate, sqrt(total), **parts, reason="undefined")
    with np.errstate(all="ignore"):
        tested = Inference(level=level, null=float(chosen.forward(np.float64(infer.null))), alternative=alternative)
        limits = tested.limits(mean, sqrt(total), df)
        lower, upper = (x if isinf(x) else float(chosen.inverse(np.float64(x))) for x in limits)
    p_value = tested.p_value(mean, sqrt(total), df) if isfinite(tested.null) else None
    return Pooled(m, estimate, sqrt(total), df, lower, upper, p_value, **parts)


def degrees_of_freedom(imputations: int, riv: float, *, complete_df: float = inf, lambda_floor: float = 0.0) -> float:
    """Degrees of freedom of a pooled quantity from its relative increase in variance.

    Parameters
    ----------
    imputations : int
        Number of completed data sets, at least 2.
    riv : float
        Relative increase in variance, 0 to infinity.
    complete_df, lambda_floor : float
        As in `rubin`; an infinite `complete_df` gives Rubin's rule of 1987.

    Raises
    ------
    InvalidInput
        If an argument lies outside its domain.
    """
    check_complete_df(complete_df)
    if imputations < 2 or not riv >= 0 or not 0 <= lambda_floor <= 1:
        given = f"imputations {imputations}, riv {riv}, lambda_floor {lambda_floor}"
        raise InvalidInput(f"{given}; needed are at least 2 imputations, riv from 0 and lambda_floor from 0 to 1.")
    share = max(1.0 if isinf(riv) else riv / (1 + riv), lambda_floor)
    # for tiny shares the quotient overflows, rightly, to infinity
    large = inf if share * share == 0 else (imputations - 1) / share**2
    if isinf(complete_df):
        return large
    observed = (complete_df + 1) / (complete_df + 3) * complete_df * (1 - share)
    if isinf(large):
        return observed
    return large * observed / (large + observed)


def fraction_missing(riv: float, df: float) -> float:
    """Fraction of missing information from the relative increase in variance and the degrees of freedom.

    Notes
    -----
    Rubin 1987, equation 3.1.10, with the degrees of freedom in use. SAS MIANALYZE puts in those of Rubin 1987 whatever
    the degrees of freedom of the test.
    """
    if riv == 0:
        return 0.0
    return 1.0 if isinf(riv) else (riv + 2 / (df + 3)) / (riv + 1)


def relative_efficiency(fmi: float, imputations: int) -> float:
    """Efficiency of m imputations relative to infinitely many, in units of variance (Rubin 1987, p. 114)."""
    return 1 / (1 + fmi / imputations)
