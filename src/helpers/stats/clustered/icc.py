"""Intraclass correlation of a binary outcome within clusters."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice, known_reason
from helpers.stats.clustered._counts import read_clusters

METHODS = ("anova", "fleiss-cuzick")


@dataclass(frozen=True)
class Icc:
    """An intraclass correlation, from `units` in `clusters`; `mean_size` is the size that enters its formula."""

    estimate: float | None
    clusters: int
    units: int
    mean_size: float | None = None
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)


def icc(*arms: tuple[Sequence[int], Sequence[int]], method: str = "anova") -> Icc:
    """Intraclass correlation within clusters, around the mean of each arm.

    Parameters
    ----------
    *arms : pairs of sequences of int
        Events and units by cluster, one pair an arm; with one pair all clusters have one mean.
    method : {"anova", "fleiss-cuzick"}
        From the mean squares between and within clusters, or from the share of discordant pairs.

    Returns
    -------
    Icc
        Not cut at 0: small negative values are estimates like others. Reason "too-few" where no cluster has two units
        or there are no more clusters than arms, "no-variance" where every unit of each arm has the same outcome.

    Raises
    ------
    InvalidInput
        If the counts are no counts or no arm is given.

    Notes
    -----
    Ridout MS, Demetrio CGB, Firth D. Biometrics 1999;55:137-148. Donner A. Stat Med 1989. Fleiss JL, Cuzick J. Appl
    Psychol Meas 1979;3:537-542.
    """
    check_choice("method", method, METHODS)
    if not arms:
        raise InvalidInput("icc needs the clusters of at least one arm.")
    sides = [side for side in (read_clusters(*arm) for arm in arms) if side[1].size]
    k, units = sum(n.size for _, n in sides), float(sum(n.sum() for _, n in sides))
    about = {"clusters": k, "units": int(units)}
    within_df, between_df = units - k, k - len(sides)
    if within_df < 1 or between_df < 1:
        return Icc(None, reason="too-few", **about)
    rates = [x.sum() / n.sum() for x, n in sides]
    within = float(sum((x * (n - x) / n).sum() for x, n in sides))
    spread = float(sum(p * (1 - p) * n.sum() for p, (_, n) in zip(rates, sides, strict=True)))
    if spread == 0:
        return Icc(None, reason="no-variance", **about)
    size = (units - sum((n**2).sum() / n.sum() for _, n in sides)) / between_df
    if method == "fleiss-cuzick":
        return Icc(float(1 - within / (within_df * spread / units)), mean_size=float(size), **about)
    between = float(sum((n * (x / n - p) ** 2).sum() for p, (x, n) in zip(rates, sides, strict=True))) / between_df
    mean_within = within / within_df
    bottom = between + (size - 1) * mean_within
    if bottom == 0:
        return Icc(None, reason="no-variance", **about)
    return Icc(float((between - mean_within) / bottom), mean_size=float(size), **about)


def inflation(sizes: np.ndarray, correlation: float) -> float:
    """How much a correlation inflates the variance of a proportion of clusters of these sizes."""
    return float((sizes * (1 + (sizes - 1) * correlation)).sum() / sizes.sum())
