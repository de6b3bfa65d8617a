"""What REDCap calls the parts of the project: its own columns, events, instruments, states of a form."""

import re
from dataclasses import dataclass, field
from functools import cached_property

from helpers.codebook import Codebook
from helpers.data.formats.redcap_dictionary import RECORD, Field, event_column, fields

EVENT, INSTRUMENT, INSTANCE = "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance"
#: Columns that REDCap adds to a project's fields: name, and header in an export with labels.
ADDED = {
    EVENT: "Event Name",
    INSTRUMENT: "Repeat Instrument",
    INSTANCE: "Repeat Instance",
    "redcap_data_access_group": "Data Access Group",
    "redcap_survey_identifier": "Survey Identifier",
}
#: Columns that it adds to each instrument: end of the name, and header, the same for every instrument.
STATE = "_complete"
OF_INSTRUMENT = {STATE: "Complete?", "_timestamp": "Survey Timestamp"}
STATES = {"0": "Incomplete", "1": "Unverified", "2": "Complete"}
#: Event of everything that belongs to no visit.
WHOLE = "Whole trial"


def event_name(label: str) -> str:
    """REDCap's unique name of an event: made from its label, at most 18 characters, with the arm."""
    return re.sub(r"[^a-z0-9_]", "", label.lower().replace(" ", "_"))[:18].strip("_") + "_arm_1"


def instrument_label(table: str) -> str:
    """The label that REDCap gives an instrument of a dictionary."""
    return table.replace("_", " ").title()


@dataclass(frozen=True)
class Project:
    """The codebook's tables as instruments, its visits as events."""

    codebook: Codebook
    fields: list[Field] = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "fields", fields(self.codebook))

    def headers(self, labelled: bool) -> dict[str, Field]:
        """Header -> field, of an export with labels or with names."""
        return {f.label if labelled else f.name: f for f in self.fields}

    def added(self, header: str, labelled: bool) -> str | None:
        """REDCap's name (or end of a name) for a column that it added itself, None for any other."""
        if labelled:
            return next((name for name, label in (ADDED | OF_INSTRUMENT).items() if label == header), None)
        if header in ADDED:
            return header
        ends = (end for end in OF_INSTRUMENT if header.endswith(end))
        return next((end for end in ends if header.removesuffix(end) in self.codebook.tables), None)

    def fields_of(self, table: str) -> list[Field]:
        """The fields of an instrument without the record's identifier."""
        return [f for f in self.fields if f.table == table and f.column != RECORD]

    @cached_property
    def instruments(self) -> dict[str, str]:
        """Label or name of an instrument -> table."""
        labels = {instrument_label(table): table for table in self.codebook.tables}
        return {d.label: table for table, d in self.codebook.tables.items()} | labels | self.instrument_names

    @cached_property
    def instrument_names(self) -> dict[str, str]:
        return {table: table for table in self.codebook.tables}

    @cached_property
    def visit_columns(self) -> dict[str, str]:
        """Table -> its column that the event says, for the tables that have one."""
        named = {table: event_column(declared) for table, declared in self.codebook.tables.items()}
        return {table: column for table, column in named.items() if column}

    def visit(self, event: str) -> str:
        """The visit of an event named by the visit's code or label; the event itself if it is of no visit."""
        plain = re.sub(r" \(Arm [0-9]+: .*\)$", "", event)
        unique = re.sub(r"_arm_[0-9]+[a-z]?$", "_arm_1", event)
        for code, visit in self.codebook.schedule.visits.items():
            if plain in (code, visit.label) or unique in (event_name(code), event_name(visit.label)):
                return code
        return event
