"""The table of methods names every public function of the statistical library, and none that is not there."""

import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

import helpers.stats

FOLDER = Path(helpers.stats.__file__).parent
TEXT = (FOLDER / "README.md").read_text(encoding="utf-8")
FAMILIES = sorted(
    path.stem
    for path in FOLDER.iterdir()
    if not path.name.startswith("_") and (path.suffix == ".py" or (path / "__init__.py").exists())
)


def public(family: str) -> set[str]:
    """Functions of a family, those of its modules where the package exports none."""
    home = import_module(f"helpers.stats.{family}")
    homes = [home]
    if not getattr(home, "__all__", None) and hasattr(home, "__path__"):
        stems = [p.stem for p in Path(home.__path__[0]).glob("*.py") if not p.stem.startswith("_")]
        homes = [import_module(f"helpers.stats.{family}.{stem}") for stem in stems]
    found = set()
    for module in homes:
        names = getattr(module, "__all__", None) or _own(module)
        found |= {name for name in names if inspect.isfunction(getattr(module, name))}
    return found


def _own(module) -> list[str]:
    """Public names that a module defines itself."""
    return [n for n, f in vars(module).items() if n[0] != "_" and getattr(f, "__module__", "") == module.__name__]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_public_function_is_in_the_table(family):
    named = set(re.findall(r"\w+", TEXT))
    assert public(family) - named == set()


def test_every_function_in_the_table_exists():
    cells = [line.split("|")[2] for line in TEXT.splitlines() if line.startswith("| ") and line.count("|") == 5]
    named = re.findall(r"`(\w+)\.(\w+)[`(.]", " ".join(cells))
    for family, name in [pair for pair in named if pair[0] in FAMILIES]:
        home = import_module(f"helpers.stats.{family}")
        assert hasattr(home, name) or (hasattr(home, "__path__") and _is_module(family, name)), f"{family}.{name}"


def _is_module(family: str, name: str) -> bool:
    return (FOLDER / family / f"{name}.py").exists()
