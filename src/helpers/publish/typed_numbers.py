"""No number is typed: what prose says in figures or in words is written by the pipeline or declared with its source."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from helpers.errors import PublishError
from helpers.publish.facts import FILE, Fact, Facts, load_facts
from helpers.publish.notebooks import all_notebooks
from helpers.publish.numerals import find_numbers
from helpers.publish.prose import (
    NOTHING,
    Passage,
    constant_passages,
    executed_passages,
    notebook_passages,
    page_passages,
)
from helpers.publish.sources import Project, load_page, text_pages

#: The captions that stand in code: the module and its constant.
OVERVIEW = ("src/helpers/present/collect.py", "OVERVIEW")

RULE = (
    "is typed; a number in prose is written by the pipeline, {{< var ... >}}, "
    f"or declared with its source, as a phrase of {FILE}."
)


def check_typed_numbers(project: Project) -> None:
    """Hold everything that goes into the site against the rule: pages, and the notebooks as they were run.

    Raises
    ------
    PublishError
        With all problems, one a line.
    """
    pages = (page_passages(project.root, page) for page in project.pages if not page.is_notebook)
    notebooks = (executed_passages(page) for page in all_notebooks(project))
    _check(load_facts(project.root), chain.from_iterable([*pages, *notebooks]))


def check_sources(root: Path) -> int:
    """Hold what people edit against the rule: pages, source notebooks, captions of the overview.

    Needs no results.

    Returns
    -------
    int
        The number of passages read.

    Raises
    ------
    PublishError
        With all problems, one a line.
    """
    sources = [page_passages(root, load_page(root, source)) for source in text_pages(root)]
    sources += [notebook_passages(root, path) for path in sorted((root / "notebooks").glob("*.ipynb"))]
    sources.append(constant_passages(root, root / OVERVIEW[0], OVERVIEW[1]))
    passages = list(chain.from_iterable(sources))
    _check(load_facts(root), passages)
    return len(passages)


def _check(facts: Facts, passages: Iterable[Passage]) -> None:
    used: set[Fact] = set()
    problems = [problem for passage in passages for problem in _typed(passage, facts, used)]
    for fact in sorted(facts.phrases, key=lambda fact: int(fact.place.rpartition(":")[2])):
        if not find_numbers(fact.phrase, facts.nouns, facts.verbs):
            problems.append(f"{fact.place}: the phrase {fact.phrase!r} holds no number and need not be declared.")
        elif fact not in used:
            where = f" in a paragraph that cites {fact.source}" if fact.kind == "study" else ""
            problems.append(
                f"{fact.place}: no page has the phrase {fact.phrase!r}{where}; take it out, or write it as it stands."
            )
    if problems:
        raise PublishError("\n".join(problems))


def _typed(passage: Passage, facts: Facts, used: set[Fact]) -> Iterator[str]:
    """Every number of a passage that no phrase covers; the phrases found are added to `used`."""
    prose = passage.prose
    words = " ".join(prose.casefold().split())
    for fact in facts.phrases:
        if fact.phrase.casefold() not in words:  # looked for a hundred times as fast as the pattern
            continue
        for match in list(fact.pattern.finditer(prose)):
            if fact.kind == "study" and not _cites(passage.paragraph(match.start()), fact.source):
                continue
            used.add(fact)
            prose = prose[: match.start()] + re.sub(r"[^\n]", NOTHING, match.group(0)) + prose[match.end() :]
    for position, number in find_numbers(prose, facts.nouns, facts.verbs):
        yield f"{passage.place(position)}: {number!r} {RULE}"


def _cites(paragraph: str, key: str) -> bool:
    return re.search(rf"@{re.escape(key)}(?![\w:-])", paragraph) is not None
