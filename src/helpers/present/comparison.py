"""What changed between two revisions: for a terminal, and as Markdown for the comment on a pull request."""

from collections import Counter
from collections.abc import Iterable, Sequence

from helpers import paths
from helpers.errors import ConfigError
from helpers.present import changes as words
from helpers.present import labels, numbers, text
from helpers.present.select import reading_order
from helpers.results.compare import Change, Comparison
from helpers.results.snapshot import Snapshot, Source
from helpers.sap import Sap, load_sap

#: GitHub takes 65,536 characters in a comment; ours are counted as bytes, and stay below.
LIMIT = 60_000
#: Bytes of the end of a table, with what it says of lines left out.
FRAME = 50
#: Notes of an endpoint on how its numbers are described now.
NOTED = 20
#: Crossings that a comment lists; the tables hold the numbers of the others.
FOREMOST = 60

_HIDDEN = f"{numbers.MARK} stands for a number that is not shown, to protect patients."
_ROUNDED = "Differences are those of the numbers before they are rounded."
_STALE = "If code or parameters changed, run `kypho repro` first: only what has run is compared."


def as_text(comparison: Comparison) -> str:
    """Every change, for a terminal or a log."""
    plan = load_sap()
    lines = [_sides(comparison), *_banners(comparison), *_data(comparison), "", *_summary(comparison)]
    if comparison.crossings:
        lines += ["", "Crossed a line"]
        for analysis, found in _grouped((c.new[0].analysis, words.crossed(c)) for c in comparison.crossings):
            lines += [f"  {_title(analysis, plan)}", *(f"    {said}" for said in found)]
    for endpoint, changes in _by_endpoint(comparison, plan):
        lines += ["", f"{_endpoint(endpoint)}: {_counts(changes)}", *(f"  {w}" for w in words.redescribed(changes))]
        rows = _rows(changes)
        width = max((len(row.statistic) for row in rows), default=0)
        for analysis, own in _grouped((row.analysis, row) for row in rows):
            lines.append(f"  {_title(analysis, plan)}")
            for place, of_place in _grouped((row.place, row) for row in own):
                lines.append(f"    {place}")
                lines += [_line(row, width) for row in of_place]
    if not comparison.new.commit and not comparison.changes:
        lines += ["", _STALE]
    return "\n".join([*lines, *_footnotes(comparison, "\n".join(lines))]) + "\n"


def as_markdown(comparison: Comparison) -> str:
    """The same for the comment on a pull request, cut where GitHub would refuse it, which it then says."""
    first, *others = _summary(comparison)
    head = [*(f"> **{text.line(line)}**  " for line in _banners(comparison)), "", f"### {first}", ""]
    head += [f"{_escaped(line)}  " for line in (_sides(comparison), *_data(comparison), *others)]
    if comparison.crossings:
        shown = comparison.crossings[:FOREMOST]
        head += ["", "**Crossed a line**", ""]
        head += [f"- {text.code(c.new[0].analysis)}: {_escaped(words.crossed(c))}" for c in shown]
        head += [f"- and {len(comparison.crossings) - FOREMOST} more"] if len(comparison.crossings) > FOREMOST else []
    sections = [_Section(endpoint, changes) for endpoint, changes in _by_endpoint(comparison, load_sap())]
    room = LIMIT - _size(head) - sum(_size(section.head) + FRAME for section in sections)
    for left, section in zip(range(len(sections), 0, -1), sorted(sections, key=_Section.whole), strict=True):
        room -= section.cut(room // left)
    lines = [*head, *(line for section in sections for line in section.lines())]
    if omitted := sum(section.omitted for section in sections):
        of = sum(len(section.rows) for section in sections)
        lines += ["", f"{omitted} of {of} changes are left out here. All of them: `{_command(comparison)}`"]
    return "\n".join([*lines, *_footnotes(comparison, "\n".join(lines))]) + "\n"


class _Section:
    """The table of an endpoint, folded, and cut to the room there is."""

    def __init__(self, endpoint: str, changes: Sequence[Change]):
        summary = f"<details><summary>{_endpoint(endpoint)}: {_counts(changes)}</summary>"
        self.rows = list(_table(_rows(changes)))
        self.kept = len(self.rows)
        notes = [f"{_escaped(said)}  " for said in words.redescribed(changes)]
        if len(notes) > NOTED:
            notes[NOTED:] = [f"and {len(notes) - NOTED} more of this kind  "]
        self.head = ["", summary, "", *notes, *([""] if notes else [])]
        if self.rows:
            self.head += ["| Analysis | Number | Statistic | Old | New | Difference |", "|:--|:--|:--|--:|--:|--:|"]

    def whole(self) -> int:
        """Bytes of all rows."""
        return _size(self.rows)

    def cut(self, room: int) -> int:
        """Keep the foremost rows that fit, and say how many bytes they take."""
        used = 0
        for number, row in enumerate(self.rows):
            if used + _size([row]) > room:
                self.kept = number
                break
            used += _size([row])
        return used

    @property
    def omitted(self) -> int:
        return len(self.rows) - self.kept

    def lines(self) -> list[str]:
        rest = [f"and {self.omitted} more", ""] if self.omitted else []
        return [*self.head, *self.rows[: self.kept], "", *rest, "</details>"]


def _table(rows: Iterable[words.Row]) -> Iterable[str]:
    """Rows of a Markdown table; what the row above says already is left blank."""
    analysis = place = ""
    for row in rows:
        names = [
            "" if row.analysis == analysis else text.code(row.analysis),
            "" if (row.analysis, row.place) == (analysis, place) else _escaped(row.place),
        ]
        analysis, place = row.analysis, row.place
        yield f"| {' | '.join([*names, row.statistic, row.old, row.new, row.difference])} |"


def _size(lines: Iterable[str]) -> int:
    return sum(len(line.encode("utf-8")) + 1 for line in lines)


def _rows(changes: Sequence[Change]) -> list[words.Row]:
    return [words.row(change) for change in changes if change.kind != "described"]


def _line(row: words.Row, width: int) -> str:
    return f"      {row.statistic:<{width}}  {f'{row.old} → {row.new}':<24}  {row.difference}".rstrip()


def _title(analysis: str, plan: Sap) -> str:
    """The title of an analysis with its id and section; one that the plan does not have is its id."""
    try:
        planned = plan.analysis(analysis)
    except ConfigError:
        return f"{analysis} (not in the plan)"
    return f"{planned.title} ({analysis}, section {planned.section})"


def _endpoint(code: str) -> str:
    return labels.ENDPOINTS.get(code, code)


def _sides(comparison: Comparison) -> str:
    return f"From {_name(comparison.old)} to {_name(comparison.new)}"


def _name(side: Snapshot) -> str:
    if not side.commit:
        return f"the {side.name}"
    name = text.line(side.name)
    return name if side.commit.startswith(name) else f"{name} ({side.commit[:7]})"


def _banners(comparison: Comparison) -> list[str]:
    """What the data of the sides are, said once if they are alike."""
    old, new = (side.source.banner for side in (comparison.old, comparison.new))
    if old == new:
        return [_banner(comparison.new.source)] if old != "" else []
    return [f"{_name(side)}: {_banner(side.source)}" for side in (comparison.old, comparison.new)]


def _banner(source: Source) -> str:
    if source.banner is None:
        return "NO RECORD SAYS WHETHER THE DATA ARE SYNTHETIC"
    return source.banner or "data of an export"


def _data(comparison: Comparison) -> list[str]:
    """Whether other data ran, and whether the sides may be compared as findings."""
    old, new = _origin(comparison.old.source), _origin(comparison.new.source)
    same = {
        True: f"Other data: {old} → {new}",
        False: f"The same data: {new}",
        None: f"Whether the data are the same is not recorded: {old} → {new}",
    }
    notes = [same[comparison.data_changed]]
    if comparison.comparable is False:
        notes.append(
            "NOT COMPARABLE AS FINDINGS: only one of the two is synthetic, or has its arms permuted. "
            "What differs says nothing about the trial."
        )
    return notes


def _origin(source: Source) -> str:
    parts = [source.status, source.checksum and f"SHA-256 {source.checksum}"]
    parts += [source.md5 and f"{source.folder} MD5 {source.md5[:12]}"]
    return text.line(", ".join(part for part in parts if part)) or "nothing recorded"


def _summary(comparison: Comparison) -> list[str]:
    """The head line with the counts, what is described differently, and the p-values."""
    counts = {kind: len(comparison.of_kind(kind)) for kind in ("changed", "appeared", "vanished", "described")}
    crossings = len(comparison.crossings)
    head = [f"{counts['changed']} of {comparison.compared} numbers changed"]
    head += [f"{counts[kind]} {kind}" for kind in ("appeared", "vanished") if counts[kind]]
    passed = f"{crossings or 'no'} {'conclusions' if crossings > 1 else 'conclusion'} crossed a line"
    lines = [f"{', '.join(head)}; {passed}"]
    if counts["described"]:
        lines.append(f"{counts['described']} more have the same value and another analysis set, method or section.")
    if moved := sum(c.record.statistic == "p_value" for c in comparison.of_kind("changed")):
        which = "is a p-value" if moved == 1 else "are p-values"
        lines.append(f"{moved} of those changed {which}; nothing is concluded from that.")
    return lines


def _counts(changes: Sequence[Change]) -> str:
    found = Counter(change.kind for change in changes)
    said = [f"{found[kind]} {kind}" for kind in ("changed", "appeared", "vanished") if found[kind]]
    return ", ".join([*said, *([f"{found['described']} described differently"] if found["described"] else [])])


def _footnotes(comparison: Comparison, said: str) -> list[str]:
    notes = [_ROUNDED] if any(change.difference for change in comparison.changes) else []
    notes += [_HIDDEN] if numbers.MARK in said else []
    return ["", *notes] if notes else []


def _by_endpoint(comparison: Comparison, plan: Sap) -> list[tuple[str, list[Change]]]:
    """Changes by endpoint, in the order in which a reader looks for them."""
    by_record = {id(change.record): change for change in comparison.changes}
    ordered = [by_record[id(r)] for r in reading_order([c.record for c in comparison.changes], plan)]
    found = dict(_grouped((change.record.endpoint, change) for change in ordered))
    known = [endpoint for endpoint in paths.REPORTED if endpoint in found]
    return [(endpoint, found[endpoint]) for endpoint in (*known, *sorted(set(found) - set(known)))]


def _grouped(pairs: Iterable[tuple]) -> Iterable[tuple]:
    """Values by their first part, in the order of their first appearance."""
    found: dict = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found.items()


def _escaped(said: str) -> str:
    """Words for Markdown: no mark-up, and an @ calls no person of the site."""
    return text.markdown(said).replace("@", "@\u200a")


def _command(comparison: Comparison) -> str:
    """The command that lists everything."""
    return " ".join(["kypho compare", *(s.commit[:12] for s in (comparison.old, comparison.new) if s.commit)])
