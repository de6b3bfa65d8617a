"""How heavy and how fast the site is: every page in Chromium with the CPU slowed four times, and the build itself.

    python -m benchmarks.site                      # the site that is there, and three builds
    python -m benchmarks.site --runs 9 --builds 0

Writes `benchmarks/site.md` and `site.csv`. Times are medians over the runs. Bytes and shifts do not depend on
the machine's load; tests hold them to their limits.
"""

import argparse
import csv
import functools
import http.server
import json
import os
import resource
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REPORT = Path(__file__).with_suffix(".md")
WIDTHS = (360, 1440)
SLOWED = 4
RUNS, BUILDS = 5, 3

#: Limits: bytes transferred with a page, its cumulative layout shift, its largest contentful paint, the whole build.
MOST_BYTES, MOST_SHIFT, LATEST_PAINT, LONGEST_BUILD = 1_500_000, 0.05, 1.0, 10.0

#: Notes the largest paint and every shift from the first moment on; shifts that follow an input are none.
OBSERVER = """
window.kypho = { paint: 0, shift: 0 };
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.kypho.paint = entry.startTime;
}).observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.kypho.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""

#: Reads down the page, as far as it goes: pictures below the first screen come only then.
READ = """
async () => {
  for (let top = 0; top < document.body.scrollHeight; top += innerHeight / 2) {
    window.scrollTo(0, top);
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  }
}
"""


@dataclass(frozen=True)
class Load:
    """One page loaded once, with an empty cache."""

    bytes: int
    shift: float
    paint: float  # seconds


def load(browser, address: str, name: str, *, width: int, height: int = 900, scripts_late: float = 0.0) -> Load:
    """Open a page in a window of its own, read it to its end and wait until it is quiet.

    `scripts_late` holds its scripts back for so many seconds, as a slow line does.
    """
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    received: list[float] = []
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
    page.add_init_script(OBSERVER)
    if scripts_late:
        page.route("**/*.js", lambda route: (time.sleep(scripts_late), route.continue_()))
    page.goto(f"{address}/{name}", wait_until="load")
    page.wait_for_load_state("networkidle")
    page.evaluate(READ)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(200)
    seen = page.evaluate("window.kypho")
    context.close()
    return Load(round(sum(received)), seen["shift"], seen["paint"] / 1000)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a folder over HTTP, without compression."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def measure(site: Path, runs: int) -> list[dict]:
    """One row a page and width: bytes, shift (the worst run) and paint (the median run and the slowest)."""
    from playwright.sync_api import sync_playwright

    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        sys.exit("Chromium is not installed; on Debian: apt-get install chromium")
    names = sorted(json.loads((site / "manifest.json").read_text(encoding="utf-8"))["pages"])
    rows = []
    with served(site) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        load(browser, address, names[0], width=WIDTHS[0])  # the browser's own start is not the page's
        for name in names:
            for width in WIDTHS:
                loads = [load(browser, address, name, width=width) for _ in range(runs)]
                paints = [each.paint for each in loads]
                rows.append(
                    {
                        "page": name,
                        "width": width,
                        "bytes": max(each.bytes for each in loads),
                        "shift": round(max(each.shift for each in loads), 4),
                        "paint_median": round(statistics.median(paints), 2),
                        "paint_slowest": round(max(paints), 2),
                    }
                )
        browser.close()
    return rows


def build_seconds(builds: int) -> list[tuple[float, float]]:
    """Seconds of the clock and of the processors for a build by the embedded engine, checks and search index included.

    The second hardly depends on what else the machine does; over two cores half of it is the least a build can take.
    """
    from helpers import paths
    from helpers.publish import publish

    seconds = []
    for _ in range(builds):
        with tempfile.TemporaryDirectory(prefix="site-", dir=ROOT.parent) as scratch:
            copy = Path(scratch) / "project"
            ignored = shutil.ignore_patterns(".git", ".dvc", ".venv", "_site", "data", "tests", "__pycache__")
            shutil.copytree(ROOT, copy, ignore=ignored)
            with chdir(copy):
                assert paths.root() == copy
                began, used = time.monotonic(), processor_seconds()
                publish("pandoc")
                seconds.append((time.monotonic() - began, processor_seconds() - used))
    return seconds


def processor_seconds() -> float:
    """What this process and those it waited for have used so far."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def report(rows: Sequence[dict], builds: Sequence[tuple[float, float]], runs: int) -> str:
    """The stored report: what was measured, how, and what exceeds its limit."""
    heaviest = max(rows, key=lambda row: row["bytes"])
    lines = [
        "# Weight and speed of the site",
        "",
        f"Written by `python -m benchmarks.site`. Every page of the site, loaded {runs} times with an empty cache",
        f"over HTTP without compression, at {WIDTHS[0]} and {WIDTHS[1]} px, the CPU slowed {SLOWED} times.",
        f"The machine has {os.cpu_count()} cores and was shared with other work, so that times are upper bounds. Paint",
        "is the largest contentful paint, the median of the runs, the slowest in brackets. Shift is the worst run.",
        "",
        "| Page | Width, px | Transferred, kB | Layout shift | Paint, s |",
        "|:--|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {r['page']} | {r['width']} | {r['bytes'] / 1000:.0f} | {r['shift']:.3f} "
        f"| {r['paint_median']:.2f} ({r['paint_slowest']:.2f}) |"
        for r in rows
    ]
    over = [
        *(f"{r['page']} at {r['width']} px: {r['bytes']:,} bytes" for r in rows if r["bytes"] > MOST_BYTES),
        *(f"{r['page']} at {r['width']} px: shift {r['shift']}" for r in rows if r["shift"] >= MOST_SHIFT),
        *(
            f"{r['page']} at {r['width']} px: paint after {r['paint_median']} s"
            for r in rows
            if r["paint_median"] >= LATEST_PAINT
        ),
    ]
    if builds:
        found, used = (statistics.median(part) for part in zip(*builds, strict=True))
        each = ", ".join(f"{seconds:.1f}" for seconds, _ in builds)
        lines += [
            "",
            f"Build of the whole site: {found:.1f} s, the median of {each} s; {used:.1f} s of the processors.",
        ]
        over += [f"the build: {found:.1f} s"] if found >= LONGEST_BUILD else []
    limits = f"{MOST_BYTES / 1e6} MB, shift {MOST_SHIFT}, paint {LATEST_PAINT:.0f} s, build {LONGEST_BUILD:.0f} s"
    lines += ["", f"Heaviest page: {heaviest['page']}, {heaviest['bytes'] / 1000:.0f} kB. Limits: {limits}."]
    lines += ["", "Beyond its limit: " + ("; ".join(over) if over else "nothing") + "."]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--builds", type=int, default=BUILDS)
    chosen = parser.parse_args()
    builds = build_seconds(chosen.builds)
    rows = measure(ROOT / "_site", chosen.runs)
    with REPORT.with_suffix(".csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    REPORT.write_text(report(rows, builds, chosen.runs), encoding="utf-8")
    print(REPORT.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
