"""Numbers that prose may hold though the pipeline did not write them: phrases declared in `manuscript/facts.yaml`."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from helpers.errors import PublishError
from helpers.publish.dialect import keys_of
from helpers.publish.marks import Marked, load_marked

FILE = "manuscript/facts.yaml"
BIBLIOGRAPHY = "manuscript/references.bib"

#: What a phrase may be, and what its source has to be.
KINDS = {
    "registered": "a key of references.bib, or `registry: ` and the section of the record",
    "study": "a key of references.bib, which the paragraph of the phrase cites",
    "scale": "a key of references.bib, or `definition`",
    "name": "a key of references.bib, or `definition`",
}

#: Keys beside the kinds: words of the trial by which a number written in words is known.
WORDS = ("nouns", "verbs")


@dataclass(frozen=True)
class Fact:
    """A declared phrase, its kind, its source, and the place of its declaration."""

    phrase: str
    kind: str
    source: str
    place: str

    @cached_property
    def pattern(self) -> re.Pattern:
        """The phrase wherever it stands whole, in either number: no end of a longer figure and no beginning of one."""
        plural = "s?" if self.phrase[-1:].isalpha() else ""
        words = r"\s+".join(map(re.escape, self.phrase.split()))
        return re.compile(rf"(?<![\w/±+−–-])(?<!\d[.,]){words}{plural}(?![\w/]|[.,:–−-]\d|\s?[%‰])", re.IGNORECASE)


@dataclass(frozen=True)
class Facts:
    """What the project declares: phrases, the longest first, so that none hides a part of another; and its own words.

    `nouns` are what numbers in words count in this trial besides patients, `verbs` what happens to those counted.
    """

    phrases: tuple[Fact, ...] = ()
    nouns: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()


def load_facts(root: Path) -> Facts:
    """Read `manuscript/facts.yaml`; nothing is declared where there is none.

    Raises
    ------
    PublishError
        With every entry that is not a phrase of a known kind with a known source, one a line.
    """
    path = root / FILE
    if not path.is_file():
        return Facts()
    given = load_marked(path.read_text(encoding="utf-8"), file=FILE)
    bibliography = root / BIBLIOGRAPHY
    keys = keys_of(bibliography, bibliography.stat().st_mtime) if bibliography.is_file() else frozenset()
    facts, problems = [], []
    kinds = dict(_mapping(given, (), given.value))
    own = {name: _words(given, name, kinds.pop(name, [])) for name in WORDS}
    for kind, sources in kinds.items():
        if kind not in KINDS:
            problems.append(f"{given.place((kind,))}: the kind {kind} is not known; it is one of {', '.join(KINDS)}.")
            continue
        for source, phrases in _mapping(given, (kind,), sources).items():
            if not _is_source(kind, str(source), keys):
                problems.append(f"{given.place((kind, source))}: the source {source!r} must be {KINDS[kind]}.")
            if not isinstance(phrases, list):
                problems.append(f"{given.place((kind, source))}: here stands a list of phrases.")
                continue
            for index, phrase in enumerate(phrases):
                fact = Fact(" ".join(str(phrase).split()), kind, str(source), given.place((kind, source, index)))
                problems += [f"{fact.place}: {rule}" for rule in _rules(fact, facts)]
                facts.append(fact)
    if problems:
        raise PublishError("\n".join(problems))
    return Facts(tuple(sorted(facts, key=lambda fact: (-len(fact.phrase), fact.phrase))), **own)


def _mapping(given: Marked, path: tuple, value: object) -> dict:
    if not isinstance(value, dict):
        raise PublishError(f"{given.place(path)}: here stands a mapping, kind by kind of sources and their phrases.")
    return value


def _words(given: Marked, name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise PublishError(f"{given.place((name,))}: here stands a list of words.")
    return tuple(value)


def _is_source(kind: str, source: str, keys: frozenset[str]) -> bool:
    if source in keys:
        return True
    return {"registered": source.startswith("registry: "), "study": False}.get(kind, source == "definition")


def _rules(fact: Fact, before: list[Fact]) -> list[str]:
    """What is wrong with a phrase: too short to be told from a result, or declared twice."""
    found = []
    if fact.kind != "name" and not re.search(r"[^\W\d_]{3}", fact.phrase):
        found.append(f"the phrase {fact.phrase!r} is a bare number; declare it with the noun that it counts.")
    if any(fact.phrase.lower() == other.phrase.lower() for other in before):
        found.append(f"the phrase {fact.phrase!r} is declared twice; keep one of them.")
    return found
