"""Every number of a sentence leads to its record, and says what the record says."""

import re
from dataclasses import replace

import pytest

from helpers.data.provenance import load_provenance
from helpers.paths import ENDPOINTS
from helpers.present import figures, numbers, sentences, spans, variables
from helpers.present.exhibit import Paragraph
from helpers.results import Record
from tests.present import fabricate

#: Numbers that the plan gives and no record: the level, days of visits, grades, thresholds, scales.
GIVEN = re.compile(
    r"95\u00a0% (?:credible )?interval|\((95\u00a0% interval)\)|month 3|day 21|day 1\b|grade 3 or more|[Gg]rade [1-5]\b"
    r"|0 to 100|by (?:30|50) %|\d+ days after randomisation|Of the 31 patients|in \d+ contrasts"
)

SENTENCES = {
    **{f"answer of {e}": (lambda e=e: sentences.answer(e, fabricate.ALL[e]())) for e in ENDPOINTS},
    **{f"summary of {e}": (lambda e=e: sentences.summary(e, fabricate.ALL[e]()).text) for e in ENDPOINTS},
    "posterior": lambda: sentences.posterior(fabricate.leakage()),
    "bounds": lambda: sentences.success_bounds(fabricate.leakage()),
    "characteristics": lambda: sentences.characteristics(fabricate.leakage()),
    "responders": lambda: sentences.responders(fabricate.pain(), visit="M3"),
    "tipping": lambda: sentences.tipping(fabricate.pain()),
    "worst grades": lambda: sentences.worst_grades(fabricate.tolerance()),
    "tertiles": lambda: sentences.tertiles(fabricate.volume_pain()),
    "survival": lambda: sentences.survival(fabricate.participants()),
    "analysed": lambda: sentences.analysed(fabricate.leakage(), patients=31),
}


def by_key() -> dict[str, Record]:
    return {spans.key(r): r for make in fabricate.ALL.values() for r in make()}


def ways_to_say(key: str, records: dict[str, Record]) -> set[str]:
    """What a span of this key may say: the value with its unit or, where a unit was named before, without; its size
    alone where a word gives the direction."""
    line, _, statistic = key.rpartition(".")
    if statistic == spans.INTERVAL:
        lower, upper = records[f"{line}.lower95"], records[f"{line}.upper95"]
        contrast = lower.group == "KP-VP"
        limits = numbers.interval(lower.value, upper.value, lower.unit, contrast=contrast)
        return {limits, limits + numbers.suffix("proportion")}
    record = records[key]
    size = record if record.value is None else replace(record, value=abs(record.value))
    said = {spans.worded(record), spans.worded(size)}
    contrast = record.group == "KP-VP"
    return said | {words.removesuffix(numbers.suffix(record.unit, contrast=contrast)) for words in said}


@pytest.mark.parametrize("name", SENTENCES)
def test_every_number_of_a_sentence_is_a_span_that_says_what_its_record_says(project, name):
    text = SENTENCES[name]()
    records = by_key()
    found = spans.SPAN.findall(text)
    assert found
    assert {key: said for said, key in found if said not in ways_to_say(key, records)} == {}
    left = GIVEN.sub("", spans.SPAN.sub("", text))
    assert not re.search(r"\d", left), left


def test_every_variable_of_a_result_is_a_span_of_its_own_name(project):
    by_endpoint = {name: make() for name, make in fabricate.ALL.items()}
    tree = variables.variables(by_endpoint, load_provenance())
    records = by_key()

    def walk(node: dict, path: str = ""):
        for name, child in node.items():
            here = f"{path}.{name}" if path else name
            yield from walk(child, here) if isinstance(child, dict) else [(here, child)]

    results = {p: v for p, v in walk(tree) if p.split(".")[0] not in ("data", "answer")}
    assert len(results) > len(records)
    for path, value in results.items():
        said, key = spans.SPAN.fullmatch(value).groups()
        assert key == path and said in ways_to_say(key, records)


def test_a_hidden_number_keeps_its_span_and_shows_the_mark_alone():
    record = next(r for r in fabricate.tolerance() if r.statistic == "events")
    hidden = replace(record, value=None, method=f"{record.method}:hidden")
    assert spans.cited(hidden) == f"[{numbers.MARK}]{{r={spans.key(record)}}}"
    assert spans.plain(f"in {spans.cited(hidden)} of 15") == f"in {numbers.MARK} of 15"


def test_an_alternative_text_has_no_spans(project):
    assert "{r=" not in figures.tolerance_grade(fabricate.tolerance()).alt


def test_by_hand_a_sentence_has_no_spans_and_in_the_pipeline_it_has(monkeypatch):
    monkeypatch.delenv("KYPHO_OUTPUT", raising=False)
    words = Paragraph("In [10]{r=a.b.c.m3.kp.events} patients.")
    assert words._repr_mimebundle_()["text/markdown"] == "In 10 patients.\n"
    monkeypatch.setenv("KYPHO_OUTPUT", "results/leakage")
    assert words._repr_mimebundle_()["text/markdown"] == words.text + "\n"
    assert words._repr_mimebundle_()["text/plain"] == "In 10 patients."
