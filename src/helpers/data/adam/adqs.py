"""adqs: the Dallas questionnaire, items and domains."""

import pandas as pd

from helpers.codebook import Codebook
from helpers.data.adam import flag, study_day, with_baseline, with_subject, with_visit
from helpers.data.scoring import score_dallas

FORM = ["subject_id", "AVISIT", "ADT"]


def build(tables: dict[str, pd.DataFrame], adsl: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Observed items and domains that could be scored.

    Domains carry whether they were cut at 100, how many items were replaced, and whether the score is the site's.
    """
    forms = tables["dallas"].rename(columns={"visit": "AVISIT", "dallas_date": "ADT"})
    parts = [_items(forms, codebook)]
    for code, scored in score_dallas(forms, codebook).items():
        parts.append(
            forms[FORM].assign(
                PARAMCD=code,
                PARAM=codebook.dallas.domains[code].label,
                PARCAT1="DOMAIN",
                AVALU="%",
                AVAL=scored["score"],
                CAPFL=flag(scored["capped"]),
                NIMPUT=scored["imputed"],
                SCORSRC=scored["site"].map({True: "SITE", False: "ITEMS"}),
            )
        )
    rows = pd.concat(parts, ignore_index=True).dropna(subset="AVAL")
    rows = with_subject(with_baseline(rows, ["subject_id", "PARAMCD"]), adsl, "TRTSDT")
    return with_visit(rows.assign(ADY=study_day(rows["ADT"], rows["TRTSDT"])), codebook)


def _items(forms: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    items = [item for domain in codebook.dallas.domains.values() for item in domain.items]
    long = forms.melt(FORM, items, var_name="item", value_name="AVAL").astype({"AVAL": "float64"})
    labels = {item: codebook.tables["dallas"].columns[item].label for item in items}
    return long.assign(
        PARAMCD="DPQ" + long["item"].str[-2:],
        PARAM=long["item"].map(labels),
        PARCAT1="ITEM",
        AVALU="points",
        CAPFL="N",
        NIMPUT=0,
        SCORSRC="CRF",
    ).drop(columns="item")
