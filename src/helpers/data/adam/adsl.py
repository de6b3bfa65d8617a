"""adsl: one row per patient, with the analysis sets."""

import pandas as pd

from helpers.codebook import Codebook
from helpers.data.adam import STUDY, flag


def build(tables: dict[str, pd.DataFrame], codebook: Codebook) -> pd.DataFrame:
    """The patients with their arms, sets, dates and baseline."""
    people = (
        tables["patients"]
        .merge(tables["eligibility"], on="subject_id", how="left", validate="one_to_one")
        .set_index("subject_id", drop=False)
    )
    done = _treatment(tables["procedures"], people["allocated"]).reindex(people.index)
    death = tables["deaths"].set_index("subject_id")["death_date"].reindex(people.index)
    treated = done["technique"].notna()
    eligible = people["vas"].ge(4) | people["sins_total"].ge(7)
    end = _end_of_study(tables, people, death)
    pain = tables["vas"].query("visit == 'D0'").set_index("subject_id")["vas"].reindex(people.index)
    return pd.DataFrame(
        {
            "STUDYID": STUDY,
            "USUBJID": STUDY + "-" + people["subject_id"],
            "SUBJID": people["subject_id"],
            "SITEID": people["site_id"],
            "SITENAME": people["site_id"].map(codebook.codelists["site"]),
            "AGE": people["age"],
            "SEX": people["sex"],
            "ECOGBL": people["ecog"],
            "PRIMTUM": people["primary_tumour"],
            "STRATUM": people["stratum_levels"] + " vertebrae, site " + people["site_id"],
            "TRT01P": people["allocated"],
            "TRT01A": done["technique"],
            "RANDDT": people["randomisation_date"],
            "TRTSDT": done["date"],
            "DTHDT": death,
            "DTHFL": flag(death.notna()),
            "EOSDT": end["date"],
            "EOSSTT": end["status"],
            "ITTFL": "Y",
            "MITTFL": flag(treated),
            "SAFFL": flag(treated),
            "PPROTFL": flag(treated & eligible & done["as_allocated"].eq(True)),
            "VASBL": pain.fillna(people["vas"]),
            "SINSBL": people["sins_total"],
            "NPLAN": people["levels_planned"],
            "NLEVELS": done["levels"].fillna(0),
            "VOLTOT": done["volume"].round(10),
            "VOLMEAN": (done["volume"] / done["levels"]).round(10),
        }
    ).reset_index(drop=True)


def _treatment(procedures: pd.DataFrame, allocated: pd.Series) -> pd.DataFrame:
    """What each treated patient received.

    Who had both techniques is analysed under the one allocated; PPROTFL needs every vertebra as allocated.
    """
    rows = procedures.assign(same=procedures["actual_technique"] == procedures["subject_id"].map(allocated))
    rows = rows.sort_values(["subject_id", "same"], ascending=[True, False], kind="stable")
    return rows.groupby("subject_id").agg(
        technique=("actual_technique", "first"),
        as_allocated=("same", "all"),
        date=("procedure_date", "min"),
        levels=("level", "size"),
        volume=("volume_ml", "sum"),
    )


def _end_of_study(tables: dict[str, pd.DataFrame], people: pd.DataFrame, death: pd.Series) -> pd.DataFrame:
    """Status and date: death, else withdrawal, else completed if a month 3 form came in, else lost when last seen."""
    seen = pd.concat(
        [
            tables[name][["subject_id", "visit", f"{name}_date"]].set_axis(["subject_id", "visit", "date"], axis=1)
            for name in ("imaging", "vas", "stature", "dallas")
        ]
    )
    last = seen.groupby("subject_id")["date"].max().reindex(people.index).fillna(people["randomisation_date"])
    came = people["subject_id"].isin(seen.loc[seen["visit"] == "M3", "subject_id"])
    left = tables["withdrawals"].set_index("subject_id")["withdrawal_date"].reindex(people.index)
    status = pd.Series("LOST TO FOLLOW-UP", index=people.index)
    status = status.mask(came, "COMPLETED").mask(left.notna(), "WITHDRAWN").mask(death.notna(), "DEATH")
    return pd.DataFrame({"status": status, "date": death.fillna(left).fillna(last)})
