"""Finding numbers in prose: in figures wherever they stand, in words where they count or measure something."""

import re
from collections.abc import Sequence
from functools import cache

#: Mark-up or space that may stand between two words of one expression.
GAP = r"[\s*_\[\]~^]+"

WORD = (
    r"\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    r"|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
    r"|hundred|thousand|million|dozen)"
)
WORDS = rf"{WORD}\b(?:(?:-|{GAP}(?:(?:and|or|to|point|of){GAP})?){WORD}\b)*"

#: Nouns that a result of any trial counts or is measured in.
UNIT = r"""
    (?:patient|participant|person|adult|individual|case|death|survivor|responder|success|failure)(?:s|es)?
  | people | m[ae]n | wom[ae]n
  | (?:event|complication|infection|reaction|procedure)s?
  | (?:form|questionnaire|image|reading|rating|visit|hospital|site|centre)s?
  | (?:percentage\s+)?points? | per\s?cent | %
  | degrees? | (?:milli|centi)?metres? | (?:milli)?litres? | mm | cm | ml
  | (?:minute|hour|day|week|month|year|time)s?
"""

#: Words that end the phrase in which a number counts something; a unit behind them belongs to another.
END = (
    r"(?:in|of|for|without|and|or|with|to|by|at|on|from|than|as|whose|that|which|who|is|are|was|were|be|has|had|have"
    r"|an?|the)\b"
)
BETWEEN = rf"(?:{GAP}(?!{END})[a-z][\w’'-]*){{0,3}}?{GAP}"
THESE = rf"(?:(?:the|all|these|those){GAP})?"

#: What happened to those whom a number alone counts.
HAPPENED = ("died", "had", "were", "responded", "improved", "withdrew", "dropped", "survived", "developed", "suffered")

INSIDE = r"[\w.,:·'’^]|[/×−–-](?=[\w−–-])|[ \u00a0\u202f](?=\d{3}\b)"
FIGURE = rf"(?:[^\W\d_]*[−–+±<>≤≥-]?\d(?:(?:{INSIDE})*\w)?|[¼-¾⅐-ↈ①-⓿])(?:\s?[%‰°])?"
JOINED = r"\s?(?:/|×|[–−-]|to|and|or|of|of\sthe|out\sof|from)\s?"


@cache
def _pattern(nouns: tuple[str, ...], verbs: tuple[str, ...]) -> re.Pattern:
    unit = rf"\b(?:{'|'.join([UNIT, *(rf'{re.escape(noun)}s?' for noun in nouns)])})(?!\w)"
    happened = "|".join([*HAPPENED, *map(re.escape, verbs)])
    return re.compile(
        rf"""
          {FIGURE}(?:{JOINED}{FIGURE})*   # 12.5 %, 10/16, 3 of 41, −1.2 to 0.4
        | {WORDS}{BETWEEN}{unit}   # eight treated patients
        | {WORD}{GAP}(?:{happened})\b   # two died
        | {WORD}{GAP}(?:out{GAP})?of{GAP}{THESE}(?:them|whom|which|\d+|{WORDS})(?!\w)  # two of them, three of the 41
        | \b(?:half|(?:hal(?:f|ves)|thirds?|quarters?|fifths?|tenths?){GAP}of){GAP}
          {THESE}(?:[a-z][\w’'-]*{GAP}){{0,3}}?(?:{unit}|them\b)   # a third of the patients
        | \b(?:twice|thrice|{WORD}{GAP}times){GAP}as\b   # twice as often
        | {WORD}-?fold\b
        """,
        re.VERBOSE | re.IGNORECASE,
    )


def find_numbers(prose: str, nouns: Sequence[str] = (), verbs: Sequence[str] = ()) -> list[tuple[int, str]]:
    """Every number in a text, as it stands, with the position at which it begins.

    `nouns` are what a number in words may count besides what any trial counts, `verbs` what happens to those counted.
    """
    found = _pattern(tuple(nouns), tuple(verbs)).finditer(prose)
    return [(match.start(), " ".join(match.group(0).split())) for match in found]
