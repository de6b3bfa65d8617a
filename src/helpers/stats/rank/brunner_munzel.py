"""The Brunner-Munzel test, with its t approximation or by studentised permutation."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from helpers.stats._types import check_choice
from helpers.stats.rank._common import one_sided_limits, ordinals_of
from helpers.stats.rank._tables import counted, permuted
from helpers.stats.rank.effect import (
    RelativeEffect,
    back,
    effect_and_parts,
    relative_effect,
    standardised,
    transformed,
)


def brunner_munzel(
    values: Iterable[float],
    reference: Iterable[float],
    *,
    level: float = 0.95,
    alternative: str = "two-sided",
    method: str = "t",
    scale: str = "identity",
    resamples: int = 10_000,
    seed: int = 0,
) -> RelativeEffect:
    """Brunner-Munzel test of a relative effect of 1/2, and the interval of the effect from the same distribution.

    Parameters
    ----------
    values, reference, level, alternative
        As in `relative_effect`.
    method : {"t", "normal", "permutation"}
        The small-sample t approximation, the normal one, or the permutation distribution of the studentised effect:
        every arrangement where they can be listed, else random ones.
    scale : {"identity", "logit", "probit"}
        Where the effect is studentised.
    resamples, seed : int
        Number of random arrangements and their seed.

    Returns
    -------
    RelativeEffect
        As `relative_effect`; `df` is None but for the t approximation. "separated" samples have a p-value by
        permutation and no interval.

    Notes
    -----
    Brunner E, Munzel U. Biom J 2000;42:17-25. Neubert K, Brunner E. Comput Stat Data Anal 2007;51:5192-5204. Pauly M,
    Asendorf T, Konietschke F. Biom J 2016;58:1319-1337. An arrangement without overlap has an infinite statistic.
    """
    check_choice("method", method, ("t", "normal", "permutation"))
    check_choice("scale", scale, ("identity", "logit", "probit"))
    distribution = "t" if method == "t" else "normal"
    plain = relative_effect(
        values, reference, level=level, alternative=alternative, scale=scale, distribution=distribution
    )
    if method != "permutation" or plain.reason not in ("", "separated"):
        return plain

    def studentised(counts: np.ndarray, counts_ref: np.ndarray) -> np.ndarray:
        p, (part, part_ref) = effect_and_parts(counts, counts_ref)
        return standardised(p, np.sqrt(part + part_ref), scale)

    counts, counts_ref = counted(ordinals_of(values), ordinals_of(reference))
    null = permuted(counts, counts_ref, studentised, resamples=resamples, seed=seed)
    p_value = null.p_value(alternative)
    if plain.reason:
        return replace(plain, p_value=p_value)
    tail = (1 - level) / 2 if alternative == "two-sided" else 1 - level
    centre, width = transformed(plain.estimate, plain.se, scale)
    lower, upper = (
        min(1.0, max(0.0, back(centre - null.quantile(share) * width, scale))) for share in (1 - tail, tail)
    )
    lower, upper = one_sided_limits(lower, upper, alternative, floor=0.0, ceiling=1.0)
    return replace(plain, lower=lower, upper=upper, p_value=p_value)
