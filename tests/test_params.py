"""params.yaml is typed: what is not declared, not possible or not whole is an error that names its place."""

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from helpers.errors import ConfigError
from helpers.params import load_params

SOURCE = Path(__file__).parents[1] / "params.yaml"


@pytest.fixture
def changed(tmp_path):
    """Loads params.yaml after a change to its mapping."""

    def load(change):
        content = yaml.load(SOURCE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        change(content)
        path = tmp_path / "params.yaml"
        path.write_text(yaml.dump(content, Dumper=yaml.CSafeDumper, sort_keys=False), encoding="utf-8")
        return load_params(path)

    return load


def test_the_committed_file_is_valid():
    params = load_params(SOURCE)
    # 31 is the actual enrolment of NCT02700308
    assert params.synthetic.patients == 31
    assert params.data.vas_unit == "cm"
    assert params.synthetic.null_effect is False


def test_every_endpoint_of_the_project_has_its_section_and_who_took_part_needs_none():
    from helpers.paths import ENDPOINTS

    assert set(type(load_params(SOURCE).endpoints).model_fields) == set(ENDPOINTS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: p["data"].update(vas_units="mm"), r"params.yaml, data.vas_units: this key is not known"),
        (lambda p: p["data"].pop("vas_unit"), r"params.yaml, data.vas_unit: Field required"),
        (lambda p: p["data"].update(vas_unit="inch"), r"data.vas_unit: Input should be 'cm' or 'mm'.*'inch'"),
        (lambda p: p["data"].update(source="../elsewhere"), r"data.source: String should match"),
        (lambda p: p["endpoints"]["pain"].update(population="EVERYBODY"), r"endpoints.pain.population"),
        *(
            (
                lambda p, e=e: p["endpoints"][e].update(population="SAF"),
                rf"{e}.population: .*'ITT', 'MITT' or 'PP'.*'SAF'",
            )
            for e in ("leakage", "height", "angle", "pain", "qol")
        ),
        *(
            (lambda p, e=e: p["endpoints"][e].update(population="ITT"), rf"{e}.population: .*should be 'SAF'.*'ITT'")
            for e in ("tolerance", "volume_pain")
        ),
        (lambda p: p["endpoints"]["pain"].update(visit="M3"), r"endpoints.pain.visit: this key is not known"),
        (lambda p: p["endpoints"]["leakage"].update(prior_alpha=0), r"prior_alpha: Input should be greater than 0"),
        (lambda p: p["endpoints"]["leakage"].update(literature_success=1.0), r"literature_success: .*less than 1"),
        (lambda p: p["endpoints"]["leakage"].update(literature_size=0), r"literature_size: .*greater than 0"),
        (lambda p: p["endpoints"]["leakage"].update(larger_arm=0), r"larger_arm: .*greater than or equal to 1"),
        *(
            (lambda p, e=e: p["endpoints"][e].update(resamples=10), rf"{e}.resamples: .*greater than or equal to 200")
            for e in ("height", "angle", "volume_pain")
        ),
        (lambda p: p["endpoints"]["angle"].update(bootstrap_seed=-1), r"bootstrap_seed: .*greater than or equal to 0"),
        *(
            (lambda p, e=e: p["endpoints"][e].update(imputations=1), rf"{e}.imputations: .*greater than or equal to 5")
            for e in ("pain", "qol")
        ),
        (lambda p: p["endpoints"]["qol"].update(delta_step=0), r"delta_step: Input should be greater than 0"),
        (lambda p: p["endpoints"]["pain"].pop("imputation_seed"), r"pain.imputation_seed: Field required"),
        (lambda p: p["publish"].update(engine="word"), r"publish.engine"),
        (lambda p: p["synthetic"].update(patients=3), r"synthetic.patients: .*greater than or equal to 4"),
        (lambda p: p["synthetic"]["leak"].update(KP=1.2), r"synthetic.leak.KP: Input should be less than 1"),
        (lambda p: p["synthetic"]["site_share"].update({"01": 0.7}), r"site_share: .*the shares sum to 0.9, not to 1"),
        (lambda p: p["synthetic"]["imaging"].pop("KYPHANG"), r"synthetic: .*imaging lacks KYPHANG"),
        (lambda p: p["synthetic"]["imaging"]["ANTHT"].update(reader_sd=5), r"imaging.ANTHT: .*reader_sd is larger"),
    ],
)
def test_what_cannot_be_is_an_error_that_names_the_key(changed, change, message):
    with pytest.raises(ConfigError, match=message):
        changed(change)


def test_all_wrong_keys_are_named_at_once(changed):
    def change(p):
        p["data"]["vas_unit"] = "inch"
        p["publish"]["engine"] = "word"

    with pytest.raises(ConfigError) as caught:
        changed(change)
    assert len(str(caught.value).splitlines()) == 2


def test_a_key_said_twice_is_an_error_with_its_line(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text("data: {source: a, vas_unit: cm}\npublish:\n  engine: auto\n  engine: quarto\n")
    with pytest.raises(ConfigError, match=r"params\.yaml, line 4: the key 'engine' is there twice"):
        load_params(path)


@pytest.mark.parametrize(("text", "message"), [("a: [1", r"line \d: not readable as YAML"), ("- 1", "no mapping")])
def test_a_file_that_is_no_mapping_is_an_error(tmp_path, text, message):
    path = tmp_path / "params.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_params(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"params\.yaml: not found"):
        load_params(tmp_path / "params.yaml")


def test_parameters_cannot_be_changed_in_place():
    with pytest.raises(ValidationError, match="frozen"):
        load_params(SOURCE).data.vas_unit = "mm"


def test_the_null_switch_gives_both_arms_the_value_of_the_reference():
    leak = load_params(SOURCE).synthetic.leak
    assert leak.of(null_effect=False) == {"VP": 0.53, "KP": 0.30}  # evidence.md 2.9 through params.yaml
    assert leak.of(null_effect=True) == {"VP": 0.53, "KP": 0.53}
