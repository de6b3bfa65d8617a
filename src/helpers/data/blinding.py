"""Blinding on the data side: treatment arms permuted within strata until the database is locked.

The permuted arms depend on the seed, the subject identifiers and the number of patients of each arm in a stratum, and
on nothing else: who had which arm does not enter, so that neither seed nor code leads from a permuted arm to the real
one. It keeps whoever develops an analysis from seeing the contrast between the arms. It does not hide the arms from
somebody who opens the export itself, and what goes with a technique (approach, volume, leaks) stays with its patient.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count

import pandas as pd

from helpers import files, paths
from helpers.codebook import Codebook
from helpers.data.lock_record import lock_of
from helpers.data.provenance import MARK, Provenance
from helpers.errors import ConfigError
from helpers.params import Params

#: The code list of the arms; every column with it is permuted together with the arm allocated.
ARMS = "technique"
STRATA = ["site_id", "stratum_levels"]
#: Free text that names a technique, in English and French.
_NAMED = re.compile(r"\b(?:[kc]yphoplast\w*|bal+oo?n\w*|vert[eé]broplast\w*|bkp|kp|pvp|vp)\b", re.IGNORECASE)
MASK = "[technique]"


@dataclass(frozen=True)
class Permutation:
    """Each patient's arm as it is and as it is shown, and what a reader of the run has to know of it."""

    before: Mapping[str, str]
    after: Mapping[str, str]
    strata: int
    #: Strata that had one arm only, one patient among them, and were joined to another.
    joined: int
    #: Patients whose arm could not be permuted, because the whole cohort has one arm.
    fixed: int

    def applied(self, tables: dict[str, pd.DataFrame], codebook: Codebook) -> tuple[dict[str, pd.DataFrame], int]:
        """Typed tables of any of the patients with permuted arms, and the cells of free text that were masked.

        Where a patient's arm changes, the techniques planned and carried out at each vertebra change with it, so that
        crossovers stay as many and with the same patients. Rows, their order, and every other column stay.
        """
        masked, changed = 0, {}
        for name, declared in codebook.tables.items():
            table = tables[name]
            for column in (c for c, d in declared.columns.items() if d.codes == ARMS):
                table = table.assign(**{column: self._exchanged(table["subject_id"], table[column])})
            for column in (c for c, d in declared.columns.items() if d.type == "text" and c in table):
                blank = table[column].str.replace(_NAMED, MASK, regex=True)
                masked += int((blank.notna() & (blank != table[column])).sum())
                table = table.assign(**{column: blank})
            changed[name] = table
        return changed, masked

    def _exchanged(self, subjects: pd.Series, values: pd.Series) -> pd.Series:
        """`values` with each patient's old and new arm in each other's place."""
        old, new = subjects.map(self.before), subjects.map(self.after)
        return values.mask(values == old, new).where((values == old) | (values != new), old).astype(values.dtype)

    def said(self, masked: int) -> str:
        """In words, with the cells of free text in which a technique was named."""
        said = [f"arms permuted in {self.strata} strata"]
        if self.joined:
            said.append(f"{self.joined} of one arm only were joined to another")
        if self.fixed:
            said.append(f"{self.fixed} patients could not be permuted: all have one arm")
        if masked:
            said.append(f"a technique named in {masked} cells of free text was masked")
        return "; ".join(said)


def permute(patients: pd.DataFrame, seed: int) -> Permutation:
    """The arms of all patients (the typed table) permuted within site and stratum.

    Each stratum keeps its number of patients of each arm. A patient may keep the arm by chance, and so may a small
    stratum: if that were excluded, two patients of different arms would always be exchanged, which is no blinding.
    Only a permutation that leaves the whole cohort as it is is drawn anew.
    """
    patients = patients.set_index("subject_id")
    arms, strata = patients["allocated"], _strata(patients)
    fresh = arms
    if arms.nunique() > 1:
        fresh = next(new for draw in count() if not (new := _draw(arms, strata, f"{seed}/{draw}")).equals(arms))
    own = patients.groupby(STRATA, observed=True)["allocated"].nunique()
    fixed = len(arms) if arms.nunique() < 2 else 0
    joined = 0 if fixed else int((own < 2).sum())
    return Permutation(arms.to_dict(), fresh.to_dict(), strata=len(own), joined=joined, fixed=fixed)


def _strata(patients: pd.DataFrame) -> pd.Series:
    """The group in which each patient is permuted: the stratum, or the one that it is joined to.

    A stratum whose patients all have one arm would come out as it went in, and show their arm to everybody. It is
    joined to the largest stratum with both arms, of the same number of vertebrae if there is one; if no stratum has
    both, all are one.
    """
    groups = patients.groupby(STRATA, observed=True)["allocated"]
    sizes, mixed = groups.size(), groups.nunique() > 1
    hosts = sorted(sizes.index[mixed], key=lambda key: (-sizes[key], key))

    def host(key: tuple) -> str:
        alike = [h for h in hosts if h[1] == key[1]] or hosts or [("all",)]
        return "/".join(key if key in hosts else alike[0])

    host_of = {key: host(key) for key in sizes.index}
    keys = patients[STRATA].itertuples(index=False, name=None)
    return pd.Series([host_of[key] for key in keys], index=patients.index)


def _draw(arms: pd.Series, strata: pd.Series, salt: str) -> pd.Series:
    """The arms of each stratum, dealt out in the order of a hash of the patients: as many as there were, at random."""
    rank = pd.Series({i: hashlib.sha256(f"{salt}/{i}".encode()).hexdigest() for i in arms.index})
    dealt = {}
    for _, members in strata.groupby(strata, sort=False):
        order = rank[members.index].sort_values().index
        dealt |= dict(zip(order, sorted(arms[order]), strict=True))
    return pd.Series(dealt).reindex(arms.index).astype(arms.dtype).rename_axis(arms.index.name).rename(arms.name)


@dataclass(frozen=True)
class Access:
    """What `derive` may see of the validated tables, their record, and how that is said."""

    record: Provenance
    permutation: Permutation | None
    opened: str = ""

    def granted(self, tables: dict[str, pd.DataFrame], codebook: Codebook) -> tuple[dict[str, pd.DataFrame], int]:
        """Typed tables of any of the patients as they may be seen, and the cells of free text that were masked."""
        return self.permutation.applied(tables, codebook) if self.permutation else (tables, 0)

    def said(self, masked: int) -> str:
        """A line for people."""
        return f"blinded: {self.permutation.said(masked)}" if self.permutation else f"open: {self.opened}"


def access(params: Params, patients: pd.DataFrame, record: Provenance) -> Access:
    """Whether the data of all patients (the typed table) are seen as they are, or blinded.

    With `blinding.enabled` the arms are permuted. Without it a real export is opened only if it is locked.

    Raises
    ------
    ConfigError
        If the export is real, not locked and not to be blinded, or locked and changed since.
    """
    lock = lock_of(record.source, record.checksum)
    if params.blinding.enabled:
        return Access(record.as_blinded(), permute(patients, params.blinding.seed))
    if lock:
        changed = "" if lock.codebook == files.sha256(paths.codebook()) else "; THE CODEBOOK HAS CHANGED SINCE"
        return Access(record, None, f"locked on {lock}{changed}")
    if all_marked(patients["subject_id"]):
        return Access(record, None, "synthetic data")
    raise ConfigError(
        f"params.yaml, blinding.enabled: data/raw/{record.source} is not locked, and only a locked database is opened. "
        "Set blinding.enabled: true to develop the analyses on permuted arms; when the data are final, "
        "lock them with `kypho lock-database --by NAME` and commit data/database-lock.json."
    )


def all_marked(subjects: Iterable[str]) -> bool:
    """Whether every patient is the generator's: one real patient among them is enough to need a lock."""
    return all(str(subject).startswith(MARK) for subject in subjects)
