"""Pain on the visual analogue scale, 0 to 10, at day 1, day 21 and month 3.

Datasets: `adsl`, `advs`, and `adcomp` for `survivors`.
"""

from helpers.data import Datasets
from helpers.endpoints import _continuous, _death, _repeated, _responders
from helpers.endpoints._population import patients
from helpers.endpoints._record import recorder
from helpers.results import Record

PARAMETER = "VAS"
VISITS = ("D0", "D1", "D21", "M3")
AFTER = VISITS[1:]

#: Parameter -> relief, percent of the pain before: moderate and substantial by IMMPACT (Dworkin 2008).
RELIEF = {
    "RESP30": _responders.improved(at_least=30, percent=True),
    "RESP50": _responders.improved(at_least=50, percent=True),
}

#: Suffix of the parameter -> strategy of each arm after the last value seen.
REFERENCES = {"_JR": {"KP": "JR", "VP": "MAR"}, "_CR": {"KP": "CR", "VP": "MAR"}}


def describe(data: Datasets, *, population: str = "ITT") -> list[Record]:
    """`pain.vas`, VAS at D0 D1 D21 M3 per arm: n, missing, mean, sd, median, q1, q3; and the change under VAS_CHG.

    The change has n, estimate, lower95, upper95 (method mean-t) and sd.
    """
    return _pain(_continuous.describe, "pain.vas", data, population, visits=VISITS)


def estimate(data: Datasets, *, population: str = "ITT") -> list[Record]:
    """`pain.vas`, VAS at D1, D21 and M3 by the mixed model for repeated measures (mmrm-<structure>-kr).

    Per arm estimate, se, df, lower95, upper95 at the average baseline; KP-VP also n and p_value.
    """
    return _pain(_repeated.mmrm, "pain.vas", data, population, visits=AFTER)


def fit(data: Datasets, *, population: str = "ITT") -> list[Record]:
    """How well the mixed model fits (`pain.vas_fit`), as in `_repeated.fit`."""
    return _pain(_repeated.fit, "pain.vas_fit", data, population, visits=AFTER)


def sensitivity(data: Datasets, *, population: str = "ITT") -> list[Record]:
    """Visit by visit: `pain.vas_ancova` (VAS, per arm and KP-VP, ancova), `pain.vas_change` (VAS_CHG, KP-VP, welch)."""
    adjusted = _pain(_continuous.adjusted, "pain.vas_ancova", data, population, visits=AFTER)
    return adjusted + _pain(_continuous.unadjusted, "pain.vas_change", data, population, visits=AFTER)


def survivors(data: Datasets, *, population: str = "ITT") -> list[Record]:
    """Death as the worst outcome and as the end: `pain.vas_composite` (D21, M3) and `pain.vas_alive` (M3).

    As in `_death.composite` and `_death.while_alive`.
    """
    forms = data["adcomp"]
    worst = _pain(_death.composite, "pain.vas_composite", data, population, forms=forms, visits=("D21", "M3"))
    return worst + _pain(_death.while_alive, "pain.vas_alive", data, population)


def imputed(
    data: Datasets,
    *,
    population: str = "ITT",
    main_visit: str = "M3",
    imputations: int = 200,
    imputation_seed: int = 20160301,
    delta_step: float = 0.5,
) -> list[Record]:
    """Multiple imputation: `pain.vas_mi` (VAS), `pain.vas_reference` (VAS_JR, VAS_CR), `pain.vas_delta`, KP-VP.

    At D1, D21 and M3 n, estimate, se, df, lower95, upper95, p_value, fmi (mi-mar, mi-jr, mi-cr); at `main_visit` the
    shifts and the tipping point of `_repeated.delta`.
    """
    imputing = _repeated.Imputing(imputations, imputation_seed)
    shared = {"visits": AFTER, "imputing": imputing}
    how = _repeated.imputed
    at_random = _pain(how, "pain.vas_mi", data, population, **shared, strategies={"": {}})
    reference = _pain(how, "pain.vas_reference", data, population, **shared, strategies=REFERENCES)
    shift = {"visit": main_visit, "step": delta_step}
    return at_random + reference + _pain(_repeated.delta, "pain.vas_delta", data, population, **shared, **shift)


def responders(data: Datasets, *, population: str = "ITT") -> list[Record]:
    """Relief by 30 % and 50 %, RESP30 and RESP50 at D1, D21 and M3.

    `pain.responder` of all patients of the set, `pain.responder_observed` of those with both ratings: per arm n,
    events, estimate and limits (wilson), KP-VP estimate and limits (miettinen-nurminen). `pain.responder_nnt`, KP-VP:
    number needed to treat, signed (see `_responders.number_needed`).
    """
    analyses = {
        "pain.responder": _responders.everybody,
        "pain.responder_observed": _responders.observed,
        "pain.responder_nnt": _responders.number_needed,
    }
    chosen, values = patients(data, population), _continuous.followed(data["advs"], PARAMETER)
    records = []
    for analysis, how in analyses.items():
        records += how(recorder(analysis, population=population), values, chosen, rules=RELIEF, visits=AFTER)
    return records


def _pain(how, analysis: str, data: Datasets, population: str, **options) -> list[Record]:
    chosen, values = patients(data, population), _continuous.followed(data["advs"], PARAMETER)
    rec = recorder(analysis, population=population)
    return how(rec, values, chosen, parameter=PARAMETER, unit="points", **options)
