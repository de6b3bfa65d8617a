"""Tables of what the success rates look like by other priors, definitions, scales and units."""

from collections.abc import Sequence

from helpers.present import exhibit, labels, numbers
from helpers.present.disclosure import published
from helpers.present.select import groups, select, value
from helpers.present.tables.cells import ARMS, INTERVAL, cell, counted, heads
from helpers.results import Record

Records = Sequence[Record]


@published
def leakage_priors(records: Records) -> exhibit.Table:
    """The posterior of the main analysis beside those under other priors."""
    main = select(records, analysis="leakage.success_bayes")
    others = select(records, analysis="leakage.success_priors")
    rows = [["Main analysis", *_posterior(main, "SUCCESS", "SUPERIORITY")]]
    rows += [[labels.parameter(code), *_posterior(others, code, f"{code}_SUPERIORITY")] for code in labels.PRIORS]
    head = ["Posterior median (95\u00a0% credible interval)", *heads("Difference, points", "KP succeeds more often")]
    return exhibit.table(head, rows, shown=[*main, *others])


def _posterior(records: Records, rate: str, better: str) -> list[str]:
    medians = (cell(records, parameter=rate, centre="median", group=g) for g in (*ARMS, "KP-VP"))
    chance = value(records, parameter=better, group="KP-VP", statistic="probability")
    return [*medians, numbers.plain(chance, "probability")]


@published
def leakage_prediction(records: Records) -> exhibit.Table:
    """What a larger trial would find, as the posterior predicts it."""
    shown = select(records, analysis="leakage.success_predictive")
    size = numbers.plain(value(shown, parameter="DIFFERENCE", statistic="size"), "patients")
    seen = cell(shown, parameter="DIFFERENCE", centre="median", group="KP-VP")
    rows = [["Difference then observed, points: median (95\u00a0% interval)", seen]]
    for code in ("POSTERIOR_GT_95", "MN_ABOVE_0"):
        chance = value(shown, parameter=code, statistic="probability")
        rows.append([labels.parameter(code), numbers.plain(chance, "probability")])
    return exhibit.table([f"A trial of {size} patients in each arm", "Predicted"], rows, shown=shown)


@published
def leakage_sensitivity(records: Records) -> exhibit.Table:
    """The difference of success rates as the other analyses see it."""
    rows, shown = [], []
    for analysis, parameter, name in labels.SUCCESS_ANALYSES:
        found = select(records, analysis=analysis, parameter=parameter)
        shown += found
        arms = [counted(found, group=g) if g in groups(found) else "" for g in ARMS]
        rows.append([name, *arms, cell(found, group="KP-VP")])
    return exhibit.table(["Analysis", *heads(f"Difference, points {INTERVAL}")], rows, shown=shown)


@published
def leakage_relative(records: Records) -> exhibit.Table:
    """Risk ratio and odds ratio of success, and nominal p values of tests."""
    shown = select(records, analysis=("leakage.success_ratio", "leakage.success_tests"))
    rows = [
        [labels.parameter(code), cell(shown, parameter=code, group="KP-VP")] for code in ("SUCCESS_RR", "SUCCESS_OR")
    ]
    rows += [
        [labels.parameter(code), numbers.plain(value(shown, parameter=code, statistic="p_value"), "p")]
        for code in ("FISHER_MIDP", "BOSCHLOO")
    ]
    return exhibit.table(["Kyphoplasty over vertebroplasty", f"Value {INTERVAL}"], rows, shown=shown)


@published
def leakage_vertebrae(records: Records) -> exhibit.Table:
    """Treated vertebrae with a leak, by models that respect that those of a patient are alike."""
    counts, gee, beta = (
        select(records, analysis=f"leakage.{name}") for name in ("vertebra", "vertebra_gee", "vertebra_beta_binomial")
    )
    rows = [
        ["Vertebrae with a leak", *(counted(counts, group=g) for g in ARMS), ""],
        [f"Estimating equations, difference {INTERVAL}", "", "", cell(gee, parameter="LEAK", group="KP-VP")],
        [f"Estimating equations, odds ratio {INTERVAL}", "", "", cell(gee, parameter="LEAK_OR", group="KP-VP")],
        [f"Beta-binomial model, % {INTERVAL}", *(cell(beta, parameter="LEAK", group=g) for g in (*ARMS, "KP-VP"))],
        [f"Intraclass correlation {INTERVAL}", "", "", cell(beta, parameter="LEAK_ICC", group="all")],
    ]
    head = ["Treated vertebrae", *heads("Difference, points, or as named")]
    return exhibit.table(head, rows, shown=[*counts, *gee, *beta])
