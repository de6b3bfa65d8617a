"""Which stage of a run comes next, and how much is left; it starts nothing and asks nobody."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass
class Outcome:
    """What a run did: stages that ran with their seconds, and stages that were up to date."""

    ran: dict[str, float] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)


@dataclass
class Schedule:
    """The stages of one run.

    Parameters
    ----------
    needs : mapping of str to sequence of str
        For each stage those that it needs, in the order of a serial run.
    stale : set of str
        Stages that are out of date at the beginning.
    seconds : mapping of str to float
        What stages took in earlier runs, where that is known.
    """

    needs: Mapping[str, Sequence[str]]
    stale: set[str]
    seconds: Mapping[str, float]
    outcome: Outcome = field(default_factory=Outcome)

    def __post_init__(self):
        self.began: dict[str, float] = {}
        self.waiting = list(self.needs)

    def begin(self) -> str | None:
        """Begin the stage with the longest way still behind it of those that can begin; None if none can.

        Those that are up to date, with everything they need, are passed over.
        """
        while ready := [stage for stage in self.waiting if all(map(self._settled, self.needs[stage]))]:
            stage = max(ready, key=self.way)
            self.waiting.remove(stage)
            if stage in self.stale or any(need in self.outcome.ran for need in self.needs[stage]):
                self.began[stage] = time.monotonic()
                return stage
            self.outcome.skipped.append(stage)
        return None

    def end(self, stage: str, *, ran: bool) -> None:
        """Note that a stage has ended, and whether it did anything."""
        seconds = time.monotonic() - self.began.pop(stage)
        if ran:
            self.outcome.ran[stage] = seconds
        else:
            self.outcome.skipped.append(stage)

    def _settled(self, stage: str) -> bool:
        return stage in self.outcome.ran or stage in self.outcome.skipped

    def way(self, stage: str) -> float:
        """Seconds from the beginning of a stage to the end of the run if nothing had to wait."""
        after = [self.way(other) for other in self.needs if stage in self.needs[other]]
        return self.seconds.get(stage, 1.0) + max(after, default=0.0)

    def seconds_left(self, cores: int) -> float | None:
        """Seconds to the end as earlier runs tell: the work over the cores, or the longest way if that is more."""
        open_ = [stage for stage in self.waiting if stage in self.stale] + list(self.began)
        if not all(stage in self.seconds for stage in open_):
            return None
        now = time.monotonic()
        spent = {stage: now - began for stage, began in self.began.items()}
        work = sum(max(self.seconds[stage] - spent.get(stage, 0.0), 0.0) for stage in open_)
        return max([work / cores, *(self.way(stage) - spent.get(stage, 0.0) for stage in open_)])

    def progress(self, cores: int, cells: Mapping[str, str]) -> str:
        """`pain 5/22 cells, qol; 4 of 13 stages; about 12 s left`."""
        now = [f"{stage} {cells[stage]} cells" if stage in cells else stage for stage in self.began]
        done = len(self.outcome.ran) + len(self.outcome.skipped)
        left = self.seconds_left(cores)
        known = "" if left is None else f"; about {left:.0f} s left"
        return f"{', '.join(now)}; {done} of {len(self.needs)} stages{known}"
