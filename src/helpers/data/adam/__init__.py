"""The analysis datasets, one module each.

Every `build` takes the interim tables (and adsl) and gives a frame that `derive` holds against the codebook.
"""

import pandas as pd

from helpers.codebook import Codebook

STUDY = "KYPHO-01"
#: What every dataset below adsl carries of it.
CARRIED = ["STUDYID", "USUBJID", "SITEID", "TRT01P", "TRT01A", "ITTFL", "MITTFL", "SAFFL", "PPROTFL"]


def flag(yes: pd.Series) -> pd.Series:
    """Y where true, N elsewhere."""
    return yes.astype(bool).map({True: "Y", False: "N"})


def with_subject(table: pd.DataFrame, adsl: pd.DataFrame, *more: str) -> pd.DataFrame:
    """`table` with what adsl knows of each row's patient; every row stays."""
    return table.merge(
        adsl[[*CARRIED, *more, "SUBJID"]], left_on="subject_id", right_on="SUBJID", how="left", validate="many_to_one"
    )


def with_visit(table: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """`table` with AVISITN from its AVISIT."""
    return table.assign(AVISITN=table["AVISIT"].map(codebook.schedule.numbers))


def with_level(table: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """`table` with LEVEL, LEVELN and REGION from its column `level`."""
    return table.assign(
        LEVEL=table["level"],
        LEVELN=table["level"].map({name: level.number for name, level in codebook.levels.items()}),
        REGION=table["level"].map({name: level.region for name, level in codebook.levels.items()}),
    )


def with_baseline(frame: pd.DataFrame, unit: list[str]) -> pd.DataFrame:
    """`frame` with BASE (the unit's value at D0), CHG (after D0 only) and ABLFL.

    `unit` are the columns that name what was measured.
    """
    base = frame.loc[frame["AVISIT"] == "D0", [*unit, "AVAL"]].rename(columns={"AVAL": "BASE"})
    frame = frame.merge(base, on=unit, how="left", validate="many_to_one")
    later = frame["AVISIT"] != "D0"
    return frame.assign(CHG=(frame["AVAL"] - frame["BASE"]).where(later).round(10), ABLFL=flag(~later))


def study_day(date: pd.Series, start: pd.Series) -> pd.Series:
    """Day relative to the procedure: 1 is the day itself, -1 the day before, there is no 0."""
    days = (date - start).dt.days
    return days.where(days < 0, days + 1).astype("Int64")
