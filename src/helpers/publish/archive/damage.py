"""One thing wrong with an archive."""

from dataclasses import dataclass

AGAIN = "Fetch the archive again; if it stays so, it is not what was archived."


@dataclass(frozen=True, order=True)
class Damage:
    """The member, the rule that it breaks, how, and what to do."""

    member: str
    rule: str
    message: str
    remedy: str = AGAIN

    def __str__(self) -> str:
        return f"{self.member}: {self.rule}: {self.message} {self.remedy}"
