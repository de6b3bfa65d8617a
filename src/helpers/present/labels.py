"""Codes into words: the only place where an arm, a parameter, a visit or a unit gets its name for people."""

from collections.abc import Iterable

ENDPOINTS = {
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

#: The domains of the Dallas questionnaire and the classes of adverse events, in their order.
DOMAINS = ("DPQDA", "DPQWL", "DPQAD", "DPQSI")
EVENT_CLASSES = ("AEANY", "AEGE3", "AESER", "AERELPRC", "AERELDEV", "AERELDIS", "AEDTH")

#: The kinds of leak, two of a pair under a title. "Significant" is the registry's word for size, no statistical one.
LEAKS = {
    "leakage.type": ("Type", ("VASCULAR", "CORTICAL")),
    "leakage.size": ("Size, as the investigator judged it", ("SIGNIFICANT", "NOT_SIGNIFICANT")),
    "leakage.symptoms": ("Symptoms", ("SYMPTOMATIC", "ASYMPTOMATIC")),
}

PARAMETERS = {
    "SUCCESS": "Success: treated, and no leak found to month 3",
    "IMAGED_M3": "Judged on an image at month 3",
    "SUPERIORITY": "Kyphoplasty succeeds more often",
    "RD_GT_10": "by more than 10 points",
    "RD_GT_20": "by more than 20 points",
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
    "DPQDA": "Daily activities",
    "DPQWL": "Work and leisure",
    "DPQAD": "Anxiety and depression",
    "DPQSI": "Social interest",
    "FORM": "Dallas forms",
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
}


def parameter(code: str) -> str:
    """Name of a parameter; a change is named after its measure, a coded term (preferred terms) is its own name."""
    for suffix in ("_CHG", "_ICC"):
        code = code.removesuffix(suffix)
    return PARAMETERS.get(code) or code.removesuffix("|GE3").capitalize()


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
    return sorted(
        set(codes), key=lambda code: (known.get(code.removesuffix("_CHG").removesuffix("_ICC"), len(known)), code)
    )
