"""Subject identifiers of the real exports that are present, and whether a text names one of them."""

import csv
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from helpers.codebook import Codebook
from helpers.data.provenance import MARK

#: Shorter identifiers, and those without a digit, look like ordinary words: they count only behind the study's name.
SHORTEST = 5
#: A number needs more digits to be told from an ordinary one.
SHORTEST_NUMBER = 6
_STUDY = "kypho-01-"


def identifiers_of(data: Path, codebook: Codebook) -> set[str]:
    """Identifiers, in lower case, of every patient below `raw/` and in `interim/` who is not the generator's."""
    found: set[str] = set()
    for folder in sorted(p for p in (data / "raw").glob("*") if p.is_dir()):
        found.update(_native(folder) or _of_format(folder, codebook))
    if (data / "interim" / "patients.parquet").is_file():
        from helpers.data.load import read_table  # costs a second; most commits do without

        found.update(read_table(data / "interim" / "patients.parquet")["subject_id"])
    return {str(one).casefold() for one in found if one and not str(one).upper().startswith(MARK)}


def _native(folder: Path) -> set[str]:
    try:
        with (folder / "patients.csv").open(encoding="utf-8-sig", errors="replace", newline="") as handle:
            return {(row.get("subject_id") or "").strip() for row in csv.DictReader(handle)}
    except (OSError, csv.Error):
        return set()


def _of_format(folder: Path, codebook: Codebook) -> set[str]:
    """Identifiers of an export that is not in the compendium's own format: of the first reader that finds patients."""
    from helpers.data.formats import FORMATS, read_export

    for format in FORMATS:
        if found := read_export(folder, codebook, format).subjects:
            return found
    return set()


def mentioned(text: str, identifiers: Collection[str]) -> set[str]:
    """Those of the identifiers (lower case) that a text names."""
    return {word for word in _words(text.casefold()) if word in identifiers}


def _words(text: str) -> Iterator[str]:
    for pattern in (r"[a-z0-9]+(?:-[a-z0-9]+)*", r"[a-z0-9][\w-]*"):
        for match in re.finditer(pattern, text):
            word = match[0]
            if word.startswith(_STUDY):
                yield word.removeprefix(_STUDY)
            fraction = text[max(match.start() - 1, 0) : match.start()] == "."
            if word.isdigit():
                if len(word) >= SHORTEST_NUMBER and not fraction:
                    yield word
            elif len(word) >= SHORTEST and any(c.isdigit() for c in word):
                yield word
