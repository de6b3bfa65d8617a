"""A number that somebody types into prose is found, wherever and however it is written."""

import json
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.errors import PublishError
from helpers.publish.facts import load_facts
from helpers.publish.numerals import find_numbers
from helpers.publish.prose import Passage
from helpers.publish.sources import load_project
from helpers.publish.typed_numbers import check_sources, check_typed_numbers
from tests.baking import ROOT, kypho

SOURCES = ("_quarto.yml", "404.qmd", "index.qmd", "manuscript", "notebooks", "src/helpers/present/collect.py")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """What people edit of this project, to plant numbers in."""
    for name in SOURCES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile)(ROOT / name, tmp_path / name)
    (tmp_path / "params.yaml").touch()
    (tmp_path / "dvc.yaml").touch()
    return tmp_path


def plant(file: Path, after: str, text: str) -> str:
    """Put `text` behind the first `after` of a file; `file:line` of what was planted."""
    content = file.read_text(encoding="utf-8")
    found = re.search(after, content, re.MULTILINE | re.DOTALL)
    assert found, f"{file.name} has no {after!r}"
    file.write_text(content[: found.end()] + text + content[found.end() :], encoding="utf-8")
    return f":{content[: found.end()].count(chr(10)) + 1 + (len(text) - len(text.lstrip(chr(10))))}"


def plant_in_cell(file: Path, kind: str, text: str, *, option: str = "") -> str:
    """Put `text` into the first cell of a kind, at the end of its last line or of an option; the cell and the line."""
    notebook = json.loads(file.read_text(encoding="utf-8"))
    for number, cell in enumerate(notebook["cells"], start=1):
        lines = "".join(cell["source"]).split("\n")
        for index, line in enumerate(lines, start=1):
            if cell["cell_type"] != kind or (option and not line.startswith(f"#| {option}:")):
                continue
            lines[index - 1] = f'{line[:-1]} {text}"' if option else f"{line} {text}"
            cell["source"] = "\n".join(lines)
            file.write_text(json.dumps(notebook), encoding="utf-8")
            return f" cell {number}, line {index}"
    raise AssertionError(f"{file.name} has no {kind} cell with {option}")


def findings(root: Path) -> list[str]:
    try:
        check_sources(root)
    except PublishError as error:
        return str(error).split("\n")
    return []


def test_no_number_of_the_project_is_typed():
    assert findings(ROOT) == []


def test_ten_numbers_planted_in_ten_places_are_ten_findings(copy):
    home, text, notebooks = copy / "index.qmd", copy / "manuscript" / "index.qmd", copy / "notebooks"
    planted = {
        # beside a declared number of a study that is cited
        "29.2 %": ("manuscript/index.qmd", plant(text, r"In 117 patients with spine metastases", " 29.2 %")),
        "−1.3 to 0.4": ("manuscript/index.qmd", plant(text, r"^# Discussion[^\n]*\n\n", "It was −1.3 to 0.4.\n")),
        "10/16": ("manuscript/index.qmd", plant(text, r"\*\*Conclusions\.\*\*", " Success in 10/16.")),
        "eight patients": ("index.qmd", plant(home, r"## At a glance\n\n", "Besides, **eight** patients bled.\n")),
        "0.04": ("index.qmd", plant(home, r"title=\"What data these pages show", " (p = 0.04)")),
        "twelve per cent": (
            "manuscript/sap.qmd",
            plant(copy / "manuscript/sap.qmd", r"^subtitle: [^\n]*", ", by twelve per cent"),
        ),
        "three points": (
            "notebooks/pain.ipynb",
            plant_in_cell(notebooks / "pain.ipynb", "markdown", "Fell by three points."),
        ),
        "58%": (
            "notebooks/leakage.ipynb",
            plant_in_cell(notebooks / "leakage.ipynb", "code", "It was 58%.", option="fig-alt"),
        ),
        "5 to 9": (
            "notebooks/height.ipynb",
            plant_in_cell(notebooks / "height.ipynb", "code", "Gained 5 to 9 mm.", option="tbl-cap"),
        ),
        "a third of the patients"[2:]: (
            "src/helpers/present/collect.py",
            plant(copy / "src/helpers/present/collect.py", r"\"All main contrasts", " (a third of the patients)"),
        ),
    }
    found = findings(copy)
    assert len(planted) == len(found) == 10
    for number, (file, place) in planted.items():
        assert any(
            line.startswith(f"{file}{place}: {number.replace('eight', 'eight**')!r} is typed;") for line in found
        ), (
            f"{file}{place}: {number}",
            found,
        )
    assert all("{{< var ... >}}" in line and "manuscript/facts.yaml" in line for line in found)


def test_the_command_exits_with_2_and_names_place_rule_and_remedy(copy):
    place = plant(copy / "index.qmd", r"## At a glance\n\n", "Pain fell in 7 of 15 patients.\n\n")
    done = kypho(copy, "check-prose", PYTHONPATH=str(ROOT / "src"))
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: index.qmd{place}: '7 of 15' is typed; a number in prose is written by")


WRITTEN = [
    ("in 10 of 16 patients", "10 of 16"),
    ("p = 0.04", "0.04"),
    ("p<0.001", "p<0.001"),
    ("1 234 patients", "1 234"),
    ("an odds ratio of 2:1", "2:1"),
    ("3–5 mL", "3–5"),
    ("½ of them", "½"),
    ("٣ patients", "٣"),
    ("twenty-one treated vertebrae", "twenty-one treated vertebrae"),
    ("one point three points", "one point three points"),
    ("Two died", "Two died"),
    ("two leaked", "two leaked"),
    ("three of the 41", "three of the 41"),
    ("half of the patients", "half of the patients"),
    ("twice as often", "twice as"),
    ("a twofold risk", "twofold"),
    ("eight *newly*\ntreated patients", "eight *newly* treated patients"),
    ("`n = 12`", "12"),
    ("$p = 0.04$", "0.04"),
]


@pytest.mark.parametrize(("text", "number"), WRITTEN)
def test_a_number_is_found_however_it_is_written(text, number):
    facts = load_facts(ROOT)
    prose = Passage((("x:1", f"So {text}."),)).prose
    assert [found for _, found in find_numbers(prose, facts.nouns, facts.verbs)] == [number]


@pytest.mark.parametrize(
    "text",
    [
        "{{< var leakage.success.m3.kp.n >}}",
        "[text](https://example.org/12/34)",
        "<https://example.org/12>",
        "@fig-leakage-2 and [@corcos2014, p. 3]",
        "text[^2]",
        "# Title {#sec-2 .level2 width=40%}",
        "1. first\n2. second",
        "<!-- 12 of 16 -->",
        "```bash\nmake -j 2\n```",
        "two techniques, of which one is newer",
    ],
)
def test_mark_up_is_no_prose(text):
    assert find_numbers(Passage(tuple(("x:1", line) for line in text.split("\n"))).prose) == []


@pytest.mark.parametrize(
    "text",
    [
        '![](a.png){fig-alt="58 % of them"}',
        '::: {.callout-note title="58 %"}',
        "[58 %](page.html)",
        "[@corcos2014, 58 %]",
        '{{< env KYPHO_X "58 %" >}}',
        "```\n58 %\n```",
        "a line\n58 %. of a paragraph",
    ],
)
def test_what_a_reader_sees_of_mark_up_is_prose(text):
    assert [n for _, n in find_numbers(Passage(tuple(("x:1", line) for line in text.split("\n"))).prose)] == ["58 %"]


NUMBERS = st.one_of(
    st.integers(0, 10**6).map(str),
    st.decimals(0, 1000, places=2).map(str),
    st.integers(0, 100).map("{} %".format),
    st.tuples(st.integers(0, 31), st.integers(1, 31)).map(lambda pair: f"{pair[0]}/{pair[1]}"),
    st.integers(1, 99).map("−{}".format),
)
WORDS = st.lists(st.sampled_from(["the", "pain", "of", "patients", "fell", "by", "then"]), min_size=1, max_size=6)


@given(before=WORDS, number=NUMBERS, after=WORDS)
def test_a_number_between_any_words_is_found_once_and_where_it_stands(before, number, after):
    text = f"{' '.join(before)} {number} {' '.join(after)}"
    ((position, found),) = find_numbers(text)
    assert found == number
    assert text[position:].startswith(number)


def declare(project: Path, text: str) -> None:
    (project / "manuscript" / "facts.yaml").write_text(text, encoding="utf-8")


def complaint(project: Path) -> str:
    with pytest.raises(PublishError) as caught:
        check_typed_numbers(load_project(project))
    return str(caught.value)


@pytest.mark.parametrize("longer", ["116 items", "1.16 items", "−16 items", "3/16 items", "16 items in all 3"])
def test_a_phrase_declares_itself_and_no_number_that_holds_it(project, change, longer):
    facts = (project / "manuscript/facts.yaml").read_text(encoding="utf-8")
    declare(project, facts + "    - 16 items in all\n")
    change("index.qmd", "A plain fenced div.", "There are 16 items\nin all.")
    check_typed_numbers(load_project(project))
    change("index.qmd", "There are 16 items\nin all.", f"There are 16 items in all, and {longer} in all.")
    assert f"'{longer.split()[-1 if longer.endswith('3') else 0]}' is typed" in complaint(project)


def test_the_figure_of_a_study_stands_in_a_paragraph_that_cites_it(project, change):
    change("manuscript/index.qmd", "Leakage was common", "Leakage in 53 % was common")
    facts = (project / "manuscript/facts.yaml").read_text(encoding="utf-8")
    declare(project, facts + "study:\n  corcos2014:\n    - Leakage in 53 %\n")
    check_typed_numbers(load_project(project))
    change("index.qmd", "A plain fenced div.", "Leakage in 53 % elsewhere.")
    assert re.fullmatch(r"index\.qmd:\d+: '53 %' is typed; .*", complaint(project))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("scale:\n  definition:\n    - of 99 points\n", r"facts\.yaml:3: no page has the phrase 'of 99 points'"),
        (
            "study:\n  nobody1999:\n    - in 53 %\n",
            r"facts\.yaml:2: the source 'nobody1999' must be a key of references\.bib",
        ),
        (
            "study:\n  definition:\n    - of 53 %\n",
            r"facts\.yaml:2: the source 'definition' must be a key of references",
        ),
        ("figure:\n  corcos2014:\n    - of 53 %\n", r"facts\.yaml:1: the kind figure is not known"),
        ("scale:\n  definition:\n    - 95 %\n", r"facts\.yaml:3: the phrase '95 %' is a bare number"),
        ("scale:\n  definition:\n    - the scale\n", r"facts\.yaml:3: the phrase 'the scale' holds no number"),
        (
            "scale:\n  definition:\n    - a 95 %\n    - A 95 %\n",
            r"facts\.yaml:4: the phrase 'A 95 %' is declared twice",
        ),
        ("scale:\n  definition: 95 % interval\n", r"facts\.yaml:2: here stands a list of phrases"),
        ("scale: 95 % interval\n", r"facts\.yaml:1: here stands a mapping"),
    ],
)
def test_a_declaration_that_does_not_hold_is_an_error_with_its_line(project, text, message):
    declare(project, text)
    assert re.search(rf"^manuscript/{message}", complaint(project), re.MULTILINE)


def test_what_the_pipeline_adds_to_captions_and_alternative_texts_is_not_typed(project, change):
    note = "[c] stands for a number that is not shown, because it counts fewer than 3 patients or would reveal such."
    change("results/leakage/notebook.ipynb", "tbl-cap: Success by arm.", f"tbl-cap: Success by arm. {note}")
    check_typed_numbers(load_project(project))
    change("results/leakage/notebook.ipynb", "tbl-cap: Success by arm.", "tbl-cap: Success by arm, 7 of 15.")
    change("results/leakage/notebook.ipynb", "fig-alt: Success in 58 %", "fig-alt: For 9 of them. Success in 58 %")
    assert re.findall(r"ipynb cell \d+, ([\w-]+): '(.*?)' is typed", complaint(project)) == [
        ("fig-alt", "9"),
        ("tbl-cap", "7 of 15"),
    ]


def test_a_site_with_a_typed_number_is_not_published(project, change):
    from helpers.publish import publish

    change("results/leakage/notebook.ipynb", "One row a patient", "One row a patient, 12 of them")
    with pytest.raises(PublishError, match=r"results/leakage/notebook\.ipynb cell 1, line 5: '12' is typed"):
        publish("pandoc")
    assert not (project / "_site").exists()
