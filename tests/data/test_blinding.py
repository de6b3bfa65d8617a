"""Treatment arms permuted within strata: counts and crossovers stay, and the real arms are not to be had from them."""

import dataclasses
import json
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from helpers.data import load_datasets, load_provenance
from helpers.data.blinding import MASK, permute
from helpers.data.derive import derive, derive_datasets
from helpers.data.load import read_table
from helpers.data.synthesise import generate
from helpers.data.validate import validate
from helpers.errors import ConfigError
from tests.data.real import named, unmark

STRATA = ["site_id", "stratum_levels"]


@pytest.fixture(scope="module")
def tables(derived_template, codebook):
    """The typed tables of the default export."""
    return {name: read_table(derived_template / "data" / "interim" / f"{name}.parquet") for name in codebook.tables}


@pytest.fixture(scope="module")
def many(params, codebook):
    """Tables of 400 patients."""
    return generate(params.synthetic.model_copy(update={"patients": 400}), codebook=codebook)


def permuted(tables, codebook, seed):
    """These tables with the arms that their patients are shown."""
    return permute(tables["patients"], seed).applied(tables, codebook)[0]


def crossovers(tables):
    rows = tables["procedures"]
    return rows.loc[rows["planned_technique"] != rows["actual_technique"], ["subject_id", "level"]].to_numpy().tolist()


def cohort(*patients):
    """Patients as (subject, site, stratum, arm), each with one vertebra treated as allocated."""
    people = pd.DataFrame(patients, columns=["subject_id", *STRATA, "allocated"], dtype="str")
    treated = pd.DataFrame(
        {
            "subject_id": people["subject_id"],
            "level": "L1",
            "planned_technique": people["allocated"],
            "actual_technique": people["allocated"],
        },
        dtype="str",
    )
    return people, treated


@pytest.fixture
def small(tables):
    """Tables with a cohort of one's own; what the others hold does not matter here."""

    def build(*patients):
        people, treated = cohort(*patients)
        return {**tables, "patients": people, "procedures": treated}

    return build


@pytest.mark.parametrize("seed", range(5))
def test_every_stratum_keeps_its_number_of_patients_of_each_arm(many, codebook, seed):
    after = permuted(many, codebook, seed)["patients"]
    for place in (STRATA, ["site_id"], ["stratum_levels"]):
        counts = [t.groupby([*place, "allocated"]).size() for t in (many["patients"], after)]
        pd.testing.assert_series_equal(*counts)


@pytest.mark.parametrize("seed", range(5))
def test_the_whole_cohort_keeps_its_arms_even_where_strata_are_joined(tables, codebook, seed):
    after = permuted(tables, codebook, seed)["patients"]
    assert Counter(after["allocated"]) == Counter(tables["patients"]["allocated"])


def test_crossovers_stay_as_many_and_with_the_same_vertebrae(many, codebook):
    after = permuted(many, codebook, 1)
    assert crossovers(many)
    assert crossovers(after) == crossovers(many)


def test_the_technique_planned_is_still_the_one_allocated(many, codebook):
    after = permuted(many, codebook, 1)
    planned = after["procedures"].merge(after["patients"][["subject_id", "allocated"]], on="subject_id")
    assert (planned["planned_technique"] == planned["allocated"]).all()


def test_nothing_but_the_three_columns_of_arms_changes(many, codebook):
    after = permuted(many, codebook, 1)
    for name, table in many.items():
        arms = [c for c, declared in codebook.tables[name].columns.items() if declared.codes == "technique"]
        assert list(after[name].columns) == list(table.columns)
        pd.testing.assert_frame_equal(after[name].drop(columns=arms), table.drop(columns=arms))
    changed = {name for name in many if not after[name].equals(many[name])}
    assert changed == {"patients", "procedures"}
    assert many["patients"]["allocated"].dtype == after["patients"]["allocated"].dtype


def test_the_same_seed_gives_the_same_arms_whatever_the_order_of_the_rows(many, codebook):
    shuffled = {name: table.sample(frac=1, random_state=3) for name, table in many.items()}
    here, there = (permuted(t, codebook, 7)["patients"].set_index("subject_id")["allocated"] for t in (many, shuffled))
    pd.testing.assert_series_equal(here, there.reindex(here.index))


def test_another_seed_gives_other_arms(many, codebook):
    first, second = (permuted(many, codebook, seed)["patients"]["allocated"] for seed in (1, 2))
    assert not first.equals(second)


def test_the_arms_given_out_do_not_depend_on_who_had_which(many, codebook):
    """Two cohorts with the same counts in each stratum get the same permuted arms: nothing leads back."""
    other = many["patients"].copy()
    rng = np.random.default_rng(5)
    other["allocated"] = other.groupby(STRATA)["allocated"].transform(lambda arms: rng.permutation(arms))
    assert not other["allocated"].equals(many["patients"]["allocated"])
    first = permuted(many, codebook, 1)["patients"]["allocated"]
    second = permuted({**many, "patients": other}, codebook, 1)["patients"]["allocated"]
    assert first.equals(second)


def test_over_seeds_the_permuted_arm_is_independent_of_the_real_one(many, codebook):
    """Fisher's exact test over 40 seeds: the p-values are spread as chance spreads them (Kolmogorov-Smirnov)."""
    real = many["patients"]["allocated"]
    p = [
        stats.fisher_exact(pd.crosstab(real, permuted(many, codebook, seed)["patients"]["allocated"])).pvalue
        for seed in range(40)
    ]
    assert stats.kstest(p, "uniform", alternative="greater").pvalue > 0.001
    assert min(p) > 0.05 / 40 / 10


def test_a_patient_treated_with_the_other_technique_keeps_that(small, codebook):
    tables = small(*((f"P{k}", "01", "1-3", "KP" if k % 2 else "VP") for k in range(10)))
    tables["procedures"].loc[3, "actual_technique"] = "VP"  # P3, allocated to KP
    for seed in range(10):
        after = permuted(tables, codebook, seed)["procedures"]
        assert (after["planned_technique"] != after["actual_technique"]).to_list() == [k == 3 for k in range(10)]


def test_two_patients_are_not_always_exchanged(small, codebook):
    """If a permutation that leaves a stratum as it is were excluded, a stratum of two would always be exchanged."""
    others = [(f"P{k}", "02", "1-3", "KP" if k % 2 else "VP") for k in range(10)]
    tables = small(("A", "01", "1-3", "KP"), ("B", "01", "1-3", "VP"), *others)
    kept = [permuted(tables, codebook, seed)["patients"]["allocated"].iloc[0] == "KP" for seed in range(200)]
    assert 70 < sum(kept) < 130  # binomial(200, 1/2): mean 100, SD 7.1


def test_a_stratum_of_one_patient_is_joined_to_the_largest_of_as_many_vertebrae_and_counted(small, codebook):
    hosts = [(f"P{k}", "01", "4-6", "KP" if k % 2 else "VP") for k in range(6)]
    others = [(f"Q{k}", "02", "1-3", "KP" if k % 2 else "VP") for k in range(20)]
    tables = small(("ALONE", "02", "4-6", "KP"), *hosts, *others)
    runs = [permute(tables["patients"], seed) for seed in range(60)]
    assert {run.joined for run in runs} == {1}
    assert "1 of one arm only were joined" in runs[0].said(0)
    people = [pd.Series(run.after) for run in runs]
    assert {arms["ALONE"] for arms in people} == {"KP", "VP"}
    joined = ["ALONE", *(p[0] for p in hosts)]
    assert {Counter(arms[joined])["KP"] for arms in people} == {4}
    assert {Counter(arms.drop(joined))["KP"] for arms in people} == {10}


def test_a_stratum_of_one_arm_is_joined_to_another_number_of_vertebrae_if_need_be(small, codebook):
    hosts = [(f"P{k}", "01", "1-3", "KP" if k % 2 else "VP") for k in range(8)]
    tables = small(("A", "01", "4-6", "VP"), ("B", "01", "4-6", "VP"), *hosts)
    arms = {tuple(permuted(tables, codebook, seed)["patients"]["allocated"].iloc[:2]) for seed in range(60)}
    assert arms == {("KP", "KP"), ("KP", "VP"), ("VP", "KP"), ("VP", "VP")}


def test_strata_that_all_have_one_arm_are_joined_to_one(small, codebook):
    tables = small(
        ("A", "01", "1-3", "KP"), ("B", "01", "4-6", "VP"), ("C", "02", "1-3", "KP"), ("D", "02", "4-6", "VP")
    )
    run = permute(tables["patients"], 1)
    assert (run.joined, run.fixed) == (4, 0)
    assert Counter(run.after.values()) == {"KP": 2, "VP": 2}


@pytest.mark.parametrize("seed", range(40))
def test_the_cohort_as_a_whole_never_comes_out_as_it_went_in(small, codebook, seed):
    tables = small(
        ("A", "01", "1-3", "KP"), ("B", "01", "1-3", "VP"), ("C", "01", "1-3", "KP"), ("D", "01", "1-3", "VP")
    )
    assert not permuted(tables, codebook, seed)["patients"]["allocated"].equals(tables["patients"]["allocated"])


def test_a_cohort_of_one_arm_cannot_be_permuted_and_says_so(small, codebook):
    run = permute(small(("A", "01", "1-3", "KP"), ("B", "02", "1-3", "KP"))["patients"], 1)
    assert run.fixed == 2
    assert "2 patients could not be permuted" in run.said(0)


PATIENT = st.tuples(st.sampled_from(["01", "02"]), st.sampled_from(["1-3", "4-6"]), st.sampled_from(["KP", "VP"]))


@given(st.lists(st.tuples(PATIENT, st.booleans()), min_size=1, max_size=24), st.integers(0, 2**32), st.randoms())
@settings(max_examples=150)
def test_any_cohort_keeps_its_arms_its_crossovers_and_its_strata_of_both_arms(codebook, cohort_, seed, random):
    patients = [(f"P{k}", *one) for k, (one, _) in enumerate(cohort_)]
    people, treated = cohort(*patients)
    crossed = pd.Series([crossover for _, crossover in cohort_])
    treated["actual_technique"] = treated["actual_technique"].mask(
        crossed, treated["actual_technique"].map({"KP": "VP", "VP": "KP"})
    )
    tables = {
        name: pd.DataFrame({c: pd.Series(dtype="str") for c in declared.columns})
        for name, declared in codebook.tables.items()
    } | {"patients": people, "procedures": treated}
    run = permute(people, seed)
    shown, _ = run.applied(tables, codebook)
    after, done = shown["patients"], shown["procedures"]
    assert Counter(after["allocated"]) == Counter(people["allocated"])
    assert (done["planned_technique"] == after["allocated"]).all()
    assert ((done["planned_technique"] != done["actual_technique"]) == crossed).all()
    arms = people.groupby(STRATA)["allocated"].nunique()
    if run.joined == 0:
        counts = [t.groupby([*STRATA, "allocated"]).size() for t in (people, after)]
        pd.testing.assert_series_equal(*counts)
    assert run.joined == (0 if run.fixed else (arms < 2).sum())
    assert (run.fixed > 0) == (people["allocated"].nunique() == 1)
    assert after["allocated"].equals(people["allocated"]) == (run.fixed > 0)
    order = list(range(len(people)))
    random.shuffle(order)
    again = permuted(tables | {"patients": people.iloc[order]}, codebook, seed)["patients"]
    assert again.set_index("subject_id")["allocated"].to_dict() == after.set_index("subject_id")["allocated"].to_dict()


@pytest.mark.parametrize(
    "text",
    [
        "Balloon rupture",
        "pain after Kyphoplasty",
        "Cyphoplastie L1",
        "rupture du ballonnet",
        "after VP",
        "Vertébroplastie",
    ],
)
def test_a_technique_named_in_free_text_is_masked(tables, codebook, text):
    events = tables["adverse_events"].copy()
    events.loc[0, "verbatim"] = text
    run = permute(tables["patients"], 1)
    shown, masked = run.applied({**tables, "adverse_events": events}, codebook)
    assert MASK in shown["adverse_events"].loc[0, "verbatim"]
    assert masked == 1
    assert run.said(masked).endswith("a technique named in 1 cells of free text was masked")


@pytest.mark.parametrize("text", ["Kyphosis, worse", "left alone", "Cement in a vertebra", "VPN", "kp5"])
def test_other_free_text_stays_as_it_is(tables, codebook, text):
    events = tables["adverse_events"].copy()
    events.loc[0, "verbatim"] = text
    assert permuted({**tables, "adverse_events": events}, codebook, 1)["adverse_events"].loc[0, "verbatim"] == text


def test_the_analysis_datasets_show_the_permuted_arms_and_no_real_one(many, codebook):
    run = permuted(many, codebook, 1)
    data = derive_datasets(run, codebook)
    given = run["patients"].set_index("subject_id")["allocated"]
    for name, frame in data.items():
        subjects = frame["USUBJID"].str.removeprefix("KYPHO-01-")
        assert (frame["TRT01P"] == subjects.map(given)).all(), name
    real = derive_datasets(many, codebook)["adsl"]
    assert (data["adsl"]["PPROTFL"] == real["PPROTFL"]).all()
    assert (data["adsl"]["TRT01A"].isna() == real["TRT01A"].isna()).all()
    assert (data["adsl"]["TRT01A"] != real["TRT01A"]).any()


def test_derive_marks_what_it_blinded_and_the_data_before_it_stay_open(project, params, capsys):
    validate(params)
    derive(named(params, "synthetic", blinded=True))
    record = load_provenance()
    assert record.blinded
    assert record.banner == "SYNTHETIC DATA, NOT TRIAL RESULTS · BLINDED, TREATMENT ARMS PERMUTED"
    assert record.status == "synthetic twin, 31 patients, blinded"
    assert not load_provenance(project / "data" / "interim").blinded
    assert "blinded: arms permuted in 4 strata" in capsys.readouterr().out
    shown = load_datasets("adsl").adsl.set_index("SUBJID")["TRT01P"]
    real = read_table(project / "data" / "interim" / "patients.parquet").set_index("subject_id")["allocated"]
    assert Counter(shown) == Counter(real)
    assert (shown != real).any()


def test_derive_without_blinding_leaves_synthetic_data_as_they_are(project, params):
    validate(params)
    derive(params)
    processed, interim = (load_provenance(project / "data" / place) for place in ("processed", "interim"))
    assert processed == interim
    assert not processed.blinded


def test_a_blinded_run_is_the_same_bytes_again(project, params):
    validate(params)
    runs = []
    for _ in range(2):
        derive(named(params, "synthetic", blinded=True))
        runs.append({p.name: p.read_bytes() for p in (project / "data" / "processed").iterdir()})
    assert runs[0] == runs[1]


@pytest.fixture
def real(export):
    """An export without any mark of the generator, `data/raw/hospital`."""
    return unmark(export)


def test_a_real_export_that_is_not_locked_is_opened_by_nothing_but_the_lock(real, project, params):
    params = named(params)
    assert not validate(params).synthetic
    with pytest.raises(ConfigError, match=r"blinding\.enabled: data/raw/hospital is not locked.*kypho lock-database"):
        derive(params)
    assert not (project / "data" / "processed").exists()


def test_a_real_export_is_developed_on_blinded(real, project, params):
    params = named(params, blinded=True)
    validate(params)
    derive(params)
    record = load_provenance()
    assert (record.synthetic, record.blinded, record.banner) == (False, True, "BLINDED, TREATMENT ARMS PERMUTED")


@pytest.mark.parametrize("trick", ["manifest", "one marked patient", "folder name"])
def test_what_puts_the_synthetic_banner_on_a_real_export_does_not_open_it(real, params, trick):
    source = "hospital"
    if trick == "manifest":
        (real / "synthetic.json").write_text("{}")
    elif trick == "folder name":
        real.rename(real.with_name("synthetic"))
        source = "synthetic"
    else:
        subject = (real / "patients.csv").read_text(encoding="utf-8").split("\n")[1].split(",")[0]
        for path in real.glob("*.csv"):
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace(f"\n{subject},", f"\nSYN-{subject},"), encoding="utf-8")
    params = named(params, source)
    assert validate(params).synthetic
    with pytest.raises(ConfigError, match="is not locked"):
        derive(params)


def test_the_record_of_a_blinded_run_holds_no_arm_and_no_patient(project, params):
    validate(params)
    derive(named(params, "synthetic", blinded=True))
    text = json.dumps(dataclasses.asdict(load_provenance()))
    assert "SYN-0" not in text
    assert '"KP"' not in text
