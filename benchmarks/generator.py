"""Time, peak memory and size of a synthetic export by its number of patients.

    .venv/bin/python benchmarks/generator.py [--sizes 1000 10000 100000 1000000] [--format csv] [--scenario base]

Each size runs in a process of its own, whose peak resident memory is the system's count. The baseline is the same
process with 4 patients: interpreter, imports, truth. Writes a Markdown table to the terminal.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SIZES = (4, 1_000, 10_000, 100_000, 1_000_000)


def run(patients: int, format: str, scenario: str) -> dict:
    """One export in this process: seconds, peak memory and size in MB, rows."""
    from helpers.data.synthesise import synthesise_to
    from helpers.params import load_params

    params = load_params()
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        summary = synthesise_to(params, Path(folder) / "export", patients=patients, format=format, scenario=scenario)
        seconds = time.perf_counter() - start
        size = sum(path.stat().st_size for path in summary.folder.rglob("*") if path.is_file())
    # kilobytes on Linux, bytes on macOS
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return {
        "patients": patients,
        "parts": summary.parts,
        "rows": sum(summary.rows.values()),
        "seconds": seconds,
        "peak_mb": peak / 1e6,
        "size_mb": size / 1e6,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--format", default="csv")
    parser.add_argument("--scenario", default="base")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(run(options.one, options.format, options.scenario)))
        return
    print("| patients | parts | rows | seconds | microseconds a row | peak memory, MB | size, MB |")
    print("|---:|---:|---:|---:|---:|---:|---:|")
    for size in options.sizes:
        command = [sys.executable, __file__, "--one", str(size), "--format", options.format]
        done = subprocess.run(
            [*command, "--scenario", options.scenario], capture_output=True, text=True, check=True, encoding="utf-8"
        )
        found = json.loads(done.stdout)
        each = 1e6 * found["seconds"] / found["rows"]
        print(
            f"| {size} | {found['parts']} | {found['rows']} | {found['seconds']:.1f} | {each:.1f} "
            f"| {found['peak_mb']:.0f} | {found['size_mb']:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
