"""truth.json says what the export was drawn from: by formulas that published values and large draws confirm."""

import json
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from helpers.data import load_datasets
from helpers.data.derive import derive
from helpers.data.generator import realised
from helpers.data.generator.design import IMAGING_COLUMNS, Design
from helpers.data.generator.trial import draw
from helpers.data.generator.truth import expected
from helpers.data.generator.truth.record import truth
from helpers.data.scoring import score_dallas
from helpers.data.synthesise import synthesise, synthesise_to
from helpers.data.validate import validate
from helpers.endpoints import angle, height, leakage, pain, qol
from helpers.errors import ConfigError
from helpers.params import Normal
from tests.data.conftest import lay_out

ROOT = Path(__file__).parents[2]
ARMS = ("VP", "KP")
LARGE = 20_000


@pytest.fixture(scope="module", params=["base", "strong"])
def large(request, params, codebook):
    """A trial large enough to tell the truth from what it is not, and its truth."""
    design = Design(params.synthetic.in_scenario(request.param), codebook, LARGE)
    trial = draw(design)
    return trial, truth(design, realised.count(trial))


def entry(record, name, visit=None):
    found = [q for q in record["quantities"] if q["quantity"] == name and q.get("visit") == visit]
    assert len(found) == 1, (name, visit)
    return found[0]


def within(values, true, patients=None, *, name):
    """The mean is within 4 standard errors of the truth, values of one patient counted as one cluster."""
    values = np.asarray(values, dtype=float)
    if patients is None:
        patients = np.arange(len(values))
    # linearised mean of clusters: residual sums by patient
    residual = pd.Series(values - values.mean()).groupby(np.asarray(patients)).sum()
    error = np.sqrt((residual**2).sum()) / len(values)
    assert abs(values.mean() - true) <= 4 * error + 1e-9, (name, values.mean(), true, error)
    # and the draw is sharp enough for that to mean something
    assert error < 0.03 * max(1, abs(true), np.std(values)), name


def received(trial):
    return pd.Series(trial.cohort.received, index=trial.cohort.ids)


# --- the formulas


def test_a_standard_normal_cut_at_zero_has_the_mean_of_tobins_model():
    # E max(0, Z) = phi(0) = 1 / sqrt(2 pi); Tobin J. Econometrica 1958;26:24-36
    assert expected.cut_mean(Normal(mean=0, sd=1), 0, np.inf) == pytest.approx(0.3989422804, abs=1e-10)
    assert expected.cut_mean(Normal(mean=3, sd=0), 4, 40) == 4
    assert expected.cut_mean(Normal(mean=5, sd=2), 0, 10) == pytest.approx(5)  # symmetric


def test_the_smaller_of_a_constant_and_a_uniform_variable_has_its_elementary_mean():
    # E min(U, 1/2) for U on 0..1 = 1/8 + 1/4
    assert expected.smaller_mean(Normal(mean=0.5, sd=0), 0, 10, (0, 1)) == pytest.approx(0.375)
    assert expected.smaller_mean(Normal(mean=9, sd=0), 0, 10, (1.5, 3.4)) == pytest.approx(2.45)
    # almost never below the uniform one's range
    assert expected.smaller_mean(Normal(mean=9, sd=0.1), 0, 10, (1.5, 3.4)) == pytest.approx(2.45)


@pytest.mark.parametrize(("rate", "icc"), [(0.53, 0.3), (0.30, 0.3), (0.1, 0.05), (0.9, 0.8)])
def test_two_vertebrae_are_both_free_of_leaks_as_their_correlation_says(rate, icc):
    # definition of the intraclass correlation of binary data: P(00) = (1 - p)^2 + rho p (1 - p)
    both = (1 - rate) ** 2 + icc * rate * (1 - rate)
    assert expected.untouched(rate, icc, 1.0, {2: 1.0}) == pytest.approx(both)
    assert expected.untouched(rate, icc, 1.0, {1: 1.0}) == pytest.approx(1 - rate)
    assert expected.untouched(rate, icc, 1.0, {1: 0.5, 2: 0.5}) == pytest.approx((1 - rate + both) / 2)
    # a mark that never comes leaves everybody untouched
    assert expected.untouched(rate, icc, 0.0, {6: 1.0}) == pytest.approx(1)


def test_a_domain_without_scatter_scores_its_rounded_items():
    # 100 % of 3 x 35 is 4.76 points an item, which rounds to 5: 105 in every form, cut at 100
    maxima = np.full(7, 5.0)
    assert expected.domain_score(Normal(mean=100, sd=0), maxima, 3, 0) == pytest.approx((100, 1))
    # 45 % is 2.14 points an item, which rounds to 2: 3 x 14
    assert expected.domain_score(Normal(mean=45, sd=0), maxima, 3, 0) == pytest.approx((42, 0))
    three = np.array([7.0, 6.0, 7.0])
    assert expected.domain_score(Normal(mean=100, sd=0), three, 5, 0) == pytest.approx((100, 0))
    assert expected.domain_score(Normal(mean=50, sd=0), three, 5, 0)[0] == pytest.approx(5 * (4 + 3 + 4))


def test_the_quadratures_have_converged(monkeypatch):
    normal, maxima = Normal(mean=65, sd=20), np.full(7, 5.0)
    first = (
        expected.domain_score(normal, maxima, 3, 0.8),
        expected.smaller_mean(Normal(mean=3, sd=2), 0, 10, (1.5, 3.4)),
    )
    monkeypatch.setattr(expected, "NODES", 400)
    expected._legendre.cache_clear()
    second = (
        expected.domain_score(normal, maxima, 3, 0.8),
        expected.smaller_mean(Normal(mean=3, sd=2), 0, 10, (1.5, 3.4)),
    )
    expected._legendre.cache_clear()
    assert first[0] == pytest.approx(second[0], abs=1e-6)
    assert first[1] == pytest.approx(second[1], abs=1e-6)


# --- the record against large draws


def test_leaks_of_a_large_trial_have_the_true_rates(large):
    trial, record = large
    arm, done, leaks = received(trial), trial.tables["procedures"], trial.tables["leaks"]
    leaked = pd.MultiIndex.from_frame(leaks[["subject_id", "level"]])
    flag = pd.MultiIndex.from_frame(done[["subject_id", "level"]]).isin(leaked)
    kinds = {
        "vascular": leaks["leak_type"] == "VASCULAR",
        "cortical": leaks["leak_type"] == "CORTICAL",
        "significant": leaks["leak_size"] == "SIGNIFICANT",
        "symptomatic": leaks["symptomatic"] == "Y",
    }
    for group in ARMS:
        mine = (done["actual_technique"] == group).to_numpy()
        within(flag[mine], entry(record, "leak.vertebra")["values"][group], done["subject_id"][mine], name="vertebra")
        people = arm.index[arm == group]
        within(
            ~people.isin(leaks["subject_id"]), entry(record, "leak.success")["values"][group], name=f"success {group}"
        )
        for kind, among in kinds.items():
            true = entry(record, f"leak.patient.{kind}")["values"][group]
            within(people.isin(leaks.loc[among, "subject_id"]), true, name=f"{kind} {group}")


def test_success_as_allocated_counts_who_was_never_treated_and_who_changed_the_technique(large):
    trial, record = large
    people = trial.cohort
    clear = people.treated & ~pd.Index(people.ids).isin(trial.tables["leaks"]["subject_id"])
    for group in ARMS:
        true = entry(record, "leak.success")["as_allocated"][group]
        within(clear[people.allocated == group], true, name=f"as allocated {group}")


def test_pain_of_a_large_trial_has_the_true_means_and_changes(large, codebook):
    trial, record = large
    visits = trial.cohort.calendar.visits
    for group in ARMS:
        vas = trial.vas[trial.cohort.received == group]
        for k, visit in enumerate(visits):
            within(vas[:, k], entry(record, "vas.mean", visit)["values"][group], name=f"vas {visit} {group}")
            if k:
                true = entry(record, "vas.change", visit)["values"][group]
                within(vas[:, k] - vas[:, 0], true, name=f"vas change {visit} {group}")


def test_the_contrast_after_cutting_is_smaller_than_the_declared_one(params, codebook):
    """Pain cannot fall below 0: of a shift of -2.0 cm from a mean of 3.0 (SD 2.2) a fifth is lost."""
    design = Design(params.synthetic.in_scenario("strong"), codebook, 1000)
    found = entry(truth(design, realised.count(draw(design))), "vas.change", "M3")
    assert found["nominal"]["KP-VP"] == pytest.approx(-2.0)
    # E max(0, X) = mean Phi(mean / SD) + SD phi(mean / SD): 1.467 for N(1.0, 2.2), 3.087 for N(3.0, 2.2), so -1.62.
    # Cutting at 10 is negligible; the 3 % with little pain, at most 3.4 before, can differ by 1 at most.
    assert -1.62 <= found["values"]["KP-VP"] <= -1.62 * 0.97


def test_images_of_a_large_trial_have_the_true_changes_and_their_correlation(large):
    trial, record = large
    arm, images = received(trial), trial.tables["imaging"]
    for code, column in IMAGING_COLUMNS.items():
        wide = images.groupby(["subject_id", "level", "visit"], observed=True)[column].mean().unstack("visit")
        for visit in ("D1", "M3"):
            change = (wide[visit] - wide["D0"]).dropna()
            who = change.index.get_level_values("subject_id")
            for group in ARMS:
                mine = (arm.reindex(who) == group).to_numpy()
                true = entry(record, f"{code}.change", visit)["values"][group]
                within(change[mine], true, who[mine], name=f"{code} {visit} {group}")
                if visit == "M3":
                    by = change[mine].groupby(level="subject_id")
                    n, total, squares = by.size(), by.sum() - by.size() * change[mine].mean(), None
                    squares = ((change[mine] - change[mine].mean()) ** 2).groupby(level="subject_id").sum()
                    several = n > 1  # mean product of two vertebrae of one patient over the variance
                    pairs = ((total**2 - squares) / (n * (n - 1)))[several].mean()
                    icc = entry(record, f"{code}.icc")["values"][group]
                    assert pairs / change[mine].var() == pytest.approx(icc, abs=0.05), (code, group)


def test_stature_and_volume_of_a_large_trial_have_the_true_means(large):
    trial, record = large
    arm = received(trial)
    wide = trial.tables["stature"].pivot(index="subject_id", columns="visit", values="stature_cm")
    change = (wide["M3"] - wide["D0"]).dropna()
    done = trial.tables["procedures"]
    for group in ARMS:
        mine = change[arm.reindex(change.index) == group]
        within(mine, entry(record, "stature.change", "M3")["values"][group], name=f"stature {group}")
        volumes = done.loc[done["actual_technique"] == group, "volume_ml"]
        within(volumes, entry(record, "volume.mean")["values"][group], name=f"volume {group}")


def test_dallas_domains_of_a_large_trial_have_the_true_scores_and_cuts(large, codebook):
    trial, record = large
    table = trial.tables["dallas"]
    arm = received(trial).reindex(table["subject_id"]).to_numpy()
    for code, scored in score_dallas(table, codebook).items():
        complete = table[list(codebook.dallas.domains[code].items)].notna().all(axis=1)
        for visit in ("D0", "D21", "M3"):
            true = entry(record, f"{code}.score", visit)
            for group in ARMS:
                mine = (complete & (table["visit"] == visit)).to_numpy() & (arm == group)
                within(scored.loc[mine, "score"], true["values"][group], name=f"{code} {visit} {group}")
                within(scored.loc[mine, "capped"], true["capped"][group], name=f"{code} {visit} {group} cut")


def test_events_and_deaths_of_a_large_trial_have_the_true_rates(large):
    trial, record = large
    people, events = trial.cohort, trial.tables["adverse_events"]
    procedure = pd.Series(people.procedure, index=people.ids)
    fatal, after = events["grade"] == 5, events["start_date"] >= events["subject_id"].map(procedure)
    ordinary = events[~fatal & after & events["leak_number"].isna()]
    of_leaks = events[events["leak_number"].notna()]
    for group in ARMS:
        ids = pd.Index(people.ids[people.received == group])
        number = ordinary["subject_id"].value_counts().reindex(ids, fill_value=0)
        within(number, entry(record, "events.ordinary")["values"][group], name=f"events {group}")
        within(number > 0, entry(record, "events.ordinary.any")["values"][group], name=f"any {group}")
        severe = ordinary.loc[ordinary["grade"] >= 3, "subject_id"]
        within(ids.isin(severe), entry(record, "events.ordinary.grade 3 or 4")["values"][group], name="severe")
        number = of_leaks["subject_id"].value_counts().reindex(ids, fill_value=0)
        within(number, entry(record, "events.of_leaks")["values"][group], name=f"of leaks {group}")
    assert entry(record, "deaths")["value"] == pytest.approx(len(trial.tables["deaths"]) / people.n)


def test_volume_and_pain_relief_are_unrelated_within_a_technique_and_little_related_over_both(large):
    trial, record = large
    volume = trial.tables["procedures"].groupby("subject_id")["volume_ml"].mean().reindex(trial.cohort.ids).to_numpy()
    relief = trial.vas[:, 0] - trial.vas[:, -1]
    ordinary = trial.cohort.treated & ~trial.cohort.low_pain
    for group in ARMS:
        mine = ordinary & (trial.cohort.received == group)
        assert np.corrcoef(volume[mine], relief[mine])[0, 1] == pytest.approx(0, abs=4 / np.sqrt(mine.sum()))
    pooled = np.corrcoef(volume[ordinary], relief[ordinary])[0, 1]
    # the formula is before cutting, which takes some of the difference in pain
    assert pooled == pytest.approx(entry(record, "volume.pain_correlation.pooled")["value"], abs=0.04)


# --- the analyses of the plan against the record

CONTRASTS = [
    # analysis, parameter and visit of the result record; quantity of the truth
    (leakage.estimate, "leakage.success", "SUCCESS", "M3", "leak.success"),
    *((pain.sensitivity, "pain.vas_change", "VAS_CHG", visit, "vas.change") for visit in ("D1", "D21", "M3")),
    *(
        (height.sensitivity, "height.vertebral_change", f"{m}_CHG", "M3", f"{m}.change")
        for m in ("ANTHT", "MIDHT", "POSHT")
    ),
    (height.sensitivity, "height.stature_change", "STATURE_CHG", "M3", "stature.change"),
    (angle.sensitivity, "angle.kyphotic_change", "KYPHANG_CHG", "M3", "KYPHANG.change"),
    *(
        (qol.sensitivity, "qol.dallas_change", f"{d}_CHG", "M3", f"{d}.change")
        for d in ("DPQDA", "DPQWL", "DPQAD", "DPQSI")
    ),
]


@pytest.fixture(scope="module")
def analysed(params, tmp_path_factory):
    """4000 patients of the scenario strong through checks and derivation, and the truth behind them."""
    folder = lay_out(tmp_path_factory.mktemp("analysed") / "project")
    shutil.copytree(ROOT / "manuscript", folder / "manuscript")  # the plan, which the result records name
    section = params.synthetic.in_scenario("strong", patients=4000)
    large = params.model_copy(update={"synthetic": section})
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        synthesise(large)
        validate(large)
        derive(large)
        data = load_datasets("adsl", "adproc", "adleak", "adcomp", "advs", "adqs", "adimg")
        record = json.loads((folder / "data" / "raw" / "synthetic" / "truth.json").read_text(encoding="utf-8"))
        found = {how: how(data) for how in {each[0] for each in CONTRASTS}}
    return found, record


@pytest.mark.parametrize(
    ("how", "analysis", "parameter", "visit", "quantity"),
    CONTRASTS,
    ids=lambda v: v if isinstance(v, str) else v.__name__,
)
def test_the_analyses_of_a_large_trial_find_the_contrast_as_allocated(
    analysed, how, analysis, parameter, visit, quantity
):
    """Estimate of the intention-to-treat analysis against the truth, within twice its 95 % interval."""
    found, record = analysed
    where = ("KP-VP", analysis, parameter, visit)
    values = {r.statistic: r.value for r in found[how] if (r.group, r.analysis, r.parameter, r.visit) == where}
    true = entry(record, quantity, None if quantity == "leak.success" else visit)["as_allocated"]["KP-VP"]
    half = (values["upper95"] - values["lower95"]) / 2
    assert abs(values["estimate"] - true) < 2 * half
    assert half < abs(true) / 3  # sharp enough to tell the truth from no effect, and from an effect twice as large


def test_the_null_scenario_has_no_contrast_anywhere(params, codebook):
    design = Design(params.synthetic.in_scenario("null"), codebook, 200)
    record = truth(design, realised.count(draw(design)))
    contrasts = [q[kind]["KP-VP"] for q in record["quantities"] for kind in ("values", "as_allocated") if kind in q]
    assert len(contrasts) > 80
    assert set(contrasts) == {0.0}


def test_every_quantity_says_what_it_is_and_how_it_was_computed(params, codebook):
    design = Design(params.synthetic, codebook, 31)
    record = truth(design, realised.count(draw(design)))
    names = [(q["quantity"], q.get("visit")) for q in record["quantities"]]
    assert len(set(names)) == len(names)
    for q in record["quantities"]:
        assert all(q[key] for key in ("definition", "unit", "how")), q
        assert ("values" in q) != ("value" in q)
        if "values" in q:
            assert list(q["values"]) == ["VP", "KP", "KP-VP"]
    endpoints = {name.split(".")[0] for name, _ in names}
    assert {"leak", "vas", "ANTHT", "KYPHANG", "stature", "DPQDA", "DPQSI", "events", "deaths", "volume"} <= endpoints


def test_the_file_beside_the_export_counts_what_was_drawn(project, params):
    """Counts of truth.json against the tables on disk."""
    folder = project / "data" / "raw" / "synthetic"
    record = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    assert record["banner"] == "SYNTHETIC DATA, NOT TRIAL RESULTS"
    people = record["realised"]["patients"]
    patients = pd.read_csv(folder / "patients.csv", dtype=str)
    assert people["randomised"] == patients["allocated"].value_counts().reindex(["VP", "KP"]).to_dict()
    assert sum(people["died"].values()) == len(pd.read_csv(folder / "deaths.csv"))
    assert sum(people["crossover"].values()) == sum(people["never_treated"].values()) == 1
    assert sum(people["withdrawn"].values()) + 1 == len(pd.read_csv(folder / "withdrawals.csv"))
    missed = pd.read_csv(folder / "missed_visits.csv")
    assert sum(people["not_come"].values()) == (missed["form"] == "ALL").sum()
    for form in record["realised"]["forms"]["counts"]:
        table = pd.read_csv(folder / f"{form['table']}.csv")
        came = table.loc[table["visit"] == form["visit"], "subject_id"].nunique()
        assert sum(form["due"].values()) - sum(form["missed"].values()) == came


def test_truth_goes_with_the_scenario_and_the_seed(project, params, tmp_path):
    strong = synthesise_to(params, tmp_path / "a", patients=40, scenario="strong", seed=7)
    record = json.loads((strong.folder / "truth.json").read_text())
    assert (record["scenario"], record["seed"], record["patients"]) == ("strong", 7, 40)
    assert entry(record, "leak.vertebra")["values"]["KP"] == 0.10  # params.yaml, scenarios.strong
    with pytest.raises(ConfigError, match="no scenario weak; known are base, null, strong"):
        synthesise_to(params, tmp_path / "b", scenario="weak")


def test_the_truth_is_ordered_by_visit(params, codebook):
    design = Design(params.synthetic, codebook, 31)
    record = truth(design, realised.count(draw(design)))
    order = [codebook.schedule.visits[q["visit"]].number for q in record["quantities"] if q["quantity"] == "vas.mean"]
    assert all(a < b for a, b in pairwise(order))
