"""Degenerate data never crash and never lie: a defined result, or none with the reason in the record.

Every function of every endpoint meets every mutation of the trial of eight and of the synthetic trial. One that reads
no dataset that a mutation changed is not run again.
"""

from functools import cache

import pytest

from helpers.data import Datasets
from helpers.endpoints import angle, height, leakage, pain, participants, qol, tolerance, volume_pain
from tests import generated
from tests.endpoints import eight
from tests.endpoints.functions import FEWER, FUNCTIONS
from tests.endpoints.mutations import MUTATIONS
from tests.endpoints.validity import problems

TRIALS = {"eight": eight.trial, "synthetic": generated.trial}
CALLS = {f"{endpoint}.{f.__name__}": f for endpoint, functions in FUNCTIONS.items() for f in functions}

#: Who was treated with what, which pain and quality of life, analysed as allocated, take no notice of.
TREATED = (
    "TRT01A",
    "MITTFL",
    "SAFFL",
    "PPROTFL",
    "TRTSDT",
    "NPLAN",
    "NLEVELS",
    "VOLTOT",
    "VOLMEAN",
    "SITEID",
    "STRATUM",
)


class Watched(Datasets):
    """Datasets that note which of them are read."""

    def __init__(self, frames):
        super().__init__(frames)
        self.__dict__["read"] = set()

    def __getitem__(self, name):
        self.__dict__["read"].add(name)
        return super().__getitem__(name)


def call(name: str, data: Datasets):
    return CALLS[name](data, **FEWER.get(name, {}))


@cache
def reads(name: str) -> frozenset[str]:
    """The datasets that a function reads."""
    watched = Watched(eight.build())
    call(name, watched)
    return frozenset(watched.__dict__["read"])


def changed(before: Datasets, after: dict, ignored: tuple[str, ...] = ()) -> set[str]:
    """The datasets that differ in more than the columns ignored."""
    return {
        name
        for name, frame in after.items()
        if not frame.drop(columns=ignored, errors="ignore").equals(before[name].drop(columns=ignored, errors="ignore"))
    }


def affected(trial: str, mutation: str) -> tuple[Datasets, list[str]]:
    """The trial gone wrong, and the functions that read something of it that changed."""
    before = TRIALS[trial]()
    frames = dict(before)
    MUTATIONS[mutation](frames)
    all_told = changed(before, frames)
    of_scores = changed(before, frames, TREATED)
    names = [n for n in CALLS if reads(n) & (of_scores if n.startswith(("pain.", "qol.")) else all_told)]
    return Datasets(frames), names


@pytest.fixture
def one_of_a_kind(monkeypatch):
    """One domain of four and one height of three: the others go the same ways."""
    monkeypatch.setattr(qol, "DOMAINS", qol.DOMAINS[:1])
    monkeypatch.setattr(height, "VERTEBRAL", height.VERTEBRAL[:1])


@pytest.mark.usefixtures("one_of_a_kind")
@pytest.mark.parametrize("mutation", MUTATIONS)
@pytest.mark.parametrize("trial", TRIALS)
def test_every_record_of_a_trial_gone_wrong_is_valid_or_says_why_there_is_none(trial, mutation):
    data, names = affected(trial, mutation)
    assert names
    found = {name: problems(call(name, data)) for name in names}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


@pytest.mark.usefixtures("one_of_a_kind")
def test_the_untouched_trials_are_valid_too():
    for trial in TRIALS.values():
        assert [p for name in CALLS if name != "qol.imputed" for p in problems(call(name, trial()))] == []


def gone_wrong(mutation: str, trial: str = "synthetic") -> Datasets:
    return affected(trial, mutation)[0]


def reasons(records, **fields) -> set[str]:
    return {r.method for r in records if r.value is None and all(getattr(r, k) == v for k, v in fields.items())}


# --- what is said, mutation by mutation


def test_without_a_leak_the_rates_are_one_and_the_models_say_no_events(find):
    data = gone_wrong("no_leak")
    adsl, adcomp = data.adsl, data.adcomp
    imaged = set(adcomp.query("IMGFL == 'Y' and AVISIT in ('D1', 'M3')")["USUBJID"])
    treated = adsl[adsl["NLEVELS"] > 0]
    records = leakage.describe(data)
    for arm in ("KP", "VP"):
        own = treated.query("TRT01P == @arm")["USUBJID"]
        assert find.value(records, "events", parameter="SUCCESS", group=arm) == own.isin(imaged).sum()
    vertebrae = leakage.vertebrae(data)
    assert reasons(vertebrae, analysis="leakage.vertebra_gee") == {"gee-exchangeable-mancl-derouen:no-events"}
    rates = [r for r in vertebrae if r.analysis == "leakage.vertebra_beta_binomial"]
    assert find.value(rates, "estimate", parameter="LEAK", group="KP-VP") == 0


def test_a_difference_without_variation_keeps_its_score_interval(find):
    records = leakage.estimate(gone_wrong("everybody_leaked"))
    assert find.value(records, "estimate") == 0
    assert find.value(records, "lower95") < 0 < find.value(records, "upper95")


def test_a_rate_of_one_and_a_rate_of_nought_have_no_finite_odds_ratio_and_say_so(find):
    data = gone_wrong("one_arm_leaked", "eight")
    for records, parameter in ((leakage.vertebrae(data), "LEAK_OR"), (leakage.sensitivity(data), "SUCCESS_OR")):
        found = [r for r in records if r.parameter == parameter and r.statistic == "estimate"]
        assert all(r.value in (None, 0.0) for r in found)
        assert all(r.value is not None or r.method.endswith((":separated", ":undefined")) for r in found)


@pytest.mark.parametrize("mutation", ["no_vp_patient", "nobody"])
def test_an_empty_arm_leaves_no_contrast_anywhere(mutation):
    data = gone_wrong(mutation)
    functions = (
        *(leakage.estimate, leakage.sensitivity, leakage.vertebrae, height.estimate, height.sensitivity),
        *(angle.estimate, pain.estimate, pain.sensitivity, pain.survivors, pain.responders, qol.estimate),
        participants.balance,
    )
    for function in functions:
        contrasts = [r for r in function(data) if r.group == "KP-VP" and r.statistic not in ("n", "fmi")]
        assert contrasts and all(r.value is None for r in contrasts), function
        # to the estimating equations an arm is a covariate, which is then constant
        assert {r.method.partition(":")[2] for r in contrasts} <= {"too-few", "collinear"}, function


def test_an_arm_of_one_has_rates_but_no_spread():
    data = gone_wrong("one_kp_patient")
    assert reasons(leakage.estimate(data)) == set()
    for records in (pain.estimate(data), pain.sensitivity(data), height.estimate(data)):
        spread = [r for r in records if r.group == "KP-VP" and r.statistic in ("se", "lower95", "p_value")]
        assert all(r.value is None or r.method == "ancova" for r in spread)
    assert reasons(pain.describe(data), group="KP", statistic="sd") == {"mean:too-few", "mean-t:too-few"}


def test_with_everybody_dead_before_month_3_only_the_composite_has_a_result_then(find):
    data = gone_wrong("all_dead")
    where = {"visit": "M3", "group": "KP-VP"}
    assert reasons(pain.estimate(data), **where, statistic="estimate") <= {
        "mmrm-un-kr:too-few",
        "mmrm-toeph-kr:too-few",
    }
    assert reasons(pain.imputed(data, imputations=5), **where, statistic="estimate", parameter="VAS") == {
        "mi-mar:too-few"
    }
    records = pain.survivors(data)
    assert find.value(records, "estimate", parameter="VAS", analysis="pain.vas_composite", **where) > 0
    assert reasons(records, visit="M3", statistic="median") == {"death-worst:undefined"}
    responders = [r for r in pain.responders(data) if r.analysis == "pain.responder" and r.visit == "M3"]
    assert {r.value for r in responders if r.statistic == "events"} == {0}
    curve = [r for r in participants.kaplan_meier(data) if r.parameter == "DAY_112" and r.statistic == "estimate"]
    assert {r.value for r in curve} == {0}


def test_a_measure_that_never_varies_has_a_mean_and_no_test(find):
    data = gone_wrong("all_values_the_same")
    records = pain.describe(data)
    assert find.value(records, "mean", parameter="VAS", visit="M3", group="KP") == 20
    assert find.value(records, "sd", parameter="VAS", visit="M3", group="KP") == 0
    assert find.record(records, "lower95", parameter="VAS_CHG", visit="M3", group="KP").method == "mean-t:no-variance"
    for records in (pain.estimate(data), height.estimate(data), volume_pain.estimate(data)):
        tests = {r.method.partition(":")[2] for r in records if r.statistic == "p_value" and r.value is None}
        assert tests <= {"no-variance", "collinear", "too-few"} and tests
    agreed = reasons(height.agreement(data), parameter="ANTHT_ICC", visit="D0")
    assert agreed == {"icc-a1-cluster-bootstrap:no-variance"}


def test_readers_who_read_alike_agree_and_a_single_reader_agrees_with_nobody(find):
    alike, alone = (height.agreement(gone_wrong(m), resamples=200) for m in ("readers_alike", "one_reader"))
    where = {"parameter": "ANTHT_ICC", "visit": "D0"}
    assert find.value(alike, "estimate", **where) == 1
    assert find.value(alike, "estimate", parameter="ANTHT_SEM", visit="D0") == 0
    assert find.value(alone, "n", **where) == 0
    assert reasons(alone, **where) == {"icc-a1-cluster-bootstrap:too-few"}


def test_a_covariate_that_is_the_arm_is_collinear_and_the_strata_have_nothing_to_compare(find):
    data = gone_wrong("covariates_tell_the_arm")
    contrast = {"group": "KP-VP", "statistic": "estimate"}
    assert reasons(pain.estimate(data), **contrast) == {"mmrm-kr:collinear"}
    assert reasons(angle.estimate(data), **contrast) <= {"mixed-ri-kr:collinear", "mixed-vc:collinear"}
    strata = reasons(leakage.sensitivity(data), analysis="leakage.success_strata", statistic="estimate")
    assert len(strata) == 2 and all(":" in method for method in strata)


def test_without_strata_the_stratified_difference_is_the_plain_one(find):
    data = gone_wrong("nothing_to_adjust_for")
    plain = find.value(leakage.estimate(data), "estimate")
    records = leakage.sensitivity(data)
    for parameter in ("SITE", "LEVELS", "SITE_MN", "LEVELS_MN"):
        assert find.value(records, "estimate", parameter=parameter) == pytest.approx(plain, rel=1e-9)
    assert find.value(records, "estimate", analysis="leakage.success_adjusted") is not None


def test_visits_that_say_the_same_leave_a_covariance_that_settles_or_says_what_was_used():
    records = pain.estimate(gone_wrong("visits_perfectly_correlated"))
    methods = {r.method for r in records if r.statistic == "estimate"}
    assert len(methods) == 1
    assert methods.pop().split(":")[0] in {
        "mmrm-un-kr",
        "mmrm-toeph-kr",
        "mmrm-ar1h-kr",
        "mmrm-csh-kr",
        "mmrm-cs-kr",
        "mmrm-kr",
    }


def test_no_event_and_only_fatal_events_have_rates_of_nought_and_the_worst_grade(find):
    none, fatal = (gone_wrong(m) for m in ("no_event", "every_event_fatal"))
    assert {r.value for r in tolerance.estimate(none) if r.statistic == "events"} == {0}
    assert reasons(tolerance.incidence(none)) == {"aalen-johansen-log-log:no-events"}
    grades = tolerance.describe(fatal)
    for arm in ("KP", "VP"):
        some = find.value(grades, "events", parameter="GRADE5", group=arm)
        assert some + find.value(grades, "events", parameter="GRADE0", group=arm) == find.value(
            grades, "n", parameter="GRADE0", group=arm
        )
        assert some == find.value(tolerance.estimate(fatal), "events", parameter="AEDTH", group=arm)
    assert all(r.value is not None for r in qol.compliance(fatal))
