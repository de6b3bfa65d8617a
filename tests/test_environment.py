"""One truth about the environment: pyproject.toml, requirements.lock and environment.yml agree."""

import re
import tomllib

import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from tests.baking import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
DECLARED = [Requirement(r) for r in PYPROJECT["project"]["dependencies"] + PYPROJECT["dependency-groups"]["dev"]]
LOCKED = {name: Version(version) for name, version in re.findall(r"^([a-z0-9._-]+)==(\S+)", LOCK, flags=re.MULTILINE)}
CONDA_NAMES = {"matplotlib": "matplotlib-base"}
NOT_ON_CONDA = {"axe-playwright-python", "pagefind", "pypandoc-binary", "typst"}


def test_every_declared_package_is_locked_within_its_bounds():
    for requirement in DECLARED:
        assert requirement.specifier.contains(LOCKED[requirement.name]), requirement


def test_every_locked_package_has_a_hash_and_none_names_an_index():
    for block in re.split(r"\n(?=[a-z0-9])", LOCK)[1:]:
        assert "--hash=sha256:" in block, block.splitlines()[0]
    assert not re.search(r"https?://|--index|--find-links|file:", LOCK)


def test_the_clients_packages_are_declared():
    names = {r.name for r in DECLARED} | {
        Requirement(r).name for r in PYPROJECT["project"]["optional-dependencies"]["quarto"]
    }
    assert {"jupyterlab", "quarto-cli", "pandas", "seaborn", "pingouin", "papermill", "dvc"} <= names


def test_the_conda_environment_asks_for_the_same_packages():
    listed = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    conda = {Requirement(re.sub(r"(?<![=<>!~])=(?!=)", "==", x)) for x in listed if isinstance(x, str)}
    pip = {Requirement(x) for x in next(x for x in listed if isinstance(x, dict))["pip"] if not x.startswith("-")}
    wanted = {
        (CONDA_NAMES.get(r.name, r.name), str(r.specifier))
        for r in DECLARED
        if r.name not in NOT_ON_CONDA and r.name not in {"editables", "hatchling", "uv"}
    }
    assert {(r.name, str(r.specifier)) for r in conda} - {
        ("python", "==3.11"),
        ("pip", ""),
        ("quarto", ">=1.6"),
    } == wanted
    assert {(r.name, str(r.specifier)) for r in pip} == {
        (r.name, str(r.specifier)) for r in DECLARED if r.name in NOT_ON_CONDA
    }


def test_every_declared_package_is_used():
    modules = {"beautifulsoup4": "bs4", "pypandoc-binary": "pypandoc", "python-docx": "docx", "pyyaml": "yaml"}
    build_backend = {"hatchling", "editables"}
    # No module is imported: started as a command, or found by pandas or pytest when it is there.
    commands = {"import-linter": "lint-imports", "jupyterlab": "jupyter lab", "pytest-xdist": "-n 2", "ruff": "ruff"}
    commands |= {"ipykernel": "kernel_name=", "dvc": '"-m", "dvc"', "uv": "uv pip sync", "pagefind": '"pagefind'}
    sources = [p.read_text(encoding="utf-8") for f in ("src", "tests") for p in (ROOT / f).rglob("*.py")]
    sources.append((ROOT / "Makefile").read_text(encoding="utf-8"))
    text = "\n".join(sources)
    for requirement in DECLARED:
        name = requirement.name
        module = re.escape(modules.get(name, name.replace("-", "_")))
        imported = re.search(rf"^\s*(import|from) {module}\b", text, flags=re.MULTILINE)
        assert name in build_backend or imported or commands.get(name, "\0") in text, name
