"""One truth about the environment: pyproject.toml, requirements.lock and environment.yml agree, and what builds it
elsewhere (CI, container, Binder) takes the same Python, the same Debian packages and the same targets."""

import json
import re
import shutil
import stat
import tomllib

import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from tests.baking import ROOT, run

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
DECLARED = [Requirement(r) for r in PYPROJECT["project"]["dependencies"] + PYPROJECT["dependency-groups"]["dev"]]
LOCKED = {name: Version(version) for name, version in re.findall(r"^([a-z0-9._-]+)==(\S+)", LOCK, flags=re.MULTILINE)}
CONDA_NAMES = {
    "jupyter-client": "jupyter_client",
    "matplotlib": "matplotlib-base",
    "ruamel-yaml-clib": "ruamel.yaml.clib",
}
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
    modules["ruamel-yaml-clib"] = "_ruamel_yaml"
    build_backend = {"hatchling", "editables"}
    # No module is imported: started as a command, or found by pandas or pytest when it is there.
    commands = {"import-linter": "lint-imports", "jupyterlab": "jupyter lab", "pytest-xdist": "-n 2", "ruff": "ruff"}
    commands |= {"ipykernel": "kernel_name=", "dvc": '"-m", "dvc"', "uv": "uv pip sync", "pagefind": '"pagefind'}
    commands |= {"check-jsonschema": '"check-jsonschema"', "zizmor": '"zizmor"', "dvc-ssh": "ssh://"}
    sources = [p.read_text(encoding="utf-8") for f in ("src", "tests", "benchmarks") for p in (ROOT / f).rglob("*.py")]
    sources.append((ROOT / "Makefile").read_text(encoding="utf-8"))
    text = "\n".join(sources)
    for requirement in DECLARED:
        name = requirement.name
        module = re.escape(modules.get(name, name.replace("-", "_")))
        imported = re.search(rf"^\s*(import|from) {module}\b", text, flags=re.MULTILINE)
        assert name in build_backend or imported or commands.get(name, "\0") in text, name


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


DOCKERFILE = text(".devcontainer/Dockerfile")
WORKFLOWS = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / ".github/workflows").iterdir()))


def test_the_oldest_python_that_is_allowed_is_the_one_that_is_used_everywhere():
    oldest = PYPROJECT["project"]["requires-python"].removeprefix(">=")
    named = {
        "environment.yml": re.findall(r"- python=(\S+)", text("environment.yml")),
        "Makefile": re.findall(r"--python-version (\S+)", text("Makefile")),
        "Makefile, by hand": re.findall(r"PYTHON=python(\d\.\d+)", text("Makefile")),
        "README.md": re.findall(r"Python (\d\.\d+) or later", text("README.md")),
        "Dockerfile": re.findall(r"^FROM python:(\d\.\d+)-slim-bookworm ", DOCKERFILE, flags=re.MULTILINE),
        "Binder": re.findall(r"^python-(\S+)$", text(".binder/runtime.txt")),
        "workflows": re.findall(r"python-version: \"(.+)\"", WORKFLOWS),
    }
    assert {where: set(found) for where, found in named.items()} == {where: {oldest} for where in named}


def test_quarto_in_ci_is_a_version_that_the_project_allows():
    (version,) = re.findall(r"quarto-actions/setup@.*\n\s+with:\n\s+version: (\S+)", WORKFLOWS)
    (allowed,) = PYPROJECT["project"]["optional-dependencies"]["quarto"]
    assert Requirement(allowed).specifier.contains(version)


def test_the_container_and_binder_take_the_same_debian_packages_and_the_tests_packages_stand_in_one_place():
    assert text(".binder/apt.txt").split() == ["git", "make"]
    mounts = re.findall(r"--mount=type=bind,source=(\S+),target=(\S+)", DOCKERFILE)
    assert ("xargs apt-get install -y -qq --no-install-recommends < " + dict(mounts)[".binder/apt.txt"]) in DOCKERFILE
    needed = re.findall(r"^need (\S+)", text(".ci/system"), flags=re.MULTILINE)
    assert needed == ["chromium", "libreoffice-writer", "openssh-server", "poppler-utils"]
    for package in needed:
        places = [DOCKERFILE, WORKFLOWS, text(".ci/run"), text(".binder/apt.txt"), text("Makefile")]
        assert not any(re.search(rf"install.*\b{package}\b", place) for place in places), package
    for place in (WORKFLOWS, text(".ci/run")):
        assert "make system" in place


def test_every_environment_is_set_up_and_run_by_the_targets_of_the_makefile():
    assert re.findall(r"^(?:RUN|CMD|ENTRYPOINT) .*make.*$", DOCKERFILE, flags=re.MULTILINE) == [
        "RUN make env && rm -rf /home/kypho/.cache",
        'ENTRYPOINT ["make"]',
    ]
    assert DOCKERFILE.rstrip().endswith('CMD ["repro"]')
    assert "\nmake repro\n" in text(".binder/postBuild")
    assert (ROOT / ".binder/postBuild").stat().st_mode & stat.S_IXUSR
    assert not re.search(r"pip install|uv (?!pip sync)", DOCKERFILE + text(".binder/postBuild") + WORKFLOWS)


def test_the_editors_container_is_the_image_without_the_clone():
    container = json.loads(text(".devcontainer/devcontainer.json"))
    build = container["build"]
    assert (ROOT / ".devcontainer" / build["dockerfile"]).is_file()
    assert (ROOT / ".devcontainer" / build["context"]).resolve() == ROOT
    assert re.findall(r"^FROM \S+ AS (\S+)", DOCKERFILE, flags=re.MULTILINE) == [build["target"], "compendium"]
    assert set(build["args"]) == set(re.findall(r"^ARG (\w+)=", DOCKERFILE, flags=re.MULTILINE))
    assert container["remoteUser"] == re.search(r"^USER (\S+)", DOCKERFILE, flags=re.MULTILINE)[1]
    assert container["postCreateCommand"] == "make env"


def test_the_image_sees_nothing_of_the_working_folder_but_what_it_mounts():
    rules = [x for x in text(".devcontainer/Dockerfile.dockerignore").splitlines() if not x.startswith("#")]
    assert rules[0] == "*"
    assert sorted(rules[1:]) == sorted(f"!{x}" for x in re.findall(r"type=bind,source=(\S+),", DOCKERFILE))
    assert not re.search(r"^(COPY|ADD) ", DOCKERFILE, flags=re.MULTILINE)


def test_who_may_not_install_is_told_what_the_tests_lack(tmp_path):
    for tool in ("sh", "id"):
        (tmp_path / tool).symlink_to(shutil.which(tool))
    done = run([str(tmp_path / "sh"), ".ci/system"], ROOT, PATH=str(tmp_path))
    assert done.returncode == 1
    assert re.match("Not here: chromium libreoffice-writer .*poppler-utils. Install them as root", done.stderr)
