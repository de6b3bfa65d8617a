"""The data manager's way of data/README.md, gone as it is written there, with an export that looks real."""

import re
import shlex

import click
import pytest
import yaml

from helpers import cli
from helpers.params import load_params
from tests.baking import GIT, ROOT, bake, kypho, run

TEXT = (ROOT / "data/README.md").read_text(encoding="utf-8")
YAML = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", TEXT, flags=re.DOTALL)]


def commands() -> list[str]:
    """Every `kypho ...` that the README writes out."""
    return sorted(set(re.findall(r"(?:`|^)(kypho [^`\n]+)", TEXT, flags=re.MULTILINE)))


@pytest.mark.parametrize("written", commands())
def test_every_command_of_the_readme_exists_with_its_options(written):
    words = shlex.split(written)[1:]
    found = cli.main.get_command(click.Context(cli.main), words[0])
    assert found is not None
    options = {name for parameter in found.params for name in parameter.opts} | {"--help"}
    assert {word for word in words if word.startswith("--")} <= options


def test_every_setting_of_the_readme_exists():
    params = load_params(ROOT / "params.yaml").model_dump()
    for section in ("data", "privacy", "blinding"):
        named = set(re.findall(rf"`{section}\.(\w+)", TEXT))
        named |= {key for block in YAML for key in block.get(section, {})}
        assert named <= set(params[section]), section
    assert "null" in params["synthetic"]["scenarios"]


def test_every_code_list_and_event_of_the_redcap_advice_is_the_codebooks():
    book = yaml.safe_load((ROOT / "data/codebook.yaml").read_text(encoding="utf-8"))
    events = re.search(r"define the events (.*?), and make", TEXT).group(1)
    assert re.findall(r"`([^`]+)`", events) == ["Whole trial", *book["schedule"]["visits"]]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A baked copy; `export-2026` is a synthetic REDCap export whose patients are no longer marked as such."""
    folder = bake(tmp_path_factory.mktemp("manager") / "compendium")
    practice = folder.parent / "practice"
    done = kypho(folder, "synthesise", "--format", "redcap", "--out", str(practice))
    assert done.returncode == 0, done.stderr
    export = folder / "data/raw/export-2026"
    export.mkdir(parents=True)
    text = (practice / "redcap.csv").read_text(encoding="utf-8")
    (export / "redcap.csv").write_text(text.replace("SYN-", "K"), encoding="utf-8")
    return folder


def set_params(folder, settings: dict) -> None:
    """Write settings into params.yaml as a person would: the value behind the key of its section."""
    path = folder / "params.yaml"
    text = path.read_text(encoding="utf-8")
    for section, values in settings.items():
        for key, value in values.items():
            written = str(value).lower() if isinstance(value, bool) else value
            text, count = re.subn(
                rf"(^{section}:\n(?:[ #].*\n)*?  {key}:) \S+", rf"\1 {written}", text, flags=re.MULTILINE
            )
            assert count == 1, f"{section}.{key}"
    path.write_text(text, encoding="utf-8")


def test_a_broken_export_is_reported_and_a_mended_one_goes_the_whole_way(project, tmp_path):
    export = project / "data/raw/export-2026/redcap.csv"
    good = export.read_text(encoding="utf-8")
    export.write_text(good.replace(",volume_ml,", ",volume_mL,", 1), encoding="utf-8")
    page = tmp_path / "report.html"
    done = kypho(project, "check-data", "data/raw/export-2026", "--format", "redcap", "--html", str(page))
    assert done.returncode == 2
    assert "volume_mL" in done.stdout
    assert "volume_mL" in page.read_text(encoding="utf-8")

    export.write_text(good, encoding="utf-8")
    done = kypho(project, "check-data", "data/raw/export-2026", "--format", "redcap")
    assert done.returncode in (0, 1), done.stdout
    assert run(["dvc", "add", "-q", "data/raw/export-2026"], project).returncode == 0

    blinded = next(block for block in YAML if "blinding" in block)
    set_params(project, blinded | {"blinding": {"enabled": False}})
    assert kypho(project, "stage", "validate").returncode == 0
    done = kypho(project, "stage", "derive")
    assert done.returncode == 2, "a real export that is neither blinded nor locked is refused"
    assert "kypho lock-database" in done.stderr

    set_params(project, blinded)
    assert kypho(project, "stage", "derive").returncode == 0
    status = kypho(project, "status").stdout
    assert "Blinding: ON" in status
    assert "Database lock: none" in status

    assert kypho(project, "lock-database", "--by", "A. Name, sponsor").returncode == 0
    set_params(project, {"blinding": {"enabled": False}})
    assert kypho(project, "stage", "derive").returncode == 0
    status = kypho(project, "status").stdout
    assert "Blinding: off" in status
    assert "by A. Name, sponsor" in status


def test_git_refuses_the_export_wherever_it_is_put(project):
    assert run(["sh", ".githooks/install"], project).returncode == 0
    (project / "notes.txt").write_bytes((project / "data/raw/export-2026/redcap.csv").read_bytes())
    run(["git", "add", "-f", "notes.txt", "data/raw/export-2026/redcap.csv"], project)
    done = run([*GIT, "commit", "-qm", "x"], project)
    assert done.returncode == 1
    assert {"notes.txt", "data/raw/export-2026/redcap.csv"} <= set(
        re.findall(r"^([^\s:]+):", done.stderr, re.MULTILINE)
    )
