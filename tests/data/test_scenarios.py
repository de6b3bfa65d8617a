"""Exports of any size, scenario and format: what is asked for is what is written, where nothing else lies."""

import hashlib
import json

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers.codebook import load_codebook
from helpers.data import synthesise as module
from helpers.data.formats import FORMATS, read_export, write_export
from helpers.data.generator import realised
from helpers.data.generator.design import Design
from helpers.data.generator.trial import draw
from helpers.data.generator.truth.record import truth
from helpers.data.synthesise import default_folder, generate, parts, synthesise, synthesise_to
from helpers.data.units import units_of
from helpers.data.validate import check_export
from helpers.errors import ConfigError
from helpers.params import load_params

SCENARIOS = ["base", "null", "strong", "heavy-missing", "one-site"]


def errors(folder, codebook, params, format="csv"):
    problems = check_export(read_export(folder, codebook, format), codebook, units_of(params))[1]
    return [problem for problem in problems if problem.severity == "error"]


def digest(folder):
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())}


# --- scenarios


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("patients", [4, 13, 31, 400])
def test_every_scenario_is_a_valid_export_at_every_size(scenario, patients, project, params, codebook, tmp_path):
    summary = synthesise_to(params, tmp_path / "export", patients=patients, scenario=scenario)
    assert errors(summary.folder, codebook, params) == []
    assert summary.rows["patients"] == patients
    assert str(patients) in str(summary)
    manifest = json.loads((summary.folder / "synthetic.json").read_text())
    assert (manifest["scenario"], manifest["patients"]) == (scenario, patients)
    assert manifest["banner"] == "SYNTHETIC DATA, NOT TRIAL RESULTS"


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    scenario=st.sampled_from(SCENARIOS),
    patients=st.integers(4, 60),
    seed=st.integers(0, 2**32),
    mechanism=st.sampled_from(["MCAR", "MAR", "MNAR"]),
    strength=st.floats(-5, 5),
    shares=st.fixed_dictionaries(
        {},
        optional={
            **{
                name: st.sampled_from([0.0, 0.5, 1.0])
                for name in (
                    "missed_form_share",
                    "missed_imaging_share",
                    "missing_item_share",
                    "missing_work_item_share",
                )
            },
            "lost_share": st.sampled_from([0.0, 0.3]),
            "death_share": st.sampled_from([0.0, 0.5]),
            "crossover_share": st.sampled_from([0.0, 0.1]),
            "never_treated_share": st.sampled_from([0.0, 0.1]),
            "leak": st.just({"VP": 0.0001, "KP": 0.9999}),
        },
    ),
)
def test_whatever_the_parameters_the_export_has_no_error(
    params, codebook, tmp_path_factory, scenario, patients, seed, mechanism, strength, shares
):
    folder = tmp_path_factory.mktemp("any")
    changes = {"missingness": {"mechanism": mechanism, "strength": strength}, **shares}
    design = Design(params.synthetic.in_scenario(scenario, patients=patients, seed=seed, **changes), codebook, patients)
    trial = draw(design)
    write_export(trial.tables, folder, codebook)
    assert errors(folder, codebook, params) == []
    json.dumps(truth(design, realised.count(trial)), allow_nan=False)


def test_params_yaml_has_the_scenarios_of_the_design(params):
    assert list(params.synthetic.scenarios) == SCENARIOS
    assert params.synthetic.scenario == "base"
    assert params.synthetic.scenarios["base"] == {}


def test_one_site_has_all_patients_in_one_site(params, codebook):
    tables = generate(params.synthetic.in_scenario("one-site"), codebook=codebook)
    assert tables["patients"]["site_id"].unique().tolist() == ["01"]
    alone = params.synthetic.in_scenario(site_share={"01": 1.0})  # the other site may also be left out
    assert generate(alone, codebook=codebook)["patients"].equals(tables["patients"])


def test_heavy_missing_misses_several_times_as_much_as_base(params, codebook):
    base, heavy = (
        generate(params.synthetic.in_scenario(name, patients=2000), codebook=codebook)
        for name in ("base", "heavy-missing")
    )
    for table in ("vas", "imaging", "stature", "dallas"):
        assert (heavy[table]["visit"] == "M3").sum() < 0.85 * (base[table]["visit"] == "M3").sum()
    # params.yaml: 25 % of 2000 are lost
    assert len(heavy["withdrawals"]) + (heavy["missed_visits"]["form"] == "ALL").sum() == pytest.approx(500 + 60, abs=1)


def test_the_key_scenario_in_params_yaml_is_what_the_pipeline_draws(project, params):
    strong = params.model_copy(update={"synthetic": params.synthetic.model_copy(update={"scenario": "strong"})})
    synthesise(strong)
    manifest = json.loads((project / "data" / "raw" / "synthetic" / "synthetic.json").read_text())
    assert (manifest["scenario"], manifest["patients"]) == ("strong", 31)


def test_a_scenario_is_merged_deep(params):
    strong = params.synthetic.in_scenario("strong")
    assert (strong.leak.VP, strong.leak.KP) == (0.53, 0.10)
    assert strong.imaging["ANTHT"].change.KP.sd == params.synthetic.imaging["ANTHT"].change.KP.sd
    assert strong.imaging["ANTHT"].change.KP.mean == 4.0
    assert strong.in_scenario() == strong


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "leak: {KP: 0.10}",
            "leek: {KP: 0.10}",
            r"params.yaml, synthetic.scenarios.strong.leek: this key is not known; is it misspelt\?",
        ),
        ("leak: {KP: 0.10}", "leak: {PK: 0.10}", r"synthetic.scenarios.strong.leak.PK: this key is not known"),
        ("leak: {KP: 0.10}", "leak: {KP: 1.10}", r"synthetic.scenarios.strong.leak.KP: .*less than 1.*1.1"),
        ("leak: {KP: 0.10}", "scenario: null", r"synthetic.scenarios.strong.scenario: a scenario cannot set this key"),
        ("mechanism: MAR,", "mechanism: RAM,", r"synthetic.scenarios.heavy-missing.missingness.mechanism: .*'MNAR'"),
        ("scenario: base", "scenario: bas", r"synthetic: .*there is no scenario bas; known are base, null"),
        ('{"01": 1.0, "02": 0.0}', '{"01": 0.9, "02": 0.0}', r"scenarios.one-site.site_share: .*sum to 0.9, not to 1"),
        ("D21: [-2, 3]", "D21: [3, -2]", r"synthetic.visit_windows.D21: .*begins at 3, after its end -2"),
    ],
)
def test_what_cannot_be_in_a_scenario_is_an_error_that_names_its_place(project, old, new, message):
    path = project / "params.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        load_params(path)


# --- large trials, in parts


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(module, "WHOLE", 200)
    monkeypatch.setattr(module, "PART", 100)


def test_parts_have_balanced_arms_continuing_identifiers_and_one_header(
    small_parts, project, params, codebook, tmp_path
):
    summary = synthesise_to(params, tmp_path / "export", patients=501)
    assert summary.parts == 6
    patients = pd.read_csv(summary.folder / "patients.csv", dtype=str)
    assert len(patients) == 501
    assert patients["subject_id"].is_unique
    for site, ids in patients.groupby("site_id")["subject_id"]:
        assert ids.tolist() == [f"SYN-{site}-{k:03d}" for k in range(1, len(ids) + 1)]
    sizes = [design.patients for design in parts(params.synthetic.in_scenario(patients=501), codebook)]
    assert sum(sizes) == 501
    start = 0
    for size in sizes:
        arms = patients["allocated"].iloc[start : start + size].value_counts()
        assert arms["KP"] - arms["VP"] == size % 2
        start += size
    for path in summary.folder.glob("*.csv"):
        header = path.read_text(encoding="utf-8").partition("\n")[0]
        assert path.read_text(encoding="utf-8").count(header) == 1
        assert summary.rows[path.stem] == len(pd.read_csv(path, dtype=str))
    assert errors(summary.folder, codebook, params) == []
    assert sorted(p.name for p in summary.folder.iterdir() if p.suffix != ".csv") == ["synthetic.json", "truth.json"]


def test_parts_differ_from_each_other_and_repeat_with_the_seed(small_parts, project, params, tmp_path):
    first = synthesise_to(params, tmp_path / "a", patients=300)
    again = synthesise_to(params, tmp_path / "b", patients=300)
    assert digest(first.folder) == digest(again.folder)
    vas = pd.read_csv(first.folder / "vas.csv")
    assert vas["vas"].head(90).tolist() != vas["vas"].iloc[len(vas) // 3 :].head(90).tolist()
    other = synthesise_to(params, tmp_path / "c", patients=300, seed=2)
    assert digest(other.folder)["vas.csv"] != digest(first.folder)["vas.csv"]


def test_the_truth_of_a_trial_in_parts_counts_all_of_them(small_parts, project, params, tmp_path):
    summary = synthesise_to(params, tmp_path / "export", patients=300, scenario="heavy-missing")
    record = json.loads((summary.folder / "truth.json").read_text())
    assert sum(record["realised"]["patients"]["randomised"].values()) == 300
    vas = pd.read_csv(summary.folder / "vas.csv")["visit"].value_counts()
    for form in record["realised"]["forms"]["counts"]:
        if form["table"] == "vas":
            assert sum(form["due"].values()) - sum(form["missed"].values()) == vas[form["visit"]]


def test_up_to_the_limit_a_trial_is_drawn_as_a_whole(params, codebook):
    whole = list(parts(params.synthetic.in_scenario(patients=module.WHOLE), codebook))
    assert [(design.patients, design.part) for design in whole] == [(100_000, None)]
    split = list(parts(params.synthetic.in_scenario(patients=1_000_000), codebook))
    assert max(design.patients for design in split) <= module.PART
    assert sum(design.patients for design in split) == 1_000_000


# --- where and what may be written


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_is_written_and_read_back_without_an_error(format, project, params, codebook):
    summary = synthesise_to(params, patients=12, scenario="null", format=format)
    assert summary.folder == default_folder("null", 12, format)
    assert summary.folder.name == ("synthetic-null-12" if format == "csv" else f"synthetic-null-12-{format}")
    assert errors(summary.folder, codebook, params, format) == []
    manifest = json.loads((summary.folder / "synthetic.json").read_text())
    assert manifest["format"] == format
    found = {p.relative_to(summary.folder).as_posix() for p in summary.folder.rglob("*") if p.is_file()}
    assert set(manifest["files"]) == found - {"synthetic.json"}
    before = {name: (summary.folder / name).read_bytes() for name in found}
    synthesise_to(params, patients=12, scenario="null", format=format)  # over its own
    assert {name: (summary.folder / name).read_bytes() for name in found} == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"patients": 3}, "patients: 3 is outside 4..1000000"),
        ({"patients": 1_000_001}, "patients: 1000001 is outside 4..1000000"),
        ({"seed": -1}, "seed: -1 is below 0"),
        ({"format": "sas"}, "there is no format sas. The formats are csv"),
        ({"scenario": "strongest"}, "no scenario strongest"),
    ],
)
def test_what_cannot_be_drawn_is_an_error_before_anything_is_written(options, message, project, params, tmp_path):
    with pytest.raises(ConfigError, match=message):
        synthesise_to(params, tmp_path / "export", **options)
    assert not (tmp_path / "export").exists()


@pytest.mark.parametrize("format", [format for format in FORMATS if format != "csv"])
def test_other_formats_have_a_limit_of_their_own(format, project, params, tmp_path):
    with pytest.raises(
        ConfigError, match=rf"20001 is outside 4..20000, what {format} is written for. Larger .* as csv"
    ):
        synthesise_to(params, tmp_path / "export", patients=20_001, format=format)


@pytest.fixture
def old(project, params, tmp_path):
    return synthesise_to(params, tmp_path / "export", patients=5).folder


def test_a_synthetic_folder_is_replaced(old, params):
    synthesise_to(params, old, patients=6)
    assert len((old / "patients.csv").read_text().splitlines()) == 7


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda f: (f / "notes.txt").write_text("mine"), "holds notes.txt, which the generator did not write"),
        (
            lambda f: (f / "vas.csv").write_text("subject_id\nREAL-1\n"),
            "vas.csv was changed after the generator wrote it",
        ),
        (lambda f: (f / "synthetic.json").unlink(), "is there and is no synthetic export"),
        (lambda f: (f / "synthetic.json").write_text("[1]"), "is there and is no synthetic export"),
        (lambda f: (f / "synthetic.json").write_text('{"generator": "x", "files": {}}'), "which the generator did not"),
    ],
)
def test_a_folder_with_anything_else_in_it_is_left_alone(harm, message, old, params):
    harm(old)
    before = digest(old)
    with pytest.raises(ConfigError, match=message):
        synthesise_to(params, old, patients=6)
    assert digest(old) == before


def test_the_pipeline_does_not_replace_an_export_laid_into_the_generators_folder(project, params):
    folder = project / "data" / "raw" / "synthetic"
    (folder / "synthetic.json").unlink()
    before = digest(folder)
    with pytest.raises(ConfigError, match=r"data/raw/synthetic: holds files that the generator did not write.*source"):
        synthesise(params)
    assert digest(folder) == before


def test_a_file_or_a_link_is_not_replaced(old, params, tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(old)
    for name in ("file", "link"):
        with pytest.raises(ConfigError, match=f"{name}: is not a folder"):
            synthesise_to(params, tmp_path / name, patients=6)
    assert (tmp_path / "file").read_text() == "mine"


def test_an_interrupted_run_leaves_the_old_export(old, params, monkeypatch):
    before = digest(old)

    def broken(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(module, "truth", broken)
    with pytest.raises(OSError, match="no space"):
        synthesise_to(params, old, patients=7)
    assert digest(old) == before
    assert [p.name for p in old.parent.iterdir() if p.name.startswith(".")] == []


def test_the_codebook_of_the_project_is_the_one_that_is_followed(project, params, tmp_path):
    path = project / "data" / "codebook.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("type: integer, unit: years, min: 18, max: 110", "type: integer, unit: years, min: 55, max: 60")
    )
    assert load_codebook().tables["patients"].columns["age"].min == 55
    summary = synthesise_to(params, tmp_path / "export", patients=50)
    assert pd.read_csv(summary.folder / "patients.csv")["age"].between(55, 60).all()
