"""Writing so that nothing half-written is ever seen at its final path."""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: What a writer has beside its target while it is at work: the new one, and for a moment the old one.
_AT_WORK = re.compile(r"\.(?P<name>.+)\.(?P<process>\d+)\.(?P<kind>partial|old)")


def _beside(target: Path, kind: str) -> Path:
    return target.with_name(f".{target.name}.{os.getpid()}.{kind}")


@contextmanager
def _naming(target: Path, partial: Path) -> Iterator[None]:
    """Errors of the machine name `target`: a full disk names nothing, and nobody knows `partial`."""
    try:
        yield
    except OSError as error:
        unnamed = error.filename is None or str(error.filename).startswith(str(partial))
        if unnamed and error.errno is not None:  # one without a number is no error of the machine
            error.filename = str(target)
        raise


def write_text(path: Path, text: str) -> None:
    """Write `text` (UTF-8, LF) to `path`, whole or not at all."""
    with replacing_file(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")


@contextmanager
def replacing_file(path: Path) -> Iterator[Path]:
    """The path of a file to write; it takes the place of `path` if the block ends well, and vanishes if it raises."""
    partial = _beside(path, "partial")
    with _naming(path, partial):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield partial
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """An empty folder to fill; it takes the place of `folder` if the block ends well, and vanishes if it raises."""
    fresh, old = _beside(folder, "partial"), _beside(folder, "old")
    with _naming(folder, fresh):
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        try:
            yield fresh
            if folder.exists():
                folder.replace(old)
                fresh.replace(folder)
                shutil.rmtree(old)
            else:
                fresh.replace(folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove what writers left in `folder` that were killed at work; what they had put aside goes back to its place."""
    for path in folder.glob(".*"):
        left = _AT_WORK.fullmatch(path.name)
        if not left or _is_alive(int(left["process"])):
            continue
        if left["kind"] == "old" and not (folder / left["name"]).exists():
            path.replace(folder / left["name"])
        elif path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another person's
        return True
    about = Path(f"/proc/{process}/stat")  # one that has ended keeps its number until somebody asks how; on Linux
    return not (about.is_file() and about.read_text().rpartition(")")[2].split()[0] == "Z")


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, as 64 hexadecimal digits."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
