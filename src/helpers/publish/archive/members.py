"""What goes into the archive, and the zip file, whose bytes depend on nothing else."""

import io
import json
import subprocess
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from helpers import paths
from helpers.errors import PublishError


@dataclass(frozen=True)
class Head:
    """The commit that is checked out, and its time (UTC)."""

    commit: str
    time: datetime


@dataclass(frozen=True)
class Member:
    """A member of the archive: its bytes, whether git keeps it, whether it can be run, whether it holds data."""

    content: bytes
    tracked: bool = False
    executable: bool = False
    data: bool = False


def checked_out(root: Path) -> Head:
    """The commit, if the working tree is exactly that.

    Raises
    ------
    PublishError
        If git cannot say, or a file differs from the commit or is unknown to it.
    """
    commit, seconds = _git(root, "show", "-s", "--format=%H %ct", "HEAD").decode().split()
    changed = _git(root, "status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames").decode()
    if names := [entry[3:] for entry in changed.split("\0") if entry]:
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        raise PublishError(
            f"the working tree differs from the commit {commit[:12]}: {', '.join(names[:5])}{more}. "
            "Commit what belongs to the project, remove or ignore the rest, then archive."
        )
    return Head(commit, datetime.fromtimestamp(int(seconds), UTC))


def gather(root: Path, head: Head) -> tuple[dict[str, Member], dict[str, bytes]]:
    """Every member by name, and the files of participants that stay out, by name.

    These are the export and all that is derived from it, patient by patient, unless the record of the data says that
    they are synthetic.

    Raises
    ------
    PublishError
        If a link is among them, which another machine could not follow.
    """
    members = _tracked(root, head)
    record = json.loads((paths.results("summary") / "provenance.json").read_text(encoding="utf-8"))
    places = [paths.raw(record["source"]), paths.interim(), paths.processed()]
    participants = {name: path for name, path in _below(root, places) if name not in members}
    built = {name: path for name, path in _below(root, [root / "results", paths.site()]) if name not in members}
    members |= {name: Member(path.read_bytes()) for name, path in built.items()}
    read = {name: path.read_bytes() for name, path in participants.items()}
    if record.get("synthetic") is not True:
        return members, read
    return members | {name: Member(content, data=True) for name, content in read.items()}, {}


def write_zip(output: Path, members: Mapping[str, Member], time: datetime) -> None:
    """Write the members sorted, with the time of the commit and fixed modes.

    They are stored and not compressed: what a compressor makes of them differs between its versions.
    """
    with zipfile.ZipFile(output, "w", zipfile.ZIP_STORED) as archive:
        for name, member in sorted(members.items()):
            info = zipfile.ZipInfo(name, time.timetuple()[:6])
            info.create_system = 3  # Unix, wherever it is written
            info.external_attr = (0o100755 if member.executable else 0o100644) << 16
            archive.writestr(info, member.content)


def _tracked(root: Path, head: Head) -> dict[str, Member]:
    """The files of the commit, as git holds them."""
    found = {}
    with tarfile.open(fileobj=io.BytesIO(_git(root, "archive", "--format=tar", head.commit))) as tar:
        for entry in tar:
            if entry.isfile():
                found[entry.name] = Member(tar.extractfile(entry).read(), True, bool(entry.mode & 0o100))
            elif not entry.isdir():
                raise _link(entry.name)
    return found


def _below(root: Path, folders: list[Path]):
    """Name and path of every file below the folders; half-written ones are no one's output."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.is_symlink():
                raise _link(name)
            if path.is_file() and not path.name.endswith(".partial"):
                yield name, path


def _link(name: str) -> PublishError:
    return PublishError(f"{name}: a link cannot be archived. Put the file itself there.")


def _git(root: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True)
    except OSError as error:
        raise PublishError("git is not on the path; it says what the sources are. Install git.") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise PublishError(f"git {arguments[0]} failed: {said}. Archive from a clone with a commit.")
    return done.stdout
