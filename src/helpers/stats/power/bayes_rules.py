"""Operating characteristics of Bayesian rules for one and two arms, by listing every outcome; no simulation."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.stats import binom

from helpers.errors import InvalidInput
from helpers.stats.bayes.beta import BetaPosterior, Proportion, check_proportions
from helpers.stats.bayes.completed import exceedance_table
from helpers.stats.bayes.predictive import BetaBinomial
from helpers.stats.power._common import check_count, check_proportion

#: A probability this close to a threshold is at it.
_ROUNDING = 1e-12
_GRID = 201


@dataclass(frozen=True)
class LookResult:
    """What happens at a look, as probabilities over all trials, with the units observed by then."""

    n: int
    n_ref: int | None
    crosses: float
    stops_for_futility: float


@dataclass(frozen=True)
class OperatingCharacteristics:
    """What a rule does at true proportions.

    Probability to cross the efficacy threshold at some look, and to stop for futility before the last one; expected
    units.
    """

    crosses: float
    stops_for_futility: float
    expected_n: float
    expected_n_ref: float | None
    looks: tuple[LookResult, ...]


@dataclass(frozen=True)
class Boundary:
    """At n units: stop for futility at `futile_at` events or fewer, cross at `crosses_at` or more (None: never)."""

    n: int
    futile_at: int | None
    crosses_at: int | None


@dataclass(frozen=True, eq=False)
class SingleArmRule:
    """A rule for one arm: by look, which numbers of events cross the efficacy threshold and which stop for futility."""

    looks: tuple[int, ...]
    crosses: tuple[np.ndarray, ...] = field(repr=False)
    futile: tuple[np.ndarray, ...] = field(repr=False)

    def characteristics(self, p: float) -> OperatingCharacteristics:
        """What the rule does if the true proportion is p."""
        check_proportion("p", p, ends=True)
        sizes = [(n, 0) for n in self.looks]
        return _run(sizes, [c[:, None] for c in self.crosses], [f[:, None] for f in self.futile], p, 0.0, False)

    def boundaries(self) -> tuple[Boundary, ...]:
        """The rule as numbers of events; more events never count against the arm."""
        found = []
        for n, crosses, futile in zip(self.looks, self.crosses, self.futile, strict=True):
            low, high = np.flatnonzero(futile), np.flatnonzero(crosses)
            found.append(Boundary(n, int(low[-1]) if low.size else None, int(high[0]) if high.size else None))
        return tuple(found)


@dataclass(frozen=True, eq=False)
class TwoArmRule:
    """A rule for two arms: by look, which tables (rows: events in the arm) cross and which stop for futility."""

    looks: tuple[tuple[int, int], ...]
    crosses: tuple[np.ndarray, ...] = field(repr=False)
    futile: tuple[np.ndarray, ...] = field(repr=False)

    def characteristics(self, p: float, p_ref: float) -> OperatingCharacteristics:
        """What the rule does if the true proportions are p and p_ref."""
        check_proportion("p", p, ends=True)
        check_proportion("p_ref", p_ref, ends=True)
        return _run(self.looks, self.crosses, self.futile, p, p_ref, True)

    def largest_error(self, *, margin: float = 0.0) -> tuple[float, float]:
        """The highest probability to cross where the arm exceeds the reference by exactly the margin, and where.

        The second number is the reference's proportion there. Searched on a grid and refined around its highest point.
        """
        low, high = max(0.0, -margin), min(1.0, 1.0 - margin)
        grid = np.linspace(low, high, _GRID)
        for _ in range(3):
            found = [self.characteristics(min(1.0, q + margin), q).crosses for q in grid]
            best = int(np.argmax(found))
            step = grid[1] - grid[0]
            top, where = found[best], float(grid[best])
            grid = np.linspace(max(low, where - step), min(high, where + step), 21)
        return top, where


def single_arm_rule(
    looks: Sequence[int],
    *,
    target: float | Proportion,
    prior: Proportion | None = None,
    final: float,
    efficacy: float | None = None,
    futility: float | None = None,
    predictive_efficacy: float | None = None,
    predictive_futility: float | None = None,
    margin: float = 0.0,
    futility_margin: float | None = None,
) -> SingleArmRule:
    """Rule for one arm: thresholds on the posterior probability that its proportion exceeds a target.

    Parameters
    ----------
    looks : sequence of int
        Units at each look, rising; the last one is the end of the trial.
    target : float or distribution
        A fixed proportion, or the distribution of the standard's proportion (Thall and Simon).
    prior : distribution, optional
        `BetaPosterior` or `BetaMixture` of the arm; uniform if not given.
    final : float
        The rule is met at the last look if Pr(proportion > target + margin) is at least this.
    efficacy, futility : float, optional
        Before that, cross if the probability is at least `efficacy`, stop if it is at most `futility`.
    predictive_efficacy, predictive_futility : float, optional
        The same for the predictive probability that the rule will be met at the last look (Lee and Liu).
    margin, futility_margin : float
        Difference from the target; for futility the same if not given.

    Returns
    -------
    SingleArmRule
        With the method `characteristics` for true proportions.

    Raises
    ------
    InvalidInput
        If looks do not rise, or a threshold, a margin or the target lies outside its range.

    Notes
    -----
    Thall PF, Simon R. Biometrics 1994;50:337-349; Lee JJ, Liu DD. Clin Trials 2008;5:93-106. A look that meets both
    thresholds crosses.
    """
    sizes = _rising([(n, 0) for n in looks])
    prior = BetaPosterior(1.0, 1.0) if prior is None else prior
    check_proportions(prior)
    if isinstance(target, Proportion):
        shift = margin if futility_margin is None else futility_margin
        for value in (margin, shift):
            if not -1 < value < 1:
                raise InvalidInput(f"margin is {value}; a difference of proportions lies between -1 and 1.")
    else:
        check_proportion("target", target)
    thresholds = _thresholds(final, efficacy, futility, predictive_efficacy, predictive_futility)

    def above(n: int, _: int, by: float) -> np.ndarray:
        arms = [prior.update(x, n) for x in range(n + 1)]
        if isinstance(target, Proportion):
            return exceedance_table(arms, [target], by)
        return np.array([[arm.exceeds(target + by)] for arm in arms])

    def ahead(n: int, last: int) -> np.ndarray:
        return _chances(prior, n, last)

    crosses, futile = _regions(sizes, above, ahead, None, thresholds, margin, futility_margin)
    return SingleArmRule(tuple(n for n, _ in sizes), tuple(c[:, 0] for c in crosses), tuple(f[:, 0] for f in futile))


def two_arm_rule(
    looks: Sequence[tuple[int, int]],
    *,
    prior: Proportion | None = None,
    prior_ref: Proportion | None = None,
    final: float,
    efficacy: float | None = None,
    futility: float | None = None,
    predictive_efficacy: float | None = None,
    predictive_futility: float | None = None,
    margin: float = 0.0,
    futility_margin: float | None = None,
) -> TwoArmRule:
    """Rule for two arms: thresholds on the posterior probability that one proportion exceeds the other.

    Parameters
    ----------
    looks : sequence of (int, int)
        Units in the arm of interest and in the reference at each look, never falling; the last one is the end.
    prior, prior_ref : distribution, optional
        `BetaPosterior` or `BetaMixture` of each arm; uniform if not given.
    final, efficacy, futility, predictive_efficacy, predictive_futility
        As in `single_arm_rule`, of Pr(p > p_ref + margin).
    margin, futility_margin : float
        Difference of proportions, between -1 and 1; for futility the same if not given.

    Returns
    -------
    TwoArmRule
        With the methods `characteristics` for true proportions and `largest_error`.

    Raises
    ------
    InvalidInput
        If looks fall, or a threshold or a margin lies outside its range.
    """
    sizes = _rising(looks, both=True)
    prior = BetaPosterior(1.0, 1.0) if prior is None else prior
    prior_ref = BetaPosterior(1.0, 1.0) if prior_ref is None else prior_ref
    check_proportions(prior, prior_ref)
    for value in (margin, margin if futility_margin is None else futility_margin):
        if not -1 < value < 1:
            raise InvalidInput(f"margin is {value}; a difference of proportions lies between -1 and 1.")
    thresholds = _thresholds(final, efficacy, futility, predictive_efficacy, predictive_futility)

    def above(n: int, n_ref: int, by: float) -> np.ndarray:
        arms = [prior.update(x, n) for x in range(n + 1)]
        return exceedance_table(arms, [prior_ref.update(x, n_ref) for x in range(n_ref + 1)], by)

    crosses, futile = _regions(
        sizes,
        above,
        lambda n, last: _chances(prior, n, last),
        lambda n, last: _chances(prior_ref, n, last),
        thresholds,
        margin,
        futility_margin,
    )
    return TwoArmRule(tuple(sizes), tuple(crosses), tuple(futile))


def _regions(sizes, above, ahead, ahead_ref, thresholds, margin, futility_margin):
    """By look, which tables cross and which stop for futility."""
    final, efficacy, futility, predictive_efficacy, predictive_futility = thresholds
    last, last_ref = sizes[-1]
    met = above(last, last_ref, margin) >= final - _ROUNDING
    crosses, futile = [], []
    for n, n_ref in sizes[:-1]:
        cross, stop = np.zeros((n + 1, n_ref + 1), dtype=bool), np.zeros((n + 1, n_ref + 1), dtype=bool)
        if efficacy is not None:
            cross |= above(n, n_ref, margin) >= efficacy - _ROUNDING
        if futility is not None:
            stop |= above(n, n_ref, margin if futility_margin is None else futility_margin) <= futility + _ROUNDING
        if predictive_efficacy is not None or predictive_futility is not None:
            chance = ahead(n, last) @ met
            chance = chance if ahead_ref is None else chance @ ahead_ref(n_ref, last_ref).T
            if predictive_efficacy is not None:
                cross |= chance >= predictive_efficacy - _ROUNDING
            if predictive_futility is not None:
                stop |= chance <= predictive_futility + _ROUNDING
        crosses.append(cross)
        futile.append(stop & ~cross)
    return [*crosses, met], [*futile, np.zeros_like(met)]


def _chances(prior: Proportion, n: int, last: int) -> np.ndarray:
    """Predictive probability of every number of events at the last look (across) from every one now (down)."""
    found = np.zeros((n + 1, last + 1))
    for x in range(n + 1):
        found[x, x : x + last - n + 1] = BetaBinomial(prior.update(x, n), last - n).probabilities
    return found


def _run(sizes, crosses, futile, p: float, p_ref: float, two: bool) -> OperatingCharacteristics:
    """Carry the probabilities of the tables from look to look, leaving out what stopped."""
    going, at, at_ref = np.ones((1, 1)), 0, 0
    looks, expected, expected_ref = [], 0.0, 0.0
    for look, (n, n_ref) in enumerate(sizes):
        going = _added(n - at, p, at).T @ going @ _added(n_ref - at_ref, p_ref, at_ref)
        share = float(going.sum())
        expected, expected_ref = expected + share * (n - at), expected_ref + share * (n_ref - at_ref)
        looks.append(
            LookResult(n, n_ref if two else None, float(going[crosses[look]].sum()), float(going[futile[look]].sum()))
        )
        going = np.where(crosses[look] | futile[look], 0.0, going)
        at, at_ref = n, n_ref
    return OperatingCharacteristics(
        min(1.0, sum(look.crosses for look in looks)),
        min(1.0, sum(look.stops_for_futility for look in looks)),
        expected,
        expected_ref if two else None,
        tuple(looks),
    )


def _added(more: int, p: float, at: int) -> np.ndarray:
    """Probability to come from every number of events (down) to every one (across) with so many units more."""
    pmf = np.exp(binom.logpmf(np.arange(more + 1), more, p))  # binom.pmf overflows next to zero
    found = np.zeros((at + 1, at + more + 1))
    for x in range(at + 1):
        found[x, x : x + more + 1] = pmf
    return found


def _rising(looks: Sequence, *, both: bool = False) -> list[tuple[int, int]]:
    found = []
    for look in looks:
        if len(look) != 2:
            raise InvalidInput(f"a look is {look}; the units in the arm and in the reference are needed.")
        n, n_ref = check_count("n", look[0]), check_count("n_ref", look[1], least=1 if both else 0)
        if found and (n < found[-1][0] or n_ref < found[-1][1] or (n, n_ref) == found[-1]):
            raise InvalidInput(f"looks are {list(looks)}; the number of units must rise from look to look.")
        found.append((n, n_ref))
    if not found:
        raise InvalidInput("at least one look, at the end of the trial, is needed.")
    return found


def _thresholds(final, efficacy, futility, predictive_efficacy, predictive_futility) -> tuple:
    given = {
        "final": final,
        "efficacy": efficacy,
        "futility": futility,
        "predictive_efficacy": predictive_efficacy,
        "predictive_futility": predictive_futility,
    }
    for name, value in given.items():
        if value is not None and not 0 <= value <= 1:
            raise InvalidInput(f"{name} is {value}; a threshold on a probability lies between 0 and 1.")
    return tuple(given.values())
