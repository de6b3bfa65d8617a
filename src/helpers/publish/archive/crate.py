"""The description of the archive: `ro-crate-metadata.json` after RO-Crate 1.1 and Process Run Crate, and its README.

Nothing in it is said here: names, authors and licences come from `CITATION.cff`, the run from `dvc.yaml` and
`dvc.lock`, the software from `requirements.lock`, the data from their record.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from helpers.errors import PublishError
from helpers.publish.archive.members import Head, Member
from helpers.publish.marks import load_marked

METADATA = "ro-crate-metadata.json"
README = "README-ARCHIVE.md"
PROVENANCE = "results/summary/provenance.json"
CITATION, PIPELINE, LOCK, SOFTWARE = "CITATION.cff", "dvc.yaml", "dvc.lock", "requirements.lock"

SPECIFICATION = "https://w3id.org/ro/crate/1.1"
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
#: The vocabulary of RO-Crate 1.1 is older than this word of schema.org.
CONTEXT = [f"{SPECIFICATION}/context", {"sha256": "http://schema.org/sha256"}]

DELIVERED = "#data-as-delivered"
RESTRICTED = "#restricted/"
NEEDED = (PROVENANCE, CITATION, PIPELINE, LOCK, SOFTWARE)

#: Kinds of content by their names in `CITATION.cff`: its own licence is that of the code.
CODE, TEXT, DATA = "software", "article", "data"
_CODE = {".py", ".lua", ".js", ".css", ".scss", ".typ", ".toml", ".pagefind", ".sh"}
_WRITTEN = {".qmd", ".md", ".bib", ".cff", ".csl"}

_FORMATS = {
    ".bib": "application/x-bibtex", ".cff": "application/yaml", ".css": "text/css", ".csv": "text/csv",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".html": "text/html",
    ".ipynb": "application/x-ipynb+json", ".js": "text/javascript", ".json": "application/json",
    ".jpg": "image/jpeg", ".lua": "text/x-lua", ".md": "text/markdown", ".ndjson": "application/x-ndjson",
    ".parquet": "application/vnd.apache.parquet", ".pdf": "application/pdf", ".png": "image/png",
    ".py": "text/x-python", ".qmd": "text/markdown", ".scss": "text/x-scss", ".svg": "image/svg+xml",
    ".toml": "application/toml", ".xml": "application/xml", ".xpt": "application/x-sas-xport",
    ".yaml": "application/yaml", ".yml": "application/yaml",
}  # fmt: skip


def describe(members: Mapping[str, Member], restricted: Mapping[str, bytes], head: Head, *, banner: str) -> bytes:
    """`ro-crate-metadata.json` for these members, and for the files of participants that stay out.

    Raises
    ------
    PublishError
        If a file that the description is drawn from is missing or lacks what it must say.
    """
    _need(members)
    citation = _yaml(members, CITATION)
    record = json.loads(members[PROVENANCE].content)
    people = [_agent(person) for person in citation.get("authors", [])]
    licences = _licences(citation)
    stages, locked = _yaml(members, PIPELINE)["stages"], _yaml(members, LOCK)["stages"]
    packages = _packages(members[SOFTWARE].content.decode())
    places, outputs = _places(locked, "deps", "outs"), _places(locked, "outs")
    notebooks = {place for place in _places(locked, "deps") if place.endswith(".ipynb")}
    files = {}
    for name, member in sorted(members.items()):
        files[name] = _file(name, member)
        files[name]["license"] = _refs(licences[kind]["@id"] for kind in _kinds(name, member, outputs))
        if name == PIPELINE or name in notebooks:
            types = ["File", "SoftwareSourceCode", *(["ComputationalWorkflow"] if name == PIPELINE else [])]
            files[name] |= {"@type": types, "version": head.commit}
    delivered = f"{_delivered(locked, record)}/"
    withheld = _withheld(restricted, places)
    folders = [
        _folder(f"{place}/", members)
        for place in sorted(places)
        if place not in files and any(name.startswith(f"{place}/") for name in members)
    ]
    for entity in (*folders, *withheld):
        if entity["name"] == delivered:
            entity["identifier"] = {"@id": DELIVERED}
    actions = [_action(name, locked[name], stages.get(name, {}), members, restricted) for name in sorted(locked)]
    numbers = [*(_identifier(entry) for entry in citation.get("identifiers", [])), _commit(head)]
    used = {ref["@id"] for file in files.values() for ref in _list(file["license"])}
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": " · ".join(filter(None, (banner, citation["title"]))),
        "description": " ".join([f"{banner}."] * bool(banner) + [citation["abstract"].strip(), _data(record)]),
        "conformsTo": {"@id": PROFILE},
        "datePublished": str(citation.get("date-released") or head.time.date()),
        "version": str(citation.get("version") or head.commit),
        "keywords": citation.get("keywords"),
        "url": citation.get("url") or citation.get("repository-code"),
        "license": _refs(licence["@id"] for licence in licences.values() if licence["@id"] in used),
        "author": _refs(person["@id"] for person in people),
        "publisher": _refs(person["@id"] for person in people if person["@type"] == "Organization"),
        "identifier": _refs(number["@id"] for number in numbers),
        "hasPart": _refs(entity["@id"] for entity in (*files.values(), *folders)),
        "mainEntity": {"@id": PIPELINE},
        "mentions": _refs(entity["@id"] for entity in (*actions, *withheld)),
    }  # fmt: skip
    project = {
        "@id": "#compendium",
        "@type": "SoftwareApplication",
        "name": citation["title"],
        "softwareVersion": head.commit,
        "url": root["url"],
        "softwareRequirements": _refs([SOFTWARE, *(package["@id"] for package in packages)]),
    }
    descriptor = {
        "@id": METADATA,
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": {"@id": SPECIFICATION},
    }
    profile = {"@id": PROFILE, "@type": "CreativeWork", "name": "Process Run Crate", "version": PROFILE.split("/")[-1]}
    known = [licence for licence in licences.values() if licence["@id"] in used]
    entities = [root, *folders, *files.values(), *withheld, *actions, project, *packages, profile, *people, *known]
    entities += [*numbers, _checksum(record)]
    graph = [descriptor, *({k: v for k, v in entity.items() if v not in (None, [], "")} for entity in entities)]
    text = json.dumps({"@context": CONTEXT, "@graph": graph}, indent=1, ensure_ascii=False)
    return f"{text}\n".encode()


def readme(members: Mapping[str, Member], restricted: Mapping[str, bytes], head: Head, *, banner: str) -> bytes:
    """What a person reads first."""
    _need(members)
    if README in members:
        raise PublishError(f"{README}: the archive writes a file of this name. Call the one in git otherwise.")
    citation = _yaml(members, CITATION)
    record = json.loads(members[PROVENANCE].content)
    licences = {kind: licence["name"] for kind, licence in _licences(citation).items()}
    told = [
        f"# {citation['title']}",
        f"> **{banner}**" if banner else "",
        _data(record),
        f"This is the archive of commit {head.commit} of {head.time.date()}: sources, results"
        f"{', data' if not restricted else ''} and site (`_site/index.html`), described in `{METADATA}` "
        f"([RO-Crate 1.1]({SPECIFICATION})) with size, SHA-256 and licence of every file, and with what each stage of "
        "the run read and wrote. `README.md` is that of the project.",
        "To verify it, on any machine with the project's environment: `kypho verify-archive FILE`.",
        f"Licences: code {licences[CODE]}, text and figures {licences[TEXT]}"
        + (f", data {licences[DATA]}." if not restricted else ". Data of participants are not in the archive."),
    ]  # fmt: skip
    return ("\n\n".join(filter(None, told)) + "\n").encode()


def directory_md5(files: Mapping[str, str]) -> str:
    """What DVC records for a folder: the MD5 of the list of its files, each with its relative name and MD5."""
    listed = [{"md5": md5, "relpath": name} for name, md5 in sorted(files.items())]
    return hashlib.md5(json.dumps(listed, sort_keys=True).encode()).hexdigest() + ".dir"


def address(name: str) -> str:
    """A member's name as the identifier of its entity."""
    return quote(name, safe="/~!$&'()*+,;=:@")


def _places(locked: dict, *roles: str) -> set[str]:
    """What the stages of `dvc.lock` read (`deps`) or wrote (`outs`)."""
    return {place["path"] for entry in locked.values() for role in roles for place in entry.get(role, [])}


def _need(members: Mapping[str, Member]) -> None:
    if missing := [name for name in NEEDED if name not in members]:
        raise PublishError(f"{missing[0]} is missing, and the archive is described from it. Run `kypho repro`.")


def _yaml(members: Mapping[str, Member], name: str) -> dict:
    return load_marked(members[name].content.decode(), file=name).value


def _list(value: Any) -> list:
    return value if isinstance(value, list) else [value]


def _refs(ids: Iterable[str]) -> Any:
    """References to entities; a single one stands alone, as RO-Crate 1.1 recommends."""
    found = [{"@id": one} for one in dict.fromkeys(ids)]
    return found[0] if len(found) == 1 else found


def _licences(citation: dict) -> dict[str, dict]:
    """The licence of each kind of content."""
    given = {CODE: citation.get("license")}
    given |= {entry["type"]: entry.get("license") for entry in citation.get("references", [])}
    if missing := [kind for kind in (CODE, TEXT, DATA) if not given.get(kind)]:
        where = "license" if missing[0] == CODE else f"references, type {missing[0]}"
        raise PublishError(f"{CITATION}, {where}: the licence is missing. Write its SPDX identifier there.")
    return {
        kind: {"@id": f"https://spdx.org/licenses/{given[kind]}", "@type": "CreativeWork", "name": given[kind]}
        for kind in (CODE, TEXT, DATA)
    }


def _kinds(name: str, member: Member, outputs: set[str]) -> tuple[str, ...]:
    """The kinds of content of a file; what the pipeline wrote and is neither data nor code is text and figures."""
    path = PurePosixPath(name)
    if member.data:
        return (DATA,)
    if path.suffix == ".ipynb":
        return (CODE, TEXT)
    if path.suffix in _CODE:
        return (CODE,)
    written = not member.tracked or name in outputs or path.suffix in _WRITTEN or path.parts[0] == "manuscript"
    return (TEXT,) if written else (CODE,)


def _format(name: str, content: bytes) -> str:
    kind = _FORMATS.get(PurePosixPath(name).suffix.casefold())
    if kind:
        return kind
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "text/plain"


def _file(name: str, member: Member) -> dict:
    return {
        "@id": address(name),
        "@type": "File",
        "name": name,
        "contentSize": str(len(member.content)),
        "encodingFormat": _format(name, member.content),
        "sha256": hashlib.sha256(member.content).hexdigest(),
    }


def _folder(name: str, members: Mapping[str, Member]) -> dict:
    parts = _refs(address(member) for member in sorted(members) if member.startswith(name))
    return {"@id": address(name), "@type": "Dataset", "name": name, "hasPart": parts}


def _withheld(restricted: Mapping[str, bytes], places: Iterable[str]) -> list[dict]:
    """Files of participants and their folders: what they are called, and what someone who holds them can check."""
    closed = {
        "@type": "CreativeWork",
        "conditionsOfAccess": "Restricted: data of participants, which only those who hold them can give. "
        "They are not in this archive.",
        "isAccessibleForFree": False,
    }
    found = []
    for folder in (f"{place}/" for place in sorted(places)):
        if inside := [RESTRICTED + address(name) for name in restricted if name.startswith(folder)]:
            found.append({"@id": RESTRICTED + address(folder), "name": folder, **closed, "hasPart": _refs(inside)})
    for name, content in sorted(restricted.items()):
        digest = hashlib.sha256(content).hexdigest()
        size = str(len(content))
        found.append({"@id": RESTRICTED + address(name), "name": name, "contentSize": size, "sha256": digest, **closed})
    return found


def _action(
    name: str, entry: dict, declared: dict, members: Mapping[str, Member], restricted: Mapping[str, bytes]
) -> dict:
    """The run of one stage; DVC records what it read and wrote, and neither when nor by whom."""
    inputs = [place["path"] for place in entry.get("deps", [])] + list(entry.get("params", {}))
    outputs = [place["path"] for place in entry.get("outs", [])]
    notebooks = [path for path in inputs if path.endswith(".ipynb")]
    return {
        "@id": f"#stage-{name}",
        "@type": "CreateAction",
        "name": f"Stage {name}",
        "description": f"{declared['desc']}: {entry['cmd']}" if declared.get("desc") else str(entry["cmd"]),
        "instrument": _refs(["#compendium", *notebooks]),
        "object": _refs(_place(path, members, restricted) for path in inputs),
        "result": _refs(_place(path, members, restricted) for path in outputs),
        "actionStatus": "http://schema.org/CompletedActionStatus",
    }


def _place(path: str, members: Mapping[str, Member], restricted: Mapping[str, bytes]) -> str:
    """The entity of what a stage read or wrote."""
    for prefix, names in (("", members), (RESTRICTED, restricted)):
        if path in names:
            return prefix + address(path)
        if any(name.startswith(f"{path}/") for name in names):
            return prefix + address(f"{path}/")
    raise PublishError(f"{LOCK}: the run read or wrote {path}, which is not there. Run `kypho repro`.")


def _agent(person: dict) -> dict:
    """An author: a person with an ORCID or without, or an organisation."""
    name = person.get("name") or " ".join(filter(None, (person.get("given-names"), person.get("family-names"))))
    return {
        "@id": person.get("orcid") or person.get("website") or f"#{re.sub(r'[^A-Za-z0-9]+', '-', name).strip('-')}",
        "@type": "Organization" if person.get("name") else "Person",
        "name": name,
        "affiliation": person.get("affiliation"),
        "url": person.get("website"),
    }


def _identifier(entry: dict) -> dict:
    return {
        "@id": f"#{entry['type']}-{address(str(entry['value']))}",
        "@type": "PropertyValue",
        "name": entry.get("description") or entry["type"],
        "value": str(entry["value"]),
    }


def _commit(head: Head) -> dict:
    return {"@id": "#commit", "@type": "PropertyValue", "name": "git commit", "value": head.commit}


def _checksum(record: dict) -> dict:
    return {
        "@id": DELIVERED,
        "@type": "PropertyValue",
        "name": "SHA-256 of the data as delivered",
        "description": f"Of the lines `name sha256` of every file; {PROVENANCE} lists them.",
        "value": record["checksum"],
    }


def _data(record: dict) -> str:
    return f"Data that ran: {record['source']}, {record['patients']} patients, SHA-256 {record['checksum']}."


def _delivered(locked: dict, record: dict) -> str:
    """The folder of the export: what the run read from a folder of the source's name."""
    read = sorted(path for path in _places(locked, "deps") if PurePosixPath(path).name == record["source"])
    if not read:
        raise PublishError(f"{LOCK}: no stage read the export {record['source']}. Run `kypho repro`.")
    return read[0]


def _packages(lock: str) -> list[dict]:
    """The packages of the lock file; one that is locked for some Pythons only says for which."""
    found = {}
    for name, version, marker in re.findall(
        r"^([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)(?: ; ([^\\\n]+?))?(?: \\)?$", lock, re.M
    ):
        found[name, version] = {
            "@id": f"pkg:pypi/{name}@{version}",  # package URL
            "@type": "SoftwareApplication",
            "name": name,
            "softwareVersion": version,
            "description": f"where {marker.strip()}" if marker else None,
        }
    return list(found.values())
