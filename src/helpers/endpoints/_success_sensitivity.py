"""Success by other definitions, sets, scales and models: the sensitivity analyses of the primary outcome."""

import pandas as pd

from helpers.data import Datasets
from helpers.endpoints import _binary
from helpers.endpoints._population import ARMS, CONTRAST
from helpers.endpoints._record import recorder
from helpers.endpoints._success import VISIT, status, successes
from helpers.results import Record
from helpers.stats import logistic, proportions, stratified

WHERE = {"parameter": "SUCCESS", "visit": VISIT}

#: Shares of the patients of unknown status that are taken as successes, percent.
SHARES = (0, 25, 50, 75, 100)

#: Parameter -> factor of the stratified analyses, made by `_factors`.
FACTORS = {"SITE": "SITEID", "LEVELS": "SEVERAL"}


def newcombe(data: Datasets, population: str) -> list[Record]:
    """`leakage.success_newcombe`: the difference with Newcombe's interval."""
    rec = recorder("leakage.success_newcombe", population=population)
    return _binary.contrast(rec, successes(status(data, population)), **WHERE, method="newcombe")


def subsets(data: Datasets, population: str) -> list[Record]:
    """`leakage.success_composite`, `_m3`, `_mitt` and `_pp`: rates per arm and their difference."""
    chosen = status(data, population)
    own = {name: recorder(f"leakage.success_{name}") for name in ("mitt", "pp")}
    taken = {
        "composite": chosen.assign(SUCCESS=chosen["SUCCESS"] & chosen["IMAGED_M3"]),
        "m3": chosen[chosen["IMAGED_M3"]],
    } | {name: status(data, rec.population) for name, rec in own.items()}
    records = []
    for name, subset in taken.items():
        rec = own.get(name) or recorder(f"leakage.success_{name}", population=population)
        records += _binary.per_arm(rec, successes(subset), **WHERE, method="wilson")
        records += _binary.contrast(rec, successes(subset), **WHERE)
    return records


def relative(data: Datasets, population: str) -> list[Record]:
    """`leakage.success_ratio` (SUCCESS_RR, SUCCESS_OR) and `leakage.success_tests` (FISHER_MIDP, BOSCHLOO)."""
    by_arm = successes(status(data, population))
    counts = (*by_arm["KP"], *by_arm["VP"]) if all(n for _, n in by_arm.values()) else None
    ratio = recorder("leakage.success_ratio", population=population)
    records = []
    for parameter, unit, method in (
        ("SUCCESS_RR", "ratio", proportions.score_ratio),
        ("SUCCESS_OR", "odds", proportions.score_odds_ratio),
    ):
        records += _binary.interval(
            ratio, method(*counts) if counts else None,
            parameter=parameter, visit=VISIT, method="miettinen-nurminen", unit=unit,
        )  # fmt: skip
    tests = {
        "FISHER_MIDP": ("fisher-mid-p", lambda: proportions.fisher_test(*counts, midp=True)),
        "BOSCHLOO": ("boschloo", lambda: proportions.boschloo_test(*counts)),
    }
    rec = recorder("leakage.success_tests", population=population)
    for parameter, (method, test) in tests.items():
        value = test().p_value if counts else None
        records += rec.records(
            {"p_value": value}, parameter=parameter, group=CONTRAST, visit=VISIT, method=method, reason="too-few"
        )
    return records


def strata(data: Datasets, population: str) -> list[Record]:
    """`leakage.success_strata`, by SITE and by LEVELS (one vertebra to treat, several), KP-VP.

    <FACTOR>: estimate, se, lower95, upper95 (mantel-haenszel-sato). <FACTOR>_MN: estimate and limits
    (miettinen-nurminen-stratified). <FACTOR>_CMH: p_value (cochran-mantel-haenszel). No counts by
    stratum.
    """
    rec = recorder("leakage.success_strata", population=population)
    chosen = _factors(status(data, population))
    records = []
    for parameter, factor in FACTORS.items():
        counted = stratified.count_strata(
            chosen[["SUCCESS", "ARM", factor]], outcome="SUCCESS", arm="ARM", reference="VP", strata=factor
        )
        counts = (counted.events, counted.n, counted.events_ref, counted.n_ref)
        pooled = stratified.mh_risk_difference(*counts)
        score = stratified.score(*counts)
        test = stratified.cmh_test(*counts)
        records += _binary.interval(
            rec, pooled, parameter=parameter, visit=VISIT, method="mantel-haenszel-sato", more=("se",)
        )
        records += _binary.interval(
            rec, score, parameter=f"{parameter}_MN", visit=VISIT, method="miettinen-nurminen-stratified"
        )
        records += rec.records(
            {"p_value": test.p_value}, parameter=f"{parameter}_CMH", group=CONTRAST, visit=VISIT,
            method="cochran-mantel-haenszel", reason=test.reason,
        )  # fmt: skip
    return records


def adjusted(data: Datasets, population: str) -> list[Record]:
    """`leakage.success_adjusted`, SUCCESS, KP-VP: estimate, se, lower95, upper95 (firth-standardised)."""
    rec = recorder("leakage.success_adjusted", population=population)
    chosen = _factors(status(data, population))
    chosen = chosen.assign(SUCCESS=chosen["SUCCESS"].astype(int), SITE=(chosen["SITEID"] == "01").astype(float))
    covariates = [name for name in ("SITE", "SEVERAL") if chosen[name].nunique() > 1]
    possible = set(chosen["ARM"]) == set(ARMS)
    found = (
        logistic.g_computation(
            chosen, outcome="SUCCESS", arm="ARM", reference="VP", covariates=covariates, method="firth"
        ).difference
        if possible
        else None
    )
    return _binary.interval(rec, found, **WHERE, method="firth-standardised", more=("se",))


def bounds(data: Datasets, population: str) -> list[Record]:
    """`leakage.success_bounds`, SHARE_<KP>_<VP>, KP-VP: estimate, lower95, upper95 (miettinen-nurminen).

    The share, in percent, of each arm's patients of unknown status at month 3 that is taken as successes: treated, no
    leak recorded, no image at month 3. SHARE_100_000 is the best case for KP, SHARE_000_100 the worst. Whole patients,
    halves rounded up.
    """
    rec = recorder("leakage.success_bounds", population=population)
    chosen = status(data, population)
    clear = chosen["SUCCESS"] | chosen["UNKNOWN"]
    known = _binary.counts(chosen["ARM"], clear & chosen["IMAGED_M3"])
    unknown = _binary.counts(chosen["ARM"], clear & ~chosen["IMAGED_M3"])
    records = []
    for kp in SHARES:
        for vp in SHARES:
            taken = dict(zip(ARMS, (kp, vp), strict=True))
            by_arm = {
                arm: (known[arm][0] + int(unknown[arm][0] * taken[arm] / 100 + 0.5), known[arm][1]) for arm in ARMS
            }
            records += _binary.contrast(rec, by_arm, parameter=f"SHARE_{kp:03d}_{vp:03d}", visit=VISIT)
    return records


def _factors(chosen: pd.DataFrame) -> pd.DataFrame:
    """The site as it is, and SEVERAL: 1 where more than one vertebra is to be treated."""
    return chosen.assign(SEVERAL=(chosen["NPLAN"] > 1).astype(int))
