"""Codes into words: the only place where an arm, a parameter, a visit or a unit gets its name for people."""

from collections.abc import Iterable

#: Who took part, and the endpoints.
ENDPOINTS = {
    "participants": "Participants",
    "leakage": "Cement leakage",
    "height": "Vertebral and standing height",
    "angle": "Kyphotic angle",
    "pain": "Pain",
    "qol": "Quality of life",
    "tolerance": "Tolerance",
    "volume_pain": "Cement volume and pain relief",
}

ARMS = {"KP": "Kyphoplasty", "VP": "Vertebroplasty", "KP-VP": "Difference", "all": "All patients"}

VISITS = {"D0": "before", "D1": "day 1", "D21": "day 21", "M3": "month 3", "all": "whole study"}

#: What a number is of its group: the statistics of `helpers.results`, and a pair of limits.
STATISTICS = {
    "n": "number analysed",
    "missing": "number without a value",
    "events": "number with the event",
    "count": "events, a unit may have several",
    "expected": "number expected",
    "mean": "mean",
    "sd": "standard deviation",
    "median": "median",
    "q1": "lower quartile",
    "q3": "upper quartile",
    "min": "smallest value",
    "max": "largest value",
    "estimate": "estimate",
    "lower95": "lower 95 % limit",
    "upper95": "upper 95 % limit",
    "se": "standard error",
    "df": "degrees of freedom",
    "p_value": "p-value",
    "probability": "probability",
    "size": "size of an arm",
    "exposure": "time at risk",
    "fmi": "fraction of missing information",
    "interval": "95 % interval",
}

#: The domains of the Dallas questionnaire and the classes of adverse events, in their order.
DALLAS = {
    "DPQDA": "Daily activities",
    "DPQWL": "Work and leisure",
    "DPQAD": "Anxiety and depression",
    "DPQSI": "Social interest",
}
DOMAINS = tuple(DALLAS)
EVENT_CLASSES = ("AEANY", "AEGE3", "AESER", "AERELPRC", "AERELDEV", "AERELDIS", "AEDTH")

#: The kinds of leak, two of a pair under a title. "Significant" is the registry's word for size, no statistical one.
LEAKS = {
    "leakage.type": ("Type", ("VASCULAR", "CORTICAL")),
    "leakage.size": ("Size, as the investigator judged it", ("SIGNIFICANT", "NOT_SIGNIFICANT")),
    "leakage.symptoms": ("Symptoms", ("SYMPTOMATIC", "ASYMPTOMATIC")),
}

#: Priors beside that of the main analysis, in their order.
PRIORS = ("FLAT", "JEFFREYS", "SCEPTICAL", "LITERATURE")

#: The analyses of the difference of success rates: analysis, parameter, and what it is called beside the others.
SUCCESS_ANALYSES = (
    ("leakage.success", "SUCCESS", "Main analysis"),
    ("leakage.success_newcombe", "SUCCESS", "Newcombe interval"),
    ("leakage.success_composite", "SUCCESS", "Not imaged is failure"),
    ("leakage.success_m3", "SUCCESS", "Imaged at month 3"),
    ("leakage.success_mitt", "SUCCESS", "Treated patients"),
    ("leakage.success_pp", "SUCCESS", "Per protocol"),
    ("leakage.success_strata", "SITE_MN", "Stratified by site"),
    ("leakage.success_strata", "LEVELS_MN", "Stratified by vertebrae"),
    ("leakage.success_adjusted", "SUCCESS", "Adjusted by a model"),
    ("leakage.success_bounds", "SHARE_100_000", "Not imaged: best case"),
    ("leakage.success_bounds", "SHARE_000_100", "Not imaged: worst case"),
)

PARAMETERS = {
    "TREATED": "Treated",
    "SWITCHED": "Treated with the other technique",
    "NOT_TREATED": "Never treated",
    "COMPLETED": "Seen at month 3",
    "DIED": "Died before month 3",
    "WITHDRAWN": "Withdrawn before month 3",
    "LOST": "Lost to follow-up",
    "FORM_IMG": "Imaging",
    "FORM_VAS": "Pain ratings",
    "FORM_DPQ": "Dallas questionnaires",
    "FORM_STATURE": "Standing height",
    "AGE": "Age",
    "SEX": "Sex",
    "SEX|F": "Women",
    "SEX|M": "Men",
    "SITEID": "Site",
    "SITEID|01": "Lyon",
    "SITEID|02": "Saint-Étienne",
    "ECOGBL": "ECOG performance status",
    "PRIMTUM": "Primary tumour",
    "STRATUM": "Vertebrae to treat, and site",
    "NPLAN": "Vertebrae to treat",
    "SINSBL": "Spinal Instability Neoplastic Score",
    "VASBL": "Pain before the procedure (VAS)",
    "SUCCESS": "Success: treated, and no leak found to month 3",
    "IMAGED_M3": "Judged on an image at month 3",
    "SUPERIORITY": "Kyphoplasty succeeds more often",
    "RD_GT_10": "by more than 10 points",
    "RD_GT_20": "by more than 20 points",
    "MAIN": "Main analysis",
    "FLAT": "Flat prior",
    "JEFFREYS": "Jeffreys prior",
    "SCEPTICAL": "Sceptical prior",
    "LITERATURE": "Prior from the literature",
    "POSTERIOR_GT_95": "Probability of a posterior probability above 0.95",
    "MN_ABOVE_0": "Probability of a lower limit above zero",
    "SUCCESS_RR": "Risk ratio of success",
    "SUCCESS_OR": "Odds ratio of success",
    "FISHER_MIDP": "Fisher's test, mid-p, nominal p value",
    "BOSCHLOO": "Boschloo's test, nominal p value",
    "VASCULAR": "Vascular",
    "CORTICAL": "Cortical",
    "SIGNIFICANT": "Significant",
    "NOT_SIGNIFICANT": "Not significant",
    "SYMPTOMATIC": "Symptomatic",
    "ASYMPTOMATIC": "Asymptomatic",
    "LEAK": "Vertebra with a leak",
    "ANTHT": "Anterior height",
    "MIDHT": "Middle height",
    "POSHT": "Posterior height",
    "STATURE": "Standing height",
    "KYPHANG": "Kyphotic angle",
    "VAS": "Pain (VAS)",
    **DALLAS,
    "FORM": "Dallas forms",
    "RESP30": "Relief by 30 % or more",
    "RESP50": "Relief by 50 % or more",
    **{f"{code}_MCII": f"{name}, important improvement" for code, name in DALLAS.items()},
    **{f"{code}_PASS": f"{name}, acceptable state" for code, name in DALLAS.items()},
    "FIRST_DAY": "Day of the procedure and the day after",
    "TO_DAY_30": "From then to day 30",
    "AFTER_DAY_30": "After day 30",
    "NONE": "None reported",
    "AEANY": "Any adverse event",
    "AEGE3": "Grade 3 or more",
    "AESER": "Serious",
    "AERELPRC": "Related to the procedure",
    "AERELDEV": "Related to the device",
    "AERELDIS": "Related to the disease",
    "AEDTH": "Fatal",
    "GRADE0": "No event",
    "GRADE1": "Grade 1",
    "GRADE2": "Grade 2",
    "GRADE3": "Grade 3",
    "GRADE4": "Grade 4",
    "GRADE5": "Grade 5",
    "VOLTOT": "Total volume",
    "VOLMEAN": "Volume per vertebra",
    "FOLLOWED": "Followed",
    "T1": "Smallest third",
    "T2": "Middle third",
    "T3": "Largest third",
}

#: Names that need their subject when they stand beside other endpoints.
IN_FULL = {
    "SUCCESS": "Success rate",
    "VASCULAR": "Vascular leak",
    "CORTICAL": "Cortical leak",
    "SIGNIFICANT": "Significant leak",
    "NOT_SIGNIFICANT": "Leak that is not significant",
    "SYMPTOMATIC": "Symptomatic leak",
    "ASYMPTOMATIC": "Asymptomatic leak",
    "DPQDA": "Dallas, daily activities",
    "DPQWL": "Dallas, work and leisure",
    "DPQAD": "Dallas, anxiety and depression",
    "DPQSI": "Dallas, social interest",
}

#: What an adverse event may be related to.
RELATIONS = {"AERELPRC": "procedure", "AERELDEV": "device", "AERELDIS": "disease"}

#: Names where there is little room.
SHORT = {"DPQDA": "Activities", "DPQWL": "Work", "DPQAD": "Anxiety", "DPQSI": "Social"}

#: Axis titles: what is measured, in its unit.
UNITS = {
    "proportion": "%",
    "mm": "mm",
    "cm": "cm",
    "degree": "degrees",
    "points": "points",
    "mL": "mL",
    "correlation": "Spearman's ρ",
    "probability": "probability",
    "ratio": "ratio",
    "odds": "odds",
    "rate": "per 100 patient-months",
    "smd": "standard deviations",
    "nnt": "patients",
    "fraction": "fraction",
    "slope": "points per mL",
    "years": "years",
    "levels": "vertebrae",
    "score": "points",
    "days": "days",
    "moment": "standardised moment",
}


#: What follows a parameter whose name it keeps: change, agreement of readers, imputation, composite, adjustment, weight
#: of a prior, influence, and the fit of a model.
SUFFIXES = (
    *("_CHG", "_ICC", "_BIAS", "_SEM", "_MDC", "_BETWEEN", "_JR", "_CR", "_TIPPING", "_BETTER", "_LEVELS"),
    *("_PRIOR", "_POSTERIOR", "_AGREEMENT", "_LOO_LOW", "_LOO_HIGH", "_RELIEF_TIES", "_TIES"),
    *("_SDBETWEEN", "_SDWITHIN", "_SPREAD", "_WITH_D1", "_WITH_D21", "_SKEW", "_KURT"),
    *(f"_{name}{k}" for name in ("FIFTH", "NORMAL") for k in range(1, 6)),
)


def parameter(code: str) -> str:
    """Name of a parameter; a change is named after its measure, a class or a coded term is its own name."""
    code = _bare(code)
    characteristic, _, name = code.partition("|")
    own = name if characteristic in PARAMETERS else code.removesuffix("|GE3")
    return PARAMETERS.get(code) or own.capitalize()


def measure(code: str) -> str:
    """Name of a parameter with its code where the name alone is that of another: `Pain (VAS), VAS_CHG`."""
    return parameter(code) if code == _bare(code) and not code.endswith("|GE3") else f"{parameter(code)}, {code}"


def arm(code: str) -> str:
    """Name of an arm or contrast."""
    return ARMS[code]


def visit(code: str) -> str:
    """Name of a visit, lower case for use within a sentence."""
    return VISITS.get(code, code)


def in_full(code: str) -> str:
    """Name of a parameter among those of other endpoints."""
    return IN_FULL.get(code) or parameter(code)


def short(code: str) -> str:
    """Name of a parameter beside an axis."""
    return SHORT.get(code) or parameter(code)


def in_order(codes: Iterable[str]) -> list[str]:
    """Parameters or visits in the order of this module, coded terms last and by name."""
    known = {code: place for place, code in enumerate((*PARAMETERS, *VISITS))}
    return sorted(set(codes), key=lambda code: (known.get(code, known.get(_bare(code), len(known))), code))


def _bare(code: str) -> str:
    """The parameter without what may follow it."""
    for suffix in SUFFIXES:
        code = code.removesuffix(suffix)
    return code
