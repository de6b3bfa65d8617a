"""The part of Quarto that our sources use. Anything else is an error with file and line, under both engines.

Front matter   title, subtitle, author (name, affiliations, orcid, email, corresponding), abstract, keywords,
               description, date, lang, bibliography, number-sections, toc, toc-depth, code-fold,
               format (html, docx, typst, jats)
Blocks         headings, paragraphs, lists, pipe tables, images, display math, block quotes, footnotes,
               fenced code with a language that is not run, and fenced divs:
               callout-note|tip|important|warning|caution (title=, collapse=), panel-tabset, #refs,
               #fig-x and #tbl-x (the last paragraph is the caption), classes that the project's stylesheet knows
Inline         emphasis, strong, code, links, images, inline math, citations, spans,
               @fig-x @tbl-x @sec-x and their [-@fig-x] form
Shortcodes     var, env (KYPHO_ names), include, embed (notebook.ipynb#label)
Notebooks      markdown cells of the same dialect; code cells with the options of `notebooks.OPTIONS`
"""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from helpers.errors import PublishError
from helpers.publish.notebooks import read_cell
from helpers.publish.shortcodes import ESCAPED, NAMES, SHORTCODE, arguments
from helpers.publish.sources import FORMATS, Page, Project, source_text

FRONT_KEYS = """
title subtitle author abstract keywords description date lang bibliography
number-sections toc toc-depth code-fold format jupyter
"""
AUTHOR_KEYS = "name affiliation affiliations orcid email corresponding"
FORMAT_KEYS = "toc toc-depth format-links"
HTML_KEYS = """
theme css toc toc-depth code-fold html-math-method notebook-links format-links respect-user-color-scheme
"""
FRONT_KEYS, AUTHOR_KEYS, FORMAT_KEYS, HTML_KEYS = (
    frozenset(words.split()) for words in (FRONT_KEYS, AUTHOR_KEYS, FORMAT_KEYS, HTML_KEYS)
)
CONFIG_KEYS = {
    "project": {"type", "output-dir", "render", "resources"},
    "website": {
        "title",
        "description",
        "site-url",
        "image",
        "favicon",
        "navbar",
        "sidebar",
        "search",
        "page-footer",
        "page-navigation",
        "bread-crumbs",
    },
    "execute": {"enabled", "freeze"},
    "quarto-required": None,
    "lang": None,
    "filters": None,
    "format": {"html"},
}

CALLOUTS = frozenset(f"callout-{kind}" for kind in ("note", "tip", "important", "warning", "caution"))
OWN_CLASSES = CALLOUTS | {"panel-tabset", "unnumbered"}
DIV = re.compile(r"^:{3,}\s*(?:\{(?P<attributes>.*)\}|(?P<class>[\w-]+))\s*:*\s*$")
FENCE = re.compile(r"^\s*(`{3,}|~{3,})\s*(.*?)\s*$")
INLINE_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
#: What is not mark-up: code, and a sign behind a backslash. Read from the left, so that each hides the other.
LITERAL = re.compile(INLINE_CODE.pattern + r"|\\[!-/:-@\[-`{-~]")
INLINE_MATH = re.compile(r"(?<![\\$])\$(?=\S)([^$]+?)(?<=\S)\$(?![\d$])")
RAW_HTML = re.compile(r"</?[a-zA-Z][a-zA-Z0-9-]*(?:\s[^<>]*)?/?>")
AUTOLINK = re.compile(r"<(?:https?|mailto):[^<>\s]+>")
COMMENT = re.compile(r"<!--.*?-->")
REFERENCE = re.compile(r"(?<![\w@\\./])@([A-Za-z][\w:.-]*\w|[A-Za-z])")
DEFINITION = re.compile(r"#((?:fig|tbl|sec)-[\w-]+)")
CROSSREF = re.compile(r"^(?:fig|tbl|sec)-", re.IGNORECASE)
FOREIGN_CROSSREF = re.compile(
    r"^(?:eq|lst|thm|lem|cor|prp|cnj|def|exm|exr|sol|rem|alg|tip|nte|wrn|imp|cau|supp|vid)-", re.IGNORECASE
)
LINK = re.compile(r"(!?)\[(?:[^\[\]]|\[[^\]]*\])*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
EXAMPLE_LIST = re.compile(r"^\s*\(?@[\w-]+[.)](?:\s|$)")


class _Complaints(list):
    """Problems found, each with its place; the caller raises them together."""

    def add(self, place: str, message: str) -> None:
        self.append(f"{place}: {message}")


def check_dialect(project: Project) -> None:
    """Hold every source against the dialect.

    Raises
    ------
    PublishError
        With all problems, one a line.
    """
    found = _Complaints()
    _check_config(project, found)
    for page in project.pages:
        _check_front(page, found)
        body = list(_body_lines(project, page, found))
        _check_lines(project, page, body, found)
    if found:
        raise PublishError("\n".join(found))


def _check_config(project: Project, found: _Complaints) -> None:
    config = project.config
    for key, value in config.value.items():
        if key not in CONFIG_KEYS:
            found.add(config.place((key,)), f"{key} is not in the dialect of _quarto.yml.")
            continue
        known = CONFIG_KEYS[key]
        for inner in value if known is not None and isinstance(value, dict) else ():
            if inner not in known:
                found.add(config.place((key, inner)), f"{key}.{inner} is not in the dialect of _quarto.yml.")
    for option in (config.value.get("format") or {}).get("html") or {}:
        if option not in HTML_KEYS:
            found.add(config.place(("format", "html", option)), f"format.html.{option} is not in the dialect.")
    for index, pattern in enumerate((config.value.get("project") or {}).get("resources") or []):
        if not pattern.startswith("/"):
            found.add(
                config.place(("project", "resources", index)),
                f"resource {pattern} must begin with /: Quarto looks for it at any depth else, in the last site too.",
            )
    if (config.value.get("execute") or {}).get("enabled") is not False:
        found.add(config.place(("execute", "enabled")), "execute.enabled must be false: pages are rendered, never run.")


def _check_front(page: Page, found: _Complaints) -> None:
    front = page.front
    for key in front.value:
        if key not in FRONT_KEYS:
            found.add(
                front.place((key,)),
                f"front matter {key} is not in the dialect; it knows {', '.join(sorted(FRONT_KEYS))}.",
            )
    if not front.value.get("title"):
        found.add(front.place(), "the page has no title in its front matter.")
    formats = front.value.get("format") or {}
    for name in [formats] if isinstance(formats, str) else formats:
        if name not in FORMATS:
            found.add(
                front.place(("format", name)), f"format {name} is not in the dialect; it knows {', '.join(FORMATS)}."
            )
        elif page.is_notebook and name != "html":
            found.add(front.place(("format", name)), "a notebook page is HTML only.")
        options = formats.get(name) if isinstance(formats, dict) else None
        for option in options if isinstance(options, dict) else ():
            if option not in FORMAT_KEYS:
                found.add(front.place(("format", name, option)), f"format.{name}.{option} is not in the dialect.")
    authors = front.value.get("author") or []
    for index, author in enumerate(authors if isinstance(authors, list) else [authors]):
        for key in author if isinstance(author, dict) else ():
            if key not in AUTHOR_KEYS:
                found.add(
                    front.place(("author", index, key)),
                    f"author.{key} is not in the dialect; it knows {', '.join(sorted(AUTHOR_KEYS))}.",
                )


def _body_lines(project: Project, page: Page, found: _Complaints) -> Iterable[tuple[str, str]]:
    """The lines of prose with their place, those of included fragments in the middle of the page's own."""
    if page.is_notebook:
        for number, cell in enumerate(page.cells or (), start=1):
            if cell["cell_type"] == "markdown":
                for index, line in enumerate(source_text(cell).split("\n"), start=1):
                    yield f"{page.source} cell {number}, line {index}", line
                yield f"{page.source} cell {number}", ""
            elif cell["cell_type"] == "code":
                read_cell(cell, place=f"{page.source} cell {number}")
            else:
                found.add(
                    f"{page.source} cell {number}",
                    "a raw cell is not in the dialect, except the first one with the front matter.",
                )
        return
    yield from _with_includes(project, page, page.body, str(page.source), page.body_line)


def _with_includes(project: Project, page: Page, text: str, file: str, first_line: int) -> Iterable[tuple[str, str]]:
    for number, line in enumerate(text.split("\n"), start=first_line):
        match = SHORTCODE.search(line)
        words = arguments(match.group(1)) if match else []
        if words[:1] == ["include"] and len(words) == 2:
            path = (project.root / page.folder / words[1]).resolve()
            if path.is_file() and path.is_relative_to(project.root.resolve()):
                name = path.relative_to(project.root.resolve()).as_posix()
                yield from _with_includes(project, page, path.read_text(encoding="utf-8"), name, 1)
                continue
        yield f"{file}:{number}", line


def _check_lines(project: Project, page: Page, lines: list[tuple[str, str]], found: _Complaints) -> None:
    prose = list(_prose(lines, found))
    defined = _defined(page, prose)
    keys = _citation_keys(project.root, page)
    for place, line in prose:
        _check_div(project, place, line, found)
        _check_inline(project, page, place, line, found)
        for match in REFERENCE.finditer(INLINE_CODE.sub("", LINK.sub("", line))):
            _check_reference(match.group(1), place, defined, keys, found)


def _prose(lines: list[tuple[str, str]], found: _Complaints) -> Iterable[tuple[str, str]]:
    """The lines outside fenced code, with shortcodes in code checked on the way."""
    fence, math, comment = "", False, False
    for place, line in lines:
        match = FENCE.match(line)
        if fence:
            if match and match.group(1).startswith(fence) and not match.group(2):
                fence = ""
            continue
        if match:
            fence, info = match.group(1), match.group(2)
            if info.startswith("{") and not re.match(r"^\{\s*\.[\w-]+", info):
                found.add(
                    place,
                    f"a code block {info} would be run or passed on raw; "
                    "the dialect has plain fenced code with a language.",
                )
            continue
        if comment or line.lstrip().startswith("<!--"):
            comment = "-->" not in line
            continue
        toggles = line.count("$$")
        if (math or toggles) and SHORTCODE.search(line):
            found.add(place, "a shortcode inside math is not replaced by Quarto; move it out of the math.")
        if toggles % 2:
            math = not math
        yield place, line
    if fence:
        found.add(lines[-1][0], "a fenced code block is not closed.")


def _defined(page: Page, prose: list[tuple[str, str]]) -> set[str]:
    """Labels that references on the page can point to."""
    labels = set()
    for _, line in prose:
        labels.update(DEFINITION.findall(" ".join(re.findall(r"\{[^{}]*\}", line))))
        for match in SHORTCODE.finditer(line):
            words = arguments(match.group(1))
            if words[:1] == ["embed"] and len(words) == 2:
                labels.add(words[1].partition("#")[2])
    for number, cell in enumerate(page.cells or (), start=1):
        if cell["cell_type"] == "code":
            labels.add(read_cell(cell, place=f"{page.source} cell {number}").label)
    return labels


@cache
def keys_of(path: Path, _stamp: float) -> frozenset[str]:
    """The citation keys of a bibliography, read once while its time of change stays the same."""
    return frozenset(re.findall(r"^\s*@\w+\s*\{\s*([^,\s]+)\s*,", path.read_text(encoding="utf-8"), re.MULTILINE))


def _citation_keys(root: Path, page: Page) -> frozenset[str]:
    given = page.front.value.get("bibliography") or []
    keys: frozenset[str] = frozenset()
    for name in [given] if isinstance(given, str) else given:
        path = root / page.folder / name
        if not path.is_file():
            raise PublishError(f"{page.front.place(('bibliography',))}: bibliography {name} does not exist.")
        keys |= keys_of(path, path.stat().st_mtime)
    return keys


def _check_reference(key: str, place: str, defined: set[str], keys: frozenset[str], found: _Complaints) -> None:
    label = key[0].lower() + key[1:]
    if FOREIGN_CROSSREF.match(key):
        found.add(place, f"@{key}: the dialect refers to figures, tables and sections (@fig-, @tbl-, @sec-).")
    elif CROSSREF.match(key):
        if label not in defined:
            found.add(place, f"@{key} refers to nothing on this page.")
    elif key not in keys:
        found.add(place, f"@{key} is not in the page's bibliography.")


def _check_div(project: Project, place: str, line: str, found: _Complaints) -> None:
    match = DIV.match(line)
    if not match:
        return
    attributes = match.group("attributes")
    classes = re.findall(r"(?<![\w\"=])\.([\w-]+)", re.sub(r'"[^"]*"', '""', attributes)) if attributes else []
    if match.group("class"):
        classes = [match.group("class")]
    for name in classes:
        if name not in OWN_CLASSES and name not in _styled_classes(project):
            known = ", ".join(sorted(OWN_CLASSES))
            found.add(
                place,
                f"a block of class .{name} is not in the dialect; "
                f"it knows {known} and the classes of the project's stylesheet.",
            )


def _styled_classes(project: Project) -> frozenset[str]:
    names: set[str] = set()
    for sheet in project.stylesheets:
        path = project.root / sheet
        if path.is_file():
            names.update(re.findall(r"\.([a-zA-Z][\w-]*)", path.read_text(encoding="utf-8")))
    return frozenset(names)


def _check_inline(project: Project, page: Page, place: str, line: str, found: _Complaints) -> None:
    if EXAMPLE_LIST.match(line):
        found.add(
            place, "a line that begins with @label. or @label) becomes a numbered example; put another word first."
        )
    for match in SHORTCODE.finditer(line):
        words = arguments(match.group(1))
        if not words or words[0] not in NAMES:
            found.add(place, f"{match.group(0)} is not in the dialect; it knows {', '.join(NAMES)}.")
        elif words[0] in ("embed", "include") and (line.strip() != match.group(0) or page.is_notebook):
            found.add(place, f"{words[0]} must stand alone on its line, in a .qmd page.")
    for match in INLINE_MATH.finditer(INLINE_CODE.sub("", line)):
        if SHORTCODE.search(match.group(0)):
            found.add(place, "a shortcode inside math is not replaced by Quarto; move it out of the math.")
    bare = COMMENT.sub("", AUTOLINK.sub("", LITERAL.sub("", ESCAPED.sub("", SHORTCODE.sub("", line)))))
    if match := RAW_HTML.search(bare):
        found.add(place, f"raw HTML {match.group(0)} would be lost in Word, PDF and JATS; write it in Markdown.")
    for match in LINK.finditer(bare):
        _check_target(project, page, match.group(2), place, found)


def _check_target(project: Project, page: Page, target: str, place: str, found: _Complaints) -> None:
    path = target.partition("#")[0]
    if not path or re.match(r"^[a-zA-Z][\w+.-]*:", path):
        return
    full = (project.root / page.folder / path).resolve()
    if path.endswith((".qmd", ".ipynb")):
        root = project.root.resolve()
        if not full.is_relative_to(root) or full.relative_to(root).as_posix() not in project.by_source:
            found.add(place, f"link to {path}: it is not on the render list of _quarto.yml.")
    elif not path.endswith((".html", ".docx", ".pdf", ".xml")) and not full.exists():
        found.add(place, f"{path} does not exist.")
