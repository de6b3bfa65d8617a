"""What `derive` decided about single forms: every Dallas domain that was cut, completed, taken over or not scored."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from helpers.codebook import Codebook, Domain
from helpers.data.adam import STUDY
from helpers.data.scoring import score_dallas

FILE = "derivation.csv"
COLUMNS = ["USUBJID", "AVISIT", "what", "how"]


@dataclass(frozen=True)
class Derivation:
    """The decisions, a row each with the columns `COLUMNS`; printed, it counts them by kind."""

    log: pd.DataFrame

    def __str__(self) -> str:
        if self.log.empty:
            return "Dallas: every domain was scored from all its items"
        counts = self.log["what"].value_counts().sort_index()
        return "\n".join(["Dallas:", *(f"  {what}: {count:,}" for what, count in counts.items())])


def derivation(tables: dict[str, pd.DataFrame], codebook: Codebook) -> Derivation:
    """The decisions on the forms of the interim table `dallas`, sorted by patient, visit and what was decided."""
    forms = tables["dallas"]
    order = codebook.schedule.numbers
    rows = []
    for code, scored in score_dallas(forms, codebook).items():
        domain = codebook.dallas.domains[code]
        items = forms[list(domain.items)]
        for at, what, how in _decisions(code, domain, items.reset_index(drop=True), scored.reset_index(drop=True)):
            rows.append((f"{STUDY}-{forms['subject_id'].iat[at]}", forms["visit"].iat[at], what, how))
    rows.sort(key=lambda row: (row[0], order[row[1]], row[2]))
    return Derivation(pd.DataFrame(rows, columns=COLUMNS, dtype="str"))


def _decisions(code: str, domain: Domain, items: pd.DataFrame, scored: pd.DataFrame) -> Iterator[tuple[int, str, str]]:
    """Position of the form, what was decided, and how; both frames count their rows from 0."""
    count, absent = len(domain.items), items.isna()

    def named(at: int) -> str:
        gaps = [item for item in domain.items if absent.at[at, item]]
        return f"{', '.join(gaps)} {'is' if len(gaps) == 1 else 'are'} missing"

    for at in scored.index[scored["capped"]]:
        total = scored.at[at, "total"]
        yield at, f"{code} cut at 100", f"{domain.multiplier:g} x {total / domain.multiplier:g} = {total:g}"
    for at in scored.index[scored["imputed"] > 0]:
        mean = items.loc[at].mean()
        yield at, f"{code} with replaced items", f"{named(at)}, the mean of the other items, {mean:g}, stands for it"
    for at in scored.index[scored["site"]]:
        yield (
            at,
            f"{code} taken from the site",
            f"no item was delivered; the site's score is {scored.at[at, 'score']:g}",
        )
    for at in scored.index[scored["score"].isna()]:
        if scored.at[at, "missing"] == count:
            yield at, f"{code} not scored", "neither an item nor a score was delivered"
        else:
            allowed = f"at most {domain.missing_allowed}" if domain.missing_allowed else "none"
            yield at, f"{code} not scored", f"{named(at)}; of {count} items {allowed} may be"
