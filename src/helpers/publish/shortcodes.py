"""The four shortcodes of the dialect: var, env, include, embed. They are text for text; what they yield is Markdown."""

import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from helpers.errors import PublishError
from helpers.publish.sources import Project

SHORTCODE = re.compile(r"(?<!\{)\{\{<\s*(.*?)\s*>\}\}(?!\})")
ESCAPED = re.compile(r"\{\{\{(<.*?>)\}\}\}")
WORD = re.compile(r"\"([^\"]*)\"|'([^']*)'|(\S+)")

NAMES = ("var", "env", "include", "embed")


def arguments(inside: str) -> list[str]:
    """The words of a shortcode, quotes honoured."""
    return [next(group for group in match.groups() if group is not None) for match in WORD.finditer(inside)]


def expand(
    text: str,
    *,
    project: Project,
    file: str,
    first_line: int = 1,
    embed: Callable[[str, str], str],
    folder: PurePosixPath,
) -> str:
    """`text` with every shortcode replaced.

    Parameters
    ----------
    text : str
        Markdown, whose first line is line `first_line` of `file`.
    project : Project
        Gives the variables, the environment and the files.
    embed : callable
        Turns `embed`'s argument and the place it stands (`file:line`) into Markdown.
    folder : PurePosixPath
        The folder of the page, from which paths are counted.

    Raises
    ------
    PublishError
        If a variable, a file or a shortcode is unknown; the message names file and line.
    """
    lines = []
    for number, line in enumerate(text.split("\n"), start=first_line):
        place = f"{file}:{number}"

        def replace(match: re.Match, place: str = place) -> str:
            words = arguments(match.group(1))
            name = words[0] if words else ""
            if name == "var" and len(words) == 2:
                return variable(project.variables, words[1], place=place)
            if name == "env" and len(words) in (2, 3):
                return environment(project.environment, words[1:], place=place)
            if name == "embed" and len(words) == 2:
                return embed(words[1], place)
            if name == "include" and len(words) == 2:
                return _include(words[1], project=project, place=place, embed=embed, folder=folder)
            raise PublishError(
                f"{place}: {match.group(0)} is not in the dialect; "
                "it knows var, env, include and embed, each with its argument."
            )

        lines.append(SHORTCODE.sub(replace, line))
    return ESCAPED.sub(r"{{\1}}", "\n".join(lines))


def variable(variables: dict, key: str, *, place: str) -> str:
    """The value under a dotted key of `_variables.yml`."""
    value = variables
    for part in key.split("."):
        if not isinstance(value, dict) or part not in value:
            known = ", ".join(sorted(map(str, value))[:8]) if isinstance(value, dict) else "nothing below it"
            raise PublishError(f"{place}: variable {key} is not in _variables.yml: no {part} (there is {known}).")
        value = value[part]
    if isinstance(value, dict | list) or value is None:
        raise PublishError(f"{place}: variable {key} is a group, not a value.")
    return str(value)


def environment(known: dict[str, str], words: list[str], *, place: str) -> str:
    """The value of a variable of the build, or the fallback given."""
    name = words[0]
    if not name.startswith("KYPHO_"):
        raise PublishError(
            f"{place}: env {name}: only the build's own variables, KYPHO_..., may be shown, "
            "or the page would depend on the machine."
        )
    if known.get(name):
        return known[name]
    if len(words) == 2:
        return words[1]
    raise PublishError(f'{place}: {name} is not set and no fallback is given: {{{{< env {name} "..." >}}}}.')


def _include(
    name: str, *, project: Project, place: str, embed: Callable[[str, str], str], folder: PurePosixPath
) -> str:
    path = Path(project.root / folder / name).resolve()
    if not path.is_file():
        raise PublishError(
            f"{place}: include {name}: there is no such file. "
            "If it is a fragment of results/summary, run the pipeline first."
        )
    file = path.relative_to(project.root.resolve()).as_posix()
    text = path.read_text(encoding="utf-8").strip("\n")
    return expand(text, project=project, file=file, embed=embed, folder=folder)
