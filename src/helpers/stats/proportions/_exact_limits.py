"""The search for exact unconditional limits: where the p-value of a measure rises above alpha."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from helpers.stats.proportions._unconditional import Box, Space, regions

#: Looks at the p-value beyond a limit: fewer the more tables there are, within bounds.
_TABLES_LOOKED_AT, _FEWEST_LOOKS, _MOST_LOOKS = 300_000, 80, 400
#: Tables in one matrix operation.
_CHUNK = 30_000
#: Of a limit; of the logarithm of a ratio.
_TOLERANCE = 2e-9
#: The share of alpha from which a rough p-value is looked at closely.
_DOUBT = 0.95


@dataclass(frozen=True)
class Search:
    """Exact limits of a measure, on the log scale for ratios, from the table `at`.

    `share` is what each limit takes of 1 - level; with `two_sided` the absolute statistic orders the tables. `plain` is
    an ordering that does not depend on the value, in place of the score; its p-value rises steadily towards the
    estimate.
    """

    measure: str
    space: Space
    at: tuple[int, int]
    share: float
    two_sided: bool
    box: Box | None
    plain: np.ndarray | None = None

    def limit(self, near: float, inner: float, outer: float) -> float:
        """The limit between `inner`, which is inside, and the end of the scale `outer`; `near` is a first guess."""
        side = -1 if outer > inner else 1
        looks = int(min(_MOST_LOOKS, max(_FEWEST_LOOKS, _TABLES_LOOKED_AT / self._tables)))
        return first_inside(
            lambda value: self.p_value(value, side),
            lambda values: self.rough_p_values(values, side),
            self.share,
            near=near,
            inner=inner,
            outer=outer,
            looks=looks if self.plain is None else 0,
        )

    def p_value(self, value: float, side: int) -> float:
        """Of the test on the upper (1) or lower (-1) side, or of the two-sided one."""
        found, values = self._regions(np.array([value]), side)
        return self.space.tail(found[0], self.measure, float(values[0]), self.box)

    def rough_p_values(self, values: np.ndarray, side: int) -> np.ndarray:
        """As `p_value`, a little too low, for many values at once."""
        parts = np.array_split(values, -(-len(values) * self._tables // _CHUNK))
        found = (self._regions(part, side) for part in parts)
        return np.concatenate([self.space.rough_tails(tables, self.measure, at, self.box) for tables, at in found])

    @property
    def _tables(self) -> int:
        return (self.space.n + 1) * (self.space.n_ref + 1)

    def _regions(self, values: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
        if self.measure != "difference":
            values = np.exp(values)
        z = self.space.score(self.measure, values) if self.plain is None else self.plain - values[:, None, None]
        return regions(z, self.at, 0 if self.two_sided else side), values


def first_inside(
    p_value: Callable[[float], float],
    rough_p_values: Callable[[np.ndarray], np.ndarray],
    alpha: float,
    *,
    near: float,
    inner: float,
    outer: float,
    looks: int,
) -> float:
    """The outermost value, on the way from `outer` to `inner`, whose p-value exceeds alpha.

    The p-value of an ordering that changes with the value jumps and dips. So the crossing next to `near`, a first
    guess, is not the end: so many `looks` are taken between there and `outer`, the closer to the crossing the denser.
    Islands narrower than that may be missed.
    """
    width = abs(inner - near) or abs(inner - outer) / 10
    sign = 1.0 if outer > inner else -1.0
    inside, outside, step = inner, sign * min(sign * near, sign * outer), width / 8
    while p_value(outside) > alpha:
        if outside == outer:
            return outer
        inside, outside, step = outside, sign * min(sign * outside + step, sign * outer), step * 2
    nearest = _crossing(p_value, alpha, inside, outside)
    if not looks:
        return nearest
    places = nearest + (outer - nearest) * np.linspace(0.0, 1.0, looks + 1) ** 2
    rough = rough_p_values(places)
    for k in range(looks, 0, -1):
        if rough[k] > alpha * _DOUBT and p_value(float(places[k])) > alpha:
            while k < looks and p_value(float(places[k + 1])) > alpha:
                k += 1
            return outer if k == looks else _crossing(p_value, alpha, float(places[k]), float(places[k + 1]))
    return nearest


def _crossing(p_value: Callable[[float], float], alpha: float, inside: float, outside: float) -> float:
    """Where the p-value crosses alpha, or jumps across it, between a value that is inside and one that is not."""
    return float(brentq(lambda value: p_value(value) - alpha, inside, outside, xtol=_TOLERANCE, rtol=_TOLERANCE))
