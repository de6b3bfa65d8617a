"""A reader with a pencil: bounds for every hidden count from the published ones, written apart from the code.

Everything that the published tables say about each other is an equation or an inequality here, put down by hand from
what the tables are. Bounds by whole-number programming (HiGHS through scipy).
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from helpers.results import Record

COUNTS = ("n", "events", "missing", "expected", "count")
ARMS = ("KP", "VP")

#: Analyses of changes and of adjusted means -> the analysis that counts the patients with a change.
CHANGES = {
    "height.vertebral_change": "height.vertebral_patient",
    "height.stature_change": "height.stature",
    "angle.kyphotic_change": "angle.kyphotic_patient",
    "pain.vas_change": "pain.vas",
    "pain.vas_ancova": "pain.vas",
    "qol.dallas_change": "qol.dallas",
    "qol.dallas_ancova": "qol.dallas",
}


def name(r: Record) -> str:
    return f"{r.analysis}/{r.population}/{r.visit}/{r.unit_of_analysis}/{r.parameter}/{r.group}/{r.statistic}"


class Attacker:
    """Knows what is published of an endpoint, and how its tables hang together."""

    def __init__(self, published: Sequence[Record], *, zeros_shown: bool = True):
        self.counts = {name(r): r for r in published if r.statistic in COUNTS}
        self.rows: list[tuple[dict[str, float], float, float]] = []
        self.names: dict[str, int] = {}
        self.least = 1 if zeros_shown else 0
        self._limits: LinearConstraint | None = None
        self._solutions: list[np.ndarray] = []
        for published_name, r in self.counts.items():
            self._variable(published_name)
            if r.value is not None:
                self.rows.append(({published_name: 1}, r.value, r.value))
        self._facts()

    def only_value(self, variable: str) -> int | None:
        """The one value that a count can have, None if it can have several."""
        if self._limits is None:
            hidden = {n for n, r in self.counts.items() if r.hidden}
            self._low = np.array([self.least if n in hidden else 0 for n in self.names], float)
            entries = [(i, self.names[v], w) for i, (ws, _, _) in enumerate(self.rows) for v, w in ws.items()]
            rows, columns, weights = zip(*entries, strict=True)
            matrix = csr_array((weights, (rows, columns)), shape=(len(self.rows), len(self.names)))
            self._limits = LinearConstraint(matrix, [r[1] for r in self.rows], [r[2] for r in self.rows])
        column = self.names[variable]
        for sign in (1, -1):
            if len({round(x[column]) for x in self._solutions}) > 1:
                return None
            goal = np.zeros(len(self.names))
            goal[column] = sign
            kind = np.ones(len(self.names))
            found = milp(goal, constraints=self._limits, bounds=Bounds(self._low, 10_000), integrality=kind)
            assert found.success, f"{variable}: {found.message}"
            self._solutions.append(found.x)
        values = {round(x[column]) for x in self._solutions}
        return values.pop() if len(values) == 1 else None

    def known(self) -> dict[str, int]:
        """Hidden counts that the attacker recomputes."""
        values = {n: self.only_value(n) for n, r in self.counts.items() if r.hidden}
        return {n: value for n, value in values.items() if value is not None}

    def rests(self, limit: int) -> dict[str, int]:
        """Complements that the attacker knows and that are fewer patients than the limit, none left out."""
        values = {n: self.only_value(n) for n in self.names if n.startswith("rest ")}
        return {n: value for n, value in values.items() if value is not None and 0 < value < limit}

    def _variable(self, variable: str) -> str:
        self.names.setdefault(variable, len(self.names))
        return variable

    def _says(self, weights: dict[str, float], low: float, high: float) -> None:
        for variable in weights:
            self._variable(variable)
        self.rows.append((weights, low, high))

    def equal(self, total: str, *parts: str) -> None:
        weights = {total: 1.0}
        for part in parts:
            weights[part] = weights.get(part, 0.0) - 1.0
        self._says(weights, 0, 0)

    def at_most(self, part: str, *wholes: str) -> None:
        self._says({part: -1.0, **dict.fromkeys(wholes, 1.0)}, 0, np.inf)

    def _find(self, **where: str | Iterable[str]) -> list[Record]:
        wanted = {k: (v,) if isinstance(v, str) else tuple(v) for k, v in where.items()}
        return [r for r in self.counts.values() if all(getattr(r, k) in codes for k, codes in wanted.items())]

    def _facts(self) -> None:
        for r in self.counts.values():
            beside = {s: name(r).rsplit("/", 1)[0] + f"/{s}" for s in COUNTS}
            arm = f"size {r.population} {r.group}"
            if r.group not in ARMS:
                continue
            if r.statistic == "events":
                self.equal(beside["n"], beside["events"], f"rest {name(r)}")
                if r.unit_of_analysis == "patient" and r.analysis not in (
                    "leakage.success_m3",
                    "pain.responder_observed",
                ):
                    self.equal(beside["n"], arm)
                if r.analysis == "pain.responder_observed":
                    self.equal(arm, beside["n"], f"rest {beside['n']}")
            elif r.statistic == "expected":
                self.equal(beside["expected"], beside["n"], f"rest {beside['n']}")
                self.equal(f"size {r.population} {r.group}", beside["expected"], f"rest {name(r)}")
            elif (
                r.statistic == "n"
                and r.unit_of_analysis == "patient"
                and not {beside["events"], beside["expected"]} & set(self.counts)
            ):
                self.equal(arm, name(r), f"rest {name(r)}")
                if beside["missing"] in self.counts:
                    self.equal(arm, name(r), beside["missing"])
        getattr(self, f"_{next(iter(self.counts.values())).endpoint}", self._measured)()

    def _measured(self) -> None:
        """The change needs both values, and a contrast of changes has the patients of both arms."""
        for r in self._find(group="KP-VP", statistic="n", unit_of_analysis="patient"):
            code, at = r.parameter.removesuffix("_CHG"), {"visit": r.visit, "group": ARMS, "statistic": "n"}
            main = CHANGES.get(r.analysis, r.analysis)
            arms = self._find(analysis=main, parameter=f"{code}_CHG", **at)
            arms = arms or self._find(analysis=r.analysis, parameter=code, **at)
            assert len(arms) == 2 or r.analysis.endswith(("_mi", "_reference")), r.analysis  # all with a baseline
            if arms:
                self.equal(name(r), *map(name, arms))
        for r in self._find(analysis="pain.responder", statistic="events"):
            same = {"visit": r.visit, "group": r.group, "statistic": "events"}
            for observed in self._find(analysis="pain.responder_observed", parameter=r.parameter, **same):
                self.equal(name(observed), name(r))
            if r.parameter == "RESP50":
                (some,) = self._find(analysis="pain.responder", parameter="RESP30", **same)
                self.at_most(name(r), name(some))
        for r in self._find(statistic="n", group=ARMS):
            if r.parameter.endswith("_CHG"):
                code, before = r.parameter.removesuffix("_CHG"), "D0"
                for visit in (r.visit, before):
                    for whole in self._find(parameter=code, visit=visit, group=r.group, statistic="n"):
                        self.at_most(name(r), name(whole))

    def _tolerance(self) -> None:
        for arm in ARMS:
            patients = {
                (r.analysis.split(".")[1], r.parameter): name(r) for r in self._find(group=arm, statistic="events")
            }
            events = {r.parameter: name(r) for r in self._find(group=arm, statistic="count")}
            grade = [patients["worst_grade", f"GRADE{g}"] for g in range(6)]
            anything, severe = (patients["overview", code] for code in ("AEANY", "AEGE3"))
            self.equal("size SAF " + arm, *grade)
            self.equal("size SAF " + arm, grade[0], anything)
            self.equal(severe, *grade[3:])
            self.at_most(grade[5], patients["overview", "AEDTH"])
            for code in events:
                self.equal(patients["exposure", code], patients["overview", code])
            for kind, code in patients:
                if kind == "organ_class":
                    self.at_most(patients[kind, code], severe if code.endswith("|GE3") else anything)
                if kind in ("related", "serious") and code != "NONE":
                    self.at_most(patients[kind, code], patients["preferred_term", code])
                if kind == "serious" and code != "NONE":
                    self.at_most(patients[kind, code], patients["overview", "AESER"])
                if kind == "period":
                    self.at_most(patients[kind, code], anything)
            for code, whole in (("AEANY", anything), ("AEGE3", severe)):
                self.at_most(patients["incidence", f"{code}_DAY_30"], patients["incidence", f"{code}_DAY_91"])
                self.at_most(patients["incidence", f"{code}_DAY_91"], whole)
            terms = [code for kind, code in patients if kind == "preferred_term"]
            for code in events:
                self.at_most(patients["overview", code], events[code])
                self.at_most(patients["overview", code], anything)
                self.at_most(events[code], events["AEANY"])
            for term in terms:
                own = patients["preferred_term", term]
                self.at_most(own, severe if term.endswith("|GE3") else anything)
                if term.endswith("|GE3"):
                    self.at_most(own, patients["preferred_term", term.removesuffix("|GE3")])
            for whole, ending in ((anything, False), (severe, True)):
                own = [patients["preferred_term", t] for t in terms if t.endswith("|GE3") == ending]
                if own:
                    self.at_most(whole, *own)

    def _leakage(self) -> None:
        for arm in ARMS:
            one = {(r.analysis, r.unit_of_analysis, r.parameter, r.statistic): name(r) for r in self._find(group=arm)}
            success = one["leakage.success", "patient", "SUCCESS", "events"]
            imaged = one["leakage.success", "patient", "IMAGED_M3", "events"]
            treated = one["leakage.success_mitt", "patient", "SUCCESS", "events"]
            seen = one["leakage.success_m3", "patient", "SUCCESS", "events"]
            self.equal(treated, success)
            self.equal(one["leakage.success_m3", "patient", "SUCCESS", "n"], imaged)
            self.at_most(seen, success)
            self.at_most(f"rest {seen}", f"rest {success}")
            self.equal(one["leakage.success_composite", "patient", "SUCCESS", "events"], seen)
            self.at_most(one["leakage.success_pp", "patient", "SUCCESS", "events"], success)
            unknown = one["leakage.success", "patient", "SUCCESS", "missing"]
            self.at_most(unknown, f"rest {treated}")
            self.equal(f"rest {treated}", unknown, f"leaked {arm}")
            vertebrae = one["leakage.vertebra", "vertebra", "LEAK", "events"]
            self.at_most(f"leaked {arm}", vertebrae)
            self.at_most(vertebrae, f"leaks {arm}")
            for analysis, codes in {
                "leakage.type": ("VASCULAR", "CORTICAL"),
                "leakage.size": ("SIGNIFICANT", "NOT_SIGNIFICANT"),
                "leakage.symptoms": ("SYMPTOMATIC", "ASYMPTOMATIC"),
            }.items():
                counts = [one[analysis, "leak", code, "count"] for code in codes]
                patients = [one[analysis, "patient", code, "events"] for code in codes]
                both = [f"both {arm}"] if analysis == "leakage.type" else []
                self.equal(f"leaks {arm}", *counts, *both)
                if not both:
                    self.at_most(f"leaked {arm}", *patients)
                for patient, count in zip(patients, counts, strict=True):
                    self.at_most(patient, count)
                    self.at_most(patient, f"leaked {arm}")

    def _volume_pain(self) -> None:
        for parameter in ("VOLTOT", "VOLMEAN"):
            of = {"analysis": "volume_pain.spearman", "parameter": parameter, "statistic": "n"}
            (every,) = self._find(**of, group="all")
            self.equal(name(every), *(name(r) for r in self._find(**of, group=ARMS)))
            for other in ("bootstrap", "partial", "slope"):
                (given,) = self._find(**(of | {"analysis": f"volume_pain.{other}"}))
                self.equal(name(every), name(given))
        (every,) = self._find(analysis="volume_pain.spearman", parameter="VOLTOT", group="all")
        self.equal(name(every), *(name(r) for r in self._find(analysis="volume_pain.tertiles", statistic="n")))

    def _participants(self) -> None:
        """Ends and classes add up to the arm, deaths rise with the days, and all patients are both arms."""
        for arm in ARMS:
            of = {(r.analysis.split(".")[1], r.parameter): name(r) for r in self._find(group=arm, statistic="events")}
            size = f"size ITT {arm}"
            self.equal(size, *(of["flow", code] for code in ("COMPLETED", "DIED", "WITHDRAWN", "LOST")))
            self.equal(size, of["flow", "TREATED"], of["flow", "NOT_TREATED"])
            self.at_most(of["flow", "SWITCHED"], of["flow", "TREATED"])
            for column in {code.split("|")[0] for kind, code in of if kind == "baseline"}:
                self.equal(size, *(cell for (kind, code), cell in of.items() if code.split("|")[0] == column))
            days = [*(cell for (kind, _), cell in sorted(of.items()) if kind == "survival"), of["flow", "DIED"]]
            for earlier, later in pairwise(days):
                self.at_most(earlier, later)
        for r in self._find(analysis="participants.survival", group="all", statistic="events"):
            both = self._find(analysis=r.analysis, parameter=r.parameter, group=ARMS, statistic="events")
            self.equal(name(r), *map(name, both))
