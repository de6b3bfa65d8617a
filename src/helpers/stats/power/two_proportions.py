"""Two independent proportions: power, sample size and detectable proportion by normal approximations."""

from math import asin, ceil, log, sqrt

from scipy.special import ndtri

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice
from helpers.stats.power._common import (
    Detectable,
    Power,
    Size,
    check_finite,
    check_positive,
    check_proportion,
    check_target,
    check_test,
    normal_power,
    quantile,
    solve_size,
    solve_value,
    towards,
    whole,
)
from helpers.stats.proportions._restricted import restricted

METHODS = ("pooled", "unpooled", "continuity", "arcsine", "score", "swapped")
MEASURES = ("difference", "ratio", "odds-ratio")


def power(
    p: float,
    p_ref: float,
    *,
    n: float,
    n_ref: float | None = None,
    alpha: float = 0.05,
    alternative: str = "two-sided",
    method: str = "pooled",
    margin: float | None = None,
    measure: str = "difference",
    difference: float | None = None,
    strict: bool = False,
) -> Power:
    """Power of the test of two independent proportions.

    Parameters
    ----------
    p, p_ref : float
        True proportions, 0 to 1, in the arm of interest and in the reference.
    n, n_ref : float
        Units in each; the reference has as many as the arm if not given.
    alpha : float
        Significance level, on one side if the alternative is one-sided.
    alternative : str
        "two-sided", "greater" or "less" than the reference plus the margin.
    method : str
        Standard errors. "pooled": of the pooled proportion under the null (R's power.prop.test). "unpooled": the same
        under both (Wald). "continuity": pooled, with the difference reduced by half of 1/n + 1/n_ref. "arcsine":
        differences of 2 arcsin(sqrt(p)) (Cohen's h). "score": of the proportions that fit the margin best
        (Farrington, Manning). "swapped": as printed in statpsych's size.test.prop2, with 2 / |difference| added to
        the size; no standard formula.
    margin : float, optional
        Value under test, with its sign: -0.1 with "greater" asks whether the arm is less than 0.1 below the
        reference. No difference (0, or 1 for a ratio) if not given. Other than that only with "unpooled" (difference)
        and "score".
    measure : str
        What the margin is of: "difference", "ratio" or "odds-ratio"; a ratio only with "score".
    difference : float, optional
        Distance to plan for where it is not p - p_ref, the proportions then giving the standard errors alone. Not with
        "arcsine" or a ratio.
    strict : bool
        Count rejections on the wrong side of a two-sided test too.

    Returns
    -------
    Power
        Between 0 and 1.

    Raises
    ------
    InvalidInput
        If a proportion, alpha or the sizes lie outside their range, or options do not go together.

    Notes
    -----
    Fleiss JL, Levin B, Paik MC. Statistical Methods for Rates and Proportions, 3rd ed, 2003, chapter 4; Casagrande
    JT, Pike MC, Smith PG. Biometrics 1978;34:483-486 and Fleiss JL, Tytun A, Ury HK. Biometrics 1980;36:343-346
    ("continuity"); Cohen J. Statistical Power Analysis, 1988, chapter 6; Farrington CP, Manning G. Stat Med
    1990;9:1447-1454.
    """
    check_test(alpha, alternative)
    check_positive("n", n)
    n_ref = n if n_ref is None else n_ref
    check_positive("n_ref", n_ref)
    plan = _Plan(p, p_ref, n_ref / n, method, margin, measure, difference)
    return Power(plan.power(n, alpha, alternative, strict))


def size(
    p: float,
    p_ref: float,
    *,
    power: float = 0.8,
    ratio: float = 1.0,
    alpha: float = 0.05,
    alternative: str = "two-sided",
    method: str = "pooled",
    margin: float | None = None,
    measure: str = "difference",
    difference: float | None = None,
    strict: bool = False,
) -> Size:
    """Units for a given power; parameters, errors and sources as in `power`.

    Parameters
    ----------
    power : float
        Power asked for, between alpha and 1.
    ratio : float
        Units in the reference for each unit in the arm, above 0.

    Returns
    -------
    Size
        `reason` is "unreachable" if the proportions are no evidence against the null.
    """
    check_test(alpha, alternative)
    check_target(power, alpha)
    check_positive("ratio", ratio)
    plan = _Plan(p, p_ref, ratio, method, margin, measure, difference)
    found = plan.size(power, alpha, alternative, strict)
    if found is None:
        return Size(None, None, None, None, "unreachable")
    n, n_ref = whole(found, ratio)
    rounded = _Plan(p, p_ref, n_ref / n, method, margin, measure, difference)
    return Size(n, n_ref, found, rounded.power(n, alpha, alternative, strict))


def detectable(
    p_ref: float,
    *,
    n: float,
    n_ref: float | None = None,
    power: float = 0.8,
    alpha: float = 0.05,
    alternative: str = "two-sided",
    method: str = "pooled",
    margin: float | None = None,
    measure: str = "difference",
    above: bool = True,
    strict: bool = False,
) -> Detectable:
    """The proportion of the arm that is found with a given power; parameters, errors and sources as in `power`.

    Parameters
    ----------
    power : float
        Power asked for, between alpha and 1.
    above : bool
        For a two-sided test: search above the value under test, or below it.

    Returns
    -------
    Detectable
        `reason` is "unreachable" if not even a proportion of 0 or 1 is enough.
    """
    check_test(alpha, alternative)
    check_target(power, alpha)
    check_positive("n", n)
    n_ref = n if n_ref is None else n_ref
    check_positive("n_ref", n_ref)
    up = above if alternative == "two-sided" else alternative == "greater"
    null = _null(p_ref, margin, measure)
    if not 0 <= null <= 1:
        return Detectable(None, None, "unreachable")

    def power_of(p: float) -> float:
        plan = _Plan(p, p_ref, n_ref / n, method, margin, measure, None)
        return plan.power(n, alpha, alternative, strict) if plan.distance else alpha / 2

    found = solve_value(power_of, power, null, 1.0 if up else 0.0)
    return Detectable(None, None, "unreachable") if found is None else Detectable(found, found - p_ref)


class _Plan:
    """Distance from the null, and standard errors of one unit in the arm under the null and in truth."""

    def __init__(self, p, p_ref, ratio, method, margin, measure, difference):
        check_proportion("p", p, ends=True)
        check_proportion("p_ref", p_ref, ends=True)
        check_choice("method", method, METHODS)
        check_choice("measure", measure, MEASURES)
        no_effect = 0.0 if measure == "difference" else 1.0
        margin = no_effect if margin is None else margin
        check_finite("margin", margin)
        if measure != "difference" and (method != "score" or margin <= 0):
            raise InvalidInput(f"a {measure} needs method 'score' and a margin above 0, not {method!r} and {margin}.")
        if margin != no_effect and method not in ("unpooled", "score"):
            raise InvalidInput(f"method {method!r} tests no difference; with a margin use 'unpooled' or 'score'.")
        if difference is not None and (method == "arcsine" or measure != "difference"):
            raise InvalidInput("a difference of its own is no part of the arcsine method or of a ratio.")
        self.ratio, self.method = ratio, method
        spread = p * (1 - p) + p_ref * (1 - p_ref) / ratio
        self.distance = (p - p_ref if difference is None else difference) - margin
        self.se = sqrt(spread)
        if method == "unpooled":
            self.se_null = self.se
        elif method == "arcsine":
            self.distance = 2 * asin(sqrt(p)) - 2 * asin(sqrt(p_ref))
            self.se = self.se_null = sqrt(1 + 1 / ratio)
        elif method == "score" and measure != "difference":
            self._ratio(p, p_ref, margin, measure)
        else:
            held, held_ref = p, p_ref
            if method == "score":
                held, held_ref = map(float, restricted("difference", margin, p, 1, p_ref * ratio, ratio))
            else:
                held = held_ref = (p + ratio * p_ref) / (1 + ratio)
            self.se_null = sqrt(held * (1 - held) + held_ref * (1 - held_ref) / ratio)
        if method == "swapped":
            self.se, self.se_null = self.se_null, self.se

    def _ratio(self, p: float, p_ref: float, margin: float, measure: str) -> None:
        held, held_ref = map(float, restricted(measure, margin, p, 1, p_ref * self.ratio, self.ratio))
        if measure == "ratio":
            self.distance = p - margin * p_ref
            self.se_null = sqrt(held * (1 - held) + margin**2 * held_ref * (1 - held_ref) / self.ratio)
            self.se = sqrt(p * (1 - p) + margin**2 * p_ref * (1 - p_ref) / self.ratio)
            return
        if min(p, p_ref, held, held_ref) <= 0 or max(p, p_ref, held, held_ref) >= 1:
            raise InvalidInput(f"the log odds of {p} and {p_ref} are not both finite; an odds ratio cannot be planned.")
        self.distance = log(p / (1 - p)) - log(p_ref / (1 - p_ref)) - log(margin)
        self.se_null = sqrt(1 / (held * (1 - held)) + 1 / (held_ref * (1 - held_ref)) / self.ratio)
        self.se = sqrt(1 / (p * (1 - p)) + 1 / (p_ref * (1 - p_ref)) / self.ratio)

    def power(self, n: float, alpha: float, alternative: str, strict: bool) -> float:
        distance, effective = self.distance, n
        if self.method == "continuity":
            reduced = abs(distance) - (1 + 1 / self.ratio) / (2 * n)
            distance = reduced if distance > 0 else -reduced
            if alternative == "two-sided":
                # a difference that the correction takes below 0 is far from either limit, not beyond the other one
                return self._two_sided_corrected(reduced, n, alpha, strict)
        elif self.method == "swapped":
            effective = n - 2 / abs(distance) if distance else n
            if effective <= 0:
                return 0.0
        root = sqrt(effective)
        return normal_power(
            distance, self.se_null / root, self.se / root, alpha=alpha, alternative=alternative, strict=strict
        )

    def _two_sided_corrected(self, reduced: float, n: float, alpha: float, strict: bool) -> float:
        root, correction = sqrt(n), abs(self.distance) - reduced
        arguments = {"alpha": alpha / 2, "alternative": "greater"}
        near = normal_power(reduced, self.se_null / root, self.se / root, **arguments)
        far = normal_power(-abs(self.distance) - correction, self.se_null / root, self.se / root, **arguments)
        return near + far if strict else near

    def size(self, target: float, alpha: float, alternative: str, strict: bool) -> float | None:
        if not towards(self.distance, alternative):
            return None
        z = quantile(alpha, alternative)
        n = ((z * self.se_null + float(ndtri(target)) * self.se) / self.distance) ** 2
        if self.method == "continuity":
            n = n / 4 * (1 + sqrt(1 + 2 * (1 + 1 / self.ratio) / (n * abs(self.distance)))) ** 2 if n else 0.0
        elif self.method == "swapped":
            n = ceil(n) + 2 / abs(self.distance)
        if strict and alternative == "two-sided":
            n = solve_size(lambda size: self.power(size, alpha, alternative, True), target, least=1e-9, guess=n)
        return n


def _null(p_ref: float, margin: float | None, measure: str) -> float:
    check_proportion("p_ref", p_ref, ends=True)
    check_choice("measure", measure, MEASURES)
    if margin is None:
        return p_ref
    if measure == "difference":
        return p_ref + margin
    return p_ref * margin if measure == "ratio" else p_ref * margin / (1 + p_ref * (margin - 1))
