"""The codebook is the generator's specification: what is changed there, the next export follows."""

import ast
import datetime as dt
import re
from pathlib import Path

import pandas as pd
import pytest
import yaml

from helpers.codebook import Codebook
from helpers.data.formats import read_export, write_export
from helpers.data.synthesise import generate
from helpers.data.units import units_of
from helpers.data.validate import check_export
from helpers.errors import ConfigError

ROOT = Path(__file__).parents[2]


def follows(params, change, *, settings=None, patients=400):
    """The tables of a trial under a codebook after `change` to its mapping, and that codebook."""
    content = yaml.load((ROOT / "data" / "codebook.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    change(content)
    codebook = Codebook.model_validate(content)
    p = params.synthetic.in_scenario(patients=patients, **(settings or {}))
    return generate(p, codebook=codebook), codebook


@pytest.mark.parametrize(
    ("table", "column", "low", "high"),
    [
        ("patients", "age", 55, 65),
        ("eligibility", "metastatic_sites", 3, 4),
        ("procedures", "volume_ml", 2.0, 4.5),
        ("imaging", "anterior_mm", 15, 20),
        ("imaging", "posterior_mm", 20.55, 25.25),
        ("imaging", "kyphosis_deg", 5, 15),
        ("vas", "vas", 1, 8),
        ("eligibility", "vas", 1, 7),
        ("stature", "stature_cm", 160, 165),
        ("dallas", "item_08", 0, 3),
    ],
)
def test_a_narrower_range_in_the_codebook_is_kept(params, table, column, low, high):
    def change(content):
        content["tables"][table]["columns"][column].update(min=low, max=high)

    tables, _ = follows(params, change)
    values = tables[table][column].dropna()
    assert low <= values.min() < low + (high - low) / 2 < values.max() <= high


def test_dates_stay_inside_the_ranges_of_the_codebook(params):
    def change(content):
        for table in content["tables"].values():
            for column in table["columns"].values():
                if column["type"] == "date":
                    column.update(min=dt.date(2018, 1, 10), max=dt.date(2018, 12, 20))

    tables, codebook = follows(params, change)
    for name, declared in codebook.tables.items():
        for column, each in declared.columns.items():
            if each.type == "date":
                dates = tables[name][column].dropna()
                assert dates.min() >= pd.Timestamp("2018-01-10"), (name, column)
                assert dates.max() <= pd.Timestamp("2018-12-20"), (name, column)
    randomised = tables["patients"]["randomisation_date"]
    # 7 days of assessment before; 21 to the procedure, 91 + 14 to the visit and 13 of closing out after: params.yaml
    assert randomised.min() == pytest.approx(pd.Timestamp("2018-01-17"), abs=pd.Timedelta(days=6))
    assert randomised.max() == pytest.approx(pd.Timestamp("2018-08-03"), abs=pd.Timedelta(days=6))


def test_another_due_day_and_another_name_of_a_visit_are_followed(params):
    """Day 21 becomes day 28, month 3 becomes day 60; whoever dies or leaves does so before the new last visit.

    The rules' windows of the old visits go with them.
    """

    def change(content):
        visits = content["schedule"]["visits"]
        content["schedule"]["visits"] = {
            {"D21": "D28", "M3": "D60"}.get(name, name): visit for name, visit in visits.items()
        }
        content["schedule"]["visits"]["D28"]["due"], content["schedule"]["visits"]["D60"]["due"] = 28, 60
        for form in content["schedule"]["forms"].values():
            form["visits"] = [{"D21": "D28", "M3": "D60"}.get(name, name) for name in form["visits"]]
        content["rules"]["windows"] = []

    with pytest.raises(ConfigError) as caught:
        follows(params, change)
    assert "params.yaml, synthetic.visit_windows: D21, M3 is not in data/codebook.yaml." in str(caught.value)
    assert "params.yaml, synthetic.visit_windows: D28, D60 of data/codebook.yaml is missing." in str(caught.value)

    old = params.synthetic.model_dump()
    rename = {"D21": "D28", "M3": "D60"}
    settings = {
        "visit_windows": {rename.get(v, v): window for v, window in old["visit_windows"].items()},
        "vas": old["vas"] | {"visits": {rename.get(v, v): normal for v, normal in old["vas"]["visits"].items()}},
        "leak_found_share": {rename.get(v, v): share for v, share in old["leak_found_share"].items()},
        "missed_once": {form: rename.get(v, v) for form, v in old["missed_once"].items()},
    }
    tables, _ = follows(params, change, settings=settings)
    assert set(tables["vas"]["visit"]) == {"D0", "D1", "D28", "D60"}
    procedure = tables["procedures"].groupby("subject_id")["procedure_date"].first()
    for table, date in (("vas", "vas_date"), ("imaging", "imaging_date"), ("dallas", "dallas_date")):
        day = (tables[table][date] - tables[table]["subject_id"].map(procedure)).dt.days.groupby(tables[table]["visit"])
        # params.yaml, visit_windows: -2 to 3 about day 28, -7 to 14 about day 60
        assert (day.min()["D60"], day.max()["D60"]) == (53, 74)
        if table != "imaging":
            assert (day.min()["D28"], day.max()["D28"]) == (26, 31)
    died = tables["deaths"].set_index("subject_id")["death_date"]
    assert (died - procedure.reindex(died.index)).dt.days.max() < 53


def test_a_schedule_that_cannot_be_is_an_error(params):
    def change(content):
        content["schedule"]["visits"]["M3"]["due"] = 30
        content["rules"]["windows"] = []

    with pytest.raises(ConfigError, match=r"visit_windows: D21 may fall on the day of M3 or later"):
        follows(params, change)

    def later(content):
        content["schedule"]["visits"]["M3"]["due"] = 40
        content["rules"]["windows"] = []

    with pytest.raises(ConfigError, match=r"withdrawal_days: no day is left between 29 and 28, .* from day 33 on"):
        follows(params, later, settings={"withdrawal_days": {"first": 29, "before_last_visit": 5}})

    def apart(content):
        content["schedule"]["visits"]["M3"]["due"] = 40

    with pytest.raises(ConfigError, match=r"rules.windows: M3, due on day 40, has no day in common with days 70 to"):
        follows(params, apart)

    def short(content):
        content["tables"]["vas"]["columns"]["vas_date"].update(max=dt.date(2016, 5, 1))

    with pytest.raises(ConfigError, match=r"no patient could be randomised and followed to M3"):
        follows(params, short)


def test_renamed_codes_are_followed(params):
    def change(content):
        lists = content["codelists"]
        lists["site"] = {"11": "One", "12": "Two"}
        lists["sex"] = {"1": "Male", "2": "Female"}
        lists["primary_tumour"] = {"X": "One kind"}
        lists["stratum_levels"] = {"1-2": "few", "3-6": "many"}
        lists["leak_type"] = {"VENOUS": "Into a vein", "CORTICAL": "Through the cortex", "DISC": "Into the disc"}
        lists["missed_reason"] = {"UNKNOWN": "Unknown", "NOT COME": "Did not come"}

    settings = {
        "site_share": {"11": 0.5, "12": 0.5},
        "sex_share": {"2": 0.6, "1": 0.4},
        "primary_share": {"2": {"X": 1.0}, "1": {"X": 1.0}},
        "stature": {"mean": {"1": 174, "2": 161}, "sd": 6.5},
        "leak_type_share": {"VENOUS": 0.3, "CORTICAL": 0.3, "DISC": 0.3, "BOTH": 0.1},
        "missed_reason_share": {"UNKNOWN": 1.0},
    }
    tables, _ = follows(params, change, settings=settings)
    patients = tables["patients"].merge(tables["eligibility"], on="subject_id")
    assert patients["site_id"].value_counts().to_dict() == {"11": 200, "12": 200}
    assert patients["sex"].value_counts().to_dict() == {"2": 240, "1": 160}
    assert (patients["stratum_levels"] == "3-6").equals(patients["levels_planned"] >= 3)
    assert set(tables["leaks"]["leak_type"]) == {"VENOUS", "CORTICAL", "DISC"}
    assert set(tables["missed_visits"]["reason"]) == {"UNKNOWN", "NOT COME"}
    tall = tables["stature"].merge(patients[["subject_id", "sex"]], on="subject_id").groupby("sex")["stature_cm"].mean()
    assert tall["1"] - tall["2"] == pytest.approx(13, abs=2)


def test_other_levels_items_readers_and_terms_are_followed(params):
    def change(content):
        for level in ("T1", "T2"):
            del content["levels"][level]
        content["tables"]["imaging"]["columns"]["reader"].update(max=3)
        content["ctcae"]["Fever"]["grades"] = [2, 3]
        domain = content["dallas"]["domains"]["DPQDA"]
        domain["items"] = domain["items"][:5]

    weights = {k: v for k, v in params.synthetic.level_weight.items() if k not in ("T1", "T2")}
    tables, _ = follows(params, change, settings={"level_weight": weights}, patients=1000)
    assert not {"T1", "T2"} & set(tables["procedures"]["level"])
    assert set(tables["imaging"]["reader"]) == {1, 2, 3}
    assert set(tables["adverse_events"].query("term == 'Fever'")["grade"]) <= {2, 3}
    # an item of no domain is a column like any other
    assert set(tables["dallas"]["item_07"]) == set(range(6))


def test_a_new_column_or_table_is_written_as_the_codebook_declares_it(params, project, tmp_path):
    """Drawn evenly from codes or range, empty if it may be, and readable by the checks."""
    extra = {
        "smoker": {"label": "Smoker", "type": "flag", "required": True},
        "arm_side": {"label": "Side", "type": "code", "codes": "sex", "required": True},
        "weight_kg": {"label": "Weight", "type": "decimal", "min": 40, "max": 120, "required": True},
        "children": {"label": "Children", "type": "integer", "min": 0, "max": 4},
        "first_seen": {"label": "First seen", "type": "date", "min": dt.date(2016, 1, 1), "max": dt.date(2016, 2, 1)},
        "remark": {"label": "Remark", "type": "text"},
        "by": {"label": "Entered by", "type": "string", "required": True},
        "score": {"label": "Score", "type": "integer", "required": True},
        "left_out": {"label": "May be left out", "type": "decimal", "min": 0, "max": 1, "optional": True},
    }

    def change(content):
        content["tables"]["patients"]["columns"].update(extra)
        content["tables"]["visits_log"] = {
            "label": "Log",
            "form": "Log",
            "key": ["subject_id"],
            "columns": {"subject_id": {"label": "Subject", "type": "string", "required": True}},
        }

    tables, codebook = follows(params, change)
    patients = tables["patients"]
    assert list(patients)[-len(extra) :] == list(extra)
    assert set(patients["smoker"]) == {"Y", "N"} and set(patients["arm_side"]) == {"F", "M"}
    assert patients["weight_kg"].between(40, 120).all() and set(patients["children"]) == {0, 1, 2, 3, 4}
    assert patients["first_seen"].between("2016-01-01", "2016-02-01").all()
    assert patients[["remark", "left_out"]].isna().all(axis=None)
    assert len(tables["visits_log"]) == 0
    write_export(tables, tmp_path, codebook)
    problems = check_export(read_export(tmp_path, codebook), codebook, units_of(params))[1]
    assert [problem for problem in problems if problem.severity == "error"] == []


@pytest.mark.parametrize(
    ("codelist", "code", "place"),
    [
        ("leak_size", "SIGNIFICANT", "leaks.columns.leak_size: the generator would write SIGNIFICANT"),
        ("approach", "BIPEDICULAR", "procedures.columns.approach: the generator would write BIPEDICULAR"),
        ("death_cause", "PROGRESSION", "deaths.columns.cause: the generator would write PROGRESSION"),
    ],
)
def test_a_code_with_a_meaning_of_its_own_that_the_codebook_lost_is_an_error(params, codelist, code, place):
    def change(content):
        content["codelists"][codelist]["ANOTHER"] = content["codelists"][codelist].pop(code)

    with pytest.raises(ConfigError, match=place):
        follows(params, change)


def literals(tree):
    """Collections of constants, keys of mappings and single texts in a module, docstrings left out."""
    docstrings = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            yield node.lineno, [e.value for e in node.elts if isinstance(e, ast.Constant)]
        elif isinstance(node, ast.Dict):
            yield node.lineno, [e.value for e in node.keys if isinstance(e, ast.Constant)]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings:
            yield node.lineno, [node.value]


def test_the_generator_restates_no_list_range_date_visit_level_item_or_term_of_the_codebook(codebook):
    """Single codes with a meaning of their own (a fatal outcome) may stand there; what can be read may not."""
    folder = ROOT / "src" / "helpers" / "data"
    lists = {name: {c for c in codes if isinstance(c, str)} for name, codes in codebook.all_codelists.items()}
    ranges = {(c.min, c.max) for t in codebook.tables.values() for c in t.columns.values() if c.min is not None}
    items = {item for domain in codebook.dallas.domains.values() for item in domain.items}
    whole = {*lists["visit"], *lists["level"], *lists["site"], *lists["stratum_levels"], *items} - {"ALL"}
    modules = [*sorted((folder / "generator").rglob("*.py")), folder / "synthesise.py"]
    assert len(modules) > 12
    for module in modules:
        for line, values in literals(ast.parse(module.read_text(encoding="utf-8"))):
            texts = {value for value in values if isinstance(value, str)}
            where = f"{module.name}:{line}: {values}"
            assert not texts & whole, where
            assert not [
                text
                for text in texts
                if re.fullmatch(r"\d{4}-\d\d-\d\d", text) and text not in ("0001-01-01", "9999-12-31")
            ], where
            for name, codes in lists.items():
                if name != "technique":  # the arms are the plan's; check_names holds them against the codebook
                    assert len(texts & codes) < 2, f"{where} restates {name}"
            assert len(values) != 2 or tuple(values) not in ranges - {(0, 1), (0, 100)}, where
