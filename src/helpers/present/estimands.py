"""The estimands of the plan in words: the attributes of ICH E9(R1), as rows for the plan's page and as cards."""

from collections.abc import Iterator

from helpers.present.exhibit import pipe_table
from helpers.sap import Estimand, Handling, load_sap

EVENTS = {
    "death": "Death",
    "technique_switch": "The other technique was used",
    "retreatment": "A further procedure",
    "rescue_analgesia": "More analgesics",
    "never_treated": "Never treated",
}

#: The plan's page as an endpoint's page links to it.
PLAN = "../../manuscript/sap.qmd"


def anchor(estimand: Estimand) -> str:
    """Where the estimand stands on the plan's page."""
    return f"estimand-{estimand.id}"


def rows(estimand: Estimand) -> list[list[str]]:
    """Every attribute, each intercurrent event with its strategy."""
    return [
        ["Treatment", estimand.treatment],
        ["Population", _population(estimand)],
        ["Variable", estimand.variable],
        *([words, _handled(getattr(estimand.intercurrent, name))] for name, words in EVENTS.items()),
        ["Summary", estimand.summary],
    ]


def cards(endpoint: str) -> str:
    """The estimand of an endpoint's main analysis as a card, the others folded; each leads to its place in the plan."""
    plan = load_sap()
    main = plan.estimand(plan.main(endpoint).estimand)
    others = [e for e in plan.estimands if e.endpoint == endpoint and e != main]
    parts = ["::: {.estimand-card}", f"**{main.sentence}**", _table(main), _source(main), ":::"]
    if others:
        fold = "Another estimand" if len(others) == 1 else f"{len(others)} other estimands"
        parts += [f'::: {{.callout-note collapse="true" title="{fold}"}}', *(_brief(e) for e in others), ":::"]
    return "\n\n".join(parts)


def _table(estimand: Estimand) -> str:
    return pipe_table(
        ["", ""],
        [
            ["Population", _population(estimand)],
            ["Treatment", estimand.treatment],
            ["Variable", estimand.variable],
            ["Intercurrent events", f"Death: {_handled(estimand.intercurrent.death)}"],
            ["", "; ".join(_grouped(estimand)) + "."],
            ["Summary measure", estimand.summary],
        ],
    )


def _grouped(estimand: Estimand) -> Iterator[str]:
    """The events other than death by the strategy that deals with them."""
    by_strategy: dict[str, list[str]] = {}
    for name, words in EVENTS.items():
        if name != "death":
            by_strategy.setdefault(getattr(estimand.intercurrent, name).strategy, []).append(words)
    for place, (strategy, events) in enumerate(by_strategy.items()):
        listed = ", ".join(words.lower() if place or at else words for at, words in enumerate(events))
        yield f"{listed}: *{strategy}*"


def _brief(estimand: Estimand) -> str:
    death = estimand.intercurrent.death.strategy
    return (
        f"- {estimand.sentence} *Population:* {_population(estimand)} *Death:* {death}. "
        f"*Summary:* {estimand.summary} {_source(estimand)}"
    )


def _source(estimand: Estimand) -> str:
    first = min((a for a in load_sap().analyses if a.estimand == estimand.id), key=lambda a: a.place)
    return f"[Analysis plan, from section {first.section}]({PLAN}#{anchor(estimand)})"


def _population(estimand: Estimand) -> str:
    return f"{estimand.population.text.removesuffix('.')} ({estimand.population.set})."


def _handled(handling: Handling) -> str:
    return f"*{handling.strategy.capitalize()}.* {handling.text}"
