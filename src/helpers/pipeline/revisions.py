"""What git holds of a revision, and what lies in the working tree: the contents of files, by path."""

import subprocess
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from helpers import paths
from helpers.errors import ConfigError

#: What the files as they lie are called.
WORKING_TREE = "working tree"


def commit(revision: str) -> str:
    """The commit that a revision means, as 40 or 64 hexadecimal digits.

    Raises
    ------
    ConfigError
        If git knows no such revision, or the project is in no repository.
    """
    if not revision.startswith("-"):
        done = _git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        if not done.returncode:
            return done.stdout.decode().strip()
    if _git("rev-parse", "--git-dir").returncode:
        raise ConfigError(f"{paths.root()} is in no git repository, so there is no revision to compare with.")
    raise ConfigError(
        f"git knows no revision {revision!r} here. `git log --oneline` and `git branch -a` list what there is; "
        "`git fetch` brings branches, and `git fetch --unshallow` what a shallow clone left out."
    )


def files_of(revision: str, patterns: Iterable[str]) -> tuple[str, Mapping[str, bytes]]:
    """The commit of a revision, and the files of the project that fit one of the patterns there."""
    found = commit(revision)
    listed = _git("ls-tree", "-r", "-z", "--name-only", found).stdout.decode()
    names = [name for name in listed.split("\0") if _fits(name, patterns)]
    return found, {name: _git("show", f"{found}:./{name}").stdout for name in names}


def files_here(patterns: Iterable[str]) -> Mapping[str, bytes]:
    """The files of the working tree that fit one of the patterns."""
    root = paths.root()
    found = {path for pattern in patterns for path in root.glob(pattern) if path.is_file()}
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


def _fits(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) and name.count("/") == pattern.count("/") for pattern in patterns)


def _git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["git", *arguments], cwd=paths.root(), capture_output=True)
    except FileNotFoundError as error:
        raise ConfigError("git is not installed, or not on the path; comparing revisions needs it.") from error
