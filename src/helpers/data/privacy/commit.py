"""The commit guard: what a commit must not hold, because git never forgets.

Refused are places where data live, kinds of file that hold data or cannot be looked into, rows of patients in any text,
identifiers of an export that is present, and the key of the date shift.
"""

import re
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from helpers import paths
from helpers.codebook import load_codebook
from helpers.data.privacy.contents import Unreadable, text_of
from helpers.data.privacy.identifiers import identifiers_of, mentioned
from helpers.data.privacy.key import key_file
from helpers.data.privacy.rows import Names, names_of, subjects_in
from helpers.data.provenance import MARK
from helpers.errors import KyphoError

#: Where data live; git keeps none of it but DVC's pointers.
_PLACES = ("data/raw/", "data/interim/", "data/processed/", ".secrets/", ".dvc/cache/", ".dvc/tmp/")
_POINTER = re.compile(r"data/raw/([^/]+\.dvc|\.gitignore)")
#: Tests may hold rows of patients that are marked as the generator's, or are called P1 or 1 as in a worked example.
_INVENTED = re.compile(rf"(KYPHO-01-)?({MARK}[\w-]*|P?[0-9])", re.IGNORECASE)
_UNSTAGE = "Take it out of the commit: git restore --staged -- {}"


@dataclass(frozen=True, order=True)
class Refusal:
    """A file that must not be committed, why, and what to do."""

    file: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}: {self.reason} {self.remedy}"


@dataclass(frozen=True)
class Secrets:
    """What must not be found in a text: identifiers of real patients who are present here, and the key's digits."""

    identifiers: frozenset[str] = frozenset()
    key: str | None = None


def guard(
    files: Iterable[tuple[str, bytes]],
    names: Names,
    secrets: Secrets = Secrets(),
    before: Callable[[str], bytes | None] = lambda path: None,
) -> list[Refusal]:
    """Every refusal among files, given as path and bytes; `before` gives a file's bytes in the last commit, if any.

    An identifier that the file held before is not refused again: an ordinary word may look like one.
    """
    return sorted(refusal for path, content in files for refusal in _judge(path, content, names, secrets, before))


def _judge(
    path: str, content: bytes, names: Names, secrets: Secrets, before: Callable[[str], bytes | None]
) -> Iterator[Refusal]:
    unstage = _UNSTAGE.format(path)
    if path.casefold().startswith(_PLACES) and not _POINTER.fullmatch(path):
        yield Refusal(path, "this is a place of data, which git must not keep.", f"{unstage}. DVC keeps data: dvc add.")
        return
    try:
        text = text_of(path, content)
    except Unreadable as error:
        yield Refusal(path, str(error), unstage)
        return
    if secrets.key and secrets.key in text.casefold():
        yield Refusal(path, "it holds the secret key of the date shift.", f"{unstage}, and make a new key.")
    if path.endswith(".ipynb") and re.search(r'"output_type"\s*:', text):
        yield Refusal(path, "the notebook has outputs, which can show patients.", "Run `kypho clean-notebooks`.")
    subjects = subjects_in(text, names)
    if PurePosixPath(path).parts[0] == "tests":
        subjects = {subject for subject in subjects if not _INVENTED.fullmatch(subject)}
    if subjects:
        count = "patients" if len(subjects) > 1 else "a patient"
        if not any(subject.startswith("line ") for subject in subjects):
            count = f"{len(subjects)} patient{'s' if len(subjects) > 1 else ''}"
        invented = " (rows of a test are marked SYN-)" if path.startswith("tests/") else ""
        yield Refusal(path, f"it holds rows of {count}{invented}.", unstage)
    elif secrets.identifiers:
        old = before(path)
        known = mentioned(_text_or_nothing(path, old), secrets.identifiers) if old is not None else set()
        here = mentioned(text, secrets.identifiers) - known
        if here or mentioned(path, secrets.identifiers):
            what = "its name holds" if not here else "it names"
            yield Refusal(
                path, f"{what} a patient of an export that is present.", f"Remove the identifier, or: {unstage}"
            )


def _text_or_nothing(path: str, content: bytes) -> str:
    try:
        return text_of(path, content)
    except Unreadable:
        return ""


def check_commit(*, everything: bool = False) -> int:
    """Look through the files that are staged, or through all that git keeps; give their number.

    Raises
    ------
    KyphoError
        Naming every file that must not be committed, with the reason and the remedy.
    """
    root = paths.root()
    index = _index(root)
    wanted = set(index) if everything else _changed(root)
    refusals = guard(
        ((path, _blob(root, index[path])) for path in sorted(wanted & set(index))),
        names_of(load_codebook()),
        secrets_of(root),
        lambda path: None if everything else _committed(root, path),
    )
    if refusals:
        lines = "\n".join(str(refusal) for refusal in refusals)
        files = len({refusal.file for refusal in refusals})
        raise KyphoError(f"not committed: {files} {'file' if files == 1 else 'files'} must not enter git\n{lines}")
    return len(wanted & set(index))


def check_outputs(files: Iterable[tuple[str, bytes]], *, synthetic: bool) -> list[str]:
    """Look through files, given as name and bytes, that are to leave without having been in git; a line each refusal.

    Rows of patients are refused unless the data are synthetic; the key and identifiers of a real export that is here
    are refused always. A file without text (search index, PDF) is made from those that have it and is not looked into.
    """
    secrets, names = secrets_of(paths.root()), names_of(load_codebook())
    found = []
    for path, content in files:
        text = _text_or_nothing(path, content)
        if secrets.key and secrets.key in text.casefold():
            found.append(Refusal(path, "it holds the secret key of the date shift.", "Make a new key."))
        if not synthetic and subjects_in(text, names):
            found.append(Refusal(path, "it holds rows of patients.", "Take them out of what the pipeline writes."))
        elif secrets.identifiers and mentioned(f"{path}\n{text}", secrets.identifiers):
            found.append(Refusal(path, "it names a patient of an export that is present.", "Remove the identifier."))
    return [str(refusal) for refusal in sorted(found)]


def secrets_of(root: Path) -> Secrets:
    """Identifiers of every real export below `data/`, and the digits of the key if it is here."""
    try:
        digits = key_file().read_text(encoding="latin-1").strip().casefold()
    except OSError:  # no key here, or one that whoever commits cannot read
        digits = None
    return Secrets(frozenset(identifiers_of(root / "data", load_codebook())), digits or None)


def _git(root: Path, *arguments: str) -> bytes:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise KyphoError(f"git {arguments[0]} failed, so the commit could not be checked: {said}")
    return done.stdout


def _index(root: Path) -> Mapping[str, str]:
    """Path -> object of every file in the index; links and submodules hold no data themselves."""
    found = {}
    for line in filter(None, _git(root, "ls-files", "--stage", "-z").decode(errors="surrogateescape").split("\0")):
        about, _, path = line.partition("\t")
        mode, name, _ = about.split()
        if mode.startswith("100"):
            found[path] = name
    return found


def _changed(root: Path) -> set[str]:
    listed = _git(root, "diff", "--cached", "--name-only", "--no-renames", "--diff-filter=ACMRT", "-z")
    return set(filter(None, listed.decode(errors="surrogateescape").split("\0")))


def _blob(root: Path, name: str) -> bytes:
    return _git(root, "cat-file", "blob", name)


def _committed(root: Path, path: str) -> bytes | None:
    done = subprocess.run(["git", "cat-file", "blob", f"HEAD:{path}"], cwd=root, capture_output=True)
    return done.stdout if done.returncode == 0 else None
