"""The card of an endpoint: its main estimand by its attributes, the others folded, all of them leading to the plan."""

import re

import pytest

from helpers.paths import ENDPOINTS
from helpers.present import estimands, fragments, sentences
from helpers.sap import load_sap


def own(endpoint: str) -> list:
    return [e for e in load_sap().estimands if e.endpoint == endpoint]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_the_questions_are_those_of_the_plan(project, endpoint):
    text = estimands.cards(endpoint)
    assert own(endpoint) and all(e.sentence in text for e in own(endpoint))


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_the_card_has_the_attributes_of_the_main_estimand_and_how_death_is_handled(project, endpoint):
    main, *others = own(endpoint)
    card, _, folded = estimands.cards(endpoint).partition("\n:::\n")
    for said in (main.treatment, main.population.set, main.variable, main.summary, main.intercurrent.death.text):
        assert said in card
    for event in main.intercurrent.model_dump().values():
        assert event["strategy"] in card.lower()
    assert bool(others) == (".callout-note collapse" in folded)
    assert not any(e.sentence in card for e in others)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_every_estimand_leads_to_its_place_on_the_plans_page(project, endpoint):
    page = fragments.sap(load_sap())
    targets = re.findall(r"\(\.\./\.\./manuscript/sap\.qmd#([\w-]+)\)", estimands.cards(endpoint))
    assert targets == [estimands.anchor(e) for e in own(endpoint)]
    assert all(f"{{#{target}}}" in page for target in targets)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_by_hand_the_card_has_neither_fences_nor_links_into_the_site(project, endpoint, monkeypatch):
    monkeypatch.delenv("KYPHO_OUTPUT", raising=False)
    shown = sentences.estimand(endpoint)._repr_mimebundle_()["text/markdown"]
    assert ":::" not in shown and ".qmd" not in shown
    assert all(e.sentence in shown for e in own(endpoint))
    assert ("other estimands**" in shown or "**Another estimand**" in shown) == (len(own(endpoint)) > 1)
