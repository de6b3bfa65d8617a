"""What the two faces for trials share: the frame with arms as a factor, and the formula's terms."""

from collections.abc import Hashable, Sequence

import pandas as pd

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice, check_level
from helpers.stats._wald import ALTERNATIVES
from helpers.stats.mixed.grid import WEIGHTS
from helpers.stats.mixed.inference import check_inference


def trial_frame(
    data: pd.DataFrame,
    *,
    outcome: str,
    arm: str,
    reference: Hashable,
    units: Sequence[str],
    covariates: Sequence[str],
    factors: Sequence[str],
) -> tuple[pd.DataFrame, list[Hashable]]:
    """The columns needed, arms as a factor with the reference first, and the arms seen before rows are left out."""
    columns = list(dict.fromkeys([outcome, arm, *units, *covariates, *factors]))
    absent = [c for c in columns if c not in data]
    if absent:
        raise InvalidInput(f"no column {', '.join(absent)} in the data of the mixed model.")
    words = [c for c in (outcome, *covariates) if not pd.api.types.is_numeric_dtype(data[c])]
    if words:
        raise InvalidInput(f"{', '.join(words)} must be numeric; name a category among the factors.")
    if arm in (outcome, *covariates, *factors) or outcome in (*covariates, *factors):
        raise InvalidInput("a column can be one of outcome, arm and covariate only.")
    frame = data[columns].copy()
    arms = [reference, *sorted(set(frame[arm].dropna()) - {reference})]
    frame[arm] = pd.Categorical(frame[arm], categories=arms)
    for name in factors:
        if not isinstance(frame[name].dtype, pd.CategoricalDtype):
            frame[name] = frame[name].astype("category")
    return frame, arms


def check_answers(*, method: str, df: str, level: float, alternative: str, covariance: str, weights: str) -> None:
    """Refuse unknown options of inference before anything is fitted."""
    check_level(level)
    check_choice("method", method, ("REML", "ML"))
    check_choice("alternative", alternative, ALTERNATIVES)
    check_choice("weights", weights, WEIGHTS)
    check_inference(df, method, covariance)


def quoted(name: str) -> str:
    """A column's name as a formula can hold it."""
    if "`" in name:
        raise InvalidInput(f"the column {name} has a backtick in its name, which a formula cannot hold.")
    return f"`{name}`"
