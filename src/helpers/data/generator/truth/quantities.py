"""The list of true values: each with its definition, unit, how it was computed, and what the parameters say."""

from dataclasses import dataclass, field

from helpers.data.generator import ARMS, EXPERIMENTAL, REFERENCE

CONTRAST = f"{EXPERIMENTAL}-{REFERENCE}"


@dataclass
class Quantities:
    """The list being written. Values by technique received; `mixed` is the share treated with the other one."""

    mixed: float
    entries: list[dict] = field(default_factory=list)

    def add(
        self,
        name: str,
        values: dict,
        *,
        unit: str,
        definition: str,
        how: str,
        visit: str | None = None,
        allocated: dict | None = None,
        mixes: bool = True,
        **also: dict,
    ) -> None:
        """One quantity by technique; `also` more of it, such as `nominal`, what the parameters say.

        As allocated it is the mean of both techniques weighted by `mixed`, or `allocated`, or unsaid unless it `mixes`.
        """
        mixed = {
            arm: (1 - self.mixed) * values[arm] + self.mixed * values[other]
            for arm, other in zip(ARMS, ARMS[::-1], strict=True)
        }
        by_arm = {"values": values} | ({"as_allocated": allocated or mixed} if mixes else {}) | also
        entry = {"quantity": name} | ({"visit": visit} if visit else {})
        entry |= {"unit": unit, "definition": definition, "how": how}
        self.entries.append(entry | {kind: _contrasted(each) for kind, each in by_arm.items()})

    def one(self, name: str, value: float, *, unit: str, definition: str, how: str) -> None:
        """A quantity that is the same for both techniques."""
        entry = {"quantity": name, "unit": unit, "definition": definition, "how": how, "value": digits(value)}
        self.entries.append(entry)


def _contrasted(values: dict) -> dict:
    """The values of both techniques with their contrast, to 9 significant digits."""
    all_three = values | {CONTRAST: values[EXPERIMENTAL] - values[REFERENCE]}
    return {group: digits(value) for group, value in all_three.items()}


def digits(value: float) -> float:
    return float(f"{value:.9g}")
