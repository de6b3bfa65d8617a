"""Do the primary analyses recover the truth of the generator at n = 31? Bias, coverage, error rates, by scenario.

    .venv/bin/python -m benchmarks.truth_recovery                     # 2,000 trials of base, null and strong
    .venv/bin/python -m benchmarks.truth_recovery --trials 50 --truth-trials 500 --scenarios base --out /tmp/report

Every trial is drawn by the generator, derived, and analysed by the functions that the notebooks call. The figures
follow from the seed alone, whatever the number of jobs. Writes `truth-recovery.md` and `truth-recovery.csv`.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.recovery import characteristics, report, trials, truths

FOLDER = Path(__file__).resolve().parent
SCENARIOS = ("base", "null", "strong")
#: Trials that one task draws and derives together.
TASK = 20


def tasks(number: int) -> list[range]:
    """The numbers of the trials, a range for each task: the same for any number of jobs."""
    return [range(start, min(start + TASK, number)) for start in range(0, number, TASK)]


def spread(work: Callable, scenario: str, seed: int, number: int, jobs: int, name: str) -> Iterable:
    """The results of `work` for all trials, in their order; progress goes to standard error."""
    parts, began = tasks(number), time.monotonic()
    with ProcessPoolExecutor(jobs) as pool:
        done = pool.map(work, [scenario] * len(parts), [seed] * len(parts), parts)
        for k, part in enumerate(done, start=1):
            if k == len(parts) or k % 10 == 0:
                seconds = time.monotonic() - began
                print(f"{scenario}: {parts[k - 1].stop} {name}, {seconds:.0f} s", file=sys.stderr, flush=True)
            yield part


def recover(scenario: str, *, seed: int, trials_: int, truth_trials: int, jobs: int):
    """Trials of a scenario against its truth: the table of characteristics, and the sample behind the truth."""
    sample = truths.merged(spread(truths.sample, scenario, seed, truth_trials, jobs, "trials for the truth"))
    rows = [row for part in spread(trials.run, scenario, seed, trials_, jobs, "trials analysed") for row in part]
    table = characteristics.summarise(trials.frame(rows), truths.recorded(scenario) | truths.counted(sample), sample, trials_)
    null = trials.parameters(scenario).null_effect
    return characteristics.judged(table, null=null), sample


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--truth-trials", type=int, default=10_000, help="trials from which true proportions are counted")
    parser.add_argument("--scenarios", nargs="+", default=SCENARIOS)
    parser.add_argument("--seed", type=int, default=20160301)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the report")
    chosen = parser.parse_args()
    found = {
        scenario: recover(
            scenario, seed=chosen.seed, trials_=chosen.trials, truth_trials=chosen.truth_trials, jobs=chosen.jobs
        )
        for scenario in chosen.scenarios
    }
    chosen.out.mkdir(parents=True, exist_ok=True)
    report.write(found, chosen.out, trials=chosen.trials, truth_trials=chosen.truth_trials, seed=chosen.seed)


if __name__ == "__main__":
    main()
