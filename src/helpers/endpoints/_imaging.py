"""What vertebral height and kyphotic angle share: vertebra and patient as the unit, agreement of the readers."""

from collections.abc import Sequence

import pandas as pd

from helpers.data import Datasets
from helpers.endpoints import _fit
from helpers.endpoints._continuous import contrast_records
from helpers.endpoints._population import ARMS, among, patients
from helpers.endpoints._record import Recorder
from helpers.results import Record
from helpers.stats import Contrast, Estimate, agreement, mixed


def treated(data: Datasets) -> pd.DataFrame:
    """The rows of `adimg` at treated levels, with a value."""
    done = pd.MultiIndex.from_frame(data["adproc"][["USUBJID", "LEVEL"]])
    adimg = data["adimg"]
    return adimg[pd.MultiIndex.from_frame(adimg[["USUBJID", "LEVEL"]]).isin(done) & adimg["AVAL"].notna()]


def patient_means(data: Datasets, parameter: str) -> pd.DataFrame:
    """A measure averaged over each patient's treated vertebrae, one row a patient and visit.

    AVAL is over the vertebrae seen at the visit; BASE and POST are over those seen both at baseline and at the visit.
    """
    rows = treated(data)
    rows = rows[rows["PARAMCD"] == parameter]
    rows = rows.assign(POST=rows["AVAL"].where(rows["BASE"].notna()))
    return rows.groupby(["USUBJID", "AVISIT"], observed=True)[["AVAL", "BASE", "POST"]].mean().reset_index()


def modelled(data: Datasets, recorder: Recorder, *, parameters: Sequence[str], unit: str, visit: str) -> list[Record]:
    """Each measure of the treated vertebrae at the visit by a mixed model, per arm and KP-VP.

    Arm, baseline and spinal region, a random intercept for the patient: estimate, se, df, lower95, upper95; KP-VP also
    n (vertebrae) and p_value (mixed-ri-kr; mixed-vc where no variance between patients is left, or every patient has
    one vertebra). <PARAMETER>_BETWEEN, group all: estimate of the intraclass correlation of a patient's vertebrae.
    """
    rows = _rows(data, recorder, visit)
    records = []
    for parameter in parameters:
        model, method = _fitted(rows[rows["PARAMCD"] == parameter])
        for arm in ARMS:
            found = model.means.get(arm) or Estimate(0, None, reason="too-few")
            figures = {"n": found.n, "estimate": found.estimate, "se": found.se, "df": found.df}
            figures |= {"lower95": found.lower, "upper95": found.upper}
            records += recorder.records(
                figures, parameter=parameter, group=arm, visit=visit, method=method, unit=unit, reason=found.reason
            )
        contrast = model.contrasts.get("KP") or Contrast(model.n, None, reason="too-few")
        records += contrast_records(recorder, contrast, parameter=parameter, visit=visit, unit=unit, method=method)
        records += recorder.records(
            {"estimate": model.icc}, parameter=f"{parameter}_BETWEEN", group="all", visit=visit, method=method,
            unit="correlation", reason=model.reason or "undefined",
        )  # fmt: skip
    return records


def fit(data: Datasets, recorder: Recorder, *, parameters: Sequence[str], unit: str, visit: str) -> list[Record]:
    """How well the models of `modelled` fit, group all: spread between and within patients, and `_fit.shape`.

    <PARAMETER>_SDBETWEEN and <PARAMETER>_SDWITHIN: estimate, standard deviations of the patients and of the vertebrae
    of a patient.
    """
    rows = _rows(data, recorder, visit).sort_values(["USUBJID", "LEVEL"])  # residuals are decorrelated in this order
    records = []
    for parameter in parameters:
        model, method = _fitted(rows[rows["PARAMCD"] == parameter])
        for name, variance in {"SDBETWEEN": model.between, "SDWITHIN": model.within}.items():
            records += recorder.records(
                {"estimate": None if variance is None else max(variance, 0.0) ** 0.5}, parameter=f"{parameter}_{name}",
                group="all", visit=visit, method=method, unit=unit, reason=model.reason,
            )  # fmt: skip
        records += _fit.shape(recorder, model.fit, parameter=parameter, visit=visit)
    return records


def _rows(data: Datasets, recorder: Recorder, visit: str) -> pd.DataFrame:
    """The treated vertebrae with a value at the visit and before."""
    rows = among(treated(data), patients(data, recorder.population))
    return rows[(rows["AVISIT"] == visit) & rows["BASE"].notna()].assign(REGION=lambda r: r["REGION"].astype(str))


def _fitted(rows: pd.DataFrame) -> tuple[mixed.Clustered, str]:
    """The model with a random intercept, or without where the vertebrae of a patient cannot be told to be alike."""
    shared = {"outcome": "AVAL", "arm": "ARM", "reference": "VP", "cluster": "USUBJID"}
    shared |= {"covariates": ["BASE"], "factors": ["REGION"], "weights": "proportional"}
    model = mixed.clustered(rows, **shared, structure="RI")
    if model.reason == "singular" and not rows["USUBJID"].duplicated().any():
        return mixed.clustered(rows, **shared, structure="VC", df="residual"), "mixed-vc"
    return model, "mixed-vc" if model.boundary else "mixed-ri-kr"


def readers(
    data: Datasets,
    recorder: Recorder,
    *,
    parameters: Sequence[str],
    unit: str,
    visits: Sequence[str],
    resamples: int,
    seed: int,
) -> list[Record]:
    """Agreement of the two readers by measure and visit, over the treated vertebrae of both arms, group all.

    <PARAMETER>_ICC: n (vertebrae), estimate, lower95, upper95 (icc-a1-cluster-bootstrap). <PARAMETER>_BIAS: estimate,
    lower95 and upper95 the limits of agreement (bland-altman-clustered). <PARAMETER>_SEM: estimate, the standard error
    of measurement of a single reading; <PARAMETER>_MDC: estimate, the minimal detectable change of a vertebra at the
    95 % level, for the mean of two readings.
    """
    rows = among(treated(data), patients(data, recorder.population)).sort_values(["USUBJID", "LEVEL"])
    records = []
    for parameter in parameters:
        for visit in visits:
            read = rows[(rows["PARAMCD"] == parameter) & (rows["AVISIT"] == visit)].dropna(subset=["READ1", "READ2"])
            where = {"group": "all", "visit": visit}
            records += _agreement(recorder, read, parameter, unit, where, resamples, seed)
    return records


def _agreement(
    recorder: Recorder, read: pd.DataFrame, parameter: str, unit: str, where: dict, resamples: int, seed: int
) -> list[Record]:
    pair = read[["READ1", "READ2"]].to_numpy(dtype=float)
    like = agreement.icc_clustered(pair, read["USUBJID"], seed=seed, resamples=resamples)
    records = recorder.records(
        {"n": len(pair), "estimate": like.estimate, "lower95": like.lower, "upper95": like.upper},
        **where, parameter=f"{parameter}_ICC", method="icc-a1-cluster-bootstrap", unit="correlation",
        reason=like.reason,
    )  # fmt: skip
    apart = agreement.repeated_limits(read["READ1"], read["READ2"], read["USUBJID"])
    records += recorder.records(
        {"estimate": apart.bias.estimate, "lower95": apart.lower.estimate, "upper95": apart.upper.estimate},
        **where, parameter=f"{parameter}_BIAS", method="bland-altman-clustered", unit=unit,
        reason=apart.reason or "no-variance",
    )  # fmt: skip
    error = agreement.measurement_error(pair, averaged=2)
    found = {"SEM": error.estimate, "MDC": error.detectable_change.estimate if error.detectable_change else None}
    for name, value in found.items():
        records += recorder.records(
            {"estimate": value}, **where, parameter=f"{parameter}_{name}", method="measurement-error-agreement",
            unit=unit, reason=error.reason,
        )  # fmt: skip
    return records
