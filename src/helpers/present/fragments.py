"""Markdown that pages include: the analysis plan, the registered outcomes, the record of the data."""

from collections.abc import Mapping, Sequence

from helpers.data.provenance import Provenance
from helpers.present import disclosure, estimands, labels, numbers, sentences, software, text
from helpers.present.exhibit import pipe_table, stacked
from helpers.present.select import groups, interval, select
from helpers.results import Record
from helpers.sap import Estimand, Sap


def sap(plan: Sap) -> str:
    """The statistical analysis plan."""
    parts = ["## Objectives\n"]
    parts += [f"- *{objective.kind.capitalize()}.* {objective.text}" for objective in plan.objectives]
    parts += [
        "\n## Analysis sets\n",
        pipe_table(["Set", "Code", "Who is in it"], ([s.name, s.id, s.text] for s in plan.analysis_sets)),
    ]
    parts.append("## Estimands\n")
    parts.append(
        "The attributes are those of ICH E9(R1): treatment, population, variable, intercurrent events and summary.\n"
    )
    parts += [_estimand(estimand) for estimand in plan.estimands]
    rows = (
        [
            f"[{a.section}]{{#sap-{a.section}}}",
            f"{a.title}. `{a.id}`",
            f"*{a.role.capitalize()}, {a.population}, unit {a.unit}.* {a.method}",
        ]
        for a in plan.analyses
    )
    parts += ["## Analyses\n", stacked(["Section", "Analysis", "Role, set, unit and method"], rows)]
    parts += ["## Multiplicity\n", plan.multiplicity]
    parts += ["\n## Deviations and limits of the plan\n", *(f"- {d.date}: {d.text}" for d in plan.deviations)]
    parts += [
        "\n## Not public\n\nThe following is not stated in the sources available.\n",
        *(f"- {item}" for item in plan.unknown),
    ]
    return "\n".join(parts) + "\n"


def _estimand(estimand: Estimand) -> str:
    title = f"### {labels.ENDPOINTS[estimand.endpoint]}: `{estimand.id}` {{#{estimands.anchor(estimand)}}}"
    return "\n".join([title, "", estimand.sentence, "", pipe_table(["Attribute", "Here"], estimands.rows(estimand))])


def outcomes(plan: Sap, by_endpoint: Mapping[str, Sequence[Record]]) -> str:
    """Every outcome line of the registry record, the analyses that answer it and their main result."""
    rows = []
    for outcome in plan.registry_outcomes:
        first = plan.analysis(outcome.analyses[0])
        endpoint = first.endpoint
        found = select(by_endpoint[endpoint], analysis=outcome.analyses)
        at_visit = select(found, visit=outcome.visit)
        main = _main_result(select(at_visit, analysis=first.id, unit_of_analysis=first.unit))
        page = f"[{labels.ENDPOINTS[endpoint]}](../results/{endpoint}/notebook.ipynb)"
        analyses = ", ".join(f"`{a}`" for a in outcome.analyses)
        rows.append(
            [
                str(outcome.number),
                f"{outcome.measure} ({outcome.kind}; {outcome.time_frame})",
                f"{page}: {analyses}",
                str(len(at_visit)),
                main,
            ]
        )
    head = ["No.", "Outcome as registered", "Analyses", "Results", "Main result, KP minus VP unless said otherwise"]
    table = stacked(head, rows)
    note = disclosure.note(table)
    return f"{table}\n{note}\n" if note else table


def _main_result(records: Sequence[Record]) -> str:
    """Contrasts with intervals; where the plan has none, the patients of each arm or the correlation over all."""
    texts = []
    for code in labels.in_order(r.parameter for r in records if not r.parameter.endswith(labels.SUFFIXES)):
        own = select(records, parameter=code)
        present = groups(select(own, statistic="estimate"))
        group = next((g for g in ("KP-VP", "all") if g in present), None)
        if group:
            i = interval(own, group=group)
            size = i.cited + (numbers.suffix(i.unit, contrast=i.contrast) if i.drawn else "")
            texts.append(f"{text.markdown(labels.in_full(code))}{', all patients' if group == 'all' else ''}: {size}")
        elif {"KP", "VP"} <= set(present):
            kp, vp = (sentences.share(own, group=g) for g in ("KP", "VP"))
            texts.append(f"{text.markdown(labels.in_full(code))}: KP {kp}, VP {vp}")
    return "; ".join(texts)


def provenance(record: Provenance, by_endpoint: Mapping[str, Sequence[Record]]) -> str:
    """Which data ran: the record that travels with the results, how many results came of it, and with what software."""
    facts = [
        ["Data", text.markdown(record.status)],
        ["Source", text.code(f"data/raw/{record.source}")],
        ["Format", f"`{record.format}`"],
        ["Checksum over all files (SHA-256)", f"`{record.checksum}`"],
    ]
    if record.banner:
        facts.insert(0, ["Status", f"**{record.banner}**"])
    tables = ([f"`{name}`", str(rows)] for name, rows in record.rows.items())
    delivered = ([text.code(name), f"`{digest[:16]}`"] for name, digest in record.files.items())
    counts = ([labels.ENDPOINTS[endpoint], str(len(records))] for endpoint, records in by_endpoint.items())
    return "\n".join(
        [
            pipe_table(["What", "Value"], facts),
            pipe_table(["Table", "Rows"], tables),
            pipe_table(["File as delivered", "SHA-256, first 16 digits"], delivered),
            pipe_table(["Results of", "Result records"], counts),
            software.software(),
        ]
    )
