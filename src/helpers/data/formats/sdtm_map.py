"""Where each column of the codebook stands in SDTM: one table, used to write domains and to read them.

After SDTMIG 3.3, with MO for the measurements of imaging. Controlled terms are the codebook's codes. A column that has
no place here goes to the supplemental qualifiers of its table's first domain, so a new column needs no line here.
"""

from dataclasses import dataclass, field

STUDY = "KYPHO-01"

#: Domain -> label, in the order they are written.
DOMAINS = {
    "DM": "Demographics",
    "DS": "Disposition",
    "SV": "Subject Visits",
    "SC": "Subject Characteristics",
    "PR": "Procedures",
    "CE": "Clinical Events",
    "AE": "Adverse Events",
    "MO": "Morphology",
    "QS": "Questionnaires",
    "VS": "Vital Signs",
}
#: Domains of the trial's design: they hold no patient's data and are left alone.
DESIGN = ("TA", "TD", "TE", "TI", "TM", "TS", "TV")

#: Variable (`--` for the domain's letters) -> label and whether it is a number, in the order they are written.
VARIABLES: dict[str, tuple[str, bool]] = {
    "STUDYID": ("Study Identifier", False),
    "DOMAIN": ("Domain Abbreviation", False),
    "USUBJID": ("Unique Subject Identifier", False),
    "SUBJID": ("Subject Identifier for the Study", False),
    "RFSTDTC": ("Subject Reference Start Date/Time", False),
    "RFENDTC": ("Subject Reference End Date/Time", False),
    "RFXSTDTC": ("Date/Time of First Study Treatment", False),
    "RFXENDTC": ("Date/Time of Last Study Treatment", False),
    "RFICDTC": ("Date/Time of Informed Consent", False),
    "RFPENDTC": ("Date/Time of End of Participation", False),
    "DTHDTC": ("Date/Time of Death", False),
    "DTHFL": ("Subject Death Flag", False),
    "SITEID": ("Study Site Identifier", False),
    "AGE": ("Age", True),
    "AGEU": ("Age Units", False),
    "SEX": ("Sex", False),
    "RACE": ("Race", False),
    "ETHNIC": ("Ethnicity", False),
    "ARMCD": ("Planned Arm Code", False),
    "ARM": ("Description of Planned Arm", False),
    "ACTARMCD": ("Actual Arm Code", False),
    "ACTARM": ("Description of Actual Arm", False),
    "ARMNRS": ("Reason Arm and/or Actual Arm is Null", False),
    "COUNTRY": ("Country", False),
    "DMDTC": ("Date/Time of Collection", False),
    "DMDY": ("Study Day of Collection", True),
    "--SEQ": ("Sequence Number", True),
    "--GRPID": ("Group ID", False),
    "--REFID": ("Reference ID", False),
    "--SPID": ("Sponsor-Defined Identifier", False),
    "--TERM": ("Reported Term", False),
    "--TRT": ("Reported Name of Procedure", False),
    "--DECOD": ("Dictionary-Derived or Standardized Term", False),
    "--TESTCD": ("Short Name of Test", False),
    "--TEST": ("Name of Test", False),
    "--CAT": ("Category", False),
    "--SCAT": ("Subcategory", False),
    "--PRESP": ("Pre-specified", False),
    "--OCCUR": ("Occurrence", False),
    "--REASOC": ("Reason for Occur Value", False),
    "--BODSYS": ("Body System or Organ Class", False),
    "--SOC": ("Primary System Organ Class", False),
    "--LOC": ("Location", False),
    "--SER": ("Serious Event", False),
    "--ACN": ("Action Taken with Study Treatment", False),
    "--REL": ("Causality", False),
    "--OUT": ("Outcome of Event", False),
    "--SDTH": ("Results in Death", False),
    "--TOXGR": ("Standard Toxicity Grade", False),
    "--DOSE": ("Dose", True),
    "--DOSU": ("Dose Units", False),
    "--ORRES": ("Result or Finding in Original Units", False),
    "--ORRESU": ("Original Units", False),
    "--STRESC": ("Character Result/Finding in Std Format", False),
    "--STRESN": ("Numeric Result/Finding in Standard Units", True),
    "--STRESU": ("Standard Units", False),
    "--STAT": ("Completion Status", False),
    "--REASND": ("Reason Not Done", False),
    "--METHOD": ("Method of Test or Examination", False),
    "--LOBXFL": ("Last Observation Before Exposure Flag", False),
    "--BLFL": ("Baseline Flag", False),
    "--EVAL": ("Evaluator", False),
    "--EVALID": ("Evaluator Identifier", False),
    "VISITNUM": ("Visit Number", True),
    "VISIT": ("Visit Name", False),
    "VISITDY": ("Planned Study Day of Visit", True),
    "EPOCH": ("Epoch", False),
    "--DTC": ("Date/Time of Collection", False),
    "--STDTC": ("Start Date/Time", False),
    "--ENDTC": ("End Date/Time", False),
    "--DY": ("Study Day of Collection", True),
    "--STDY": ("Study Day of Start", True),
    "--ENDY": ("Study Day of End", True),
}
#: Variables that follow from others; whatever they hold, the canonical tables are made without them.
DERIVED = {
    *("STUDYID", "DOMAIN", "RFSTDTC", "RFENDTC", "RFXSTDTC", "RFXENDTC", "RFICDTC", "RFPENDTC", "DTHDTC", "DTHFL"),
    *("AGEU", "ARM", "ACTARMCD", "ACTARM", "ARMNRS", "COUNTRY", "DMDTC", "DMDY", "--SEQ", "--TEST", "--PRESP"),
    *("--BODSYS", "--SOC", "--STRESC", "--STRESN", "--STRESU", "--LOBXFL", "--BLFL", "VISITNUM", "VISITDY", "EPOCH"),
    *("--DY", "--STDY", "--ENDY"),
}
SUPPLEMENTAL: dict[str, tuple[str, bool]] = {
    "STUDYID": ("Study Identifier", False),
    "RDOMAIN": ("Related Domain Abbreviation", False),
    "USUBJID": ("Unique Subject Identifier", False),
    "IDVAR": ("Identifying Variable", False),
    "IDVARVAL": ("Identifying Variable Value", False),
    "QNAM": ("Qualifier Variable Name", False),
    "QLABEL": ("Qualifier Variable Label", False),
    "QVAL": ("Data Value", False),
    "QORIG": ("Origin", False),
    "QEVAL": ("Evaluator", False),
}
NOT_DONE = "NOT DONE"


@dataclass(frozen=True)
class Records:
    """Records of a domain, one for each row of a table.

    `when`: values that every such record has and by which it is recognised. `columns`: column -> variable. `supp`:
    column -> QNAM of a supplemental qualifier. `row`: columns of the table that have this value in all its rows.
    `also`: values written for a person, ignored when read. `units`: column -> variable that states its unit. `result`:
    the column in --ORRES, where the record is a finding; empty, it makes the record NOT DONE, or none at all if it is
    `sparse`.
    """

    table: str
    domain: str
    columns: dict[str, str]
    when: dict[str, str] = field(default_factory=dict)
    supp: dict[str, str] = field(default_factory=dict)
    row: dict[str, str] = field(default_factory=dict)
    also: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    result: str | None = None
    sparse: bool = False


def _finding(table: str, domain: str, column: str, code: str, test: str, *, sparse: bool = False, category: str = ""):
    """A test of a findings domain: its result is a column; the table's visit, date and the like stand beside it."""
    beside = {
        "eligibility": {"assessment_date": f"{domain}DTC"},
        "vas": {"visit": "VISIT", "vas_date": "QSDTC"},
        "stature": {"visit": "VISIT", "stature_date": "VSDTC"},
        "dallas": {"visit": "VISIT", "dallas_date": "QSDTC"},
        "imaging": {"level": "MOLOC", "visit": "VISIT", "imaging_date": "MODTC", "reader": "MOEVALID"},
    }[table]
    when = {f"{domain}TESTCD": code} | ({f"{domain}CAT": category} if category else {})
    columns = {"subject_id": "USUBJID", **beside, column: f"{domain}ORRES"}
    return Records(
        table,
        domain,
        columns,
        when=when,
        also={f"{domain}TEST": test},
        units={column: f"{domain}ORRESU"},
        result=column,
        sparse=sparse,
    )


def _missed(form: str, domain: str, category: str = ""):
    """A form that was not done at a visit, in the domain that it would have filled."""
    when = {f"{domain}TESTCD": f"{domain}ALL"} | ({f"{domain}CAT": category} if category else {})
    columns = {"subject_id": "USUBJID", "visit": "VISIT", "reason": f"{domain}REASND"}
    also = {f"{domain}TEST": "All tests", f"{domain}STAT": NOT_DONE}
    return Records("missed_visits", domain, columns, when=when, row={"form": form}, also=also)


_SINS = ("location", "pain", "lesion", "alignment", "collapse", "posterolateral")
_PAIN, _DALLAS, _INCLUSION = "PAIN VAS", "DALLAS", "INCLUSION"

#: The map. A table's records are joined by the table's key.
MAP: tuple[Records, ...] = (
    Records(
        "patients",
        "DM",
        {"subject_id": "USUBJID", "site_id": "SITEID", "age": "AGE", "sex": "SEX", "allocated": "ARMCD"},
        supp={"primary_tumour": "PRIMTUM", "stratum_levels": "STRATLVL"},
        units={"age": "AGEU"},
    ),
    Records(
        "patients",
        "DS",
        {"subject_id": "USUBJID", "randomisation_date": "DSSTDTC"},
        when={"DSCAT": "PROTOCOL MILESTONE", "DSSCAT": "RANDOMIZATION"},
        also={"DSTERM": "RANDOMIZED", "DSDECOD": "RANDOMIZED"},
    ),
    _finding("eligibility", "QS", "ecog", "ECOG101", "ECOG1-Performance Status", category="ECOG"),
    _finding("eligibility", "QS", "vas", "VAS101", "Pain at inclusion", category=_INCLUSION),
    _finding("eligibility", "QS", "sins_level", "SINSLVL", "Vertebra scored by SINS", category="SINS"),
    *(_finding("eligibility", "QS", f"sins_{p}", f"SINS{p[:4].upper()}", f"SINS, {p}", category="SINS") for p in _SINS),
    _finding("eligibility", "QS", "sins_total", "SINSTOT", "SINS, total", category="SINS"),
    _finding("eligibility", "SC", "metastatic_sites", "METSITES", "Number of metastatic sites"),
    _finding("eligibility", "SC", "levels_planned", "LVLPLAN", "Number of vertebrae to treat"),
    Records(
        "procedures",
        "PR",
        {
            "subject_id": "USUBJID",
            "level": "PRLOC",
            "procedure_date": "PRSTDTC",
            "actual_technique": "PRTRT",
            "volume_ml": "PRDOSE",
        },
        when={"PRCAT": "CEMENTOPLASTY"},
        supp={"planned_technique": "PLANTECH", "approach": "APPROACH"},
        units={"volume_ml": "PRDOSU"},
    ),
    Records(
        "leaks",
        "CE",
        {
            "subject_id": "USUBJID",
            "leak_number": "CESPID",
            "level": "CELOC",
            "leak_type": "CESCAT",
            "found_visit": "VISIT",
            "found_date": "CEDTC",
        },
        when={"CECAT": "CEMENT LEAKAGE"},
        supp={"leak_size": "LEAKSIZE", "symptomatic": "LEAKSYMP"},
        also={"CETERM": "Cement leakage", "CEDECOD": "Cement leakage"},
    ),
    *(
        _finding("imaging", "MO", column, code, test)
        for column, code, test in (
            ("anterior_mm", "ANTHT", "Anterior vertebral height"),
            ("middle_mm", "MIDHT", "Middle vertebral height"),
            ("posterior_mm", "POSHT", "Posterior vertebral height"),
            ("kyphosis_deg", "KYPHANG", "Kyphotic angle"),
        )
    ),
    _finding("vas", "QS", "vas", "VAS101", "Pain", category=_PAIN),
    _finding("stature", "VS", "stature_cm", "HEIGHT", "Height"),
    *(
        _finding("dallas", "QS", f"item_{k:02d}", f"DPQ1{k:02d}", f"Dallas item {k}", category=_DALLAS)
        for k in range(1, 17)
    ),
    *(
        _finding("dallas", "QS", score, score.upper(), f"Dallas score {score.upper()}", category=_DALLAS, sparse=True)
        for score in ("dpqda", "dpqwl", "dpqad", "dpqsi")
    ),
    Records(
        "adverse_events",
        "AE",
        {
            "subject_id": "USUBJID",
            "ae_number": "AESPID",
            "verbatim": "AETERM",
            "term": "AEDECOD",
            "grade": "AETOXGR",
            "serious": "AESER",
            "related_procedure": "AEREL",
            "outcome": "AEOUT",
            "caused_death": "AESDTH",
            "start_date": "AESTDTC",
            "end_date": "AEENDTC",
        },
        supp={"related_device": "AERELDEV", "related_disease": "AERELDIS", "leak_number": "LEAKSPID"},
    ),
    Records(
        "deaths",
        "DS",
        {"subject_id": "USUBJID", "death_date": "DSSTDTC"},
        when={"DSCAT": "DISPOSITION EVENT", "DSSCAT": "DEATH"},
        supp={"cause": "DTHCAUS"},
        also={"DSTERM": "DEATH", "DSDECOD": "DEATH"},
    ),
    Records(
        "withdrawals",
        "DS",
        {"subject_id": "USUBJID", "withdrawal_date": "DSSTDTC", "reason": "DSDECOD"},
        when={"DSCAT": "DISPOSITION EVENT", "DSSCAT": "WITHDRAWAL"},
        also={"DSTERM": "WITHDRAWAL"},
    ),
    Records(
        "missed_visits",
        "SV",
        {"subject_id": "USUBJID", "visit": "VISIT", "reason": "SVREASOC"},
        when={"SVOCCUR": "N"},
        row={"form": "ALL"},
        also={"SVPRESP": "Y"},
    ),
    _missed("VAS", "QS", _PAIN),
    _missed("STATURE", "VS"),
    _missed("DALLAS", "QS", _DALLAS),
    _missed("IMAGING", "MO"),
)
#: Records that say nothing the tables do not say already: visits that took place.
IGNORED: tuple[tuple[str, str, tuple[str, ...]], ...] = (("SV", "SVOCCUR", ("", "Y")),)
#: Variable -> what stands before the codebook's code in it.
PREFIX = {"MOEVALID": "READER "}
#: The codebook's unit -> CDISC's term, where it is another.
UNIT_TERMS = {"years": "YEARS", "degrees": "deg"}
