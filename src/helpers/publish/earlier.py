"""What Pandoc made in an earlier build of the very same inputs is copied, not made again.

It lies beside DVC's temporary files. To delete it costs time and nothing else.
"""

import hashlib
import re
import zipfile
from collections.abc import Iterable, Iterator
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

from helpers import files
from helpers.publish.pandoc import ASSETS, source_epoch
from helpers.publish.word import rewrite

#: An exhibit's label, wherever a page names it; filters look for its files.
_LABEL = re.compile(r"\b(?:fig|tbl)-[\w-]+")
#: A picture of a page, or anything else that Pandoc may put into a file.
_LOCAL = re.compile(r"\]\(\s*<?([^)\s>]+)")
#: Stands for the commit in what is kept: no page is made anew only because its commit is another.
_COMMIT = "(the commit of the build)"


class Earlier:
    """What earlier builds of the project at `root` made, by a digest of all that it was made of but `commit`.

    A page is made of its text, its metadata, the options of Pandoc, its pictures, and of what the filters read: every
    file below `manuscript/` but the other pages, the indices of the results, and which files its exhibits have.
    """

    def __init__(self, root: Path, commit: str):
        self.root, self.commit = root, commit
        self.folder = root / ".dvc" / "tmp" / "pages"
        self.used: set[str] = set()

    @cached_property
    def common(self) -> str:
        """Digest of what every page is made of."""
        manuscript = (p for p in (self.root / "manuscript").rglob("*") if p.is_file() and p.suffix != ".qmd")
        shared = [
            *manuscript,
            *(p for p in ASSETS.rglob("*") if p.is_file()),
            *self.root.glob("results/summary/*.json"),
        ]
        shared += [self.root / name for name in ("_quarto.yml", "CITATION.cff") if (self.root / name).is_file()]
        return _digest(version("pypandoc-binary"), source_epoch(), *_named(shared))

    def key(self, source: str, text: str, output: Path, *inputs: str) -> str:
        """The digest of all that `output` is made of.

        Parameters
        ----------
        source : str
            The page's source, from the project's root.
        text : str
            Its Markdown as Pandoc gets it.
        output : Path
            What is made of it; its folder is the one from which its pictures are found.
        *inputs : str
            Whatever else Pandoc is given.
        """
        own = [self.root / source]
        for label in set(_LABEL.findall(text)):
            own += self.root.glob(f"results/*/exhibits/{label}*")
        pictures = (output.parent / name for name in dict.fromkeys(_LOCAL.findall(text)))
        shown = (files.sha256(path) for path in pictures if path.is_file())
        given = (part.replace(self.commit, _COMMIT) if self.commit else part for part in (text, *inputs))
        return _digest(self.common, output.suffix, *given, *_named(own), *shown)

    def take(self, key: str, output: Path) -> bool:
        """Copy what was kept under `key` to `output`; False if there is nothing."""
        self.used.add(key)
        try:
            self._copy(self.folder / key, output, _COMMIT, self.commit)
        except FileNotFoundError:
            return False
        return True

    def keep(self, key: str, output: Path) -> None:
        """Keep `output` for later builds."""
        with files.replacing_file(self.folder / key) as partial:
            self._copy(output, partial, self.commit, _COMMIT)

    def _copy(self, path: Path, target: Path, old: str, new: str) -> None:
        def change(_: str, content: bytes) -> bytes:
            return content.replace(old.encode(), new.encode()) if self.commit else content

        if zipfile.is_zipfile(path):
            rewrite(path, target, change)
        else:
            target.write_bytes(change("", path.read_bytes()))

    def forget_the_rest(self) -> None:
        """Drop what this build had no use for."""
        files.sweep(self.folder)
        for path in self.folder.glob("[!.]*"):
            if path.name not in self.used:
                path.unlink()


def _named(paths: Iterable[Path]) -> Iterator[str]:
    for path in sorted(set(paths)):
        yield f"{path} {files.sha256(path)}"


def _digest(*parts: str) -> str:
    found = hashlib.sha256()
    for part in parts:
        found.update(f"{len(part)}:{part}".encode())
    return found.hexdigest()
