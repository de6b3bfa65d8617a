"""Do the primary analyses recover the truth of the generator at n = 31? Bias, coverage, error rates, by scenario.

    .venv/bin/python -m benchmarks.truth_recovery                     # 2,000 trials of base, null and strong
    .venv/bin/python -m benchmarks.truth_recovery --trials 50 --truth-trials 500 --scenarios base --out /tmp/report

Every trial is drawn by the generator, derived, and analysed by the functions that the notebooks call. The figures
follow from the seed alone, whatever the number of jobs. Writes `truth-recovery.md` and `truth-recovery.csv`. Takes
a quarter of an hour a scenario on two cores. Where a shortfall is not explained, the endpoint is looked at in as many
trials again.
"""

import argparse
import pickle
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.recovery import reasons, report, trials, truths
from benchmarks.recovery.characteristics import Recovered, confirmed, recovered

FOLDER = Path(__file__).resolve().parent
SCENARIOS = ("base", "null", "strong")
#: Trials that one task draws and derives together.
TASK = 20


def tasks(number: int) -> list[range]:
    """The numbers of the trials, a range for each task: the same for any number of jobs."""
    return [range(start, min(start + TASK, number)) for start in range(0, number, TASK)]


def prepare() -> None:
    """A process of the pool: small frames take a third less time when their strings are Python's and not Arrow's."""
    import pandas as pd  # here, since `benchmarks.recovery` has to come before numpy

    pd.set_option("mode.string_storage", "python")


def spread(work: Callable, scenario: str, seed: int, number: int, jobs: int, *more: Sequence[str]) -> Iterable:
    """The results of `work` for all trials, in their order; progress goes to standard error."""
    parts, began = tasks(number), time.monotonic()
    arguments = [[value] * len(parts) for value in (scenario, seed)] + [parts] + [[each] * len(parts) for each in more]
    with ProcessPoolExecutor(jobs, initializer=prepare) as pool:
        for k, part in enumerate(pool.map(work, *arguments), start=1):
            if k == len(parts) or k % 10 == 0:
                done = f"{scenario}: {parts[k - 1].stop} trials ({work.__name__})"
                print(f"{done}, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
            yield part


def kept(
    folder: Path | None, work: Callable, scenario: str, seed: int, number: int, jobs: int, *more: Sequence[str]
) -> list:
    """The results of `work`, from the file that an earlier run kept in `folder`, or computed and kept there."""
    name = "-".join([scenario, str(seed), str(number), work.__name__, *(word for words in more for word in words)])
    path = folder / f"{name}.pickle" if folder else None
    if path and path.exists():
        return pickle.loads(path.read_bytes())
    parts = list(spread(work, scenario, seed, number, jobs, *more))
    if path:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pickle.dumps(parts))
    return parts


def recover(
    scenario: str, *, seed: int, number: int, truth_trials: int, jobs: int, keep: Path | None = None
) -> Recovered:
    """Trials of a scenario against its truth; as many again for the endpoints in which something is not explained."""

    def analysed(work: Callable, *more: Sequence[str]):
        return trials.frame([r for part in kept(keep, work, scenario, seed, number, jobs, *more) for r in part])

    counted = truths.merged(kept(keep, truths.sample, scenario, seed, truth_trials, jobs))
    found = recovered(scenario, analysed(trials.run), counted)
    if not (doubtful := reasons.unexplained(found)):
        return found
    endpoints = tuple(name for name in trials.ANALYSES if any(key[0].startswith(f"{name}.") for key in doubtful))
    return confirmed(found, doubtful, analysed(trials.again, endpoints), analysed(trials.alone, endpoints))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--truth-trials", type=int, default=10_000, help="trials from which proportions are counted")
    parser.add_argument("--scenarios", nargs="+", default=SCENARIOS)
    parser.add_argument("--seed", type=int, default=20160301)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the report")
    parser.add_argument("--keep", type=Path, help="folder for the trials, to write the report again without them")
    chosen = parser.parse_args()
    found = [
        recover(
            scenario, seed=chosen.seed, number=chosen.trials, truth_trials=chosen.truth_trials, jobs=chosen.jobs,
            keep=chosen.keep,
        )
        for scenario in chosen.scenarios
    ]  # fmt: skip
    report.write(found, chosen.out, truth_trials=chosen.truth_trials, seed=chosen.seed)
    print(report.summary(found))


if __name__ == "__main__":
    main()
