"""Records of how well a mixed model fits: spread, correlation, and the shape of its residuals, group all."""

from collections.abc import Sequence
from itertools import combinations

from helpers.endpoints._record import Recorder
from helpers.results import Record
from helpers.stats import mixed

#: Groups into which the ordered residuals are divided.
GROUPS = 5


def shape(recorder: Recorder, model: mixed.Fit | None, *, parameter: str, visit: str) -> list[Record]:
    """Residuals decorrelated by the model and what a normal sample would show.

    <PARAMETER>_SKEW and _KURT (excess): estimate, se under normality (residual-shape). <PARAMETER>_FIFTH1 to 5: mean of
    the fifth of the ordered residuals, in standard deviations (scaled-residuals); _NORMAL1 to 5: the same of a normal
    sample (normal-scores).
    """
    found = mixed.residuals(model, groups=GROUPS)
    where = {"group": "all", "visit": visit, "reason": found.reason}
    shapes = {"SKEW": (found.skewness, found.skewness_se), "KURT": (found.kurtosis, found.kurtosis_se)}
    records = []
    for name, (estimate, se) in shapes.items():
        figures, how = {"estimate": estimate, "se": se}, {"method": "residual-shape", "unit": "moment"}
        records += recorder.records(figures, parameter=f"{parameter}_{name}", **where, **how)
    means = {"FIFTH": (found.observed, "scaled-residuals"), "NORMAL": (found.expected, "normal-scores")}
    for name, (values, method) in means.items():
        for number in range(GROUPS):
            figures = {"mean": values[number] if values else None}
            at = f"{parameter}_{name}{number + 1}"
            records += recorder.records(figures, parameter=at, **where, method=method, unit="smd")
    return records


def spread(
    recorder: Recorder, model: mixed.Mmrm, *, parameter: str, unit: str, visits: Sequence[str], method: str
) -> list[Record]:
    """Residual covariance of a repeated measure: standard deviation at each visit, correlation of each two.

    <PARAMETER>_SPREAD at a visit: estimate. <PARAMETER>_WITH_<earlier visit> at a visit: estimate, the correlation.
    """
    sigma = model.fit.sigma if model.fit else None
    place = {v: i for i, v in enumerate(model.fit.visits)} if model.fit else {}
    how = {"group": "all", "method": method, "reason": model.reason or "too-few"}
    records = []
    for visit in visits:
        at = place.get(visit)
        value = None if at is None else float(sigma[at, at]) ** 0.5
        records += recorder.records(
            {"estimate": value}, parameter=f"{parameter}_SPREAD", visit=visit, unit=unit, **how
        )  # fmt: skip
    for first, second in combinations(visits, 2):
        i, j = place.get(first), place.get(second)
        value = None if None in (i, j) else float(sigma[i, j] / (sigma[i, i] * sigma[j, j]) ** 0.5)
        records += recorder.records(
            {"estimate": value}, parameter=f"{parameter}_WITH_{first}", visit=second, unit="correlation", **how
        )  # fmt: skip
    return records
