"""Families of hypotheses in a planned order, each a gate to the next: serial and parallel gatekeeping."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helpers.errors import InvalidInput
from helpers.stats.multiplicity._common import ROUNDING, as_planned, as_weights, check_alpha
from helpers.stats.multiplicity.closed import MOST_HYPOTHESES, subsets
from helpers.stats.multiplicity.p_values import METHODS

Families = Sequence[Sequence[float | None]]
TRUNCATED = ("bonferroni", "holm", "hochberg", "hommel", "fallback")


@dataclass(frozen=True)
class AdjustedFamilies:
    """Adjusted p-values by family, in the order given; None for a missing one, and for all where `reason` is set."""

    p_values: tuple[tuple[float | None, ...], ...]
    reason: str = ""

    def rejected(self, alpha: float) -> tuple[tuple[bool, ...], ...]:
        """Whether each hypothesis is rejected with the error rate of all families together kept at `alpha`."""
        check_alpha(alpha)
        limit = alpha * (1 + ROUNDING)
        return tuple(tuple(p is not None and p <= limit for p in family) for family in self.p_values)


def serial_gatekeeping(families: Families, *, method: str = "holm") -> AdjustedFamilies:
    """Serial gatekeeping: a family is tested at the full level if every hypothesis of those before it was rejected.

    Parameters
    ----------
    families : sequence of sequences of float
        P-values by family in the planned order. A missing one (None or NaN) counts as 1, so the gate after it stays
        shut.
    method : str
        Adjustment within a family, one of `p_values.METHODS`.

    Returns
    -------
    AdjustedFamilies
        The larger of the adjusted p-value within the family and every one of the families before.

    Raises
    ------
    InvalidInput
        If a p-value lies outside [0, 1] or the method is unknown.

    Notes
    -----
    Maurer, Hothorn, Lehmacher 1995; Bauer P et al. Stat Med 1998;17:2133-2146; Westfall PH, Krishen A. J Stat Plan
    Inference 2001;99:25-40. The methods for a false discovery rate keep no familywise rate here either.
    """
    if method not in METHODS:
        raise InvalidInput(f"method is {method!r}; allowed are {', '.join(map(repr, METHODS))}.")
    gate, found = 0.0, []
    for family in families:
        p, missing = as_planned(family)
        own = np.maximum(np.array(METHODS[method](p).p_values, dtype=float), gate)
        gate = max(gate, float(own.max(initial=0.0)))
        found.append(_plain(own, missing))
    return AdjustedFamilies(tuple(found))


def parallel_gatekeeping(
    families: Families,
    *,
    methods: str | Sequence[str] = "holm",
    truncation: Sequence[float] | None = None,
    weights: Sequence[Sequence[float]] | None = None,
    retest: bool = False,
) -> AdjustedFamilies:
    """Parallel gatekeeping: a family is tested if at least one hypothesis of the family before it was rejected.

    Parameters
    ----------
    families : sequence of sequences of float
        P-values by family in the planned order; a missing one (None or NaN) counts as 1.
    methods : str or sequence of str
        Procedure of each family, or one for all: "bonferroni", "holm", "hochberg", "hommel" or "fallback" (in the
        order of the family).
    truncation : sequence of float, optional
        For each family the part of the way from Bonferroni's procedure (0) to the full one (1). By default 0.5 in every
        family but the last, which has 1. With 1 before the last family the gate is a serial one: it opens when all of
        the family are rejected. Not looked at for "bonferroni", which is 0.
    weights : sequence of sequences of float, optional
        Weights of the hypotheses within each family; equal if none are given.
    retest : bool
        If all of a family are rejected, test the family before it again at the full level with the full procedure,
        and so on backwards.

    Returns
    -------
    AdjustedFamilies
        The smallest familywise level at which each hypothesis is rejected. With more than 15 hypotheses nothing is
        listed and `reason` is "too-large".

    Raises
    ------
    InvalidInput
        If a p-value lies outside [0, 1]; a procedure is unknown; a truncation lies outside [0, 1]; a family is
        empty; or there are not as many of them as families.

    Notes
    -----
    Dmitrienko A, Tamhane AC, Wiens BL. Biom J 2008;50:667-677; Dmitrienko A, Tamhane AC. In: Multiple Testing
    Problems in Pharmaceutical Statistics, 2009, chapter 5. A family leaves the next one the level it was given, less
    the part that its accepted hypotheses can still use: truncation + (1 - truncation) times their weight, 0 if there
    are none. Retesting: Dmitrienko A, Kordzakhia G, Tamhane AC. J Biopharm Stat 2011;21:726-747.
    """
    gates = _gates(families, methods, truncation, weights)
    if sum(gate.p.size for gate in gates) > MOST_HYPOTHESES:
        return AdjustedFamilies(tuple((None,) * gate.p.size for gate in gates), "too-large")
    first = _mixture(gates)
    if retest:
        first = _retested(gates, first)
    return AdjustedFamilies(tuple(_plain(own, gate.missing) for own, gate in zip(first, gates, strict=True)))


@dataclass(frozen=True)
class _Gate:
    """A family with its procedure."""

    p: np.ndarray
    missing: np.ndarray
    weights: np.ndarray
    method: str
    truncation: float

    def local(self, members: tuple[int, ...]) -> float:
        """P-value of the intersection of the members within the family."""
        of = list(members)
        p, w = self.p[of], self.weights[of]
        if not self.truncation:
            return float((p / w).min())
        if self.method == "holm":
            full = w / w.sum()
        elif self.method == "fallback":
            full = np.diff(np.cumsum(self.weights)[of], prepend=0.0)
        else:
            order = np.argsort(p, kind="stable")
            p, w = p[order], w[order]
            full = np.cumsum(w) / w.sum() if self.method == "hommel" else w / np.cumsum(w[::-1])[::-1]
        return float((p / (self.truncation * full + (1 - self.truncation) * w)).min())

    def used(self, members: tuple[int, ...]) -> float:
        """Part of the level of the family that its accepted hypotheses, the members, keep from the next family."""
        if len(members) in (0, self.p.size):
            return float(bool(members))
        share = self.weights[list(members)].sum()
        reached = np.cumsum(self.weights)[members[-1]] if self.method == "fallback" else 1.0
        return float(self.truncation * reached + (1 - self.truncation) * share)


def _gates(families: Families, methods, truncation, weights) -> list[_Gate]:
    count = len(families)
    methods = [methods] * count if isinstance(methods, str) else list(methods)
    truncation = [0.5] * (count - 1) + [1.0] if truncation is None else list(truncation)
    weights = [None] * count if weights is None else list(weights)
    for name, given in (("methods", methods), ("truncation", truncation), ("weights", weights)):
        if len(given) != count:
            raise InvalidInput(f"{name} has {len(given)} entries for {count} families.")
    gates = []
    for at, family in enumerate(families):
        method, gamma = methods[at], float(truncation[at])
        if method not in TRUNCATED:
            raise InvalidInput(f"method is {method!r}; allowed are {', '.join(map(repr, TRUNCATED))}.")
        if not 0 <= gamma <= 1:
            raise InvalidInput(f"truncation of family {at + 1} is {gamma}; it lies between 0 and 1.")
        p, missing = as_planned(family)
        if not p.size:
            raise InvalidInput(f"family {at + 1} has no hypothesis.")
        gates.append(
            _Gate(p, missing, as_weights(weights[at], p.size), method, 0.0 if method == "bonferroni" else gamma)
        )
    return gates


def _mixture(gates: list[_Gate]) -> list[np.ndarray]:
    """Closed test of all hypotheses; an intersection shares the level among families as the stages do."""
    home = [(family, at) for family, gate in enumerate(gates) for at in range(gate.p.size)]
    adjusted = np.zeros(len(home))
    parts = [{(): (np.inf, 0.0)} for _ in gates]
    for known, gate in zip(parts, gates, strict=True):
        for members in subsets(range(gate.p.size)):
            known[members] = (gate.local(members), gate.used(members))
    for members in subsets(range(len(home))):
        level, found = 1.0, np.inf
        for family, known in enumerate(parts):
            local, used = known[tuple(home[i][1] for i in members if home[i][0] == family)]
            found = min(found, local / level)
            level *= 1 - used
            if level <= 0:
                break
        of = list(members)
        adjusted[of] = np.maximum(adjusted[of], found)
    return [np.array([adjusted[i] for i, (f, _) in enumerate(home) if f == family]) for family in range(len(gates))]


def _retested(gates: list[_Gate], first: list[np.ndarray]) -> list[np.ndarray]:
    """The smaller of the first result and that of the full procedure once all families after it are rejected."""
    found, behind = list(first), float(first[-1].max())
    for family in range(len(gates) - 2, -1, -1):
        gate = gates[family]
        full = np.zeros(gate.p.size)
        method = "holm" if gate.method == "bonferroni" else gate.method
        complete = _Gate(gate.p, gate.missing, gate.weights, method, 1.0)
        for members in subsets(range(gate.p.size)):
            of = list(members)
            full[of] = np.maximum(full[of], complete.local(members))
        again = np.maximum(full, behind)
        found[family] = np.minimum(first[family], again)
        behind = float(again.max())
    return found


def _plain(values: np.ndarray, missing: np.ndarray) -> tuple[float | None, ...]:
    return tuple(None if gone else min(1.0, float(v)) for v, gone in zip(values, missing, strict=True))
