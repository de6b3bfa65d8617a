"""Sentences written from records: the answers, and the findings of alt texts. Direction, size, interval; no verdict.

Every number from a record is a span with its key (`spans`), so that a reader can follow it.
"""

from collections.abc import Callable, Sequence

from helpers.data.provenance import load_provenance
from helpers.present import disclosure, estimands, labels, main_results, numbers, spans, text
from helpers.present.exhibit import Paragraph, status
from helpers.present.select import Interval, interval, record, select
from helpers.results import Record
from helpers.sap import load_sap

Records = Sequence[Record]


def estimand(endpoint: str) -> Paragraph:
    """The estimands of an endpoint: the main one as a card, the others folded."""
    return Paragraph(estimands.cards(endpoint))


def data() -> Paragraph:
    """Which data ran, as their record of provenance says."""
    provenance = load_provenance()
    banner = f" **{provenance.banner}.**" if provenance.banner else ""
    return Paragraph(f"Data: {text.markdown(provenance.status)}, checksum {provenance.checksum[:12]}.{banner}")


def said(records: Records, **where: str) -> str:
    """The one number meant with its unit, to be followed."""
    return spans.cited(record(records, **where))


def share(records: Records, **where: str) -> str:
    """Events of patients, `10/16`, both to be followed; the mark alone where either is not shown."""
    pair = [record(records, **where, statistic=statistic) for statistic in ("events", "n")]
    hidden = [r for r in pair if r.hidden]
    return spans.cited(hidden[0]) if hidden else "/".join(map(spans.cited, pair))


def contrast(i: Interval, *, more: str, less: str) -> str:
    """`1.2 mm larger with kyphoplasty than with vertebroplasty (95 % interval −0.5 to 2.9)`."""
    if i.estimate is numbers.HIDDEN:
        return f"not given here {spans.cite(numbers.MARK, i.key)}"
    if i.estimate is None:
        return spans.cite(numbers.NOT_ESTIMABLE, i.key)
    size = numbers.worded(abs(i.estimate), i.unit, contrast=True)
    if size == numbers.worded(0, i.unit, contrast=True):
        return f"the same with both to the digits shown ({limits(i)})"
    longer = more if i.estimate > 0 else less
    return f"{spans.cite(size, i.key)} {longer} with kyphoplasty than with vertebroplasty ({limits(i)})"


def limits(i: Interval, *, kind: str = "interval") -> str:
    """The interval in words; where it lies to zero is left to the reader."""
    if numbers.HIDDEN not in (i.lower, i.upper) and (i.lower is None or i.upper is None):
        return f"{kind} {i.cited_limits}"
    return f"95\u00a0% {kind} {i.cited_limits}"


def direction(records: Records, *, higher: str, lower: str) -> str:
    """Words for the direction that the plan calls better for these records; none where it prefers neither."""
    return {"higher": higher, "lower": lower}.get(main_results.better(records), "")


def success(records: Records) -> str:
    """How often each arm succeeded, and the difference."""
    where = {"analysis": "leakage.success", "parameter": "SUCCESS"}
    kp, vp = (
        f"{said(records, **where, group=g, statistic='events')} of {said(records, **where, group=g, statistic='n')} "
        f"{labels.arm(g).lower()}"
        for g in ("KP", "VP")
    )
    difference = contrast(interval(records, **where, group="KP-VP"), more="higher", less="lower")
    head = f"Success (treated, and no leak found to month 3) in {kp} and {vp} patients"
    return f"{head}: the success rate was {difference}."


def posterior(records: Records) -> str:
    """Where the posterior puts the difference, and how probable it is that kyphoplasty succeeds more often."""
    found = select(records, analysis="leakage.success_bayes")
    difference = interval(found, centre="median", parameter="SUCCESS", group="KP-VP")
    median = said(found, parameter="SUCCESS", group="KP-VP", statistic="median")
    better = said(found, parameter="SUPERIORITY", statistic="probability")
    return (
        f"Posterior median difference {median} ({limits(difference, kind='credible interval')}); "
        f"probability that kyphoplasty succeeds more often {better}."
    )


def success_analyses(lines: Sequence) -> str:
    """Every analysis of the difference of success rates by name."""
    parts = "; ".join(f"{line.label}: {line.interval.cited}" for line in lines)
    head = "Difference of success rates in percentage points (95\u00a0% interval), kyphoplasty minus vertebroplasty."
    return f"{head} {parts}."


def success_bounds(records: Records) -> str:
    """How far the difference moves between the best and the worst case for kyphoplasty."""
    found = select(records, analysis="leakage.success_bounds")
    worst, best = (interval(found, parameter=f"SHARE_{code}", group="KP-VP") for code in ("000_100", "100_000"))
    return (
        "Difference of success rates in percentage points by what is assumed of the patients not imaged: from "
        f"{worst.cited} in the worst case for kyphoplasty to {best.cited} in the best."
    )


def characteristics(records: Records) -> str:
    """Patients with each kind of leak, per arm."""
    analyses = ("leakage.type", "leakage.size", "leakage.symptoms")
    found = select(records, analysis=analyses, unit_of_analysis="patient")
    parts = []
    for code in labels.in_order(r.parameter for r in found):
        kp, vp = (share(found, parameter=code, group=g) for g in ("KP", "VP"))
        parts.append(f"{labels.parameter(code).lower()} {kp} and {vp}")
    return f"Patients with at least one leak, kyphoplasty and vertebroplasty: {'; '.join(parts)}."


def measure(records: Records, *, analysis: str, parameters: Sequence[str], visit: str) -> str:
    """Adjusted differences of one or more measures at a visit."""
    parts = []
    for code in parameters:
        difference = interval(records, analysis=analysis, parameter=code, visit=visit, group="KP-VP")
        parts.append(f"the {labels.parameter(code).lower()} was {contrast(difference, more='larger', less='smaller')}")
    return f"At {labels.visit(visit)}, adjusted for the value before the procedure, {'; '.join(parts)}."


def course(records: Records, *, analysis: str, parameter: str, visits: Sequence[str], noun: str) -> str:
    """Adjusted differences of a score at its visits, and which direction is better."""
    parts = []
    for visit in visits:
        difference = interval(records, analysis=analysis, parameter=parameter, visit=visit, group="KP-VP")
        parts.append(f"at {labels.visit(visit)}, {contrast(difference, more='higher', less='lower')}")
    found = select(records, analysis=analysis, parameter=parameter, group="KP-VP")
    good = direction(found, higher=" Higher is better.", lower=" Lower is better.")
    return f"{noun} adjusted for the score before the procedure: {'; '.join(parts)}.{good}"


def changes(records: Records, *, analysis: str, parameters: Sequence[str], visit: str) -> str:
    """Mean changes of several scores in each arm."""
    parts = []
    for code in parameters:
        where = {"analysis": analysis, "parameter": f"{code}_CHG", "visit": visit}
        kp, vp = (interval(records, **where, group=g).cited for g in ("KP", "VP"))
        parts.append(f"{labels.parameter(code).lower()} {kp} and {vp}")
    found = select(records, analysis=analysis)
    good = direction(found, higher=" A rise is an improvement.", lower=" A fall is an improvement.")
    return (
        f"Mean change from before to {labels.visit(visit)} in points (95\u00a0% interval), kyphoplasty and "
        f"vertebroplasty: {'; '.join(parts)}.{good}"
    )


def responders(records: Records, *, visit: str) -> str:
    """Responders of each arm at a visit."""
    found = select(records, analysis=f"{records[0].endpoint}.responder", visit=visit)
    parts = []
    for code in labels.in_order(r.parameter for r in found):
        kp, vp = (share(found, parameter=code, group=g) for g in ("KP", "VP"))
        parts.append(f"{labels.parameter(code).lower()} {kp} and {vp}")
    return f"Responders at {labels.visit(visit)}, kyphoplasty and vertebroplasty: {'; '.join(parts)}."


def tipping(records: Records) -> str:
    """By how much imputed values of kyphoplasty would have to be worse for the estimated difference to change sign."""
    found = select(records, analysis=tuple(f"{stem}_delta" for stem in ("pain.vas", "qol.dallas")))
    turns = [r for r in found if r.parameter.endswith("_TIPPING")]
    parts = []
    for code in labels.in_order(r.parameter for r in turns):
        (turn,) = select(turns, parameter=code)
        words = spans.cited(turn) if turn.value is None and not turn.hidden else f"at {spans.cited(turn)}"
        if turn.method.endswith(":no-tipping-point"):
            words = "in no shift tried"
        parts.append(f"{labels.parameter(code).lower()} {words}")
    return f"The estimated difference changes sign, with imputed values of kyphoplasty made worse: {'; '.join(parts)}."


def worst_grades(records: Records) -> str:
    """Worst grades per arm."""
    found = select(records, analysis="tolerance.worst_grade")
    arms = []
    for group in ("KP", "VP"):
        grades = [record(found, parameter=f"GRADE{g}", group=group, statistic="events") for g in range(6)]
        seen = ", ".join(
            f"{labels.parameter(r.parameter).lower()} in {spans.cited(r)}" for r in grades if r.value or r.hidden
        )
        n = said(found, parameter="GRADE0", group=group, statistic="n")
        arms.append(f"{labels.arm(group).lower()} ({n} patients): {seen or 'none'}")
    return f"Worst grade of adverse events, {'; '.join(arms)}."


def events(records: Records) -> str:
    """Patients with an adverse event, with a severe one, and who died of one."""
    found = select(records, analysis="tolerance.overview", unit_of_analysis="patient")

    def both(code: str) -> str:
        return " and ".join(share(found, parameter=code, group=g) for g in ("KP", "VP"))

    return (
        f"Kyphoplasty and vertebroplasty, patients by technique received: any adverse event in {both('AEANY')}; "
        f"grade 3 or more in {both('AEGE3')}; related to the procedure in {both('AERELPRC')}; fatal in {both('AEDTH')}."
    )


def correlation(records: Records) -> str:
    """Rank correlation of volume and relief in all patients."""
    found = select(records, analysis="volume_pain.spearman", group="all")
    parts = []
    for code in ("VOLTOT", "VOLMEAN"):
        i = interval(found, parameter=code, group="all")
        size = said(found, parameter=code, group="all", statistic="estimate")
        parts.append(f"{size} for {labels.parameter(code).lower()} ({limits(i)})")
    n = said(found, parameter="VOLTOT", statistic="n")
    relief = f"pain relief at {labels.visit(found[0].visit)}"
    return f"In {n} patients, the rank correlation of cement volume with {relief} was {' and '.join(parts)}."


def tertiles(records: Records) -> str:
    """Mean relief by third of volume."""
    found = select(records, analysis="volume_pain.tertiles")
    parts = []
    for code in ("T1", "T2", "T3"):
        i = interval(select(found, unit="points") or found, parameter=code, group="all")
        parts.append(f"{labels.parameter(code).lower()} {i.cited}")
    return f"Mean pain relief in points (95\u00a0% interval) by total cement volume: {'; '.join(parts)}."


def survival(records: Records) -> str:
    """How many were alive at the last day given, in all patients and in each arm."""
    found = select(records, analysis="participants.survival")
    last = max(r.parameter for r in found)
    parts = []
    for group in ("all", "KP", "VP"):
        i = interval(found, parameter=last, group=group)
        alive = said(found, parameter=last, group=group, statistic="estimate")
        parts.append(f"{labels.arm(group).lower()} {alive} ({limits(i)})")
    return f"Alive {int(last.removeprefix('DAY_'))} days after randomisation (Kaplan-Meier): {'; '.join(parts)}."


def overview(contrasts: Sequence[tuple[str, Interval]]) -> str:
    """What the forest shows as a whole: every contrast with its interval, those not estimable by name."""
    known = [
        f"{name}: {i.cited}{numbers.suffix(i.unit, contrast=True) if i.drawn else ''}"
        for name, i in contrasts
        if i.estimate is not None
    ]
    missing = [name for name, i in contrasts if i.estimate is None]
    beside = f" Not estimable: {'; '.join(missing)}." if missing else ""
    return (
        f"Kyphoplasty minus vertebroplasty in {len(contrasts)} contrasts, with 95\u00a0% interval. "
        f"{'; '.join(known) or 'None could be estimated'}.{beside}"
    )


def _leakage(records: Records, visit: str) -> str:
    better = said(records, analysis="leakage.success_bayes", parameter="SUPERIORITY", statistic="probability")
    head = success(records).removesuffix(".")
    return f"{head}; the posterior probability that kyphoplasty succeeds more often is {better}."


def _height(records: Records, visit: str) -> str:
    return measure(records, analysis="height.vertebral", parameters=("ANTHT",), visit=visit)


def _angle(records: Records, visit: str) -> str:
    return measure(records, analysis="angle.kyphotic", parameters=("KYPHANG",), visit=visit)


def _pain(records: Records, visit: str) -> str:
    difference = interval(records, analysis="pain.vas", parameter="VAS", visit=visit, group="KP-VP")
    finding = contrast(difference, more="higher", less="lower")
    return f"At {labels.visit(visit)}, pain adjusted for its level before the procedure was {finding}."


def _qol(records: Records, visit: str) -> str:
    parts = []
    for code in labels.DOMAINS:
        i = interval(records, analysis="qol.dallas", parameter=code, visit=visit, group="KP-VP")
        parts.append(f"{i.cited} for {labels.parameter(code).lower()}")
    found = select(records, analysis="qol.dallas")
    good = direction(found, higher=", higher is better", lower=", lower is better")
    return (
        f"At {labels.visit(visit)}, kyphoplasty minus vertebroplasty on the Dallas questionnaire "
        f"(0 to 100{good}), adjusted for the score before the procedure, in points with 95\u00a0% interval: "
        f"{', '.join(parts[:-1])} and {parts[-1]}."
    )


def _tolerance(records: Records, visit: str) -> str:
    return events(records)


def _volume_pain(records: Records, visit: str) -> str:
    return correlation(records)


_ANSWERS: dict[str, Callable[[Records, str], str]] = {
    "leakage": _leakage,
    "height": _height,
    "angle": _angle,
    "pain": _pain,
    "qol": _qol,
    "tolerance": _tolerance,
    "volume_pain": _volume_pain,
}


def answer(endpoint: str, records: Records, *, visit: str = "M3") -> str:
    """The answer of an endpoint in one sentence, from its records; an analysis set other than the plan's is named."""
    finding = _ANSWERS[endpoint](records, visit)
    main = load_sap().main(endpoint)
    used = select(records, analysis=main.id)[0].population
    if used != main.population:
        finding = f"{finding.removesuffix('.')} (analysis set: {_set(used)})."
    return disclosure.explained(finding)


def _set(code: str) -> str:
    """Name of an analysis set within a sentence."""
    return load_sap().analysis_set(code).name.lower()


def analysed(records: Records, *, patients: int) -> str:
    """Who is in the main analysis of leakage, by arm, as its records say."""
    found = select(records, analysis="leakage.success", parameter="SUCCESS")
    kp, vp = (said(found, group=g, statistic="n") for g in ("KP", "VP"))
    population = found[0].population
    if population == "ITT":
        arms = f"{kp} were assigned to {labels.arm('KP').lower()} and {vp} to {labels.arm('VP').lower()}"
        return f"Of the {patients} patients, {arms}."
    arms = f"{kp} assigned to {labels.arm('KP').lower()} and {vp} to {labels.arm('VP').lower()}"
    return f"Of the {patients} patients, {arms} are in the analysis set ({_set(population)})."


def summary(endpoint: str, records: Records, *, visit: str = "M3") -> Paragraph:
    """The same sentence as a notebook shows it, saying when the data are synthetic or blinded."""
    finding = answer(endpoint, disclosure.publishable(records), visit=visit)
    return Paragraph(" ".join([finding, *status(load_provenance())]), block="answer")
