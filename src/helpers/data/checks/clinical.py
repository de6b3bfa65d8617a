"""Rules that come from the protocol and SINS."""

import re
from collections.abc import Iterator

import pandas as pd

from helpers.codebook import Codebook
from helpers.data.checks import Finding, Tables, look_up, mostly, of_patient, rule, tally
from helpers.data.scoring import score_dallas
from helpers.data.shown import shown

#: Patients from which on a contradiction in most of them is one mistake, not many.
_ENOUGH = 6
#: Points by which a site's score may differ from that of the items: sites round.
_ROUNDING = 0.5


def _arms(tables: Tables, codebook: Codebook) -> pd.DataFrame:
    return tables["patients"][["allocated"]].dropna().drop_duplicates()


@rule("both-arms", "patients.allocated", across=_arms)
def both_arms_have_patients(tables: Tables, codebook: Codebook, arms: pd.DataFrame) -> Iterator[Finding]:
    """Without them nothing can be compared; an empty table is most often an export that failed."""
    if tables["patients"].empty:
        yield Finding("patients", None, None, "the table has no patient.", "Export it again.")
        return
    absent = sorted(set(codebook.codes(codebook.tables["patients"].columns["allocated"])) - set(arms["allocated"]))
    if absent:
        message = f"no patient is allocated to {' or '.join(absent)}."
        yield Finding("patients", None, "allocated", message, "Export all patients of both arms.")


@rule("sins-location", "eligibility.sins_level", "eligibility.sins_location")
def location_points_follow_from_the_vertebra(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    rows = tables["eligibility"][["sins_level", "sins_location"]].dropna()
    due = rows["sins_level"].map({name: level.sins_location for name, level in codebook.levels.items()})
    wrong = (due.notna() & (rows["sins_location"] != due)).astype(bool)
    for row, level, points in rows[wrong].itertuples(name=None):
        message = f"{points} points for the location {level}, which has {codebook.levels[level].sins_location}."
        yield Finding("eligibility", row, "sins_location", message, "Correct the points or the vertebra.")


@rule("pain-or-instability", "eligibility.vas", "eligibility.sins_total")
def the_patient_has_pain_or_instability(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    rows = tables["eligibility"][["vas", "sins_total"]].dropna()
    for row, pain, total in rows[(rows["vas"] < 4) & (rows["sins_total"] < 7)].itertuples(name=None):
        message = f"pain {pain:g} is below 4 and SINS {total} below 7: the patient meets neither criterion."
        remedy = "Correct the value that is wrong. Pain below 4 is legal with SINS of 7 or more."
        yield Finding("eligibility", row, "vas", message, remedy)


@rule(
    "stratum",
    "patients.stratum_levels",
    "patients.subject_id",
    "eligibility.levels_planned",
    "eligibility.subject_id",
)
def stratum_follows_from_the_planned_vertebrae(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    """A warning: whoever was randomised in the wrong stratum stays there, as a deviation."""
    strata = codebook.codes(codebook.tables["patients"].columns["stratum_levels"])
    limits = {code: tuple(map(int, found.groups())) for code in strata if (found := re.fullmatch(r"(\d+)-(\d+)", code))}
    rows = tables["patients"][["subject_id", "stratum_levels"]].dropna()
    rows = rows[rows["stratum_levels"].isin(limits)]
    rows = rows.assign(
        planned=look_up(rows["subject_id"], of_patient(tables, "eligibility", "levels_planned"))
    ).dropna()
    low, high = (rows["stratum_levels"].map({code: each[k] for code, each in limits.items()}) for k in (0, 1))
    wrong = rows[((rows["planned"] < low) | (rows["planned"] > high)).astype(bool)]
    for row, _, stratum, planned in wrong.itertuples(name=None):
        message = f"stratum {stratum}, but {planned} vertebrae to treat in the eligibility table."
        remedy = "Correct what is wrong; if randomisation used the wrong stratum, keep it and note a deviation."
        yield Finding("patients", row, "stratum_levels", message, remedy, severity="warning")


def _techniques(tables: Tables) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Technique planned at each vertebra and the one allocated; of each patient whether `any` or `all` differ."""
    rows = tables["procedures"][["subject_id", "planned_technique"]].dropna()
    rows = rows.assign(allocated=look_up(rows["subject_id"], of_patient(tables, "patients", "allocated"))).dropna()
    rows = rows.assign(wrong=rows["planned_technique"] != rows["allocated"])
    return rows, rows.groupby("subject_id")["wrong"].agg(["any", "all", "size"])


def _contradicted(tables: Tables, codebook: Codebook) -> pd.DataFrame:
    return tally(_techniques(tables)[1]["any"])


@rule(
    "planned-technique",
    "procedures.subject_id",
    "procedures.planned_technique",
    "patients.subject_id",
    "patients.allocated",
    across=_contradicted,
)
def technique_planned_is_the_one_allocated(
    tables: Tables, codebook: Codebook, contradicted: pd.DataFrame
) -> Iterator[Finding]:
    """Said once of a patient all of whose vertebrae contradict the allocation, and once of a column that is turned."""
    if most := mostly(contradicted, _ENOUGH):
        message = f"the technique planned is not the one allocated for {most} patients."
        remedy = "One of the two columns may be coded the other way round, or its rows moved: export it again."
        yield Finding("patients", None, "allocated", message, remedy)
        return
    rows, patients = _techniques(tables)
    whole = patients.index[patients["all"] & (patients["size"] > 1)]
    first = rows.drop_duplicates("subject_id").set_index("subject_id")
    people = tables["patients"]["subject_id"]
    for row, subject in people[people.isin(whole)].drop_duplicates().items():
        planned, allocated, _ = first.loc[subject]
        message = (
            f"allocated to {allocated}, but {planned} was planned for all "
            f"{patients.at[subject, 'size']} vertebrae of the patient."
        )
        remedy = "Correct the allocation, or the planned technique; what was done goes to actual_technique."
        yield Finding("patients", row, "allocated", message, remedy)
    for row, _, planned, allocated, _ in rows[rows["wrong"] & ~rows["subject_id"].isin(whole)].itertuples(name=None):
        message = f"{planned} was planned, but the patient was allocated to {allocated}."
        remedy = "Correct the planned technique; what was done goes to actual_technique."
        yield Finding("procedures", row, "planned_technique", message, remedy)


@rule(
    "levels-treated",
    "eligibility.subject_id",
    "eligibility.levels_planned",
    "procedures.subject_id",
    "procedures.level",
)
def vertebrae_treated_are_those_planned(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    """A warning, of treated patients."""
    treated = tables["procedures"][["subject_id", "level"]].dropna().drop_duplicates().groupby("subject_id").size()
    rows = tables["eligibility"][["subject_id", "levels_planned"]].dropna()
    rows = rows.assign(treated=look_up(rows["subject_id"], treated)).dropna()
    for row, subject, planned, done in rows[rows["treated"] != rows["levels_planned"]].itertuples(name=None):
        message = f"{planned} vertebrae to treat, but {done:g} in the procedures of patient {shown(subject)}."
        remedy = "Correct the number, or deliver the procedures; if fewer or more were treated, keep it."
        yield Finding("eligibility", row, "levels_planned", message, remedy, severity="warning")


@rule("dallas-score", "dallas.subject_id", "dallas.visit")
def a_score_of_the_site_follows_from_the_items(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    """An error if both came and differ; a warning if a replaced item may explain it, or the items give no score."""
    table, rules = tables["dallas"], codebook.dallas.domains
    there = {code: rules[code] for code in rules if {*rules[code].items, rules[code].scored} <= set(table)}
    for code, scored in score_dallas(table, codebook).items() if len(there) == len(rules) else ():
        column = rules[code].scored
        said = table[column]
        items = scored["missing"] < len(rules[code].items)
        apart = said.notna() & items & (scored["score"].isna() | ((said - scored["score"]).abs() > _ROUNDING))
        for row in table.index[apart.to_numpy(dtype=bool)]:
            score, missing = scored.at[row, "score"], scored.at[row, "missing"]
            gaps = f", {missing} of {len(rules[code].items)} items missing" if missing else ""
            message = (
                f"the site's score {said[row]:g}, but the items give {score:g} "
                f"({rules[code].multiplier:g} x their sum, at most 100{gaps})."
                if pd.notna(score)
                else f"the site's score {said[row]:g} cannot be followed{gaps}: too many for a score."
            )
            remedy = "Correct the score or the items. Where items are delivered, the score is made from them."
            yield Finding("dallas", row, column, message, remedy, severity="warning" if missing else "error")
