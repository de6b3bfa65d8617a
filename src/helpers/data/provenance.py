"""Which data ran.

Written by `validate`, copied by `derive`, read by everything that shows a number; imports nothing heavy.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from helpers import files, paths
from helpers.errors import ConfigError
from helpers.params import Params

BANNER = "SYNTHETIC DATA, NOT TRIAL RESULTS"
BLINDED = "BLINDED, TREATMENT ARMS PERMUTED"
#: What the generator lays beside its tables, and how it marks each patient.
MANIFEST = "synthetic.json"
TRUTH = "truth.json"
MARK = "SYN-"
FILE = "provenance.json"


@dataclass(frozen=True)
class Provenance:
    """The record of the data: where they came from, the fingerprint of each file as delivered, what protects them."""

    synthetic: bool
    source: str
    format: str
    patients: int
    rows: Mapping[str, int]
    files: Mapping[str, str]
    checksum: str
    blinded: bool
    dates_shifted: bool
    min_cell: int
    banner: str

    @property
    def status(self) -> str:
        """In words: `synthetic twin, 31 patients` or `export NAME, 31 patients, blinded`."""
        what = "synthetic twin" if self.synthetic else f"export {self.source}"
        return f"{what}, {self.patients} patients{', blinded' if self.blinded else ''}"

    @property
    def digest(self) -> str:
        """The checksum as people see it: its first 12 digits."""
        return self.checksum[:12]

    def as_blinded(self) -> "Provenance":
        """The same data with the arms permuted, which the banner says after what it said before."""
        return replace(self, blinded=True, banner=_banner(self.synthetic, True))


def is_synthetic(folder: Path, subject_ids: Iterable[str]) -> bool:
    """Whether an export is synthetic: by its folder's name, the generator's manifest, or one marked patient."""
    return folder.name == "synthetic" or (folder / MANIFEST).exists() or any(_is_marked(i) for i in subject_ids)


def _is_marked(subject_id: str) -> bool:
    """Whether the generator made this patient."""
    return str(subject_id).strip().upper().startswith(MARK)


def describe(
    folder: Path, delivered: Iterable[Path], *, params: Params, rows: Mapping[str, int], subject_ids: Iterable[str]
) -> Provenance:
    """The provenance of an export with these files, rows of each table and patients; not blinded."""
    ids = set(subject_ids)
    sums = {path.relative_to(folder).as_posix(): files.sha256(path) for path in sorted(delivered)}
    synthetic = is_synthetic(folder, ids)
    return Provenance(
        synthetic=synthetic,
        source=folder.name,
        format=params.data.format,
        patients=len(ids),
        rows=dict(rows),
        files=sums,
        checksum=hashlib.sha256("".join(f"{name} {value}\n" for name, value in sums.items()).encode()).hexdigest(),
        blinded=False,
        dates_shifted=params.privacy.shift_dates,
        min_cell=params.privacy.smallest_cell(patients=not all(_is_marked(i) for i in ids)),
        banner=_banner(synthetic, False),
    )


def _banner(synthetic: bool, blinded: bool) -> str:
    """What every page, figure and file says of these data; empty for an open real export."""
    return " · ".join(said for said, holds in ((BANNER, synthetic), (BLINDED, blinded)) if holds)


def write_provenance(provenance: Provenance, folder: Path) -> None:
    """Write the record into `folder`."""
    (folder / FILE).write_text(json.dumps(asdict(provenance), indent=2) + "\n", encoding="utf-8", newline="\n")


def load_provenance(folder: Path | None = None) -> Provenance:
    """Read the record of `folder`, by default that of `data/processed`.

    Raises
    ------
    ConfigError
        If the data were not derived yet, or the record is not one of ours.
    """
    path = (Path(folder) if folder else paths.processed()) / FILE
    try:
        return Provenance(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise ConfigError(f"{path} is missing: the data were not derived yet. Run `kypho repro`.") from error
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"{path} is not a record of provenance ({error}). Run `kypho repro` to write it anew."
        ) from error
