"""Reading `ro-crate-metadata.json`, and what RO-Crate 1.1 demands of its structure."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from helpers.publish.archive.crate import METADATA, PROFILE, RESTRICTED, SPECIFICATION
from helpers.publish.archive.damage import Damage

ROOT = "./"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(T.*)?")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Crate:
    """The entities of a crate by their identifiers."""

    entities: dict[str, dict]

    @property
    def root(self) -> dict:
        return self.entities.get(ROOT, {})

    @property
    def files(self) -> dict[str, dict]:
        """The files that the crate holds, by member name."""
        return {unquote(key): entity for key, entity in self.entities.items() if "File" in types(entity)}

    @property
    def restricted(self) -> dict[str, dict]:
        """What is described and withheld: files of participants and their folders."""
        return {key: entity for key, entity in self.entities.items() if key.startswith(RESTRICTED)}

    def of_type(self, kind: str) -> list[dict]:
        return [entity for entity in self.entities.values() if kind in types(entity)]

    def value(self, key: str) -> str:
        """The value of a property that is an entity of its own."""
        return str(self.entities.get(key, {}).get("value", ""))


def types(entity: dict) -> list:
    """The types of an entity."""
    return _list(entity.get("@type"))


def references(entity: dict, *names: str) -> list[str]:
    """The identifiers that an entity names, in the given properties or in all."""
    found = []
    for name in names or entity:
        found += [one["@id"] for one in _list(entity.get(name)) if isinstance(one, dict) and "@id" in one]
    return found


def read_crate(content: bytes) -> tuple[Crate, list[Damage]]:
    """The crate and what is wrong with its description; an empty crate if it cannot be read at all."""
    found: list[Damage] = []

    def once(pairs: list[tuple]) -> dict:
        if len({key for key, _ in pairs}) != len(pairs):
            raise ValueError("a key is there twice")
        return dict(pairs)

    try:
        document = json.loads(content.decode("utf-8"), object_pairs_hook=once)
        graph = document["@graph"]
        keyed = {entity["@id"]: entity for entity in graph}
        if not all(isinstance(key, str) for key in keyed):
            raise TypeError("an @id is no text")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        return Crate({}), [_damage(f"it is no JSON-LD document with @context and a flat @graph ({error}).")]
    if len(keyed) != len(graph):
        found.append(_damage("two entities have the same @id."))
    crate = Crate(keyed)
    found += [_damage(message) for message in _rules(crate, document.get("@context"))]
    return crate, found


def _rules(crate: Crate, context: object) -> Iterator[str]:
    """RO-Crate 1.1, sections 3 to 6 of the specification, and Process Run Crate 0.5 for the actions."""
    if f"{SPECIFICATION}/context" not in _list(context):
        yield f"@context is not that of RO-Crate 1.1, {SPECIFICATION}/context."
    descriptor = crate.entities.get(METADATA, {})
    if "CreativeWork" not in types(descriptor) or references(descriptor, "about") != [ROOT]:
        yield f"there is no metadata descriptor, a CreativeWork {METADATA} about {ROOT}."
    if references(descriptor, "conformsTo") != [SPECIFICATION]:
        yield f"the descriptor does not say that it conforms to {SPECIFICATION}."
    if "Dataset" not in types(crate.root):
        yield f"there is no root, a Dataset {ROOT}."
    for name in ("name", "description", "datePublished", "license", "author", "identifier"):
        if not crate.root.get(name):
            yield f"the root has no {name}."
    if not _DATE.fullmatch(str(crate.root.get("datePublished"))):
        yield "the root's datePublished is no date (ISO 8601)."
    if PROFILE not in references(crate.root, "conformsTo"):
        yield f"the root does not say that it conforms to {PROFILE}."
    parts = references(crate.root, "hasPart")
    for key, entity in crate.entities.items():
        if not types(entity) or not all(isinstance(kind, str) for kind in types(entity)):
            yield f"{key} has no @type."
        for name, value in entity.items():
            if any(isinstance(one, dict) and set(one) != {"@id"} for one in _list(value)):
                yield f"{key}, {name}: an entity stands inside another."
        for other in references(entity):
            if other not in crate.entities and key != METADATA:
                yield f"{key} refers to {other}, which is not described."
        if not isinstance(entity.get("name"), str) and key != METADATA:
            yield f"{key} has no name."
        if "File" in types(entity):
            yield from _file(key, entity)
            if key not in parts:
                yield f"{key} is not in hasPart of the root."
        if "CreateAction" in types(entity):
            if not all(references(entity, name) for name in ("instrument", "result")):
                yield f"{key} lacks instrument or result."
            if key not in references(crate.root, "mentions"):
                yield f"{key} is not in mentions of the root."


def _file(key: str, entity: dict) -> Iterator[str]:
    if not str(entity.get("contentSize", "")).isdecimal():
        yield f"{key} has no contentSize."
    if not _SHA256.fullmatch(str(entity.get("sha256"))):
        yield f"{key} has no sha256."
    if not isinstance(entity.get("encodingFormat"), str):
        yield f"{key} has no encodingFormat."
    if not references(entity, "license"):
        yield f"{key} has no licence."


def _list(value: object) -> list:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _damage(message: str) -> Damage:
    return Damage(METADATA, "metadata", message)
