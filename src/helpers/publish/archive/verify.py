"""Verifying an archive on any machine: nothing is unpacked, no name is trusted, and nothing is fetched."""

import hashlib
import re
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from helpers import files
from helpers.errors import PublishError
from helpers.publish.archive.crate import METADATA
from helpers.publish.archive.damage import AGAIN, Damage
from helpers.publish.archive.entities import Crate, read_crate
from helpers.publish.archive.run import Digest, banner_problems, data_problems, run_problems

#: The description is read whole; that of a thousand files has one megabyte.
LARGEST_METADATA = 64_000_000
#: No file that people or programs wrote for reading shrinks more than this; what does was made to fill a disk.
RATIO, SMALL = 200, 1_000_000
_BLOCK = 1 << 20
_COMMIT = re.compile(rb'data-commit="([^"]*)"')
#: Problems that are printed one by one; of the rest, their number.
SHOWN = 50


@dataclass(frozen=True)
class Verified:
    """What was found sound: the file, its members, entities and stages, and the files of participants left out."""

    sha256: str
    size: int
    name: str
    commit: str
    members: int
    entities: int
    stages: int
    restricted: int


def verify_archive(path: Path, *, name: str | None = None) -> Verified:
    """Hold an archive against its own description, and its results against the run that is recorded in it.

    Parameters
    ----------
    path : Path
        The zip file. It is read and never unpacked.
    name : str, optional
        What to call it in messages.

    Raises
    ------
    PublishError
        With every problem found: the member, the rule and the remedy.
    """
    name = name or str(path)
    try:
        with zipfile.ZipFile(path) as archive:
            crate, found = _verify(archive)
    except FileNotFoundError as error:
        raise PublishError(f"{name}: there is no such file. Name the archive that `kypho archive` wrote.") from error
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise PublishError(f"{name}: zip: it cannot be read as a zip file ({error}). {AGAIN}") from error
    if found:
        found = sorted(set(found))
        noun = "problem" if len(found) == 1 else "problems"
        rest = Counter(damage.rule for damage in found[SHOWN:])
        more = [f"and {count} more of the rule {rule}" for rule, count in sorted(rest.items())]
        raise PublishError("\n".join([f"{len(found)} {noun} in {name}", *map(str, found[:SHOWN]), *more]))
    return Verified(
        sha256=files.sha256(path),
        size=path.stat().st_size,
        name=str(crate.root["name"]),
        commit=crate.value("#commit"),
        members=len(crate.files) + 1,
        entities=len(crate.entities),
        stages=len(crate.of_type("CreateAction")),
        restricted=sum("sha256" in entity for entity in crate.restricted.values()),
    )


def site_commits(pages: Iterable[tuple[str, bytes]]) -> set[str]:
    """The commits that the pages of a site name."""
    return {found.decode(errors="replace") for _, content in pages for found in _COMMIT.findall(content)}


def _verify(archive: zipfile.ZipFile) -> tuple[Crate, list[Damage]]:
    infos = archive.infolist()
    found = list(_unsafe(infos))
    bad = {damage.member for damage in found}
    safe = {info.filename: info for info in infos if info.filename not in bad}
    if METADATA not in safe:
        return Crate({}), [*found, Damage(METADATA, "metadata", "the archive has no description that can be read.")]
    if safe[METADATA].file_size > LARGEST_METADATA:
        return Crate({}), [*found, Damage(METADATA, "size", f"it is larger than {LARGEST_METADATA} bytes.")]
    try:
        described = archive.read(METADATA)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        return Crate({}), [*found, Damage(METADATA, "checksum", f"its bytes are damaged ({error}).")]
    crate, wrong = read_crate(described)
    found += wrong
    if not crate.entities:
        return crate, found
    listed = crate.files
    present = {info.filename for info in infos}
    for name in sorted(present - set(listed) - {METADATA}):
        found.append(Damage(name, "listed", "the description does not list it."))
    for name in sorted(set(listed) - present):
        found.append(Damage(name, "listed", "the description lists it, and it is not there."))
    digests: dict[str, Digest] = {}
    for name in sorted(set(listed) & set(safe)):
        digest = _digest(archive, safe[name], listed[name])
        if isinstance(digest, Damage):
            found.append(digest)
        else:
            digests[name] = digest
    if wrong:
        return crate, found

    def read(name: str) -> bytes:
        """A member whose bytes are those that the description lists; nothing if they are not."""
        return archive.read(name) if name in digests else b""

    broken = {damage.member for damage in found}
    found += run_problems(crate, digests, broken, read)
    found += data_problems(crate, digests, present, broken, read)
    found += banner_problems(crate, broken, read)
    if not any(name.endswith(".html") for name in broken):
        found += _site_problems(crate, digests, read)
    return crate, found


def _unsafe(infos: list[zipfile.ZipInfo]) -> Iterator[Damage]:
    """Members that a program which unpacks could be led astray by."""
    counts = Counter(info.filename for info in infos)
    for info in infos:
        name, mode = info.filename, info.external_attr >> 16
        parts = name.split("/")
        if name.startswith("/") or re.match(r"[A-Za-z]:", name) or "\\" in name or {"", ".", ".."} & set(parts):
            yield Damage(name, "name", "its name leads out of the folder or is no plain path.")
        if any(ord(letter) < 32 for letter in name) or info.orig_filename != name:
            yield Damage(name, "name", "its name holds a character that is not for names.")
        if counts[name] > 1:
            yield Damage(name, "name", f"it is there {counts[name]} times.")
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            yield Damage(name, "kind", "it is a link or device and no file.")
        if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            yield Damage(name, "kind", "it is encrypted or packed in a way that the archive does not use.")
        if info.file_size > SMALL and info.file_size > RATIO * max(info.compress_size, 1):
            yield Damage(name, "size", f"{info.compress_size} bytes would unpack to {info.file_size}.")


def _digest(archive: zipfile.ZipFile, info: zipfile.ZipInfo, entity: dict) -> Digest | Damage:
    """The checksums of a member, read no further than the size that the description gives."""
    name, size = info.filename, int(entity["contentSize"]) if str(entity.get("contentSize")).isdecimal() else -1
    if info.file_size != size:
        return Damage(name, "size", f"it has {info.file_size} bytes, and the description says {size}.")
    sha256, md5, count = hashlib.sha256(), hashlib.md5(), 0
    try:
        with archive.open(info) as handle:
            while block := handle.read(_BLOCK):
                count += len(block)
                if count > size:
                    break
                sha256.update(block)
                md5.update(block)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        return Damage(name, "checksum", f"its bytes are damaged ({error}).")
    if count != size:
        return Damage(name, "size", f"it does not have the {size} bytes that the description says.")
    if sha256.hexdigest() != entity.get("sha256"):
        return Damage(name, "checksum", "its SHA-256 is not the one in the description.")
    return Digest(md5.hexdigest(), sha256.hexdigest())


def _site_problems(crate: Crate, digests: Mapping[str, Digest], read) -> Iterator[Damage]:
    """The pages have to be those of the commit."""
    pages = ((name, read(name)) for name in digests if name.endswith(".html"))
    commits = site_commits(pages)
    if commits != {crate.value("#commit")[:12]}:
        said = ", ".join(sorted(commits)) or "none"
        yield Damage("#commit", "site", f"the pages name commit {said}, the description {crate.value('#commit')}.")
