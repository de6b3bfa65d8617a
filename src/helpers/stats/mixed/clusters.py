"""Arms compared on units within clusters, such as several lesions of a patient."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from helpers.errors import InvalidInput
from helpers.stats._types import Contrast, Estimate, known_reason
from helpers.stats.mixed._trial import check_answers, quoted, trial_frame
from helpers.stats.mixed.fitting import fit
from helpers.stats.mixed.model import Fit


@dataclass(frozen=True)
class Clustered:
    """Means by arm and contrasts with the reference arm, of `n` units in `n_clusters` clusters.

    `between` and `within` are variances in the squared unit of the outcome, `icc` the correlation of two units of a
    cluster (negative only with structure "CS"); `boundary` says that the variance between clusters was held at zero,
    when standard errors and degrees of freedom are those of independent units.
    """

    means: Mapping[Hashable, Estimate]
    contrasts: Mapping[Hashable, Contrast]
    icc: float | None = None
    between: float | None = None
    within: float | None = None
    boundary: bool = False
    n: int = 0
    n_clusters: int = 0
    n_missing: int = 0
    reason: str = ""
    fit: Fit | None = field(default=None, repr=False, compare=False)

    def __post_init__(self):
        known_reason(self.reason)


def clustered(
    data: pd.DataFrame,
    *,
    outcome: str,
    arm: str,
    reference: Hashable,
    cluster: str,
    covariates: Sequence[str] = (),
    factors: Sequence[str] = (),
    structure: str = "RI",
    method: str = "REML",
    df: str = "kenward-roger",
    level: float = 0.95,
    null: float = 0.0,
    alternative: str = "two-sided",
    covariance: str = "model",
    weights: str = "equal",
) -> Clustered:
    """Means by arm with units of a cluster correlated, clusters of any size.

    Parameters
    ----------
    data : DataFrame
        One row a unit; rows with a missing value are left out.
    outcome, arm, cluster : str
        Columns.
    reference : hashable
        Code of the reference arm.
    covariates, factors : sequence of str
        As in `mmrm`.
    structure : str
        "RI" for a random intercept, whose variance is not negative; "CS" for any correlation that is possible; "VC"
        for none.
    method, df, level, null, alternative, covariance, weights
        As in `mmrm`.

    Returns
    -------
    Clustered
        With `reason` "too-few" where there is one arm or an arm has fewer than two clusters, "singular" where every
        cluster has one unit ("RI" and "CS": the two variances cannot be told apart), or those of `fit`.

    Raises
    ------
    InvalidInput
        As `mmrm`.

    Notes
    -----
    Laird NM, Ware JH. Biometrics 1982;38:963-974.
    """
    check_answers(method=method, df=df, level=level, alternative=alternative, covariance=covariance, weights=weights)
    if structure not in ("RI", "CS", "VC"):
        raise InvalidInput(f"structure is {structure!r}; units of a cluster have 'RI', 'CS' or 'VC'.")
    frame, arms = trial_frame(
        data, outcome=outcome, arm=arm, reference=reference, units=[cluster], covariates=covariates, factors=factors
    )
    used = frame.dropna()
    clusters = used.groupby(arm, observed=False)[cluster].nunique()
    units = used[arm].value_counts()
    n = {a: int(units.get(a, 0)) for a in arms}
    known = dict(n=len(used), n_clusters=int(used[cluster].nunique()), n_missing=len(frame) - len(used))
    formula = f"{quoted(outcome)} ~ {' + '.join(map(quoted, [arm, *covariates, *factors]))}"
    reason, model = "too-few", None
    if len(arms) > 1 and min(int(clusters.get(a, 0)) for a in arms) > 1:
        model = fit(frame, formula=formula, subject=cluster, structure=structure, method=method)
        reason = model.reason
    if reason:
        return Clustered(
            {a: Estimate(n[a], None, reason=reason) for a in arms},
            {a: Contrast(n[a] + n[reference], None, reason=reason) for a in arms[1:]},
            reason=reason,
            **known,
        )
    rows = dict(zip(arms, model.rows([{arm: a} for a in arms], weights=weights), strict=True))
    means, contrasts = {}, {}
    for a in arms:
        c = model.contrast(rows[a], df=df, level=level, covariance=covariance)
        means[a] = Estimate(n[a], c.estimate, c.se, c.df, c.lower, c.upper, c.reason)
        if a != reference:
            c = model.contrast(
                rows[a] - rows[reference],
                df=df,
                level=level,
                covariance=covariance,
                null=null,
                alternative=alternative,
            )
            total = n[a] + n[reference]
            contrasts[a] = Contrast(total, c.estimate, c.se, c.df, c.lower, c.upper, c.reason, c.p_value)
    sigma = model.sigma
    between = float(sigma[0, 1]) if len(sigma) > 1 else 0.0
    variance = float(np.diag(sigma)[0])
    return Clustered(
        means,
        contrasts,
        icc=between / variance,
        between=between,
        within=variance - between,
        boundary=model.boundary,
        fit=model,
        **known,
    )
