"""Scores of the trial's instruments: Dallas domains, SINS."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from helpers.codebook import Codebook, Domain
from helpers.errors import InvalidInput


def score_domain(items: pd.DataFrame, domain: Domain) -> pd.DataFrame:
    """Score one Dallas domain: min(100, multiplier x sum of its items).

    Parameters
    ----------
    items : DataFrame
        One row per form, a column per item of the domain; missing items are missing values.
    domain : Domain
        Items, multiplier and how many of them may be missing.

    Returns
    -------
    DataFrame
        `score` in 0..100 (missing where more items are missing than allowed), `capped` (the sum went beyond 100) and
        `imputed` (how many missing items were replaced by the mean of the person's other items of the domain).
    """
    scores = items[list(domain.items)].astype("float64")
    missing = scores.isna().sum(axis=1)
    usable = (missing <= domain.missing_allowed) & (missing < len(domain.items))
    total = scores.mean(axis=1).where(usable) * len(domain.items) * domain.multiplier
    return pd.DataFrame(
        {
            "score": total.clip(upper=100).round(10),
            "capped": total.gt(100 + 1e-9),
            "imputed": missing.where(usable, 0).astype("int64"),
        }
    )


def score_dallas(items: pd.DataFrame, codebook: Codebook) -> dict[str, pd.DataFrame]:
    """Every Dallas domain of the codebook scored by `score_domain`."""
    return {code: score_domain(items, domain) for code, domain in codebook.dallas.domains.items()}


def sins_location(level: str, codebook: Codebook) -> int:
    """SINS points of a vertebra's location.

    Raises
    ------
    InvalidInput
        If the vertebra is outside T1 to L5.
    """
    try:
        return codebook.levels[level].sins_location
    except KeyError:
        raise InvalidInput(f"{level!r} is not a vertebra from T1 to L5.") from None


def sins_class(total: int) -> str:
    """Stability by the SINS total: 0-6 STABLE, 7-12 POTENTIALLY UNSTABLE, 13-18 UNSTABLE."""
    if not 0 <= total <= 18:
        raise InvalidInput(f"a SINS total of {total} is outside 0..18.")
    return ("STABLE", "POTENTIALLY UNSTABLE", "UNSTABLE")[int(np.searchsorted([7, 13], total, side="right"))]


def sins_total(components: Mapping[str, int], codebook: Codebook) -> int:
    """Sum of the six SINS components, each checked against its own scores (`location`, `pain`, ...).

    Raises
    ------
    InvalidInput
        If a component is missing or has a score that does not exist.
    """
    total = 0
    for name in ("location", "pain", "lesion", "alignment", "collapse", "posterolateral"):
        allowed = codebook.codelists[f"sins_{name}"]
        if components.get(name) not in allowed:
            raise InvalidInput(
                f"SINS {name}: {components.get(name)!r} is not one of {', '.join(map(str, sorted(allowed)))}."
            )
        total += components[name]
    return total
