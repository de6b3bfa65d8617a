"""Graphical procedures: hypotheses with weights, which a rejected one passes on along the arrows of a graph."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helpers.errors import InvalidInput
from helpers.stats.multiplicity._common import ROUNDING, Adjusted, as_planned, as_tuple
from helpers.stats.multiplicity._normal import weighted_exceedance
from helpers.stats.multiplicity.closed import (
    MOST_HYPOTHESES,
    ClosedTest,
    LocalTest,
    bonferroni_test,
    hochberg_test,
    simes_test,
    subsets,
)

#: Weights and rows of a transition matrix may sum to this much more than 1.
_SLACK = 1e-9


@dataclass(frozen=True)
class Graph:
    """Weights of the hypotheses (shares of the level, together at most 1) and the arrows between them.

    `transitions[i][j]` is the part of its weight that hypothesis i passes to j once i is rejected; a row sums to at
    most 1 and the diagonal is 0.

    Raises
    ------
    InvalidInput
        If the matrix does not fit the weights or one of these rules is broken.
    """

    weights: tuple[float, ...]
    transitions: tuple[tuple[float, ...], ...]

    def __post_init__(self):
        w, g = np.array(self.weights, dtype=float), np.array(self.transitions, dtype=float)
        if w.ndim != 1 or g.shape != (w.size, w.size):
            raise InvalidInput(
                f"{w.size} weights need a transition matrix of {w.size} rows and columns, not {g.shape}."
            )
        if not np.isfinite(w).all() or (w < 0).any() or w.sum() > 1 + _SLACK:
            raise InvalidInput(f"weights are {self.weights}; they must be 0 or more and sum to at most 1.")
        if not np.isfinite(g).all() or (g < 0).any() or (g > 1 + _SLACK).any() or (g.sum(axis=1) > 1 + _SLACK).any():
            raise InvalidInput("every transition must lie between 0 and 1, and a row must sum to at most 1.")
        if np.diag(g).any():
            raise InvalidInput("the diagonal of the transitions must be 0: a hypothesis passes nothing to itself.")
        object.__setattr__(self, "weights", tuple(float(v) for v in w))
        object.__setattr__(self, "transitions", tuple(tuple(float(v) for v in row) for row in g))

    def without(self, hypothesis: int) -> "Graph":
        """The graph after the hypothesis at that position (from 0) is rejected; it keeps its place with weight 0.

        Notes
        -----
        Bretz F, Maurer W, Brannath W, Posch M. Stat Med 2009;28:586-604, algorithm 1. In whatever order several
        hypotheses are taken out, the graph that remains is the same.
        """
        if not 0 <= hypothesis < len(self.weights):
            raise InvalidInput(f"there is no hypothesis {hypothesis}; positions are 0 to {len(self.weights) - 1}.")
        w, g = _taken_out(np.array(self.weights), np.array(self.transitions), hypothesis)
        return Graph(tuple(w), tuple(map(tuple, g)))


@dataclass(frozen=True)
class Step:
    """One rejection: which hypothesis, at which level of the whole, and the graph it was rejected in."""

    hypothesis: int
    p_value: float
    graph: Graph


@dataclass(frozen=True)
class GraphTest(Adjusted):
    """Adjusted p-values, and the order in which hypotheses are rejected as the level rises."""

    steps: tuple[Step, ...] = ()

    def sequence(self, alpha: float) -> tuple[int, ...]:
        """Positions of the hypotheses rejected at `alpha`, in order."""
        rejected = self.rejected(alpha)
        return tuple(step.hypothesis for step in self.steps if rejected[step.hypothesis])

    def remaining(self, alpha: float) -> Graph | None:
        """The graph once all hypotheses that can be rejected at `alpha` are; None if there are no hypotheses."""
        rejected = self.rejected(alpha)
        if not self.steps:
            return None
        graph = self.steps[0].graph
        for at, gone in enumerate(rejected):
            graph = graph.without(at) if gone else graph
        return graph


def graph_test(p_values: Sequence[float | None], graph: Graph) -> GraphTest:
    """Sequentially rejective test of a graph with Bonferroni's inequality.

    Parameters
    ----------
    p_values : sequence of float
        P-values in the order of the graph; a missing one (None or NaN) cannot be rejected, so it passes nothing on.
    graph : Graph
        Initial weights and transitions.

    Returns
    -------
    GraphTest
        Adjusted p-values; 1 for a hypothesis that no rejection gives a weight.

    Raises
    ------
    InvalidInput
        If a p-value lies outside [0, 1] or there are not as many as hypotheses in the graph.

    Notes
    -----
    Bretz et al. 2009, algorithm 2: of the hypotheses with a weight, the one with the smallest p-value over its weight
    is next; adjusted p-values are the running maximum of that ratio.
    """
    p, missing = _fitting(p_values, graph)
    adjusted, left, steps, highest = np.ones(p.size), set(range(p.size)), [], 0.0
    current = graph
    while left:
        ratios = {at: p[at] / current.weights[at] for at in sorted(left) if current.weights[at] > 0}
        if not ratios:
            break
        at = min(ratios, key=ratios.get)
        highest = max(highest, float(ratios[at]))
        adjusted[at] = highest
        steps.append(Step(at, min(1.0, highest), current))
        current = current.without(at)
        left.remove(at)
    return GraphTest(as_tuple(np.where(missing, np.nan, adjusted)), p.size, "", tuple(steps))


def intersection_weights(graph: Graph) -> dict[tuple[int, ...], tuple[float, ...]]:
    """Weights of the members of every intersection: the graph once all other hypotheses are taken out.

    Raises
    ------
    InvalidInput
        If the graph has more than 15 hypotheses.
    """
    count = len(graph.weights)
    if count > MOST_HYPOTHESES:
        raise InvalidInput(f"{count} hypotheses have too many intersections; at most {MOST_HYPOTHESES} are listed.")
    everyone = tuple(range(count))
    graphs, queue = {everyone: (np.array(graph.weights), np.array(graph.transitions))}, [everyone]
    for members in queue:
        for gone in members if len(members) > 1 else ():
            smaller = tuple(i for i in members if i != gone)
            if smaller not in graphs:
                graphs[smaller] = _taken_out(*graphs[members], gone)
                queue.append(smaller)
    return {members: tuple(float(graphs[members][0][i]) for i in members) for members in subsets(everyone)}


def graph_closed_test(
    p_values: Sequence[float | None],
    graph: Graph,
    *,
    local: str | Sequence[str] = "bonferroni",
    groups: Sequence[Sequence[int]] | None = None,
    correlation: Sequence[Sequence[float]] | None = None,
) -> ClosedTest:
    """Closed test whose intersections have the weights of the graph and are judged by tests that may use more.

    Parameters
    ----------
    p_values : sequence of float
        P-values in the order of the graph; a missing one (None or NaN) counts as 1.
    graph : Graph
        Initial weights and transitions.
    local : str or sequence of str
        Test within a group: "bonferroni", "simes", "hochberg" (equal weights within the group) or "parametric"
        (one-sided p-values of test statistics that are jointly normal).
    groups : sequence of sequences of int, optional
        Positions of the hypotheses that are tested together; Bonferroni's inequality holds between groups. By default
        one group.
    correlation : matrix, optional
        Correlations of the test statistics, for "parametric"; entries between groups are not used.

    Returns
    -------
    ClosedTest
        Adjusted p-values and those of the intersections; `reason` is "too-large" above 15 hypotheses.

    Raises
    ------
    InvalidInput
        As in `graph_test`; or if the groups are no partition, a test is unknown, or the correlations are missing, out
        of range or not symmetric.

    Notes
    -----
    Bretz F et al. Biom J 2011;53:894-913 (Simes, parametric); Lu K. Stat Med 2016;35:4041-4053 and Xi D, Glimm E,
    Maurer W, Bretz F. Biom J 2017;59:918-931 (mixtures, weights that sum to less than 1); Xi D, Bretz F. Stat Med
    2019;38:5268-5282 (Hochberg).
    """
    p, missing = _fitting(p_values, graph)
    groups = _partition(groups, p.size)
    names = [local] * len(groups) if isinstance(local, str) else list(local)
    tests = _tests(names, groups, correlation, p.size)
    if p.size > MOST_HYPOTHESES:
        return ClosedTest((None,) * p.size, p.size, "too-large")
    adjusted, intersections = np.zeros(p.size), {}
    for members, weights in intersection_weights(graph).items():
        share = dict(zip(members, weights, strict=True))
        found = 1.0
        for group, test in zip(groups, tests, strict=True):
            present = tuple(i for i in group if share.get(i, 0.0) > 0)
            if present:
                w = np.array([share[i] for i in present])
                found = min(found, test(p[list(present)], w, present))
        intersections[members] = found
        adjusted[list(members)] = np.maximum(adjusted[list(members)], found)
    return ClosedTest(as_tuple(np.where(missing, np.nan, adjusted)), p.size, "", intersections)


def _taken_out(w: np.ndarray, g: np.ndarray, hypothesis: int) -> tuple[np.ndarray, np.ndarray]:
    out, back = g[hypothesis], g[:, hypothesis]
    weights = w + w[hypothesis] * out
    around = (1 - back * out)[:, None]
    rest = np.divide(g + np.outer(back, out), around, out=np.zeros_like(g), where=around > 0)
    np.fill_diagonal(rest, 0.0)
    rest[hypothesis], rest[:, hypothesis], weights[hypothesis] = 0.0, 0.0, 0.0
    return np.minimum(weights, 1.0), rest / np.maximum(1.0, rest.sum(axis=1))[:, None]  # rounding may pass 1


def _fitting(p_values: Sequence[float | None], graph: Graph) -> tuple[np.ndarray, np.ndarray]:
    p, missing = as_planned(p_values)
    if p.size != len(graph.weights):
        raise InvalidInput(f"{p.size} p-values for a graph of {len(graph.weights)} hypotheses.")
    return p, missing


def _partition(groups: Sequence[Sequence[int]] | None, count: int) -> list[list[int]]:
    found = [list(range(count))] if groups is None else [list(group) for group in groups]
    if sorted(i for group in found for i in group) != list(range(count)):
        raise InvalidInput(f"groups are {found}; each position from 0 to {count - 1} must stand in one of them.")
    return found


def _tests(names: list[str], groups: list[list[int]], correlation, count: int) -> list[LocalTest]:
    if len(names) != len(groups):
        raise InvalidInput(f"{len(names)} local tests for {len(groups)} groups.")
    matrix = None
    if "parametric" in names:
        if correlation is None:
            raise InvalidInput("a parametric test needs the correlations of the test statistics.")
        matrix = np.array(correlation, dtype=float)
        if matrix.shape != (count, count):
            raise InvalidInput(
                f"the correlations are {matrix.shape}; {count} hypotheses need {count} rows and columns."
            )
    found = []
    for name, group in zip(names, groups, strict=True):
        if name == "parametric":
            part = matrix[np.ix_(group, group)]
            if not (np.isfinite(part).all() and np.allclose(part, part.T) and np.allclose(np.diag(part), 1)):
                raise InvalidInput("correlations must be finite and symmetric, with 1 on the diagonal.")
            if (np.abs(part) > 1 + ROUNDING).any():
                raise InvalidInput("a correlation lies between -1 and 1.")
            found.append(lambda p, w, of: weighted_exceedance(p, w, matrix[np.ix_(of, of)]))
        elif name in _LOCAL:
            found.append(_LOCAL[name])
        else:
            raise InvalidInput(f"local is {name!r}; allowed are {', '.join(map(repr, [*_LOCAL, 'parametric']))}.")
    return found


def _equal_hochberg(p: np.ndarray, w: np.ndarray, members: tuple[int, ...]) -> float:
    if not np.allclose(w, w[0]):
        raise InvalidInput(
            f"Hochberg's test needs equal weights within a group; hypotheses {members} have {w.tolist()}."
        )
    return hochberg_test(p, w / w.sum(), members) / float(w.sum())


_LOCAL: dict[str, LocalTest] = {"bonferroni": bonferroni_test, "simes": simes_test, "hochberg": _equal_hochberg}
