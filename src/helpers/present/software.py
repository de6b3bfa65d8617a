"""The software that the lock file holds: what the page on reproducibility lists."""

import re
import tomllib

from helpers import files, paths
from helpers.errors import ConfigError
from helpers.present.exhibit import pipe_table

LOCK, PROJECT = "requirements.lock", "pyproject.toml"
LOCK_DIGITS = 12

#: The packages that decide what the numbers, the figures and the pages look like.
PACKAGES = (
    *("jupyterlab", "papermill", "dvc", "pandas", "numpy", "scipy", "statsmodels", "pingouin"),
    *("seaborn", "matplotlib", "pandera", "pyarrow", "pypandoc-binary", "typst", "pagefind"),
)

#: Those of them that a colophon names; they are locked to one version whatever the Python.
NUMBERS = ("pandas", "statsmodels", "pingouin", "matplotlib")


def software() -> str:
    """Versions as locked, the Python that the project asks for, and the fingerprint of the lock file.

    Raises
    ------
    ConfigError
        If a package of the list is not in the lock file.
    """
    lock, project = (paths.root() / name for name in (LOCK, PROJECT))
    python = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["requires-python"]
    text = lock.read_text(encoding="utf-8")
    rows = [["Python", _python(python)], *([name, version(text, name)] for name in PACKAGES)]
    rows.append([f"`{LOCK}`, SHA-256, first {LOCK_DIGITS} digits", f"`{files.sha256(lock)[:LOCK_DIGITS]}`"])
    return pipe_table(["Software", "Version"], rows)


def sentence() -> str:
    """The packages that the numbers and figures come from, in a line for a colophon."""
    text = (paths.root() / LOCK).read_text(encoding="utf-8")
    return ", ".join(f"{name} {version(text, name)}" for name in NUMBERS)


def version(lock: str, name: str) -> str:
    """The version of a package in the text of a lock file; several, each with its Python, if it depends on that."""
    found = re.findall(rf"^{re.escape(name)}==([^\s;]+)(?: ; ([^\\\n]+?))?(?: \\)?$", lock, re.MULTILINE)
    if not found:
        raise ConfigError(f"{LOCK}: {name} is not in it. Run `make lock`, or take it off the list in software.py.")
    return "; ".join(f"{number} ({_python(marker)})" if marker else number for number, marker in found)


def _python(condition: str) -> str:
    """`python_full_version < '3.12'` as `Python before 3.12`, `>=3.11` as `from 3.11`; no sign that Markdown knows."""
    words = re.sub(r"python_(full_)?version", "Python", condition).replace("'", "")
    words = re.sub(r" *>= *", " from ", words)
    return re.sub(r" *< *", " before ", words).strip()
