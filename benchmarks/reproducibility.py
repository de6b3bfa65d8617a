"""Whether the pipeline gives the same bytes whatever surrounds it: one cold run a row, held against the first.

    python -m benchmarks.reproducibility                    # all rows; writes benchmarks/reproducibility.md
    python -m benchmarks.reproducibility --only path umask  # these alone, and no report

Compared are the SHA-256 digests of all files that a run makes, the site included. Ends with 1 if one differs.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from tests.baking import MADE, bake, digests, kypho, run

REPORT = Path(__file__).with_suffix(".md")
REFERENCE = "reference"
NOBODY = 65534
CORES = sorted(os.sched_getaffinity(0))
SHUFFLE_SEED = 20160301

REPRO = (sys.executable, "-m", "helpers", "repro")
EVERYTHING = (*MADE, "_site")
#: Without `dvc.lock`, the export itself and the pages: all of them have to differ with the export's bytes.
BUT_THE_EXPORT = ("results", "_variables.yml", "data/interim", "data/processed", "_site/manifest.json")
#: Digits of a digest of the export that files show: all, in the table of its files, elsewhere.
SHOWN = (64, 16, 12)


@dataclass(frozen=True)
class Row:
    """One surrounding. In the values of `variables`, `{home}` is an empty folder beside the copy."""

    name: str
    what: str
    variables: Mapping[str, str] = field(default_factory=dict)
    folder: str = "kypho"
    wrapper: tuple[str, ...] = ()
    commands: tuple[tuple[str, ...], ...] = (REPRO,)
    prepare: Callable[[Path], None] = lambda folder: None
    places: tuple[str, ...] = EVERYTHING
    #: The row it is held against.
    against: str = REFERENCE
    #: Files that may differ, because what the row sets is what they say.
    by_design: tuple[str, ...] = ()
    #: Whether the digests of the export are blotted out before the files are compared.
    blotted: bool = False
    #: Why the row cannot run here.
    lacks: str = ""


@dataclass(frozen=True)
class Found:
    """What a run left: the digest of each file, and the files that named the export's digest."""

    digests: Mapping[str, str]
    seconds: float
    naming: Sequence[str] = ()
    failure: str = ""


@dataclass(frozen=True)
class Verdict:
    """A row held against its reference; neither runs nor differs if it was skipped."""

    row: Row
    found: Found | None
    differing: Sequence[str] = ()
    skipped: str = ""

    @property
    def holds(self) -> bool:
        return not self.differing and not (self.found and self.found.failure)


def give_away(folder: Path) -> None:
    """Make another user the owner of the copy and of what lies beside it."""
    for path in (folder.parent, *folder.parent.rglob("*")):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)


def deliver(folder: Path, *, shuffled: bool = False) -> None:
    """Put the synthetic tables in place as an export named `delivered`."""
    done = kypho(folder, "synthesise", "--out", "data/raw/delivered")
    assert done.returncode == 0, done.stderr
    params = folder / "params.yaml"
    text = params.read_text(encoding="utf-8")
    params.write_text(text.replace("source: synthetic #", "source: delivered #"), encoding="utf-8")
    assert params.read_text(encoding="utf-8") != text
    chance = random.Random(SHUFFLE_SEED)
    for table in sorted((folder / "data/raw/delivered").glob("*.csv")) if shuffled else ():
        head, *rows = table.read_bytes().splitlines(keepends=True)
        chance.shuffle(rows)
        table.write_bytes(head + b"".join(rows))


def blot_out(folder: Path, places: Collection[str]) -> list[str]:
    """Put zeros in the place of every digest of the export; give the files that had one."""
    record = json.loads((folder / "data/processed/provenance.json").read_text(encoding="utf-8"))
    recorded = (record["checksum"], *record["files"].values())
    naming = []
    for name in digests(folder, *places):
        before = after = (folder / name).read_bytes()
        for digits, digest in product(SHOWN, recorded):
            after = after.replace(digest[:digits].encode(), b"0" * digits)
        if after != before:
            (folder / name).write_bytes(after)
            naming.append(name)
    return naming


def locales() -> set[str]:
    """The locales of this machine, spelt without hyphens and in small letters."""
    listed = subprocess.run(["locale", "-a"], capture_output=True, text=True, errors="replace")
    return {name.lower().replace("-", "") for name in listed.stdout.split()}


def rows() -> list[Row]:
    """All surroundings, the reference first."""
    zones = ("Pacific/Auckland", "America/St_Johns")
    known = locales()
    languages = [
        (name, "installed" if name.lower().replace("-", "") in known else "not on this machine")
        for name in ("C", "fr_FR.UTF-8", "fr_FR.ISO-8859-1", "tr_TR.UTF-8")
    ]
    no_caches = {"HOME": "{home}", "XDG_CACHE_HOME": "", "XDG_CONFIG_HOME": "", "XDG_DATA_HOME": ""}
    other = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    # Python may lie in a folder that only root can read
    reading = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    # the processor's older instructions: numpy and the C library then compute other last bits
    older = {"NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR"}
    oldest = older | {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-AVX512F"}
    return [
        Row(REFERENCE, "`kypho repro` as it is, stages side by side"),
        Row("path", "a deeper path with a space and an umlaut", folder="Ordner mit Leerzeichen/Knochenzement ä/kypho"),
        Row("home", "an empty home without any cache", no_caches),
        Row("user", f"another user (uid {NOBODY})", no_caches, wrapper=(*other, *reading), prepare=give_away),
        *(Row(f"zone-{zone.rpartition('/')[2]}", f"`TZ={zone}`", {"TZ": zone}) for zone in zones),
        *(
            Row(f"locale-{name}", f"`LC_ALL={name}` ({there})", dict.fromkeys(("LANG", "LC_ALL", "LANGUAGE"), name))
            for name, there in languages
        ),
        *(
            Row(f"hash-{seed}", f"`PYTHONHASHSEED={seed}`", {"PYTHONHASHSEED": seed})
            for seed in ("0", "12345", "random")
        ),
        Row("one-core", "one core", wrapper=("taskset", "-c", f"{CORES[0]}")),
        Row(
            "two-cores",
            "two cores",
            wrapper=("taskset", "-c", ",".join(map(str, CORES[:2]))),
            lacks="" if len(CORES) > 1 else "this machine has one core",
        ),
        *(
            Row(f"threads-{n}", f"`OMP_`, `OPENBLAS_` and `MKL_NUM_THREADS={n}`", dict.fromkeys(threads, n))
            for n in ("1", "4")
        ),
        *(
            Row(f"blas-{name}", f"`OPENBLAS_CORETYPE={name}`", {"OPENBLAS_CORETYPE": name})
            for name in ("Zen", "SkylakeX", "Nehalem")
        ),
        Row("older-processor", "numpy without AVX2 and AVX-512", older),
        Row("oldest-processor", "numpy and C library without AVX2, AVX-512 and FMA", oldest),
        Row("serial", "plain `dvc repro`, fresh processes one by one", commands=(("dvc", "repro"),)),
        Row(
            "serial-blas",
            "plain `dvc repro`, `OPENBLAS_CORETYPE=Nehalem`, 4 threads, one core",
            {"OPENBLAS_CORETYPE": "Nehalem", **dict.fromkeys(threads, "4")},
            wrapper=("taskset", "-c", f"{CORES[0]}"),
            commands=(("dvc", "repro"),),
        ),
        Row("again", "a second run by `kypho repro --force`", commands=(REPRO, (*REPRO, "--force"))),
        *(
            # these two are linked statically, so that nothing can be put between them and the clock
            Row(
                f"clock{days}",
                f"the clock moved by {days} days, but for Pandoc and Pagefind",
                wrapper=("faketime", "-f", f"{days}d"),
            )
            for days in ("+400", "-400")
        ),
        Row("umask", "`umask 077`", wrapper=("sh", "-c", 'umask 077; exec "$@"', "sh")),
        Row(
            "epoch",
            "`SOURCE_DATE_EPOCH=1234567891`",
            {"SOURCE_DATE_EPOCH": "1234567891"},
            by_design=("_site/manuscript/index.docx",),
        ),
        Row(
            "delivered",
            "the tables as an export of another name: reference of the next row",
            prepare=deliver,
            places=BUT_THE_EXPORT,
            against="delivered",
            blotted=True,
        ),
        Row(
            "shuffled",
            "the same export, the rows of each table in another order",
            prepare=lambda folder: deliver(folder, shuffled=True),
            places=BUT_THE_EXPORT,
            against="delivered",
            blotted=True,
        ),
    ]


def lacking(row: Row) -> str:
    """Why a row cannot run here, or nothing."""
    if row.lacks or not row.wrapper:
        return row.lacks
    try:
        tried = subprocess.run([*row.wrapper, sys.executable, "-c", ""], capture_output=True, text=True)
    except FileNotFoundError:
        return f"{row.wrapper[0]} is not installed"
    return "" if tried.returncode == 0 else f"{row.wrapper[0]}: {tried.stderr.strip() or 'does not run Python'}"


def cold(row: Row) -> Found:
    """Run the pipeline from nothing in a copy of its own, in the row's surroundings."""
    with tempfile.TemporaryDirectory(prefix="reproducibility-") as scratch:
        Path(scratch).chmod(0o755)  # another user has to enter
        home, folder = Path(scratch) / "home", Path(scratch) / row.folder
        home.mkdir()
        bake(folder)
        row.prepare(folder)
        variables = {name: value.format(home=home) for name, value in row.variables.items()}
        began = time.monotonic()
        for command in row.commands:
            try:
                done = run([*row.wrapper, *command], folder, **variables)
            except subprocess.TimeoutExpired as error:
                return Found({}, time.monotonic() - began, failure=str(error))
            if done.returncode:
                return Found({}, time.monotonic() - began, failure=(done.stdout + done.stderr).strip())
        seconds = time.monotonic() - began
        naming = blot_out(folder, row.places) if row.blotted else ()
        return Found(digests(folder, *row.places), seconds, naming)


def differing(here: Mapping[str, str], there: Mapping[str, str], by_design: Collection[str] = ()) -> list[str]:
    """The files that are not the same in both, or that only one has."""
    names = {name for name in here.keys() | there.keys() if here.get(name) != there.get(name)}
    return sorted(names - set(by_design))


def judged(chosen: Sequence[Row]) -> list[Verdict]:
    """Run the rows one after another, each held against one before it."""
    verdicts: list[Verdict] = []
    ran: dict[str, Found] = {}
    for row in chosen:
        print(f"{row.name:<24}", end="", file=sys.stderr, flush=True)
        if reason := lacking(row):
            verdicts.append(Verdict(row, None, skipped=reason))
            print(f"SKIPPED: {reason}", file=sys.stderr)
            continue
        found = ran[row.name] = cold(row)
        verdict = Verdict(row, found, differing(found.digests, ran[row.against].digests, row.by_design))
        verdicts.append(verdict)
        said = found.failure or ", ".join(verdict.differing) or f"{len(found.digests)} files"
        print(f"{found.seconds:6.1f} s  {'' if verdict.holds else 'DIFFERS: '}{said}", file=sys.stderr)
    return verdicts


def report(verdicts: Sequence[Verdict]) -> str:
    """The stored report: a table, and below it what differs, what may differ and what did not run."""
    lines = [
        "# The same bytes everywhere",
        "",
        "Written by `python -m benchmarks.reproducibility`. Each row is a run from nothing in a copy of its own; the",
        "SHA-256 digest of every file that it makes is held against the first row. Compared are",
        ", ".join(f"`{place}`" for place in EVERYTHING[:-2]) + " and the whole of `_site`, pages",
        f"and files. The machine has {len(CORES)} cores and was shared with other work.",
        "",
        "| Row | What is different | Files | Differ | Seconds |",
        "|:--|:--|--:|--:|--:|",
    ]
    details = []
    for verdict in verdicts:
        row, found = verdict.row, verdict.found
        if found is None:
            lines.append(f"| {row.name} | {row.what} | not run | | |")
            details.append(f"`{row.name}` did not run: {verdict.skipped}.")
            continue
        count = "failed" if found.failure else "reference" if row.against == row.name else len(verdict.differing)
        lines.append(f"| {row.name} | {row.what} | {len(found.digests)} | {count} | {found.seconds:.0f} |")
        if found.failure:
            details.append(f"`{row.name}` failed:\n\n```\n{found.failure}\n```")
        elif verdict.differing:
            details.append(f"`{row.name}` differs in:\n\n" + listed(verdict.differing))
        if row.by_design:
            details.append(f"`{row.name}` differs by design, which is not counted, in:\n\n" + listed(row.by_design))
        if found.naming and row.against != row.name:
            details.append(
                f"`{row.name}` is held against `{row.against}`. The digests of the export have to differ: they were "
                "blotted out in the files below, and then these were compared as well. `dvc.lock` and the pages, which "
                "carry them too, were not.\n\n" + listed(found.naming)
            )
    lines += [f"\n{text}" for text in details]
    return "\n".join(lines) + "\n"


def listed(names: Sequence[str]) -> str:
    return "\n".join(f"* `{name}`" for name in names)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    everything = rows()
    parser.add_argument("--only", nargs="+", choices=[row.name for row in everything], metavar="ROW")
    only = parser.parse_args(arguments).only
    needed = {REFERENCE, *(only or ()), *(row.against for row in everything if row.name in (only or ()))}
    verdicts = judged([row for row in everything if only is None or row.name in needed])
    text = report(verdicts)
    if only is None:
        REPORT.write_text(text, encoding="utf-8")
    print(text)
    return 0 if all(verdict.holds for verdict in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
