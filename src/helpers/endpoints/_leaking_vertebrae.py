"""Treated vertebrae with a leak: counted, and compared by models that respect that those of a patient are alike."""

from math import exp

import pandas as pd

from helpers.data import Datasets
from helpers.endpoints import _binary
from helpers.endpoints._continuous import contrast_records
from helpers.endpoints._population import ARMS, CONTRAST, among, patients
from helpers.endpoints._record import recorder
from helpers.endpoints._success import VISIT
from helpers.results import Record
from helpers.stats import clustered, gee


def records(data: Datasets, population: str) -> list[Record]:
    """All records of leaking vertebrae, by the three analyses below."""
    levels = among(data["adproc"], patients(data, population))
    levels = levels.assign(LEAK=(levels["LEAKFL"] == "Y").astype(int), KP=(levels["ARM"] == "KP").astype(float))
    return _counted(levels, population) + _marginal(levels, population) + _beta_binomial(levels, population)


def _counted(levels: pd.DataFrame, population: str) -> list[Record]:
    """`leakage.vertebra`, LEAK: n, events, estimate per arm."""
    by_arm = _binary.counts(levels["ARM"], levels["LEAK"] == 1)
    return _binary.per_arm(recorder("leakage.vertebra", population=population), by_arm, parameter="LEAK", visit=VISIT)


def _marginal(levels: pd.DataFrame, population: str) -> list[Record]:
    """`leakage.vertebra_gee`, KP-VP: LEAK, the difference standardised over the vertebrae; LEAK_OR, the odds ratio.

    n (vertebrae), estimate, se, df, lower95, upper95, p_value; the se of the odds ratio is that of its logarithm
    (gee-exchangeable-mancl-derouen).
    """
    rec = recorder("leakage.vertebra_gee", population=population)
    fit = gee.gee(levels, outcome="LEAK", terms=["KP"], cluster="USUBJID")
    where = {"visit": VISIT, "method": "gee-exchangeable-mancl-derouen"}
    if fit.coefficients is None:
        difference = odds = fit.coefficient("KP")
    else:
        difference = gee.standardise(fit, levels.assign(KP=1.0), levels.assign(KP=0.0)).difference
        odds = fit.coefficient("KP")
    found = contrast_records(rec, difference, parameter="LEAK", unit="proportion", **where)
    ratio = {"estimate": odds.estimate, "lower95": odds.lower, "upper95": odds.upper}
    ratio = {s: _binary.finite(exp(v)) if v is not None else None for s, v in ratio.items()}
    ratio |= {"n": odds.n, "se": odds.se, "df": odds.df, "p_value": odds.p_value}
    return found + rec.records(
        ratio, parameter="LEAK_OR", group=CONTRAST, unit="odds", reason=odds.reason or "undefined", **where
    )


def _beta_binomial(levels: pd.DataFrame, population: str) -> list[Record]:
    """`leakage.vertebra_beta_binomial`, LEAK for KP, VP and KP-VP; LEAK_ICC, all: estimate, lower95, upper95.

    One correlation for both arms, t quantiles with patients less three parameters as degrees of freedom.
    """
    rec = recorder("leakage.vertebra_beta_binomial", population=population)
    counted = clustered.count_clusters(levels, outcome="LEAK", cluster="USUBJID", arm="ARM", reference="VP")
    free = levels["USUBJID"].nunique() - 3
    model = clustered.beta_binomial(*counted.counts, degrees=float(free) if free > 0 else None)
    where = {"visit": VISIT, "method": "beta-binomial-ml"}
    found = []
    for group, estimate in zip((*ARMS, CONTRAST), (model.arm, model.reference, model.difference), strict=True):
        found += _binary.interval(rec, estimate, parameter="LEAK", group=group, more=("se",), **where)
    return found + _binary.interval(
        rec, model.correlation, parameter="LEAK_ICC", group="all", unit="correlation", **where
    )
