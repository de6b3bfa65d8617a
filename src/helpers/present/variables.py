"""The numbers of the prose: `_variables.yml`, one key a record, each value worded for a sentence and to be followed."""

from collections.abc import Iterable, Mapping, Sequence

import yaml

from helpers.data.provenance import Provenance
from helpers.errors import InvalidInput
from helpers.params import load_params
from helpers.present import numbers, passages, sentences, software, spans, text
from helpers.results import Record


def _intervals(records: Iterable[Record]) -> dict[tuple[str, ...], str]:
    """The composite `.interval` of every pair of limits, to be followed; that of a percentage keeps its sign."""
    limits: dict[tuple[str, ...], dict[str, Record]] = {}
    for record in records:
        if record.statistic in ("lower95", "upper95"):
            limits.setdefault(spans.path(record)[:-1], {})[record.statistic] = record
    composed = {}
    for place, both in limits.items():
        lower, upper = both["lower95"], both["upper95"]
        contrast = lower.group == "KP-VP"
        ends = (numbers.HIDDEN if r.hidden else r.value for r in (lower, upper))
        span = numbers.interval(*ends, lower.unit, contrast=contrast)
        percent = lower.unit == "proportion" and not contrast and span not in (numbers.NOT_ESTIMABLE, numbers.MARK)
        path = (*place, spans.INTERVAL)
        composed[path] = spans.cite(span + numbers.suffix("proportion") if percent else span, ".".join(path))
    return composed


def nest(flat: Mapping[tuple[str, ...], str]) -> dict:
    """Nested mappings from paths; a path that leads through a value is an error."""
    tree: dict = {}
    for path, words in sorted(flat.items()):
        branch = tree
        for part in path[:-1]:
            branch = branch.setdefault(part, {})
        if path[-1] in branch:
            raise InvalidInput(f"two results share the variable {'.'.join(path)}.")
        branch[path[-1]] = words
    return tree


def answers(by_endpoint: Mapping[str, Sequence[Record]]) -> dict[str, str]:
    """One sentence an endpoint, at the visit that its parameters name."""
    parameters = load_params().endpoints.model_dump()
    visits = {
        endpoint: chosen.get("visit") or chosen.get("main_visit") or "M3" for endpoint, chosen in parameters.items()
    }
    return {
        endpoint: sentences.answer(endpoint, records, visit=visits[endpoint])
        for endpoint, records in by_endpoint.items()
        if endpoint in visits
    }


def variables(by_endpoint: Mapping[str, Sequence[Record]], provenance: Provenance) -> dict:
    """Everything that prose may name, as nested mappings of strings."""
    records = [r for own in by_endpoint.values() for r in own]
    flat: dict[tuple[str, ...], str] = {}
    for record in records:
        if spans.path(record) in flat:
            raise InvalidInput(f"two results share the variable {spans.key(record)}.")
        flat[spans.path(record)] = spans.cited(record)
    flat |= _intervals(records)
    flat |= {("answer", endpoint): words for endpoint, words in answers(by_endpoint).items()}
    flat |= {
        ("data", "banner"): provenance.banner,
        ("data", "status"): text.markdown(provenance.status),
        ("data", "patients"): str(provenance.patients),
        ("data", "checksum"): provenance.digest,
        ("data", "software"): software.sentence(),
    }
    flat |= {("data", name): words for name, words in passages.passages(provenance).items()}
    if "leakage" in by_endpoint:
        flat[("data", "analysed")] = sentences.analysed(by_endpoint["leakage"], patients=provenance.patients)
    return nest(flat)


def to_yaml(tree: Mapping) -> str:
    """The mapping as YAML, every value a quoted string, so that no reader takes a checksum for a number."""
    head = "# Written by `collect` from results/*/results.json; the next run of the pipeline writes it anew.\n"
    return head + yaml.dump(_quoted(tree), Dumper=_Dumper, allow_unicode=True, sort_keys=True, width=10**6)


class _Text(str):
    """A value, to be quoted."""


class _Dumper(yaml.CSafeDumper):
    """SafeDumper that quotes values and leaves keys bare where YAML allows."""


_Dumper.add_representer(
    _Text, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style='"')
)


def _quoted(tree: Mapping) -> dict:
    return {name: _quoted(node) if isinstance(node, Mapping) else _Text(node) for name, node in tree.items()}
