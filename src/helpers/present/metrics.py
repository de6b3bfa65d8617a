"""What DVC compares between revisions: the main result of each endpoint, and the posterior of the primary one."""

import csv
import io
from collections.abc import Mapping, Sequence

from helpers import paths
from helpers.data.provenance import Provenance
from helpers.present import numbers, spans, text
from helpers.present.select import bins, select
from helpers.present.variables import nest
from helpers.results import Record
from helpers.sap import load_sap

#: The statistics of a main result; a posterior has its median in the place of an estimate.
HEADLINE = ("estimate", "median", "lower95", "upper95", "probability")


def metrics(by_endpoint: Mapping[str, Sequence[Record]], provenance: Provenance) -> dict:
    """The main results as nested mappings, by the names of `_variables.yml` and at full precision.

    A number that may not be shown is its mark, one that could not be estimated says so.
    """
    flat = {
        ("data", "banner"): provenance.banner,
        ("data", "status"): text.line(provenance.status),
        ("data", "checksum"): provenance.digest,
    }
    for endpoint in paths.ENDPOINTS:
        flat |= {spans.path(r): _value(r) for r in headline(endpoint, by_endpoint[endpoint])}
    return nest(flat)


def headline(endpoint: str, records: Sequence[Record]) -> list[Record]:
    """The main analysis of an endpoint in its planned unit: contrast of the arms, else all patients, else the arms."""
    main = load_sap().main(endpoint)
    found = select(records, analysis=main.id, unit_of_analysis=main.unit, statistic=HEADLINE)
    limited = {r.group for r in select(found, statistic="lower95")}
    shown = next((groups for groups in (("KP-VP",), ("all",)) if limited.issuperset(groups)), ("KP", "VP"))
    limits = {(r.parameter, r.visit) for r in select(found, statistic="lower95")}
    return [r for r in select(found, group=shown) if r.statistic == "probability" or (r.parameter, r.visit) in limits]


def posterior(records: Sequence[Record], provenance: Provenance) -> str:
    """CSV of the posterior of the difference of success: middle of a bin (percentage points), its probability, and what
    the data are. A probability that may not be shown leaves its cell empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["difference", "probability", "DATA"])
    for low, high, r in bins(select(records, analysis="leakage.success_posterior"), group="KP-VP"):
        hidden = f" {numbers.MARK}" if r.hidden else ""
        writer.writerow([(low + high) / 2, "" if r.value is None else r.value, f"{provenance.banner}{hidden}".strip()])
    return out.getvalue()


def _value(record: Record) -> float | int | str:
    if record.value is None:
        return numbers.MARK if record.hidden else numbers.NOT_ESTIMABLE
    return record.value
