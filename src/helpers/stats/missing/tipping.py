"""Tipping points: how far imputed values have to be shifted for the conclusion to turn."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import stdtr, stdtrit

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice, known_reason
from helpers.stats.missing._inference import Inference
from helpers.stats.missing.analysis import lines
from helpers.stats.missing.imputation import Imputations
from helpers.stats.missing.pooling import RULES

_STEPS = 400
CRITERIA = ("p-value", "estimate", "lower", "upper")


@dataclass(frozen=True)
class TippingGrid:
    """Contrast of an arm with the reference for every pair of shifts, arrays (deltas, deltas_reference).

    The estimate rises by `slope` for each unit of shift in the arm and by `slope_reference` in the reference arm.
    """

    deltas: np.ndarray
    deltas_reference: np.ndarray
    estimate: np.ndarray | None
    se: np.ndarray | None = None
    df: np.ndarray | None = None
    lower: np.ndarray | None = None
    upper: np.ndarray | None = None
    p_value: np.ndarray | None = None
    slope: float | None = None
    slope_reference: float | None = None
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)


@dataclass(frozen=True)
class TippingPoint:
    """The shift at which a conclusion turns, and the contrast there; None where `reason` is set."""

    delta: float | None
    estimate: float | None = None
    se: float | None = None
    df: float | None = None
    lower: float | None = None
    upper: float | None = None
    p_value: float | None = None
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)


def tipping_grid(
    imputations: Imputations,
    visit,
    *,
    deltas: Sequence[float],
    deltas_reference: Sequence[float] = (0.0,),
    arm: str | None = None,
    unit: np.ndarray | None = None,
    covariates: Sequence[str] | None = None,
    rule: str = "barnard-rubin",
    null: float = 0.0,
    level: float = 0.95,
    alternative: str = "two-sided",
) -> TippingGrid:
    """The contrast at a visit for every pair of shifts of the values imputed in an arm and in the reference arm.

    Parameters
    ----------
    imputations : Imputations
    visit
        One of the panel's visits.
    deltas, deltas_reference : sequence of float
        Shifts in the unit of the outcome.
    arm : str, optional
        Arm compared with the reference; may be left out where there are two.
    unit : array (n, J), optional
        What a shift of 1 adds, by default 1 to every imputed value; `delta.offsets` with a delta of 1 scales it by the
        time since the event.
    covariates, rule, null, level, alternative
        As in `analysis.compare_at`.

    Returns
    -------
    TippingGrid
        Reasons of the imputation and of the analysis.

    Notes
    -----
    Yan X, Lee S, Li N. J Biopharm Stat 2009;19:1085-1098. Liublinska V, Rubin DB. Stat Med 2014;33:4170-4185 (grid).
    Every number is exact for the imputations at hand: estimates are linear in the shifts and variances quadratic.
    Conditional means have normal limits.
    """
    infer = Inference(level=level, null=null, alternative=alternative)
    first, second = _shifts("deltas", deltas), _shifts("deltas_reference", deltas_reference)
    curve = _Curve(imputations, visit, arm, unit, covariates, rule, infer)
    if curve.reason:
        return TippingGrid(first, second, None, reason=curve.reason)
    pairs = np.stack(np.meshgrid(first, second, indexing="ij"), axis=-1)
    found = {name: values.reshape(pairs.shape[:2]) for name, values in curve.at(pairs.reshape(-1, 2)).items()}
    return TippingGrid(first, second, **found, slope=float(curve.slopes[0]), slope_reference=float(curve.slopes[1]))


def tipping_point(
    imputations: Imputations,
    visit,
    *,
    within: tuple[float, float],
    arm: str | None = None,
    direction: Mapping[str, float] | None = None,
    criterion: str = "p-value",
    threshold: float | None = None,
    unit: np.ndarray | None = None,
    covariates: Sequence[str] | None = None,
    rule: str = "barnard-rubin",
    null: float = 0.0,
    level: float = 0.95,
    alternative: str = "two-sided",
) -> TippingPoint:
    """The first shift, from one end of a range to the other, at which a criterion crosses its threshold.

    Parameters
    ----------
    imputations, visit, arm, unit, covariates, rule, null, level, alternative
        As in `tipping_grid`.
    within : tuple of two float
        Where the search starts, mostly 0, and where it ends, which may be below the start.
    direction : mapping of arm to float, optional
        How far each of the two arms moves for a shift of 1; by default the arm by 1 and the reference not.
    criterion : {"p-value", "estimate", "lower", "upper"}
        What has to cross the threshold.
    threshold : float, optional
        By default 1 - `level` for the p-value and `null` for the others.

    Returns
    -------
    TippingPoint
        `delta` lies where the criterion equals the threshold. "no-tipping-point" where it does not cross in the range;
        other reasons as in `tipping_grid`.

    Raises
    ------
    InvalidInput
        If the range is empty or not finite, an arm is not one of the two, or an option is none of those named.

    Notes
    -----
    For the estimate the crossing is solved for; for the others the range is cut in 400 parts and the first that holds a
    crossing searched to full precision, so that two crossings within one part are not seen.
    """
    check_choice("criterion", criterion, CRITERIA)
    infer = Inference(level=level, null=null, alternative=alternative)
    start, stop = (float(x) for x in within)
    if not np.isfinite([start, stop]).all() or start == stop:
        raise InvalidInput(f"within is {within}; it has to be two different numbers.")
    bound = (1 - level if criterion == "p-value" else null) if threshold is None else float(threshold)
    curve = _Curve(imputations, visit, arm, unit, covariates, rule, infer)
    if curve.reason:
        return TippingPoint(None, reason=curve.reason)
    names = (curve.arm, imputations.panel.arms[0])
    moves = {names[0]: 1.0} if direction is None else dict(direction)
    if not set(moves) <= set(names):
        raise InvalidInput(
            f"direction names {', '.join(map(str, moves))}; the arms compared are {' and '.join(names)}."
        )
    along = np.array([moves.get(name, 0.0) for name in names])
    name = criterion.replace("-", "_")

    def margin(shift) -> np.ndarray:
        return curve.at(np.multiply.outer(np.atleast_1d(shift), along))[name] - bound

    shift = _linear(curve, along, start, stop, bound) if criterion == "estimate" else _crossing(margin, start, stop)
    if shift is None:
        return TippingPoint(None, reason="no-tipping-point")
    return TippingPoint(shift, **{k: float(v[0]) for k, v in curve.at((shift * along)[None]).items()})


class _Curve:
    """The pooled contrast as a function of two shifts: of the arm and of the reference arm."""

    def __init__(self, imputations: Imputations, visit, arm, unit, covariates, rule: str, infer: Inference):
        check_choice("rule", rule, RULES)
        panel = imputations.panel
        column = panel.position(visit)
        others = panel.arms[1:]
        if arm is None and len(others) == 1:
            arm = others[0]
        if arm not in others:
            raise InvalidInput(f"arm is {arm!r}; it has to be one of {', '.join(map(str, others))}.")
        step = panel.missing.astype(float) if unit is None else np.asarray(unit, dtype=float)
        if step.shape != panel.outcome.shape:
            raise InvalidInput(f"unit has shape {step.shape}; it has to be one number for each patient and visit.")
        self.arm, self.infer, self.rule, self.reason = arm, infer, rule, imputations.reason
        if self.reason:
            return
        position = panel.arms.index(arm)
        shifts = np.stack([step[:, column] * (panel.arm == a) for a in (position, 0)])
        found = lines(imputations, visit, covariates=covariates, shifts=shifts)
        self.reason, self.df = found.reason, found.df
        if self.reason:
            return
        quantity = len(panel.arms) + position - 1
        estimates, within = found.estimates[:, quantity], found.variances[:, quantity]
        self.m, self.resampling = len(estimates), imputations.resampling if imputations.weights is not None else ""
        self.complete = not self.resampling and not panel.missing[:, column].any()
        if self.m == 1 and not self.complete:
            self.reason = "too-few"
            return
        repeats = estimates[1:] if self.resampling else estimates
        deviation = repeats - repeats.mean(axis=0)
        self.mean = estimates[0] if self.resampling else estimates.mean(axis=0)
        self.slopes = self.mean[1:]
        self.between = np.einsum("ds,dt->st", deviation, deviation) / max(1, len(repeats) - 1)
        if self.resampling == "jackknife":
            self.between = self.between * (len(repeats) - 1) ** 2 / len(repeats)
        self.within = within.mean(axis=0)

    def at(self, shifts: np.ndarray) -> dict[str, np.ndarray]:
        """Estimates and the rest at pairs of shifts (K, 2)."""
        point = np.column_stack([np.ones(len(shifts)), shifts])
        estimate = point @ self.mean
        within = np.einsum("ks,st,kt->k", point, self.within, point)
        between = np.einsum("ks,st,kt->k", point, self.between, point)
        if self.resampling:
            total, df = between, np.full(len(point), np.inf)
        elif self.complete:
            total, df = within, np.full(len(point), float(self.df))
        else:
            total = within + (1 + 1 / self.m) * between
            share = (1 + 1 / self.m) * between / total
            with np.errstate(divide="ignore"):
                df = (self.m - 1) / share**2
                if self.rule == "normal":
                    df = np.full(len(point), np.inf)
                if self.rule == "barnard-rubin":
                    df = 1 / (1 / df + 1 / ((self.df + 1) / (self.df + 3) * self.df * (1 - share)))
        se = np.sqrt(total)
        tail = (1 - self.infer.level) / (2 if self.infer.alternative == "two-sided" else 1)
        half = -stdtrit(df, tail) * se
        ends = {"lower": estimate - half, "upper": estimate + half}
        statistic = (estimate - self.infer.null) / se
        if self.infer.alternative == "two-sided":
            p_value = 2 * stdtr(df, -np.abs(statistic))
        else:
            less = self.infer.alternative == "less"
            p_value = stdtr(df, statistic if less else -statistic)
            ends["lower" if less else "upper"] = np.full(len(point), -np.inf if less else np.inf)
        return {"estimate": estimate, "se": se, "df": df, **ends, "p_value": p_value}


def _shifts(name: str, values: Sequence[float]) -> np.ndarray:
    found = np.asarray(values, dtype=float)
    if found.ndim != 1 or not found.size or not np.isfinite(found).all():
        raise InvalidInput(f"{name} has to be a sequence of at least one number.")
    return found


def _linear(curve: _Curve, along: np.ndarray, start: float, stop: float, bound: float) -> float | None:
    slope = float(curve.slopes @ along)
    if slope == 0:
        return None
    shift = float((bound - curve.mean[0]) / slope)
    return shift if min(start, stop) <= shift <= max(start, stop) else None


def _crossing(margin: Callable, start: float, stop: float) -> float | None:
    places = np.linspace(start, stop, _STEPS + 1)
    above = margin(places) >= 0
    turned = np.flatnonzero(above != above[0])
    if not turned.size:
        return None
    low, high = places[turned[0] - 1], places[turned[0]]
    return float(brentq(lambda shift: margin(shift)[0], low, high, xtol=1e-12, rtol=1e-14))
