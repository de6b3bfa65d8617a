"""No digit that is a result is typed: the reported numbers come from the run."""

import re

import pytest

from tests.baking import ROOT

#: Digits that are names or plan, not results.
ALLOWED = (
    r"95\s%",
    r"KYPHO-01|NCT02700308|\bM3\b|\bD1\b|\bD21\b|CC BY 4\.0",
    r"\bday (1|21)\b|\bmonth 3\b|\b(three|3) months\b",
    r"\b0 to 10{0,2}\b",  # scales
    r"\bgrade 3 or more\b",
    r"\bPython 3\.11\b",
    r"\bfrom 2016 to 2020\b|\b1 March 2016\b|\b1 December 2020\b|\b31 patients\b",  # the registry's figures
)
NOT_PROSE = re.compile(r"```.*?```|\{\{<.*?>\}\}|\{[#.][^}]*\}|\]\([^)]*\)|@[\w-]+|`[^`]*`|<!--.*?-->", flags=re.DOTALL)


def typed_digits(text: str) -> list[str]:
    text = NOT_PROSE.sub(" ", text)
    for pattern in ALLOWED:
        text = re.sub(pattern, " ", text)
    return [line.strip() for line in text.splitlines() if re.search(r"\d", line)]


def reported(name: str) -> str:
    """The part of a page that reports: all of the home page's body, the abstract and results of the manuscript."""
    text = (ROOT / name).read_text(encoding="utf-8")
    if name == "index.qmd":
        return text.split("---", 2)[2]
    abstract = re.search(r"\*\*Results.*", text).group(0)
    return abstract + re.search(r"^# Results.*?(?=^# Discussion)", text, flags=re.DOTALL | re.MULTILINE).group(0)


@pytest.mark.parametrize("name", ["index.qmd", "manuscript/index.qmd"])
def test_no_result_is_typed(name):
    assert typed_digits(reported(name)) == []


@pytest.mark.parametrize("planted", ["pain fell by 1.3 points", "in 10 of 16 patients", "p = 0.04", "58 % had no leak"])
def test_a_typed_result_would_be_found(planted):
    assert typed_digits(f"{reported('index.qmd')}\n\nBesides, {planted}.\n") == [f"Besides, {planted}."]
