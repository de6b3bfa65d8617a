"""Whether the files of an archive are those of the run, the data and the banner that it records."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from helpers.errors import PublishError
from helpers.publish.archive.crate import DELIVERED, LOCK, METADATA, PIPELINE, PROVENANCE, README, directory_md5
from helpers.publish.archive.damage import Damage
from helpers.publish.archive.entities import Crate, references
from helpers.publish.check import banner_in
from helpers.publish.marks import load_marked


class Digest(NamedTuple):
    """Checksums of a member."""

    md5: str
    sha256: str


Read = Callable[[str], bytes]
_RUN = "The results are not those of the recorded run: archive again from a clone where `kypho status` finds nothing."


def run_problems(crate: Crate, digests: Mapping[str, Digest], broken: set[str], read: Read) -> Iterator[Damage]:
    """Hold every input, output, parameter and command of `dvc.lock` against the files.

    What is withheld cannot be, and what is `broken` has been reported.
    """
    if {LOCK, PIPELINE} & broken:
        return
    try:
        locked, declared = (load_marked(read(name).decode(), file=name).value["stages"] for name in (LOCK, PIPELINE))
        commands = [{stage: entry["cmd"] for stage, entry in stages.items()} for stages in (locked, declared)]
        places = {
            (stage, role, place["path"]): place["md5"]
            for stage, entry in locked.items()
            for role in ("deps", "outs")
            for place in entry.get(role, ())
        }
        parameters = {
            (stage, file, key): value
            for stage, entry in locked.items()
            for file, values in entry.get("params", {}).items()
            for key, value in values.items()
        }
    except (PublishError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
        yield Damage(LOCK, "run", f"it or {PIPELINE} cannot be read ({error}).")
        return
    for stage in sorted(set(locked) | set(declared)):
        if len({one.get(stage) for one in commands}) != 1:
            yield Damage(LOCK, "run", f"stage {stage} ran another command than {PIPELINE} says.", _RUN)
    described = {f"#stage-{stage}" for stage in locked}
    for action in sorted(described ^ {entity["@id"] for entity in crate.of_type("CreateAction")}):
        yield Damage(METADATA, "run", f"{action} is not both a stage of {LOCK} and described.", _RUN)
    withheld = {entity["name"] for entity in crate.restricted.values()}
    sums: dict[str, str | None] = {}
    for (stage, role, path), md5 in places.items():
        if {path, f"{path}/"} & withheld or any(f"{name}/".startswith(f"{path}/") for name in broken):
            continue
        if path not in sums:
            sums[path] = _md5(path, digests)
        if sums[path] != md5:
            what = "read" if role == "deps" else "wrote"
            yield Damage(path, "run", f"by {LOCK}, stage {stage} {what} other bytes than these (MD5 {md5}).", _RUN)
    given: dict[str, Any] = {}
    for (stage, file, key), value in parameters.items():
        if file in broken:
            continue
        if file not in given:
            given[file] = load_marked(read(file).decode(), file=file).value
        if _dotted(given[file], key) != value:
            yield Damage(file, "run", f"{key} is not what stage {stage} ran with, by {LOCK}.", _RUN)


def data_problems(
    crate: Crate, digests: Mapping[str, Digest], present: set[str], broken: set[str], read: Read
) -> Iterator[Damage]:
    """Hold the data against their record: those of participants are absent, synthetic ones are those that ran."""
    if PROVENANCE in broken:
        return
    record = _record(read)
    if not record:
        yield Damage(PROVENANCE, "data", "it is missing or no record, so that nothing says which data ran.")
        return
    if record.get("checksum") != crate.value(DELIVERED):
        yield Damage(METADATA, "data", f"the checksum of the data is not that of {PROVENANCE}.")
    homes = [entity for entity in crate.entities.values() if DELIVERED in references(entity, "identifier")]
    if len(homes) != 1:
        yield Damage(METADATA, "data", "it does not say which folder the data were delivered in.")
        return
    home = homes[0]["name"]
    open_data = record.get("synthetic") is True
    if open_data != (home in {entity["name"] for entity in crate.of_type("Dataset")}):
        yield Damage(METADATA, "data", f"{PROVENANCE} and the description disagree whether the data are open.")
    for entity in crate.restricted.values():
        name = entity["name"]
        for member in sorted(present):
            if member == name or (name.endswith("/") and member.startswith(name)):
                yield Damage(member, "data", "it is listed as restricted, and it is there.", "Delete this archive.")
    stated = {name.removeprefix(home): digest.sha256 for name, digest in digests.items() if name.startswith(home)}
    stated |= {
        entity["name"].removeprefix(home): entity["sha256"]
        for entity in crate.restricted.values()
        if entity["name"].startswith(home) and "sha256" in entity
    }
    for name, sha256 in record.get("files", {}).items():
        if stated.get(name) != sha256 and f"{home}{name}" not in broken:
            yield Damage(f"{home}{name}", "data", f"it is not the file that {PROVENANCE} records.")
    listed = "".join(f"{name} {value}\n" for name, value in record.get("files", {}).items())
    if hashlib.sha256(listed.encode()).hexdigest() != record.get("checksum"):
        yield Damage(PROVENANCE, "data", "its checksum is not that of the files it lists.")


def banner_problems(crate: Crate, broken: set[str], read: Read) -> Iterator[Damage]:
    """The banner that the record of the data demands stands in name and description and on top of the README."""
    if {PROVENANCE, README} & broken:
        return
    banner = banner_in(_record(read))
    top = read(README).decode(errors="replace").split("\n\n")[:2]
    for where, text in ((METADATA, crate.root["name"]), (METADATA, crate.root["description"]), (README, " ".join(top))):
        if banner not in str(text):
            yield Damage(where, "banner", f"it does not say {banner!r}, which {PROVENANCE} demands.")


def _record(read: Read) -> dict:
    try:
        record = json.loads(read(PROVENANCE))
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def _md5(path: str, digests: Mapping[str, Digest]) -> str | None:
    """What DVC would record for a file or folder of the archive."""
    if path in digests:
        return digests[path].md5
    folder = f"{path}/"
    inside = {name.removeprefix(folder): sums.md5 for name, sums in digests.items() if name.startswith(folder)}
    return directory_md5(inside) if inside else None


def _dotted(values: Any, key: str) -> Any:
    for part in key.split("."):
        values = values.get(part) if isinstance(values, dict) else None
    return values
