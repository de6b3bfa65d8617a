"""What tests of means share: power from the noncentrality, and the search for a size or a difference."""

from math import isfinite, sqrt

from scipy.special import ndtri, stdtrit
from scipy.stats import nct

from helpers.errors import InvalidInput
from helpers.stats.power._common import (
    Detectable,
    normal_power,
    quantile,
    solve_size,
    solve_value,
    towards,
)

#: Above so many degrees of freedom the noncentral t distribution is taken as normal, which costs it no six digits.
_MANY = 1e7


class MeanTest:
    """A test whose estimate has a standard error of `spread` / sqrt(n) and some degrees of freedom at n."""

    method: str
    distance: float
    spread: float
    added: float
    least: float

    def df(self, n: float) -> float:
        raise NotImplementedError

    def power(self, n: float, alpha: float, alternative: str, strict: bool) -> float | None:
        se = self.spread / sqrt(n)
        if self.method in ("z", "guenther"):
            return normal_power(self.distance, se, se, alpha=alpha, alternative=alternative, strict=strict)
        df = self.df(n)
        return t_power(self.distance / se, df, alpha, alternative, strict) if df > 0 else None

    def size(self, target: float, alpha: float, alternative: str, strict: bool) -> float | None:
        if not towards(self.distance, alternative):
            return None
        z = quantile(alpha, alternative)
        normal = ((z + float(ndtri(target))) * self.spread / self.distance) ** 2
        if self.method == "guenther":
            return normal + self.added + z * z / self.share
        if self.method == "z" and not (strict and alternative == "two-sided"):
            return normal
        return solve_size(
            lambda n: self.power(n, alpha, alternative, strict) or 0.0,
            target,
            least=self.least,
            guess=max(normal, self.least) + 2,
        )


def t_power(noncentrality: float, df: float, alpha: float, alternative: str, strict: bool = False) -> float:
    """Power of a t test from its noncentrality parameter."""
    if df > _MANY:
        return normal_power(noncentrality, 1.0, 1.0, alpha=alpha, alternative=alternative, strict=strict)
    if alternative == "two-sided":
        bar, ahead = float(-stdtrit(df, alpha / 2)), abs(noncentrality)
        return _beyond(bar, df, ahead) + (_beyond(bar, df, -ahead) if strict else 0.0)
    return _beyond(float(-stdtrit(df, alpha)), df, noncentrality if alternative == "greater" else -noncentrality)


def _beyond(bar: float, df: float, noncentrality: float) -> float:
    """Upper tail of the noncentral t distribution."""
    found = float(nct.sf(bar, df, noncentrality))
    return min(1.0, max(0.0, found)) if isfinite(found) else float(noncentrality > bar)


def detected(power_of, target: float, margin: float, alternative: str) -> Detectable:
    if power_of(margin) is None:
        return Detectable(None, None, "too-few")
    found = solve_value(power_of, target, margin, float("-inf") if alternative == "less" else float("inf"))
    return Detectable(None, None, "unreachable") if found is None else Detectable(found, found)


def check_correlation(value: float, *, ends: bool = False) -> None:
    inside = -1 <= value <= 1 if ends else -1 < value < 1
    if not inside:
        raise InvalidInput(f"correlation is {value}; it lies between -1 and 1{'' if ends else ', ends excluded'}.")
