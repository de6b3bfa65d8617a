"""The CONSORT checklist, `manuscript/checklist.yaml`, read strictly and written with links from items to places."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from helpers import paths
from helpers.present.exhibit import stacked
from helpers.yaml_file import config_error, read_yaml

Text = Annotated[str, Field(min_length=1)]

#: What an item that asks for more than the sources state has in its cell.
NOT_STATED, NOT_RECORDED = "Not stated in the sources available", "Not recorded in the data"


class Part(BaseModel):
    """A part of the checklist: closed and unchangeable."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Item(Part):
    """What is asked, the places where it is answered, and what cannot be."""

    number: Text
    item: Text
    at: dict[Text, Text] = {}
    missing: str = ""
    not_recorded: str = ""

    @model_validator(mode="after")
    def _answered(self) -> Self:
        if not (self.at or self.missing or self.not_recorded):
            raise ValueError("an item needs a place, or what is missing or not recorded")
        return self

    @property
    def links(self) -> dict[str, str]:
        """Name of each place -> its address as seen from `manuscript/`."""
        return {name: f"index.qmd{target}" if target.startswith("#") else target for name, target in self.at.items()}


class Checklist(Part):
    """The items of one source."""

    id: Text
    title: Text
    cite: Text
    about: Text
    items: tuple[Item, ...]

    @model_validator(mode="after")
    def _numbered_once(self) -> Self:
        twice = [number for number, count in Counter(item.number for item in self.items).items() if count > 1]
        if twice:
            raise ValueError(f"the number {', '.join(twice)} is there twice")
        return self


class Lists(Part):
    """The whole file."""

    lists: tuple[Checklist, ...]


def load_checklist() -> tuple[Checklist, ...]:
    """Read and check the file.

    Raises
    ------
    ConfigError
        If the file cannot be read, a key is unknown or missing, a number is there twice or an item has no answer.
    """
    path = paths.checklist()
    try:
        return Lists.model_validate(read_yaml(path)).lists
    except ValidationError as error:
        raise config_error(path, error) from error


def page(lists: Sequence[Checklist]) -> str:
    """A table for each source: number, what is asked, and where it is answered."""
    parts = []
    for one in lists:
        whole = sum(not (item.missing or item.not_recorded) for item in one.items)
        parts += [
            f"## {one.title} {{#{one.id}}}\n",
            f"{one.about} [@{one.cite}]. Answered in full: {whole} of {len(one.items)} items.\n",
            stacked(["No.", "What is asked", "Where"], ([i.number, i.item, _where(i)] for i in one.items)),
        ]
    return "\n".join(parts)


def _where(item: Item) -> str:
    words = [", ".join(f"[{name}]({target})" for name, target in item.links.items())] if item.at else []
    if item.missing:
        words.append(f"*{NOT_STATED}:* {item.missing}")
    if item.not_recorded:
        words.append(f"*{NOT_RECORDED}:* {item.not_recorded}")
    return ". ".join(words) + "."
