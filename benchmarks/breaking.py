"""What the faults share: a copy with a `kypho` at work in it, watched meanwhile and judged afterwards."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Self

import yaml

from tests.baking import MADE, at_work, bake, digests, kypho, nobody_at_work

#: What a fault must leave as it was.
STATE = (*MADE, "_site")
#: Not the index of the search: its bytes follow from the order in which the file system lists the pages.
LISTED = "_site/pagefind/"
#: Files that somebody may read at any moment, and how.
READ = {
    "dvc.lock": lambda text: yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)),
    "_variables.yml": lambda text: yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)),
    "_site/manifest.json": json.loads,
    "data/processed/provenance.json": json.loads,
    "results/metrics.json": json.loads,
    "results/*/results.json": json.loads,
    "results/*/notebook.ipynb": json.loads,
}
#: Folders that are replaced as one; any other file is a unit of its own.
WHOLE = re.compile(r"(data/raw/[^/]+|data/interim|data/processed|results/(?!participants)[^/]+|_site)/")
#: What a writer has beside its target while it is at work.
UNFINISHED = re.compile(r"(^|/)\.[^/]+\.\d+\.(partial|old)(/|$)")

#: In the place of an exit code.
RUNS = 999
#: How a line begins with which `kypho` speaks of a fault.
SPEAKS = re.compile(r"error:|interrupted|Another run|\S+ was damaged")

SEED = "seed: 20160301\n"
OTHER_SEED = "seed: 20160302\n"


class Copies:
    """Copies of the repository: as cloned, built, and built from other data."""

    def __init__(self, place: Path):
        self.place, self.made = place, 0

    @cached_property
    def fresh(self) -> Path:
        return bake(self.place / "fresh")

    @cached_property
    def built(self) -> Path:
        folder = self.place / "built"
        shutil.copytree(self.fresh, folder, symlinks=True)
        began = time.monotonic()
        done = kypho(folder, "repro")
        self.seconds = time.monotonic() - began
        if done.returncode:
            sys.exit(f"the undisturbed run failed\n{done.stdout}{done.stderr}")
        return folder

    @cached_property
    def other(self) -> Path:
        folder = self.place / "other"
        shutil.copytree(self.built, folder, symlinks=True)
        other_data(folder)
        done = kypho(folder, "repro")
        if done.returncode:
            sys.exit(f"the undisturbed run on other data failed\n{done.stdout}{done.stderr}")
        return folder

    def copy(self, of: Path, place: Path | None = None) -> Path:
        """A copy to break; the one before it is gone."""
        place = place or self.place
        shutil.rmtree(place / str(self.made), ignore_errors=True)
        self.made += 1
        return Path(shutil.copytree(of, place / str(self.made), symlinks=True))


def edit(path: Path, old: str, new: str) -> None:
    """Replace what stands in a file exactly once."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{path.name} holds {old!r} {text.count(old)} times"
    path.write_text(text.replace(old, new), encoding="utf-8")


def other_data(folder: Path) -> None:
    """Ask for another synthetic export, so that every output of the next run differs."""
    edit(folder / "params.yaml", f"synthetic:\n  {SEED}", f"synthetic:\n  {OTHER_SEED}")


def state(folder: Path) -> dict[str, str]:
    """Digests of everything that a fault must leave as it was."""
    found = digests(folder, *STATE)
    return {name: found[name] for name in found if not (UNFINISHED.search(name) or name.startswith(LISTED))}


def units(found: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Digests by what is replaced as one."""
    grouped: dict[str, dict[str, str]] = {}
    for name, digest in found.items():
        whole = WHOLE.match(name)
        grouped.setdefault(whole[1] if whole else name, {})[name] = digest
    return grouped


def torn(folder: Path, *whole: Mapping[str, str]) -> list[str]:
    """What is neither as in one of the states `whole` nor waiting beside its place to be put back; not `dvc.lock`."""
    known = [units(each) for each in whole]
    here = units(state(folder))
    found = []
    for name in sorted({*here, *known[0]} - {"dvc.lock"}):
        aside = (folder / name).parent.glob(f".{Path(name).name}.*.old")
        if here.get(name) not in [each.get(name) for each in known] and not (name not in here and any(aside)):
            found.append(name)
    return found


def unfinished(folder: Path) -> list[str]:
    """What writers left beside their targets."""
    below = (path.relative_to(folder).as_posix() for path in folder.rglob(".*") if ".dvc/cache" not in str(path))
    return sorted(name for name in below if UNFINISHED.search(name))


class Watch:
    """Reads every 20 ms what somebody may read at any moment; `half` names what could not be read."""

    def __init__(self, folder: Path):
        self.folder, self.half, self.looks = folder, set(), 0
        self._seen: dict[Path, tuple] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._over.set()
        self._thread.join()
        self._look()

    def _watch(self) -> None:
        while not self._over.wait(0.02):
            self._look()

    def _look(self) -> None:
        self.looks += 1
        for pattern, read in READ.items():
            for path in self.folder.glob(pattern):
                with suppress(FileNotFoundError):
                    about = path.stat()
                    if self._seen.get(path) == (key := (about.st_ino, about.st_size, about.st_mtime_ns)):
                        continue
                    try:
                        if not read(path.read_text(encoding="utf-8")):
                            raise ValueError("empty")
                    except (ValueError, yaml.YAMLError):
                        self.half.add(path.relative_to(self.folder).as_posix())
                    self._seen[path] = key


class Attempt:
    """`kypho ARGUMENTS` at work in a copy, in a process group of its own; a `with` ends it if it still runs."""

    def __init__(self, folder: Path, *arguments: str, before: Sequence[str] = (), **more: str):
        self.folder = folder
        self._log = tempfile.TemporaryFile()  # noqa: SIM115, it lives as long as what it says
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.process = subprocess.Popen(
            [*before, sys.executable, "-m", "helpers", *arguments],
            cwd=folder,
            env={**os.environ, "PATH": path, "PYTHONPATH": f"{folder}/src", "COLUMNS": "200", **more},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        self.watch = Watch(folder)

    def __enter__(self) -> Self:
        self.watch.__enter__()
        return self

    def __exit__(self, *raised: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.watch.__exit__()

    @property
    def said(self) -> str:
        return os.pread(self._log.fileno(), 1 << 20, 0).decode(errors="replace")

    def when(self, pattern: str, *, within: float = 120) -> Path | None:
        """Wait until something of this name is there; None if the process ends before."""
        end = time.monotonic() + within
        while self.process.poll() is None and time.monotonic() < end:
            for found in self.folder.glob(pattern):
                return found
            time.sleep(0.002)
        return None

    def end(self, *, within: float = 300) -> int:
        """Exit code, negative for a signal; `RUNS` if it has none after so many seconds."""
        try:
            return self.process.wait(within)
        except subprocess.TimeoutExpired:
            return RUNS


def warm_process(folder: Path, *, within: float = 10) -> int:
    """Number of the warm process of the run at work in `folder`."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        for process in at_work(folder):
            with suppress(OSError):
                words = Path(f"/proc/{process}/cmdline").read_bytes()
                parent = int(Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[1])
                if b"helpers.pipeline.warm_process" in words and b"warm_process" not in (
                    Path(f"/proc/{parent}/cmdline").read_bytes()
                ):
                    return process
        time.sleep(0.02)
    raise TimeoutError("no warm process")


@dataclass
class Row:
    """One fault and what came of it."""

    fault: str
    did: str
    code: int | str = ""
    said: str = ""
    intact: str = "yes"
    left: str = "0"
    next: str = "yes"
    wrong: list[str] = field(default_factory=list)
    skipped: str = ""

    def cells(self) -> list[str]:
        if self.skipped:
            return [self.fault, self.did, *[""] * 5, f"SKIPPED: {self.skipped}"]
        verdict = "as it should be" if not self.wrong else "**wrong**: " + "; ".join(self.wrong)
        return [self.fault, self.did, str(self.code), self.said, self.intact, self.left, self.next, verdict]


HEAD = ("Fault", "What was done", "Exit", "Message", "State before intact", "Processes left", "Next run", "Verdict")


def message(said: str, folder: Path) -> str:
    """The lines from the error on, as one, without the names of this machine."""
    lines = [line.strip() for line in said.replace(f"{folder}/", "").replace(str(folder), ".").splitlines()]
    first = next((k for k, line in enumerate(lines) if SPEAKS.match(line)), None)
    if first is None:
        return ""
    text = " / ".join(filter(None, lines[first : first + 4]))
    text = re.sub(r"\.\d+\.partial", ".N.partial", text)
    return (text if len(text) < 260 else text[:257] + "...").replace("|", "\\|")


def judged(
    attempt: Attempt,
    row: Row,
    *,
    before: Sequence[Mapping[str, str]],
    words: Sequence[str] = (),
    code: int = 2,
    mend: Callable[[], object] = lambda: None,
    after: Mapping[str, str],
    broken: str = "",
) -> Row:
    """Fill in what came of a fault: hold it against the states allowed, mend it, run again and compare.

    `broken` is a file that the fault itself left unreadable.
    """
    folder = attempt.folder
    row.code = attempt.end()
    wrong = row.wrong
    if row.code != code:
        wrong.append(f"exit code {row.code} for {code}")
    row.said = message(attempt.said, folder)
    wrong += [f"the message does not say {word!r}" for word in words if not re.search(word, attempt.said)]
    if "Traceback" in attempt.said:
        wrong.append("a traceback is shown")
    if not nobody_at_work(folder, within=5):
        row.left = str(len(at_work(folder)))
        wrong.append("processes are left")
        for process in at_work(folder):
            os.kill(process, signal.SIGKILL)
    attempt.watch.__exit__()
    if half := attempt.watch.half - {broken}:
        wrong.append(f"half-written: {', '.join(sorted(half))}")
    if changed := torn(folder, *before):
        row.intact = "no"
        wrong.append(f"changed: {', '.join(changed[:5])}")
    mend()
    row.next, more = finish(folder, after)
    wrong += more
    if wrong:
        print(attempt.said, file=sys.stderr)
    return row


def finish(folder: Path, after: Mapping[str, str]) -> tuple[str, list[str]]:
    """The next run: whether it ends with the same bytes and leaves nothing beside them."""
    done = kypho(folder, "repro")
    if done.returncode:
        return "fails", [f"the next run exits {done.returncode}: {message(done.stdout + done.stderr, folder)}"]
    now = state(folder)
    if differ := sorted(name for name in {*now, *after} if now.get(name) != after.get(name)):
        return "other bytes", [f"the next run gives other bytes in {', '.join(differ[:5])}"]
    if left := unfinished(folder):
        return "leaves files", [f"the next run leaves {', '.join(left[:3])}"]
    return "same bytes", []


@contextmanager
def small_disk(place: Path, *, megabytes: int) -> Iterator[Path]:
    """A file system of its own at `place`, in memory."""
    place.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


class Filler:
    """Takes all the room of a disk, and takes again what becomes free, until it is told to give it back."""

    def __init__(self, disk: Path):
        self.path = disk / "filler"
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._fill, daemon=True)
        self._fill(once=True)
        self._thread.start()

    def _fill(self, *, once: bool = False) -> None:
        with self.path.open("ab", buffering=0) as filler:
            while not self._over.is_set():
                with suppress(OSError):
                    while filler.write(bytes(1 << 20)):
                        pass
                with suppress(OSError):
                    while filler.write(bytes(1 << 12)):
                        pass
                if once:
                    return
                time.sleep(0.003)

    def give_back(self) -> None:
        self._over.set()
        self._thread.join()
        self.path.unlink()


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    lines = [HEAD, [":--"] * len(HEAD), *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
