"""Small projects to publish: one built once and only read, and a fresh one for tests that change something."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from helpers.publish import publish
from tests.publish import archived, mini


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh small project, which is the working folder."""
    mini.bake(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KYPHO_COMMIT", mini.COMMIT)
    return tmp_path


@pytest.fixture
def change(project: Path) -> Callable[[str, str, str], None]:
    """Replace a text in a file of the project; the text must be there."""

    def replace(name: str, old: str, new: str) -> None:
        path = project / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{name} does not hold {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return replace


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The small project's site by the embedded engine; not to be changed."""
    folder = mini.bake(tmp_path_factory.mktemp("mini"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("KYPHO_COMMIT", mini.COMMIT)
        publish("pandoc")
    yield folder / "_site"


@pytest.fixture
def published(project: Path, site: Path) -> Path:
    """A fresh small project whose site has been built."""
    shutil.copytree(site, project / "_site")
    return project


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project with a run, a commit and a site; not to be changed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder := tmp_path_factory.mktemp("made"))
        return archived.make(folder)


@pytest.fixture(scope="session")
def sound(made: Path) -> Path:
    """The archive of the small project."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made)
        done = archived.kypho("archive", "--output", made.parent / "sound.zip")
    assert done.exit_code == 0, done.output
    return made.parent / "sound.zip"
