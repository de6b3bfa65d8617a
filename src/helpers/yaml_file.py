"""Reading YAML strictly: a key said twice is an error, not the last one wins."""

from pathlib import Path

import yaml
from pydantic import ValidationError

from helpers.errors import ConfigError


class _StrictLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """The safe loader, in C where it was built, that refuses a mapping with the same key twice."""


def _mapping(loader: yaml.SafeLoader, node: yaml.MappingNode, deep: bool = False) -> dict:
    seen = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise ConfigError(f"line {key_node.start_mark.line + 1}: the key {key!r} is there twice. Keep one of them.")
        seen.add(key)
    return loader.construct_mapping(node, deep)


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_yaml(path: Path) -> dict:
    """The mapping in a YAML file.

    Raises
    ------
    ConfigError
        If the file is absent, is not YAML, is not a mapping, or says a key twice; it names the file and the line.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise ConfigError(f"{path.name}: not found at {path}.") from error
    return parse_yaml(content, path.name)


def parse_yaml(content: bytes, name: str) -> dict:
    """The mapping in the bytes of a YAML file of this name; raises as `read_yaml` does."""
    try:
        read = yaml.load(content.decode("utf-8"), Loader=_StrictLoader)
    except ConfigError as error:
        raise ConfigError(f"{name}, {error}") from error
    except yaml.MarkedYAMLError as error:
        said = " ".join(filter(None, (error.context, error.problem)))
        raise ConfigError(f"{name}, line {error.problem_mark.line + 1}: not readable as YAML: {said}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{name}: not readable as YAML. {error}") from error
    if not isinstance(read, dict):
        raise ConfigError(f"{name}: holds no mapping of keys to values.")
    return read


def config_error(path: Path, error: ValidationError, *, within: tuple[str, ...] = ()) -> ConfigError:
    """A pydantic error as ours, one line a place: `params.yaml, synthetic.patients: ...`; `within` goes before it."""
    lines = []
    for item in error.errors():
        place = ".".join(str(part) for part in (*within, *item["loc"]))
        got = "" if item["type"] == "missing" else f" Found {item['input']!r}."
        said = "this key is not known; is it misspelt?" if item["type"] == "extra_forbidden" else f"{item['msg']}."
        lines.append(f"{path.name}, {place}: {said}{got}")
    return ConfigError("\n".join(lines))
