"""YAML that remembers on which line each key stood, so that a complaint can name it."""

from dataclasses import dataclass, field
from typing import Any

import yaml

from helpers.errors import PublishError

#: LibYAML's parser where PyYAML has it, which is ten times as fast.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Marked:
    """A YAML value and the line of every key in it.

    `lines` maps a path of keys, such as `("website", "navbar")`, to a line of `file`; list items go by their index.
    """

    value: Any
    file: str
    lines: dict[tuple, int] = field(default_factory=dict)

    def place(self, path: tuple = ()) -> str:
        """`file:line` of a key, for an error message."""
        return f"{self.file}:{self.lines.get(path, 1)}"


def load_marked(text: str, *, file: str, first_line: int = 1) -> Marked:
    """Read YAML whose first line is line `first_line` of `file`.

    Raises
    ------
    PublishError
        If the text is not YAML, with the line where it stops being so.
    """
    loader = LOADER(text)
    try:
        node = loader.get_single_node()
        value = loader.construct_document(node) if node is not None else None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = first_line + (mark.line if mark else 0)
        raise PublishError(f"{file}:{line}: not valid YAML ({getattr(error, 'problem', error)}).") from error
    finally:
        loader.dispose()
    lines: dict[tuple, int] = {}
    if node is not None:
        _walk(node, (), first_line, lines)
    return Marked(value if value is not None else {}, file, lines)


def _walk(node: yaml.Node, path: tuple, first_line: int, lines: dict[tuple, int]) -> None:
    lines.setdefault(path, first_line + node.start_mark.line)
    if isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            lines[(*path, key.value)] = first_line + key.start_mark.line
            _walk(child, (*path, key.value), first_line, lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            _walk(child, (*path, index), first_line, lines)
