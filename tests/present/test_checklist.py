"""The CONSORT checklist: every item of each list is there, once, with a place or with what no source states."""

import re

import pytest
import yaml

from helpers.errors import ConfigError
from helpers.present import checklist

#: The items by their numbers. CONSORT 2025: table 1 of the statement (doi 10.1371/journal.pmed.1004587). PRO: the items
#: of the extension (doi 10.1001/jama.2013.879). Harms and NPT: the items of CONSORT 2010 that the extensions change or
#: add (doi 10.1136/bmj-2022-073725 and 10.7326/M17-0046).
NUMBERS = {
    "consort": "1a 1b 2 3 4 5a 5b 6 7 8 9 10 11 12a 12b 13 14 15 16a 16b 17a 17b 18 19 20a 20b 21a 21b 21c 21d 22a 22b "
    "23a 23b 24a 24b 25 26 27 28 29 30",
    "harms": "1b 2b 6a 6c 12a 12b 13a 14a 16 17a 17a2 17b 17c 18 20 24",
    "pro": "P1b P2b P6a P12a P20/21",
    "npt": "1b 3a 4a 5 5a 5b 5c 5d 7a 11a 11c 12a 13a 13, implementation 15 20 21",
}


def test_every_item_of_each_list_is_there_once_and_in_its_order(project):
    found = {one.id: " ".join(item.number for item in one.items) for one in checklist.load_checklist()}
    assert found == NUMBERS


def test_what_is_asked_is_a_sentence_and_names_a_place_or_a_gap(project):
    for one in checklist.load_checklist():
        for item in one.items:
            assert item.item.endswith(".") and item.item[0].isupper(), item.number
            assert item.at or item.missing or item.not_recorded


def test_the_page_leads_from_each_item_to_its_places_and_names_the_gaps(project):
    lists = checklist.load_checklist()
    page = checklist.page(lists)
    rows = [line for line in page.splitlines() if re.match(r"\| (?!No\.|:-)", line)]
    items = [item for one in lists for item in one.items]
    assert len(rows) == len(items) == 80
    for row, item in zip(rows, items, strict=True):
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert cells[:2] == [item.number, item.item]
        assert all(f"[{name}]({target})" in cells[2] for name, target in item.links.items())
        assert (checklist.NOT_STATED in cells[2]) == bool(item.missing)
        assert (checklist.NOT_RECORDED in cells[2]) == bool(item.not_recorded)
    whole = sum(not (i.missing or i.not_recorded) for i in lists[0].items)
    assert f"Answered in full: {whole} of 42 items." in page


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda items: items[0].update(at={}), "needs a place"),
        (lambda items: items[1].update(number=items[0]["number"]), "the number 1a is there twice"),
        (lambda items: items[0].update(place="x"), "this key is not known"),
        (lambda items: items[0].pop("item"), "Field required"),
    ],
)
def test_a_list_that_is_not_whole_is_refused_with_its_place(own_project, change, message):
    path = own_project / "manuscript/checklist.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(content["lists"][0]["items"])
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"checklist\.yaml, lists\.0.*{message}"):
        checklist.load_checklist()
