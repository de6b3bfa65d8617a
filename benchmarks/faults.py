"""The fault table: breaks runs of the pipeline for real, and holds what comes of it against what should.

    python -m benchmarks.faults                     # everything, about half an hour
    python -m benchmarks.faults --only twice clock  # some; prints the table and writes nothing

A fault is handled well if the message names place and remedy and shows no traceback, the exit code is right, what was
there before is as it was, no process is left, no file is half-written at its place at any moment, and the next
`kypho repro` ends with the bytes of an undisturbed run. Writes `benchmarks/faults.md`; exits 1 if anything is not so.
"""

import argparse
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import nbformat
from benchmarks.breaking import (
    RUNS,
    Attempt,
    Copies,
    Filler,
    Row,
    edit,
    finish,
    judged,
    message,
    other_data,
    small_disk,
    state,
    table,
    torn,
    warm_process,
)

from helpers.errors import INTERRUPTED
from tests.baking import append_cell, at_work, nobody_at_work, run

REPORT = Path(__file__).with_suffix(".md")
KILLS, KILL_SEED = 30, 20160301
#: Root as somebody whom permissions stop.
HUMBLE = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
LIMIT = 20  # seconds for a cell where one hangs; the longest cell takes a third of it on a busy machine

#: What is beside its target when a certain stage is at work.
SYNTHESISE, PAIN, COLLECT, PUBLISH = (
    f"{place}.*.partial" for place in ("data/raw/.synthetic", "results/.pain", "results/.summary", "._site")
)


def killed(copies: Copies) -> Iterator[Row]:
    """SIGKILL at moments spread over the length of three kinds of run, and a run after each."""
    built, other, fresh = state(copies.built), state(copies.other), state(copies.fresh)
    chance = random.Random(KILL_SEED)
    kinds = {
        "from nothing": (copies.fresh, (), (fresh, built), built),
        "with --force over results": (copies.built, ("--force",), (built,), built),
        "after a change of the data": (copies.built, (), (built, other), other),
    }
    each = KILLS // len(kinds)
    for kind, (source, options, allowed, after) in kinds.items():
        moments = [copies.seconds * (k + chance.random()) / each for k in range(each)]
        row = Row("kill -9 of `kypho repro`", "", -signal.SIGKILL, said="(none, it cannot speak)")
        same = 0
        for k in range(each):
            ended = True
            while ended:  # on a machine that was busier when it was measured, the run is over too early
                folder = copies.copy(source)
                if after is other:
                    other_data(folder)
                with Attempt(folder, "repro", *options) as attempt:
                    ended = attempt.end(within=moments[k]) != RUNS
                    attempt.process.kill()
                    attempt.process.wait()
                    if not nobody_at_work(folder, within=5):
                        row.left = str(int(row.left) + len(at_work(folder)))
                moments[k] *= 0.7 if ended else 1
            moment = moments[k]
            wrong = [f"half-written {name}" for name in sorted(attempt.watch.half)]
            if changed := torn(folder, *allowed):
                row.intact = "no"
                wrong.append(f"neither old nor new: {', '.join(changed)}")
            more = finish(folder, after)[1]
            same += not more
            row.wrong += [f"{moment:.1f} s: {what}" for what in (*wrong, *more)]
        if row.left != "0":
            row.wrong.append("processes outlive it by 5 s")
        seconds = ", ".join(f"{moment:.1f}" for moment in moments)
        row.did = f"{kind}: {each} runs of about {copies.seconds:.0f} s, killed after {seconds} s"
        row.next = f"same bytes, {same} of {each}"
        yield row


def _struck(
    copies: Copies,
    fault: str,
    moments: Mapping[str, str | None],
    strike: Callable[[Attempt, Path | None], None],
    *,
    code: int,
    words: tuple[str, ...],
    pause: float = 0,
) -> Iterator[Row]:
    """Runs on other data, each struck at one moment: when a writer is at work, or else after a pause of seconds."""
    built, other = state(copies.built), state(copies.other)
    for moment, sign in moments.items():
        folder = copies.copy(copies.built)
        other_data(folder)
        with Attempt(folder, "repro") as attempt:
            found = attempt.when(sign) if sign else time.sleep(pause)
            strike(attempt, found)
            yield judged(attempt, Row(fault, moment), code=code, words=words, before=(built, other), after=other)


def interrupted(copies: Copies) -> Iterator[Row]:
    """Ctrl-C: SIGINT to the process group."""
    moments = {
        "while Python starts": None,
        "while the data are made": SYNTHESISE,
        "while notebooks run": PAIN,
        "while the site is built": PUBLISH,
    }

    def strike(attempt: Attempt, _: Path | None) -> None:
        os.killpg(attempt.process.pid, signal.SIGINT)

    yield from _struck(copies, "Ctrl-C", moments, strike, code=INTERRUPTED, words=("interrupted",), pause=0.5)


def disk_full(copies: Copies) -> Iterator[Row]:
    """A disk of its own that is full from some moment on."""
    moments = {
        "from the beginning": None,
        "while the export is written": SYNTHESISE,
        "while a notebook runs": PAIN,
        "while the results are gathered": COLLECT,
        "while `dvc.lock` is written": ".dvc/tmp/dvc.lock",
        "while the site is built": PUBLISH,
    }
    for moment, sign in moments.items():
        with small_disk(copies.place / "disk", megabytes=256) as disk:
            folder = copies.copy(copies.built, disk)
            yield _full(copies, folder, disk, sign, moment)
    folder = copies.copy(copies.built)
    cache = folder / ".dvc" / "cache"
    kept = cache.replace(folder / ".dvc" / "kept")
    with small_disk(cache, megabytes=64):
        shutil.copytree(kept, cache, dirs_exist_ok=True)
        yield _full(copies, folder, cache, None, "DVC's cache, a disk of its own, from the beginning")


def _full(copies: Copies, folder: Path, disk: Path, sign: str | None, moment: str) -> Row:
    other_data(folder)
    filler = None if sign else Filler(disk)
    elsewhere = {"TMPDIR": str(disk), "DVC_SITE_CACHE_DIR": str(disk / "dvc")}  # the same disk, as on most machines
    with Attempt(folder, "repro", **elsewhere) as attempt:
        if sign:
            attempt.when(sign)
            filler = Filler(disk)
        return judged(
            attempt,
            Row("disk full", moment),
            words=("[Nn]o space left on device", "[Ff]ree some space"),
            before=(state(copies.built), state(copies.other)),
            mend=filler.give_back,
            after=state(copies.other),
        )


def read_only(copies: Copies) -> Iterator[Row]:
    """`results/` that may not be written to: by its permissions, and by its file system."""
    built, other = state(copies.built), state(copies.other)
    row = Row("results read-only", "by its permissions")
    folder = copies.copy(copies.built)
    other_data(folder)
    allow = ["chmod", "-R", "u+w", str(folder / "results")]
    subprocess.run(["chmod", "-R", "a-w", str(folder / "results")], check=True)
    with Attempt(folder, "repro", before=() if os.geteuid() else HUMBLE) as attempt:
        yield judged(
            attempt,
            row,
            words=("results/", "[Pp]ermission denied", "may write"),
            before=(built, other),
            mend=lambda: subprocess.run(allow, check=True),
            after=other,
        )
    row = Row("results read-only", "by its file system")
    if os.geteuid():
        row.skipped = "only root can mount"
        yield row
        return
    folder = copies.copy(copies.built)
    other_data(folder)
    results = str(folder / "results")
    subprocess.run(["mount", "--bind", results, results], check=True)
    subprocess.run(["mount", "-o", "remount,ro,bind", results], check=True)
    with Attempt(folder, "repro") as attempt:
        yield judged(
            attempt,
            row,
            words=("results/", "[Rr]ead-only file system"),
            before=(built, other),
            mend=lambda: subprocess.run(["umount", results], check=True),
            after=other,
        )


def cache_damaged(copies: Copies) -> Iterator[Row]:
    """Bytes flipped in DVC's cache, and what came from there by `dvc checkout`."""
    built = state(copies.built)
    for name in ("data/processed/adsl.parquet", "results/pain/exhibits/tbl-pain-vas.csv"):
        folder = copies.copy(copies.built)
        cached = _object(folder, (folder / name).read_bytes())
        whole = cached.read_bytes()
        content = bytearray(whole)
        content[len(content) // 2] ^= 1
        cached.chmod(0o644)
        cached.write_bytes(content)
        cached.chmod(0o444)  # what DVC takes as a sign that it need not look
        shutil.rmtree((folder / name).parent)
        run([sys.executable, "-m", "dvc", "checkout", "--quiet"], folder)
        assert (folder / name).read_bytes() == content, "DVC has noticed by itself"
        with Attempt(folder, "repro") as attempt:
            row = Row("DVC's cache damaged", f"a byte of `{name}` flipped there, then `dvc checkout`")
            row = judged(attempt, row, code=0, words=("damaged",), before=(built,), after=built)
        if cached.read_bytes() != whole:
            row.wrong.append("the cache is still damaged")
        yield row


def _object(folder: Path, content: bytes) -> Path:
    name = hashlib.md5(content).hexdigest()
    return folder / ".dvc" / "cache" / "files" / "md5" / name[:2] / name[2:]


def twice(copies: Copies) -> Iterator[Row]:
    """Two runs at once in one folder."""
    other = state(copies.other)
    folder = copies.copy(copies.built)
    other_data(folder)
    with Attempt(folder, "repro") as first, Attempt(folder, "repro") as second:
        code = first.end()
        row = Row("two runs at once", "`kypho repro` twice in one folder")
        row = judged(second, row, code=0, before=(other,), after=other)
        said = [attempt.said for attempt in (first, second)]
        waited = [text for text in said if "Another run is at work" in text]
        row.said = message("".join(waited), folder)
        row.code = f"{code} and {row.code}"
        if code or len(waited) != 1:
            row.wrong.append(f"the first exits {code}, {len(waited)} of 2 say that they wait")
        yield row


def notebook_raises(copies: Copies) -> Iterator[Row]:
    """A cell that raises."""
    yield _with_cell(copies, "a notebook raises", "1 / 0", ("ZeroDivisionError: division by zero",))


def kernel_dies(copies: Copies) -> Iterator[Row]:
    """A cell that ends its kernel, by itself and as the system does when memory is short."""
    for did in ("os._exit(1)", "os.kill(os.getpid(), 9)"):
        yield _with_cell(copies, "a kernel dies", f"import os\n{did}", ("kernel died", "memory"))


def kernel_hangs(copies: Copies) -> Iterator[Row]:
    """A cell that never ends; the copy's limit is lowered to so many seconds."""
    yield _with_cell(copies, "a kernel hangs", "import time\ntime.sleep(1e6)", (f"more than {LIMIT} s",), limit=LIMIT)


def _with_cell(copies: Copies, fault: str, source: str, words: tuple[str, ...], *, limit: int | None = None) -> Row:
    """A run with one more cell at the end of a notebook."""
    folder = copies.copy(copies.built)
    path, runner = folder / "notebooks/angle.ipynb", folder / "src/helpers/pipeline/notebook.py"
    before = {file: file.read_bytes() for file in (path, runner)}
    number = append_cell(folder, "angle", nbformat.v4.new_code_cell(source))
    if limit:
        edit(runner, "CELL_TIMEOUT = 600", f"CELL_TIMEOUT = {limit}")
    built = state(copies.built)
    with Attempt(folder, "repro", "angle") as attempt:
        return judged(
            attempt,
            Row(fault, f"`{source.splitlines()[-1]}` in a cell of `notebooks/angle.ipynb`"),
            words=(rf"notebooks/angle\.ipynb, cell {number}", *words),
            before=(built,),
            mend=lambda: [file.write_bytes(content) for file, content in before.items()],
            after=built,
        )


def stage_killed(copies: Copies) -> Iterator[Row]:
    """SIGKILL to the process of a stage, as the system does when memory is short."""

    def strike(_: Attempt, partial: Path | None) -> None:
        os.kill(int(partial.name.split(".")[-2]), signal.SIGKILL)

    for stage, sign in {"synthesise": SYNTHESISE, "pain": PAIN, "publish": PUBLISH}.items():
        words = (f"stage {stage} failed", "SIGKILL", "memory")
        yield from _struck(copies, "a stage is killed", {f"`{stage}`": sign}, strike, code=1, words=words)


def warm_killed(copies: Copies) -> Iterator[Row]:
    """SIGKILL to the process from which stages and kernels are forked."""
    moments = {"at once": None, "while notebooks run": PAIN, "while the site is built": PUBLISH}

    def strike(attempt: Attempt, _: Path | None) -> None:
        os.kill(warm_process(attempt.folder), signal.SIGKILL)

    words = (r"stage \w+ failed", "memory", "kypho repro")
    yield from _struck(copies, "the warm process is killed", moments, strike, code=1, words=words)


def clock(copies: Copies) -> Iterator[Row]:
    """The clock 400 days back; and all files 400 days ahead, as kernels do not answer under faketime."""
    built, other = state(copies.built), state(copies.other)
    row = Row("clock set back 400 days", "`kypho repro` under faketime, nothing to do")
    if faketime := shutil.which("faketime"):
        with Attempt(
            copies.copy(copies.built),
            "repro",
            before=(faketime, "-f", "-400d"),
            FAKETIME_DONT_FAKE_MONOTONIC="1",
        ) as attempt:
            yield judged(attempt, row, code=0, words=("0 stages ran",), before=(built,), after=built)
    else:
        row.skipped = "faketime is not installed; on Debian: apt-get install faketime"
        yield row
    for case, options, after in (("--force", ("--force",), built), ("after a change of the data", (), other)):
        folder = copies.copy(copies.built)
        if after is other:
            other_data(folder)
        ahead = time.time() + 400 * 86400
        for path in folder.rglob("*"):
            os.utime(path, (ahead, ahead), follow_symlinks=False)
        with Attempt(folder, "repro", *options) as attempt:
            row = Row("files from the future", f"400 days ahead, then `kypho repro` {case}")
            yield judged(attempt, row, code=0, words=("13 stages ran",), before=(after,), after=after)


def lock_broken(copies: Copies) -> Iterator[Row]:
    """`dvc.lock` cut off, and with a merge conflict in it."""
    whole = (copies.built / "dvc.lock").read_text(encoding="utf-8")
    lines = whole.splitlines(keepends=True)
    half = len(lines) // 2
    conflict = [*lines[:half], "<<<<<<< HEAD\n", lines[half], "=======\n", lines[half], ">>>>>>> theirs\n"]
    cases = {
        "cut off in the middle of a line": "".join(lines[:half]) + lines[half][:9],
        "half a merge conflict": "".join(conflict + lines[half + 1 :]),
        "empty": "",
    }
    for case, text in cases.items():
        yield _configured(copies, "dvc.lock broken", case, "dvc.lock", text, (r"git checkout -- dvc\.lock",))


def configuration_broken(copies: Copies) -> Iterator[Row]:
    """`dvc.yaml` and `params.yaml` that cannot be read, or are not there."""
    for name in ("dvc.yaml", "params.yaml"):
        text = (copies.built / name).read_text(encoding="utf-8")
        broken = text.replace("\n", "\n  - : [\n", 1)
        yield _configured(copies, f"{name} broken", "a syntax error", name, broken, (rf"(?s){name}.*line \d+",))
        yield _configured(copies, f"{name} missing", "removed", name, None, (name, f"git checkout -- {name}"))


def _configured(copies: Copies, fault: str, did: str, name: str, text: str | None, words: tuple[str, ...]) -> Row:
    """A run with another text in one of the files that say what runs; none if `text` is None."""
    folder = copies.copy(copies.built)
    path, built = folder / name, state(copies.built)
    before = path.read_bytes()
    path.unlink() if text is None else path.write_text(text, encoding="utf-8")
    with Attempt(folder, "repro") as attempt:
        return judged(
            attempt,
            Row(fault, did),
            broken=name,
            words=words,
            before=(built,),
            mend=lambda: path.write_bytes(before),
            after=built,
        )


FAULTS: dict[str, Callable[[Copies], Iterator[Row]]] = {
    function.__name__: function
    for function in (
        killed, interrupted, disk_full, read_only, cache_damaged, twice, notebook_raises, kernel_dies, kernel_hangs,
        stage_killed, warm_killed, clock, lock_broken, configuration_broken,
    )
}  # fmt: skip
NEED_ROOT = (disk_full,)


def report(rows: list[Row]) -> str:
    bad = sum(bool(row.wrong) for row in rows)
    skipped = sum(bool(row.skipped) for row in rows)
    return f"""# Faults, and what comes of them

Written by `python -m benchmarks.faults`: each fault was done to a run of the pipeline in a copy of the repository.
Meanwhile `dvc.lock`, `_variables.yml`, the site's inventory and every `results.json` and executed notebook were read
every 20 ms at their places, and none was ever half-written unless a row says so. "State before intact": every folder
that a stage makes is whole, as it was before or as the run makes it. "Next run": `kypho repro` after the fault was
mended, compared byte by byte, the site included, with a run that nothing disturbed.

{len(rows)} rows: {len(rows) - bad - skipped} as they should be, {bad} not, {skipped} skipped.

{table(rows)}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=FAULTS, help="some of the faults; no report is written")
    chosen = parser.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="faults-") as place:
        Path(place).chmod(0o755)
        copies = Copies(Path(place).resolve())
        for name in chosen.only or FAULTS:
            if FAULTS[name] in NEED_ROOT and os.geteuid():
                rows.append(Row(name.replace("_", " "), "", skipped="only root can mount"))
                continue
            for row in FAULTS[name](copies):
                rows.append(row)
                print(
                    f"{'skipped' if row.skipped else 'WRONG' if row.wrong else 'good'}: {row.fault}, {row.did}",
                    flush=True,
                )
    if chosen.only:
        print(table(rows))
    else:
        REPORT.write_text(report(rows), encoding="utf-8")
    sys.exit(any(row.wrong for row in rows))


if __name__ == "__main__":
    main()
