"""The analysis datasets, computed by hand for a trial of three patients."""

import io

import numpy as np
import pandas as pd
import pytest

from helpers.data import load_datasets
from helpers.data.adam import study_day
from helpers.data.convert import convert_table
from helpers.data.derive import derive, derive_datasets
from helpers.data.tables import conform
from helpers.data.validate import validate
from helpers.errors import ConfigError

# P1: KP, two vertebrae, to month 3. P2: allocated to KP, treated by VP, died. P3: VP, never treated.
TINY = {
    "patients": """
        subject_id,site_id,age,sex,primary_tumour,randomisation_date,stratum_levels,allocated
        P1,01,60,F,BREAST,2018-01-01,1-3,KP
        P2,01,50,M,LUNG,2018-02-01,1-3,KP
        P3,02,70,F,OTHER,2018-03-01,4-6,VP""",
    "eligibility": """
        subject_id,assessment_date,ecog,metastatic_sites,levels_planned,vas,sins_level,sins_location,sins_pain,sins_lesion,sins_alignment,sins_collapse,sins_posterolateral,sins_total
        P1,2017-12-30,1,2,2,6.0,L1,3,3,2,0,2,0,10
        P2,2018-01-30,0,3,1,7.5,T6,1,3,0,0,2,0,6
        P3,2018-02-27,2,2,4,2.0,L2,2,3,2,0,2,0,9""",
    "procedures": """
        subject_id,level,procedure_date,planned_technique,actual_technique,approach,volume_ml
        P1,T12,2018-01-10,KP,KP,BIPEDICULAR,4.0
        P1,L1,2018-01-10,KP,KP,BIPEDICULAR,5.5
        P2,T6,2018-02-10,KP,VP,UNIPEDICULAR,3.0""",
    "leaks": """
        subject_id,leak_number,level,leak_type,leak_size,symptomatic,found_visit,found_date
        P1,1,L1,VASCULAR,NOT SIGNIFICANT,N,D1,2018-01-11
        P1,2,L1,CORTICAL,SIGNIFICANT,Y,D0,2018-01-10""",
    "imaging": """
        subject_id,level,visit,imaging_date,reader,anterior_mm,middle_mm,posterior_mm,kyphosis_deg
        P1,T12,D0,2018-01-09,1,18.0,19.0,24.0,12.0
        P1,T12,D0,2018-01-09,2,19.0,20.0,24.5,10.0
        P1,T12,M3,2018-04-10,1,20.0,,24.0,9.0
        P1,T12,M3,2018-04-10,2,20.4,21.0,25.0,8.0
        P3,L2,D0,2018-03-09,1,22.0,22.0,26.0,5.0""",
    "vas": """
        subject_id,visit,vas_date,vas
        P1,D0,2018-01-09,6.5
        P1,D1,2018-01-11,4.0
        P1,M3,2018-04-10,2.0
        P2,D0,2018-02-10,7.0
        P2,D1,2018-02-11,5.0
        P3,D1,2018-03-12,2.5""",
    "stature": """
        subject_id,visit,stature_date,stature_cm
        P1,D0,2018-01-09,165.0
        P1,M3,2018-04-10,165.4""",
    "dallas": """
        subject_id,visit,dallas_date,item_01,item_02,item_03,item_04,item_05,item_06,item_07,item_08,item_09,item_10,item_11,item_12,item_13,item_14,item_15,item_16
        P1,D0,2018-01-09,3,2,2,2,2,2,2,5,5,5,2,2,2,1,1,1
        P1,M3,2018-04-10,2,2,2,2,2,2,,5,5,,7,6,7,0,0,0""",
    "adverse_events": """
        subject_id,ae_number,verbatim,term,grade,serious,related_procedure,related_device,related_disease,leak_number,start_date,end_date,outcome,caused_death
        P1,1,fever,Fever,1,N,NOT RELATED,NOT RELATED,UNLIKELY,,2018-01-05,2018-01-06,RECOVERED,N
        P1,2,root pain,Radiculitis,2,N,PROBABLY,DEFINITELY,NOT RELATED,2,2018-01-10,,RECOVERING,N
        P2,1,embolism,Thromboembolic event,5,Y,UNLIKELY,UNLIKELY,PROBABLY,,2018-03-01,2018-03-02,FATAL,Y
        P3,1,pain,Pain,3,N,NOT RELATED,NOT RELATED,PROBABLY,,2018-03-05,,UNKNOWN,N""",
    "deaths": """
        subject_id,death_date,cause
        P2,2018-03-02,ADVERSE EVENT""",
    "withdrawals": """
        subject_id,withdrawal_date,reason
        P3,2018-03-12,CONSENT""",
    "missed_visits": """
        subject_id,visit,form,reason
        P1,D21,VAS,NOT DONE""",
}


@pytest.fixture(scope="module")
def tables(codebook):
    typed = {}
    for name, lines in TINY.items():
        text = pd.read_csv(io.StringIO(lines.replace("        ", "").strip()), dtype="str", keep_default_na=False)
        values, unreadable = convert_table(name, text, codebook)
        assert unreadable == []
        typed[name] = conform(values, codebook.tables[name].columns, codebook.tables[name].key, name=name)
    return typed


@pytest.fixture(scope="module")
def data(tables, codebook):
    return derive_datasets(tables, codebook)


def subject(data, number):
    return data["adsl"].set_index("SUBJID").loc[f"P{number}"]


def value(frame, **where):
    for column, wanted in where.items():
        frame = frame[frame[column] == wanted]
    assert len(frame) == 1
    return frame.iloc[0]


def test_adsl_has_a_row_per_patient_and_the_sets_follow_from_treatment(data):
    flags = data["adsl"].set_index("SUBJID")[["ITTFL", "MITTFL", "SAFFL", "PPROTFL"]].agg("".join, axis=1)
    assert flags.to_dict() == {"P1": "YYYY", "P2": "YYYN", "P3": "YNNN"}


def test_the_actual_arm_is_the_technique_received_and_empty_if_never_treated(data):
    arms = data["adsl"].set_index("SUBJID")
    assert arms["TRT01P"].tolist() == ["KP", "KP", "VP"]
    assert arms["TRT01A"].fillna("").tolist() == ["KP", "VP", ""]


def test_volumes_and_vertebrae_are_summed_per_patient(data):
    one, never = subject(data, 1), subject(data, 3)
    assert (one["NPLAN"], one["NLEVELS"], one["VOLTOT"], one["VOLMEAN"]) == (2, 2, 9.5, 4.75)
    assert (never["NPLAN"], never["NLEVELS"]) == (4, 0)
    assert np.isnan(never["VOLTOT"])


def test_the_end_of_study_is_death_then_withdrawal_then_the_last_date_seen(data):
    ends = data["adsl"].set_index("SUBJID")
    assert ends["EOSSTT"].tolist() == ["COMPLETED", "DEATH", "WITHDRAWN"]
    assert ends["EOSDT"].dt.strftime("%Y-%m-%d").tolist() == ["2018-04-10", "2018-03-02", "2018-03-12"]
    assert ends["DTHFL"].tolist() == ["N", "Y", "N"]


def test_whoever_has_no_month_3_form_and_gave_no_reason_is_lost(tables, codebook):
    without = tables | {
        name: tables[name][tables[name]["visit"] != "M3"] for name in ("vas", "stature", "dallas", "imaging")
    }
    one = derive_datasets(without, codebook)["adsl"].set_index("SUBJID").loc["P1"]
    assert (one["EOSSTT"], f"{one['EOSDT']:%Y-%m-%d}") == ("LOST TO FOLLOW-UP", "2018-01-11")


def test_baseline_pain_is_that_of_d0_or_of_inclusion(data):
    assert data["adsl"].set_index("SUBJID")["VASBL"].to_dict() == {"P1": 6.5, "P2": 7.0, "P3": 2.0}


def test_adproc_marks_the_vertebra_that_leaked_and_its_region(data):
    rows = data["adproc"][["USUBJID", "LEVEL", "REGION", "TECHPL", "TECHAC", "LEAKFL"]].to_numpy().tolist()
    assert rows == [
        ["KYPHO-01-P1", "T12", "JUNCTION", "KP", "KP", "N"],
        ["KYPHO-01-P1", "L1", "JUNCTION", "KP", "KP", "Y"],
        ["KYPHO-01-P2", "T6", "THORACIC", "KP", "VP", "N"],
    ]


def test_adleak_has_a_row_per_leak(data):
    columns = ["LEVEL", "LEAKSEQ", "LEAKTYPE", "LEAKSIZE", "LEAKSYMP", "AVISIT"]
    assert data["adleak"][columns].to_numpy().tolist() == [
        ["L1", 1, "VASCULAR", "NOT SIGNIFICANT", "N", "D1"],
        ["L1", 2, "CORTICAL", "SIGNIFICANT", "Y", "D0"],
    ]


def test_an_imaging_value_is_the_mean_of_the_readers_and_the_change_counts_from_d0(data):
    anterior = value(data["adimg"], LEVEL="T12", PARAMCD="ANTHT", AVISIT="M3")
    # means 18.5 and 20.2
    assert (anterior["READ1"], anterior["READ2"], anterior["AVAL"]) == (20.0, 20.4, 20.2)
    assert (anterior["BASE"], anterior["CHG"], anterior["ABLFL"]) == (18.5, 1.7, "N")
    angle = value(data["adimg"], LEVEL="T12", PARAMCD="KYPHANG", AVISIT="M3")
    assert (angle["BASE"], angle["AVAL"], angle["CHG"], angle["AVALU"]) == (11.0, 8.5, -2.5, "degrees")


def test_one_reader_alone_gives_the_value(data):
    middle = value(data["adimg"], LEVEL="T12", PARAMCD="MIDHT", AVISIT="M3")
    assert (middle["AVAL"], middle["BASE"], middle["CHG"]) == (21.0, 19.5, 1.5)
    assert np.isnan(middle["READ1"])


def test_baseline_imaging_of_the_patient_never_treated_is_kept(data):
    row = value(data["adimg"], LEVEL="L2", PARAMCD="ANTHT")
    assert (row["USUBJID"], row["AVISIT"], row["ABLFL"], row["BASE"]) == ("KYPHO-01-P3", "D0", "Y", 22.0)
    assert np.isnan(row["CHG"])


def test_pain_has_base_change_and_study_day(data):
    pain = data["advs"].query("PARAMCD == 'VAS' and USUBJID == 'KYPHO-01-P1'")
    assert pain["AVISIT"].tolist() == ["D0", "D1", "M3"]
    assert pain["CHG"].fillna(0).tolist() == [0, -2.5, -4.5]  # relief at M3 is 4.5
    assert pain["ADY"].tolist() == [-1, 2, 91]  # the procedure, 10 January, is day 1; there is no day 0


def test_without_a_baseline_there_is_no_change(data):
    row = value(data["advs"], USUBJID="KYPHO-01-P3", PARAMCD="VAS")
    assert np.isnan(row["BASE"])
    assert np.isnan(row["CHG"])
    assert pd.isna(row["ADY"])


def test_dallas_domains_are_scored_with_their_missing_rule(data):
    domains = data["adqs"].query("PARCAT1 == 'DOMAIN'").set_index(["PARAMCD", "AVISIT"])["AVAL"].to_dict()
    assert domains == {
        ("DPQDA", "D0"): 45.0,  # 15 x 3
        ("DPQWL", "D0"): 75.0,  # 15 x 5
        ("DPQAD", "D0"): 30.0,
        ("DPQSI", "D0"): 15.0,
        ("DPQDA", "M3"): 42.0,  # six items of 2 and their mean: 14 x 3
        ("DPQAD", "M3"): 100.0,  # 20 x 5
        ("DPQSI", "M3"): 0.0,  # DPQWL at M3 lacks an item: no score, no row
    }


def test_dallas_items_have_rows_and_the_replaced_item_is_counted(data):
    assert len(data["adqs"].query("PARCAT1 == 'ITEM'")) == 2 * 16 - 2
    assert value(data["adqs"], PARAMCD="DPQDA", AVISIT="M3")["NIMPUT"] == 1
    assert value(data["adqs"], PARAMCD="DPQDA", AVISIT="M3")["CHG"] == -3.0
    assert value(data["adqs"], PARAMCD="DPQ10", AVISIT="D0")["AVAL"] == 5.0


def test_adverse_events_are_emergent_from_the_day_of_the_procedure_on(data):
    events = data["adae"][["USUBJID", "AESEQ", "AEDECOD", "AETOXGR", "TRTEMFL"]].to_numpy().tolist()
    assert events == [
        ["KYPHO-01-P1", 1, "Fever", 1, "N"],
        ["KYPHO-01-P1", 2, "Radiculitis", 2, "Y"],
        ["KYPHO-01-P2", 1, "Thromboembolic event", 5, "Y"],
        ["KYPHO-01-P3", 1, "Pain", 3, "N"],
    ]
    assert data["adae"]["ASTDY"].fillna(0).tolist() == [-5, 1, 20, 0]
    assert data["adae"].loc[1, "AEBODSYS"] == "Nervous system disorders"
    assert data["adae"].loc[1, "LEAKSEQ"] == 2


def test_forms_are_expected_unless_the_patient_had_died(data):
    forms = data["adcomp"].set_index(["USUBJID", "AVISIT"])
    # P2 died on day 20 after the procedure: D21 and M3 are not expected
    assert forms.loc["KYPHO-01-P2", "EXPECTFL"].tolist() == ["Y", "Y", "N", "N"]
    assert forms.loc["KYPHO-01-P1", "EXPECTFL"].tolist() == ["Y"] * 4
    assert forms.loc["KYPHO-01-P1", "VASFL"].tolist() == ["Y", "Y", "N", "Y"]
    assert forms.loc["KYPHO-01-P1", "DPQFL"].tolist() == ["Y", "N", "N", "Y"]
    assert forms.loc["KYPHO-01-P3", "IMGFL"].tolist() == ["Y", "N", "N", "N"]


def test_who_had_both_techniques_is_analysed_as_allocated_and_not_per_protocol(tables, codebook):
    procedures = tables["procedures"].copy()
    procedures.loc[(procedures["subject_id"] == "P1") & (procedures["level"] == "L1"), "actual_technique"] = "VP"
    data = derive_datasets(tables | {"procedures": procedures}, codebook)
    assert subject(data, 1)[["TRT01A", "PPROTFL"]].tolist() == ["KP", "N"]
    assert data["adproc"]["TECHAC"].tolist() == ["KP", "VP", "VP"]


def test_study_days_skip_zero():
    start = pd.Series(pd.to_datetime(["2018-01-10"] * 3))
    dates = pd.Series(pd.to_datetime(["2018-01-09", "2018-01-10", "2018-01-11"]))
    assert study_day(dates, start).tolist() == [-1, 1, 2]


def test_the_datasets_have_exactly_the_declared_variables_and_read_back_typed(derived, codebook):
    data = load_datasets(*codebook.datasets)
    kinds = {"integer": ("int64", "Int64"), "decimal": ("float64",), "date": ("datetime64[ms]",)}
    for name, frame in data.items():
        declared = codebook.variables(name)
        assert list(frame.columns) == list(declared)
        for column, each in declared.items():
            assert str(frame[column].dtype) in kinds.get(each.type, ("str",)), f"{name}.{column}"
            codes = codebook.codes(each)
            if codes:
                assert frame[column].dropna().isin(list(codes)).all(), f"{name}.{column}"
        keys = list(codebook.datasets[name].key)
        assert frame.equals(frame.sort_values(keys, ignore_index=True))


def test_nothing_of_the_export_is_lost_on_the_way(export, derived):
    data = load_datasets("adsl", "adproc", "adleak", "adimg", "advs", "adqs", "adae", "adcomp")
    assert len(data.adsl) == len(export.rows("patients"))
    assert len(data.adproc) == len(export.rows("procedures"))
    assert len(data.adleak) == len(export.rows("leaks"))
    assert len(data.advs) == len(export.rows("vas")) + len(export.rows("stature"))
    assert len(data.adimg) * 2 == len(export.rows("imaging")) * 4  # four measures, two readers
    items = sum(
        value != "" for row in export.rows("dallas") for column, value in row.items() if column.startswith("item")
    )
    assert (data.adqs["PARCAT1"] == "ITEM").sum() == items
    assert len(data.adae) == len(export.rows("adverse_events"))
    assert len(data.adcomp) == 4 * len(data.adsl)


def contents(folder, pattern):
    return {p.name: p.read_bytes() for p in (folder / "data" / "processed").glob(pattern)}


def test_deriving_twice_gives_the_same_bytes(project, derived_template, params):
    validate(params)
    derive(params)
    assert contents(project, "*") == contents(derived_template, "*")


def test_the_order_of_rows_in_the_export_does_not_matter(project, derived_template, export, params):
    for table in export.codebook.tables:
        export.save(table, export.rows(table)[::-1])
    validate(params)
    derive(params)
    assert contents(project, "*.parquet") == contents(derived_template, "*.parquet")


def test_deriving_before_validating_says_what_to_run(project, params):
    with pytest.raises(ConfigError, match=r"data/interim/patients.parquet is missing.*kypho repro"):
        derive(params)


def test_a_dataset_that_does_not_exist_is_named_with_those_that_do(derived):
    with pytest.raises(ConfigError, match=r"no analysis dataset adlb. Datasets: adae, adcomp"):
        load_datasets("adlb")


def test_datasets_are_reached_by_name_and_by_attribute(derived):
    data = load_datasets("adsl", "advs")
    assert data.adsl is data["adsl"]
    assert list(data) == ["adsl", "advs"]
    assert repr(data) == "Datasets: adsl (31 rows), advs (163 rows)"
    with pytest.raises(AttributeError, match="adae was not loaded"):
        _ = data.adae
