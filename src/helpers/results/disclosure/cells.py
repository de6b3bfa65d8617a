"""Which published counts there are, and how they add up.

A cell is a count, named by a tuple; several records may show the same one (the size of an arm stands beside every
proportion). `ADDITIVE` of the analyses is declared here, and nowhere else: a total equals its parts, where parts that
no record shows (those without the event, overlaps) are cells as well, known to be no less than zero.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from helpers.results.record import Record

Cell = tuple[str, ...]

ARMS = ("KP", "VP")
GRADES = tuple(f"GRADE{g}" for g in range(6))
CLASSES = ("AEGE3", "AESER", "AERELPRC", "AERELDEV", "AERELDIS", "AEDTH")

#: The kinds of a leak: both of a pair together are all leaks; of the type there is a third, both at once.
LEAKS = {
    "leakage.type": ("VASCULAR", "CORTICAL"),
    "leakage.size": ("SIGNIFICANT", "NOT_SIGNIFICANT"),
    "leakage.symptoms": ("SYMPTOMATIC", "ASYMPTOMATIC"),
}

#: What is given up first when a second cell has to be hidden, by the first word of a cell's name.
_COST = {"sum": 0, "count": 1, "missing": 1, "analysed": 2, "expected": 3, "pairs": 4, "third": 4, "events": 5}
_DEARER = {"tolerance.overview": 1, "leakage.success_m3": -1, "leakage.success": 1}


@dataclass
class Ledger:
    """The cells of some records: true values (None where already hidden), records, and what adds up.

    `relations` are (total, parts); `complements` are unpublished cells with the total and the part that tell them;
    `owners` names for a count of leaks or events the patients they belong to.
    """

    values: dict[Cell, int | None] = field(default_factory=dict)
    records: dict[Cell, list[Record]] = field(default_factory=lambda: defaultdict(list))
    relations: list[tuple[Cell, tuple[Cell, ...]]] = field(default_factory=list)
    complements: dict[Cell, tuple[Cell, Cell]] = field(default_factory=dict)
    owners: dict[Cell, Cell] = field(default_factory=dict)

    def add(self, cell: Cell, record: Record) -> None:
        if self.values.get(cell) is None:
            self.values[cell] = record.value
        self.records[cell].append(record)

    def sums(self, total: Cell, *parts: Cell) -> None:
        self.relations.append((total, parts))

    def within(self, total: Cell, part: Cell) -> None:
        """`part` is among `total`; what is left over is a cell of its own that nobody is to be protected in."""
        self.sums(total, part, ("over", *total, *part))

    def complement(self, total: Cell, part: Cell) -> None:
        """`part` is among `total`, and the patients left over are protected like those counted."""
        rest = ("rest", *total, *part)
        self.sums(total, part, rest)
        self.complements[rest] = (total, part)


def size(population: str, arm: str) -> Cell:
    return ("size", population, arm)


def _imaged(population: str, arm: str) -> Cell:
    """Patients with an image at month 3, who are also those analysed in `leakage.success_m3`."""
    return ("events", "leakage.success", population, "M3", "IMAGED_M3", arm, "patient")


def cost(cell: Cell) -> int:
    """How dear a cell is to readers: sums are given up before parts, counts of leaks before patients."""
    return _COST.get(cell[0], 9) + next((more for word, more in _DEARER.items() if word in cell), 0)


#: Analysis of changes, or of adjusted means -> the analysis that counts the patients of each arm with a change.
_CHANGES = {
    "height.vertebral_change": "height.vertebral_patient",
    "height.stature_change": "height.stature",
    "angle.kyphotic_change": "angle.kyphotic_patient",
    "pain.vas_change": "pain.vas",
    "pain.vas_ancova": "pain.vas",
    "qol.dallas_change": "qol.dallas",
    "qol.dallas_ancova": "qol.dallas",
}

#: Correlations and regressions over the pairs of volume and relief.
PAIRED = tuple(f"volume_pain.{name}" for name in ("spearman", "bootstrap", "partial", "slope", "influence"))


def base(code: str) -> str:
    """Analysis or parameter that counts the patients behind this one."""
    return _CHANGES.get(code, code).removesuffix("_CHG")


def cell_of(record: Record, statistics: Iterable[str]) -> Cell | None:
    """The cell that a record shows, given the statistics recorded beside it; None if it is no count."""
    r, what = record, record.statistic
    where = (r.analysis, r.population, r.visit, r.parameter, r.group)
    if what in ("events", "missing", "expected", "count"):
        success = r.parameter == "SUCCESS" and r.analysis in ("leakage.success", "leakage.success_mitt")
        if what == "events" and success and r.population in ("ITT", "MITT"):
            return ("events", "leakage.success", "SUCCESS", r.group)  # nobody untreated is a success
        return (what, _SAME_EVENTS.get(r.analysis, r.analysis), *where[1:], r.unit_of_analysis)
    if what != "n":
        return None
    if "expected" in statistics or r.unit_of_analysis != "patient":
        return ("analysed", *where, r.unit_of_analysis)
    if "events" in statistics:
        return _counted_among(r)
    if r.analysis in PAIRED:
        kind = "sum" if r.group == "all" else "pairs"
        return (kind, r.population, r.visit, r.parameter.removesuffix("_LEVELS"), r.group)
    if r.analysis.endswith(".tertiles"):
        return ("third", *where)
    if r.group == "KP-VP":
        return ("sum", base(r.analysis), r.population, r.visit, base(r.parameter))
    return ("analysed", base(r.analysis), r.population, r.visit, r.parameter, r.group)


#: Analyses whose patients with the event are those of another: nobody who is missing counts as having it.
_SAME_EVENTS = {
    "leakage.success_composite": "leakage.success_m3",
    "pain.responder_observed": "pain.responder",
    "tolerance.exposure": "tolerance.overview",
}


def _counted_among(r: Record) -> Cell:
    """The patients among whom those with the event are counted: the arm, or those whose outcome is known."""
    if r.analysis == "leakage.success_m3":
        return _imaged(r.population, r.group)
    if r.analysis == "pain.responder_observed":
        return ("analysed", r.analysis, r.population, r.visit, r.parameter, r.group)
    return size(r.population, r.group)


def ledger(records: Sequence[Record]) -> Ledger:
    """All cells of the records of one endpoint, with everything that is known to add up among them."""
    beside = defaultdict(set)
    for r in records:
        beside[_context(r)].add(r.statistic)
    book = Ledger()
    book.values |= _sizes(records)
    for r in records:
        cell = cell_of(r, beside[_context(r)])
        if cell is not None:
            book.add(cell, r)
            _own_relations(book, r, cell, beside)
    for population in sorted({r.population for r in records}):
        _participants(book, records, population)
        _tolerance(book, records, population)
        _leakage(book, population, {r.population for r in records})
        _relief(book, records, population)
        _pairs(book, records, population)
    book.relations = list(dict.fromkeys(book.relations))
    return book


def _sizes(records: Sequence[Record]) -> dict[Cell, int]:
    """Sizes of the arms, which a reader knows from another page if not from this one."""
    lines = defaultdict(dict)
    for r in records:
        if r.group in ARMS and r.statistic in ("n", "missing", "mean"):
            lines[_context(r)][r.statistic] = r.value
    return {
        size(population, arm): line["n"] + line["missing"]
        for (_, population, _, _, _, arm), line in lines.items()
        if "mean" in line and None not in (line.get("n"), line.get("missing"))
    }


def _context(r: Record) -> tuple:
    return (r.analysis, r.population, r.visit, r.unit_of_analysis, r.parameter, r.group)


def _own_relations(book: Ledger, r: Record, cell: Cell, beside: Mapping[tuple, set[str]]) -> None:
    """What a count adds up to with the total of its own line, or with the size of its arm."""
    statistics = beside[_context(r)]
    if r.group not in ARMS:
        if cell[0] == "sum" and r.group == "KP-VP":
            analysis, population, visit, parameter = cell[1:]
            of_change = (analysis, population, visit, r.unit_of_analysis, f"{parameter}_CHG", ARMS[0]) in beside
            counted = f"{parameter}_CHG" if of_change else parameter
            book.sums(cell, *(("analysed", analysis, population, visit, counted, arm) for arm in ARMS))
        return
    arm = size(r.population, r.group)
    where = (r.analysis, r.population, r.visit, r.parameter, r.group)
    if r.statistic == "events":
        total = _counted_among(r) if r.unit_of_analysis == "patient" else ("analysed", *where, r.unit_of_analysis)
        book.complement(total, cell)
        if total[0] == "analysed" and r.unit_of_analysis == "patient":
            book.complement(arm, total)
    elif r.statistic == "n" and "expected" in statistics:
        book.complement(("expected", *where, r.unit_of_analysis), cell)
    elif r.statistic == "expected" or (cell[0] in ("analysed", "pairs") and r.unit_of_analysis == "patient"):
        book.complement(arm, cell)
    elif r.statistic == "missing" and "n" in statistics and "events" not in statistics:
        book.sums(arm, cell, ("analysed", *where))


def _participants(book: Ledger, records: Sequence[Record], population: str) -> None:
    """Ends of the study are the arm, classes of a characteristic too; deaths up to a day are among later ones."""
    own = [r for r in records if r.endpoint == "participants" and r.population == population]
    classes = sorted({r.parameter for r in own if "|" in r.parameter})
    days = sorted({r.parameter for r in own if r.analysis == "participants.survival"})
    if not own:
        return

    def events(analysis: str, code: str, arm: str, visit: str = "all") -> Cell:
        return ("events", f"participants.{analysis}", population, visit, code, arm, "patient")

    for arm in ARMS:
        whole, died = size(population, arm), events("flow", "DIED", arm)
        book.sums(whole, *(events("flow", code, arm) for code in ("COMPLETED", "DIED", "WITHDRAWN", "LOST")))
        book.sums(whole, events("flow", "TREATED", arm), events("flow", "NOT_TREATED", arm))
        book.within(events("flow", "TREATED", arm), events("flow", "SWITCHED", arm))
        for column in sorted({code.split("|")[0] for code in classes}):
            parts = (code for code in classes if code.split("|")[0] == column)
            book.sums(whole, *(events("baseline", code, arm, "D0") for code in parts))
        for cell in [c for c in book.values if c[0] == "expected" and c[1] == "participants.flow" and c[5] == arm]:
            book.within(died, ("rest", *whole, *cell))
        for earlier, later in pairwise([*(events("survival", day, arm) for day in days), died]):
            book.within(later, earlier)
    for day in days:
        book.sums(events("survival", day, "all"), *(events("survival", day, arm) for arm in ARMS))
    if days:
        book.sums(size(population, "all"), *(size(population, arm) for arm in ARMS))


def _tolerance(book: Ledger, records: Sequence[Record], population: str) -> None:
    """Worst grades are the arm; grades 3 to 5 the severe; every class and term is among any event."""
    terms = sorted({r.parameter for r in records if r.analysis == "tolerance.preferred_term"})
    if not any(r.endpoint == "tolerance" and r.population == population for r in records):
        return
    for arm in ARMS:

        def patients(analysis: str, code: str, arm: str = arm) -> Cell:
            return ("events", f"tolerance.{analysis}", population, "all", code, arm, "patient")

        def events(code: str, arm: str = arm) -> Cell:
            return ("count", "tolerance.overview", population, "all", code, arm, "event")

        grades = [patients("worst_grade", grade) for grade in GRADES]
        anything, severe = (patients("overview", code) for code in ("AEANY", "AEGE3"))
        book.sums(size(population, arm), *grades)
        book.sums(size(population, arm), anything, grades[0])
        book.sums(severe, *grades[3:])
        book.within(patients("overview", "AEDTH"), grades[5])
        for code in ("AEANY", *CLASSES):
            book.within(events(code), patients("overview", code))
            book.owners[events(code)] = patients("overview", code)
        for code in CLASSES:
            book.within(anything, patients("overview", code))
            book.within(events("AEANY"), events(code))
        for analysis in ("preferred_term", "organ_class"):
            named = sorted({r.parameter for r in records if r.analysis == f"tolerance.{analysis}"} - {"NONE"})
            for name in named:
                book.within(severe if name.endswith("|GE3") else anything, patients(analysis, name))
                if name.endswith("|GE3"):
                    book.within(patients(analysis, name.removesuffix("|GE3")), patients(analysis, name))
            for whole, own in (
                (anything, [t for t in named if not t.endswith("|GE3")]),
                (severe, [t for t in named if t.endswith("|GE3")]),
            ):
                if own:  # everybody with an event has one of the terms, and of the classes, perhaps several
                    every = ("every", analysis, *whole)
                    book.sums(every, *(patients(analysis, name) for name in own))
                    book.within(every, whole)
        for analysis, whole in (("related", None), ("serious", patients("overview", "AESER"))):
            for term in sorted({r.parameter for r in records if r.analysis == f"tolerance.{analysis}"} & set(terms)):
                book.within(patients("preferred_term", term), patients(analysis, term))
                if whole:
                    book.within(whole, patients(analysis, term))
        for period in sorted({r.parameter for r in records if r.analysis == "tolerance.period"}):
            book.within(anything, patients("period", period))
        for code, whole in (("AEANY", anything), ("AEGE3", severe)):
            days = sorted({r.parameter for r in records if r.parameter.startswith(f"{code}_DAY_")})
            for earlier, later in pairwise([*(patients("incidence", day) for day in days), whole]):
                book.within(later, earlier)


def _leakage(book: Ledger, population: str, populations: set[str]) -> None:
    """Kinds of leaks add up to all leaks, of which every patient and vertebra with a leak has one at least."""
    for arm in ARMS:
        success = ("events", "leakage.success", "SUCCESS", arm)
        imaged = _imaged(population, arm)
        seen = ("events", "leakage.success_m3", population, "M3", "SUCCESS", arm, "patient")
        if population in ("ITT", "MITT") and imaged in book.values:
            book.within(success, seen)
            book.within(("rest", *size(population, arm), *success), ("rest", *imaged, *seen))
        if population == "ITT" and "MITT" in populations:
            book.within(size("ITT", arm), size("MITT", arm))
        unknown = ("missing", "leakage.success", population, "M3", "SUCCESS", arm, "patient")
        if unknown in book.values:
            book.within(("rest", *size(population, arm), *success), unknown)
        by_protocol = ("events", "leakage.success_pp", population, "M3", "SUCCESS", arm, "patient")
        if by_protocol in book.values:
            book.within(success, by_protocol)
            book.within(size("ITT", arm), size(population, arm))

        leaks, leaked = ("leaks", population, arm), ("leaked", population, arm)
        for analysis, codes in LEAKS.items():
            counts = [("count", analysis, population, "M3", code, arm, "leak") for code in codes]
            patients = [("events", analysis, population, "M3", code, arm, "patient") for code in codes]
            if not book.values.keys() & {*counts, *patients}:
                continue
            both = [("both", *leaks)] if analysis == "leakage.type" else []
            book.sums(leaks, *counts, *both)
            every = ("every", analysis, *leaked)
            book.sums(every, *patients, *([("both", *leaked)] if both else []))
            book.within(every, leaked)
            for count, owners in zip(counts, patients, strict=True):
                book.within(count, owners)
                book.within(leaked, owners)
                book.owners[count] = owners
        vertebrae = ("events", "leakage.vertebra", population, "M3", "LEAK", arm, "vertebra")
        if vertebrae in book.values:
            book.within(leaks, vertebrae)
            book.within(vertebrae, leaked)
            book.owners[vertebrae] = leaked
            if population == "MITT" and success in book.values:
                unknown = ("missing", "leakage.success", "ITT", "M3", "SUCCESS", arm, "patient")
                book.sums(size(population, arm), success, unknown, leaked)


def _relief(book: Ledger, records: Sequence[Record], population: str) -> None:
    """Whoever was relieved by half was relieved by 30 %."""
    for visit in sorted({r.visit for r in records if r.analysis == "pain.responder"}):
        for arm in ARMS:
            some, half = (
                ("events", "pain.responder", population, visit, code, arm, "patient") for code in ("RESP30", "RESP50")
            )
            book.within(some, half)


def _pairs(book: Ledger, records: Sequence[Record], population: str) -> None:
    """Pairs of volume and relief: all patients are both arms, and three thirds."""
    for visit, parameter in sorted({(r.visit, r.parameter) for r in records if r.analysis == "volume_pain.spearman"}):
        every = ("sum", population, visit, parameter, "all")
        book.sums(every, *(("pairs", population, visit, parameter, arm) for arm in ARMS))
        thirds = [
            ("third", "volume_pain.tertiles", population, visit, third, "all") for third in ("T1", "T2", "T3")
        ]  # fmt: skip
        if parameter == "VOLTOT" and thirds[0] in book.values:
            book.sums(every, *thirds)
