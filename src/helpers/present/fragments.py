"""Markdown that pages include: the analysis plan, the registered outcomes, the codebook, the record of the data."""

from collections.abc import Mapping, Sequence

from helpers.codebook import Codebook, Column, Term
from helpers.data.provenance import Provenance
from helpers.present import labels, numbers, software
from helpers.present.exhibit import pipe_table
from helpers.present.select import groups, interval, select, value
from helpers.results import Record
from helpers.sap import Estimand, Sap

STRATEGIES = {
    "death": "Death",
    "technique_switch": "The other technique was used",
    "retreatment": "A further procedure",
    "rescue_analgesia": "More analgesics",
    "never_treated": "Never treated",
}


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
        [a.section, f"{a.title}. `{a.id}`", f"*{a.role.capitalize()}, {a.population}, unit {a.unit}.* {a.method}"]
        for a in plan.analyses
    )
    parts += ["## Analyses\n", pipe_table(["Section", "Analysis", "Role, set, unit and method"], rows)]
    parts += ["## Multiplicity\n", plan.multiplicity]
    parts += ["\n## Deviations and limits of the plan\n", *(f"- {d.date}: {d.text}" for d in plan.deviations)]
    parts += [
        "\n## Not public\n\nThe following is not stated in the sources available.\n",
        *(f"- {item}" for item in plan.unknown),
    ]
    return "\n".join(parts) + "\n"


def _estimand(estimand: Estimand) -> str:
    rows = [
        ["Treatment", estimand.treatment],
        ["Population", f"{estimand.population.text} ({estimand.population.set})"],
        ["Variable", estimand.variable],
    ]
    for name, words in STRATEGIES.items():
        handling = getattr(estimand.intercurrent, name)
        rows.append([words, f"*{handling.strategy.capitalize()}.* {handling.text}"])
    rows.append(["Summary", estimand.summary])
    title = f"### {labels.ENDPOINTS[estimand.endpoint]}: `{estimand.id}`"
    return "\n".join([title, "", estimand.sentence, "", pipe_table(["Attribute", "Here"], rows)])


def outcomes(plan: Sap, by_endpoint: Mapping[str, Sequence[Record]]) -> str:
    """Every outcome line of the registry record, the analyses that answer it and their main result."""
    rows = []
    for outcome in plan.registry_outcomes:
        endpoint = plan.analysis(outcome.analyses[0]).endpoint
        found = select(by_endpoint[endpoint], analysis=outcome.analyses)
        at_visit = select(found, visit=outcome.visit)
        main = _main_result(select(at_visit, analysis=outcome.analyses[0]))
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
    return pipe_table(
        ["No.", "Outcome as registered", "Analyses", "Results", "Main result, KP minus VP unless said otherwise"], rows
    )


def _main_result(records: Sequence[Record]) -> str:
    """Contrasts with intervals; where the plan has none, the patients of each arm or the correlation over all."""
    patients = select(records, unit_of_analysis="patient")
    texts = []
    for code in labels.in_order(r.parameter for r in patients if not r.parameter.endswith("_CHG")):
        own = select(patients, parameter=code)
        present = groups(select(own, statistic="estimate"))
        group = next((g for g in ("KP-VP", "all") if g in present), None)
        if group:
            i = interval(own, group=group)
            text = i.text
            text += "" if i.estimate is None else numbers.suffix(i.unit, contrast=i.contrast)
            texts.append(f"{labels.in_full(code)}{', all patients' if group == 'all' else ''}: {text}")
        elif {"KP", "VP"} <= set(present):
            counts = (numbers.share(*(value(own, group=g, statistic=s) for s in ("events", "n"))) for g in ("KP", "VP"))
            texts.append(f"{labels.in_full(code)}: KP {next(counts)}, VP {next(counts)}")
    return "; ".join(texts)


def codebook(book: Codebook) -> str:
    """Tables of the export, code lists and analysis datasets, as declared."""
    parts = [
        "## Tables of the export\n",
        "An empty cell is a missing value. Dates are written YYYY-MM-DD, flags Y or N.\n",
    ]
    for name, table in book.tables.items():
        parts += [
            f"### {table.label} (`{name}.csv`)\n",
            f"Key: {', '.join(f'`{k}`' for k in table.key)}.\n",
            _columns(book, table.columns),
        ]
    parts += [
        "## Code lists\n",
        pipe_table(["List", "Codes"], ([f"`{name}`", _codelist(book, name)] for name in book.all_codelists)),
        "## Visit schedule\n",
        *_schedule(book),
        "## Dallas Pain Questionnaire\n",
        *_dallas(book),
        "## CTCAE terms\n",
        *_assumed(book.assumed.get("ctcae")),
        pipe_table(["Term", "System organ class", "Grades"], ([n, t.soc, _grades(t)] for n, t in book.ctcae.items())),
    ]
    parts.append("## Analysis datasets\n")
    for name in book.datasets:
        dataset = book.datasets[name]
        parts += [
            f"### {dataset.label} (`{name}`)\n",
            f"Key: {', '.join(f'`{k}`' for k in dataset.key)}.\n",
            _columns(book, book.variables(name)),
        ]
    return "\n".join(parts) + "\n"


def _columns(book: Codebook, columns: Mapping[str, Column]) -> str:
    rows = []
    for name, column in columns.items():
        values = f"list `{column.codes}`" if column.codes else _range(column)
        rows.append(
            [
                f"`{name}`",
                _noted(column.label, column.assumed),
                column.type,
                values,
                "yes" if column.required else "",
                column.sensitivity.replace("none", ""),
            ]
        )
    return pipe_table(["Name", "What it is", "Type", "Values", "Never empty", "Sensitivity"], rows)


def _range(column: Column) -> str:
    unit = column.unit or ""
    if column.min is None and column.max is None:
        return unit
    low, high = (
        "" if v is None else str(v).replace("-", numbers.MINUS) if isinstance(v, int | float) else str(v)
        for v in (column.min, column.max)
    )
    return f"{low} to {high} {unit}".strip()


def _codelist(book: Codebook, name: str) -> str:
    """Codes with their labels, those that are their own label alone; the CTCAE terms have a table of their own."""
    if name == "ctcae_term":
        return "the CTCAE terms below"
    codes = book.all_codelists[name].items()
    words = "; ".join(f"`{code}`" if code == label else f"`{code}` {label}" for code, label in codes)
    return _noted(words, book.assumed.get(name))


def _noted(text: str, why: str | None) -> str:
    return f"{text} (assumed: {why})" if why else text


def _assumed(why: str | None) -> list[str]:
    return [f"Assumed: {why}.\n"] if why else []


def _schedule(book: Codebook) -> list[str]:
    """Each visit, when it is due and the forms planned at it."""
    visits, forms = book.schedule.visits, book.schedule.forms
    rows = (
        [f"`{name}`", v.label, str(v.due), ", ".join(f.label for f in forms.values() if name in f.visits)]
        for name, v in visits.items()
    )
    return [
        *_assumed(book.schedule.assumed),
        pipe_table(["Visit", "What it is", "Due, days after the procedure", "Forms planned"], rows),
    ]


def _dallas(book: Codebook) -> list[str]:
    """How the domains are scored."""
    rows = [
        [
            f"`{name}`",
            _noted(domain.label, domain.assumed),
            ", ".join(f"`{item}` 0 to {book.item_maximum(item):g}" for item in domain.items),
            f"{domain.multiplier:g}",
            str(domain.missing_allowed),
        ]
        for name, domain in book.dallas.domains.items()
    ]
    return [
        "The score of a domain is the sum of its items times the multiplier, 100 at most. Missing items are replaced "
        "by the mean of the others, up to the number allowed; with more missing there is no score.\n",
        *_assumed(book.dallas.assumed),
        pipe_table(["Domain", "What it is", "Items and their range", "Multiplier", "Items that may be missing"], rows),
    ]


def _grades(term: Term) -> str:
    low, high = term.grades
    return f"{low} to {high}"


def provenance(record: Provenance, by_endpoint: Mapping[str, Sequence[Record]]) -> str:
    """Which data ran: the record that travels with the results, how many results came of it, and with what software."""
    facts = [
        ["Data", record.status],
        ["Source", f"`data/raw/{record.source}`"],
        ["Format", f"`{record.format}`"],
        ["Checksum over all files (SHA-256)", f"`{record.checksum}`"],
    ]
    if record.banner:
        facts.insert(0, ["Status", f"**{record.banner}**"])
    tables = ([f"`{name}`", str(rows)] for name, rows in record.rows.items())
    delivered = ([f"`{name}`", f"`{digest[:16]}`"] for name, digest in record.files.items())
    counts = ([labels.ENDPOINTS[endpoint], str(len(records))] for endpoint, records in by_endpoint.items())
    return "\n".join(
        [
            pipe_table(["What", "Value"], facts),
            pipe_table(["Table", "Rows"], tables),
            pipe_table(["File as delivered", "SHA-256, first 16 digits"], delivered),
            pipe_table(["Endpoint", "Result records"], counts),
            software.software(),
        ]
    )
