"""The software table says what the lock file says."""

import hashlib

import pytest

from helpers.errors import ConfigError
from helpers.present import software
from tests.present.conftest import ROOT

LOCK = """numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:00
numpy==2.5.5 ; python_full_version >= '3.12' \\
    --hash=sha256:01
pandas==3.1.1 \\
    --hash=sha256:02
    # via pandera
"""


def test_the_version_is_the_one_locked():
    assert software.version(LOCK, "pandas") == "3.1.1"


def test_two_versions_are_given_each_with_its_python():
    assert software.version(LOCK, "numpy") == "2.4.6 (Python before 3.12); 2.5.5 (Python from 3.12)"


def test_a_package_that_is_not_locked_is_an_error():
    with pytest.raises(ConfigError, match="pandera is not in it"):
        software.version(LOCK, "pandera")


def test_the_table_names_every_package_the_python_and_the_fingerprint_of_the_lock_file(project):
    text = software.software()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()[2:]]
    lock = (ROOT / "requirements.lock").read_bytes()
    assert [row[0] for row in rows[1:-1]] == list(software.PACKAGES)
    assert all(f"\n{name}=={version}" in lock.decode() for name, version in rows[1:-1] if " " not in version)
    assert rows[0] == ["Python", "from 3.11"]  # requires-python of pyproject.toml
    assert rows[-1][1] == f"`{hashlib.sha256(lock).hexdigest()[:12]}`"
    assert software.software() == text


def test_the_line_for_a_colophon_names_packages_that_have_one_version(project):
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    named = [part.split(" ") for part in software.sentence().split(", ")]
    assert [name for name, _ in named] == list(software.NUMBERS)
    assert all(f"\n{name}=={version} " in lock for name, version in named)
