"""The codebook says everything once and does not contradict itself."""

from pathlib import Path

import pytest
import yaml

from helpers.codebook import load_codebook
from helpers.errors import ConfigError

SOURCE = Path(__file__).parents[1] / "data" / "codebook.yaml"


@pytest.fixture(scope="module")
def codebook():
    return load_codebook(SOURCE)


@pytest.fixture
def changed(tmp_path):
    """Loads codebook.yaml after a change to its mapping."""

    def load(change):
        content = yaml.load(SOURCE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        change(content)
        path = tmp_path / "codebook.yaml"
        path.write_text(yaml.dump(content, Dumper=yaml.CSafeDumper, sort_keys=False), encoding="utf-8")
        return load_codebook(path)

    return load


def test_it_declares_the_twelve_tables_and_the_eight_datasets(codebook):
    assert set(codebook.tables) == {
        *("patients", "eligibility", "procedures", "leaks", "imaging", "vas", "stature", "dallas"),
        *("adverse_events", "deaths", "withdrawals", "missed_visits"),
    }
    assert set(codebook.datasets) == {"adsl", "adproc", "adleak", "adimg", "advs", "adqs", "adae", "adcomp"}


def test_the_levels_are_t1_to_l5_in_order(codebook):
    # registry record: T1-L5
    assert list(codebook.levels) == [f"T{k}" for k in range(1, 13)] + [f"L{k}" for k in range(1, 6)]
    assert [level.number for level in codebook.levels.values()] == list(range(1, 18))
    assert {name for name, level in codebook.levels.items() if level.region == "JUNCTION"} == {"T11", "T12", "L1"}


def test_the_points_of_the_location_are_those_of_sins(codebook):
    # Fisher 2010 as in evidence.md 6: junctional C7-T2, T11-L1, L5-S1 = 3; mobile L2-L4 = 2; semirigid T3-T10 = 1
    expected = dict.fromkeys(["T1", "T2", "T11", "T12", "L1", "L5"], 3) | dict.fromkeys(["L2", "L3", "L4"], 2)
    expected |= {f"T{k}": 1 for k in range(3, 11)}
    assert {name: level.sins_location for name, level in codebook.levels.items()} == expected


def test_the_sins_components_add_up_to_18(codebook):
    parts = ("location", "pain", "lesion", "alignment", "collapse", "posterolateral")
    assert sum(max(codebook.codelists[f"sins_{part}"]) for part in parts) == 18


def test_the_dallas_questionnaire_has_16_items_in_domains_of_7_3_3_and_3(codebook):
    # Lawlis 1989 as in evidence.md 3
    assert [len(domain.items) for domain in codebook.dallas.domains.values()] == [7, 3, 3, 3]
    items = [item for domain in codebook.dallas.domains.values() for item in domain.items]
    assert items == [f"item_{k:02d}" for k in range(1, 17)]
    assert [domain.multiplier for domain in codebook.dallas.domains.values()] == [3, 5, 5, 5]
    assert [domain.missing_allowed for domain in codebook.dallas.domains.values()] == [1, 0, 0, 0]


def test_what_no_public_source_states_is_marked_in_the_data_and_what_was_verified_is_not(codebook):
    # evidence.md 3: only the multiplier of daily activities and the boxes 0 to 5 were verified
    items = {name: column.assumed for name, column in codebook.tables["dallas"].columns.items() if "item_" in name}
    assert [name for name, why in items.items() if why] == [f"item_{k:02d}" for k in range(8, 17)]
    assert [name for name, domain in codebook.dallas.domains.items() if not domain.assumed] == ["DPQDA"]
    assert set(codebook.assumed) == {"stratum_levels", "ctcae"}
    assert codebook.schedule.assumed and codebook.dallas.assumed
    assert codebook.tables["imaging"].columns["reader"].assumed


def test_every_dallas_domain_can_reach_100(codebook):
    for domain in codebook.dallas.domains.values():
        assert domain.multiplier * sum(codebook.item_maximum(item) for item in domain.items) >= 100


def test_back_pain_bone_pain_and_pain_have_no_grade_above_3(codebook):
    # evidence.md 4, CTCAE v4.03
    assert {term: codebook.ctcae[term].grades for term in ("Back pain", "Bone pain", "Pain")} == {
        "Back pain": (1, 3),
        "Bone pain": (1, 3),
        "Pain": (1, 3),
    }


def test_every_column_that_names_a_person_or_a_date_is_marked_as_sensitive(codebook):
    for table in codebook.tables.values():
        assert table.columns["subject_id"].sensitivity == "pseudonym"
        for column in table.columns.values():
            if column.type == "date":
                assert column.sensitivity == "indirect"


def test_every_measured_column_has_a_unit(codebook):
    for name, table in codebook.tables.items():
        for column, declared in table.columns.items():
            if declared.type == "decimal":
                assert declared.unit, f"{name}.{column}"


def test_the_variables_of_a_dataset_are_the_shared_ones_then_its_own(codebook):
    variables = list(codebook.variables("adimg"))
    assert variables[:2] == ["STUDYID", "USUBJID"]
    assert variables[-6:] == ["READ1", "READ2", "AVAL", "BASE", "CHG", "ABLFL"]


def test_code_lists_made_from_other_sections_are_found_by_name(codebook):
    columns = codebook.tables["leaks"].columns
    assert next(iter(codebook.codes(columns["level"]))) == "T1"
    assert codebook.codes(columns["found_visit"])["D21"] == "Day 21"
    assert codebook.codes(columns["symptomatic"]) == {"Y": "Yes", "N": "No"}
    assert codebook.codes(columns["leak_number"]) is None
    assert set(codebook.all_codelists) - set(codebook.codelists) == {"level", "visit", "form", "ctcae_term"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c["tables"]["vas"].update(key=["subject_id", "moment"]), "tables.vas.key: moment is not one"),
        (lambda c: c["tables"]["vas"]["columns"]["visit"].pop("required"), "tables.vas.visit: a column of the key"),
        (lambda c: c["tables"]["vas"]["columns"]["visit"].update(codes="moment"), "no code list moment"),
        (lambda c: c["tables"]["vas"]["columns"]["visit"].pop("codes"), "type code needs `codes`"),
        (lambda c: c["tables"]["vas"]["columns"]["vas"].pop("unit_param"), "`units` and `unit_param` come together"),
        (lambda c: c["tables"]["vas"]["columns"]["vas"].update(typ="x"), r"vas.columns.vas.typ: this key is not known"),
        (lambda c: c["tables"]["vas"]["columns"]["vas"].update(type="float"), "vas.columns.vas.type: Input should be"),
        (lambda c: c["tables"]["dallas"]["columns"]["item_09"].pop("max"), "an item of DPQWL needs `max`"),
        (lambda c: c["dallas"]["domains"]["DPQDA"]["items"].append("item_17"), "no column dallas.item_17"),
        (lambda c: c["datasets"]["adsl"]["include"].append("TRT02P"), "datasets.adsl.include: TRT02P"),
        (lambda c: c["datasets"]["adsl"].update(key=["PATID"]), "datasets.adsl.key: PATID"),
        (lambda c: c["rules"]["references"][1].update(to="operations"), "leak-level: there is no column operations"),
        (lambda c: c["rules"]["sums"][0]["parts"].append("sins_mood"), "no column eligibility.sins_mood"),
        (lambda c: c["rules"]["order"][0].update(later="patients.age"), "patients.age is not a date"),
        (lambda c: c["rules"]["order"][0].update(row="vas"), "row vas is neither"),
        (lambda c: c["levels"]["L5"].update(region="SACRAL"), "levels.L5: there is no region SACRAL"),
        (lambda c: c["schedule"]["forms"]["VAS"]["visits"].append("M6"), "schedule.forms.VAS: there is no visit M6"),
        (lambda c: c["assumed"].update(strata="x"), "assumed.strata: there is no code list strata"),
    ],
)
def test_a_contradiction_is_an_error_that_names_its_place(changed, change, message):
    with pytest.raises(ConfigError, match=message) as caught:
        changed(change)
    assert str(caught.value).startswith("codebook.yaml, ")
