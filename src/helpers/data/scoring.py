"""Scores of the trial's instruments: Dallas domains, SINS."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from helpers.codebook import Codebook, Domain
from helpers.errors import InvalidInput


def score_domain(forms: pd.DataFrame, domain: Domain) -> pd.DataFrame:
    """Score one Dallas domain: min(100, multiplier x sum of its items), or as the site scored it if no item came.

    Parameters
    ----------
    forms : DataFrame
        One row per form, a column per item of the domain and, where the site delivered its own score (0..100), the
        column `domain.scored`; what is missing is a missing value.
    domain : Domain
        Items, multiplier and how many of them may be missing.

    Returns
    -------
    DataFrame
        `score` in 0..100 (missing where more items are missing than allowed), `total` (multiplier x sum, before it is
        cut at 100; missing without items), `capped` (the total went beyond 100), `imputed` (how many missing items were
        replaced by the mean of the person's other items of the domain), `missing` (items that did not come) and `site`
        (the score is the site's).
    """
    scores = forms[list(domain.items)].astype("float64")
    missing = scores.isna().sum(axis=1)
    none = missing == len(domain.items)
    usable = (missing <= domain.missing_allowed) & ~none
    total = (scores.mean(axis=1).where(usable) * len(domain.items) * domain.multiplier).round(10)
    delivered = (
        forms[domain.scored].astype("float64")
        if domain.scored in forms
        else pd.Series(np.nan, index=forms.index, dtype="float64")
    )
    return pd.DataFrame(
        {
            "score": total.clip(upper=100).mask(none, delivered),
            "total": total,
            "capped": total.gt(100),
            "imputed": missing.where(usable, 0).astype("int64"),
            "missing": missing.astype("int64"),
            "site": none & delivered.notna(),
        }
    )


def score_dallas(forms: pd.DataFrame, codebook: Codebook) -> dict[str, pd.DataFrame]:
    """Every Dallas domain of the codebook scored by `score_domain`."""
    return {code: score_domain(forms, domain) for code, domain in codebook.dallas.domains.items()}


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
