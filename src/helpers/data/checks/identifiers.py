"""Direct identifiers in identifiers and free text: what names a person, or leads to one.

What is found is described and never repeated, so that a report can be passed on. A person who looked and found none
lists the column in params.yaml, `privacy.reviewed`.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

import pandas as pd

from helpers.codebook import Codebook
from helpers.data.checks import Finding
from helpers.data.schema import LONGEST
from helpers.errors import ConfigError

_CAPITAL, _SMALL = "A-ZÀ-ÖØ-Þ", "a-zß-öø-ÿ"
_NAME = rf"[{_CAPITAL}](?:[{_SMALL}]+|['’][{_CAPITAL}][{_SMALL}]+|[{_CAPITAL}'’-]{{2,}})"
#: After the word patient: what is no name, though it begins with a capital letter.
_NO_NAME = (
    "Had|Has|Have|Was|Is|Not|No|With|Without|Fell|Felt|Died|Reported|Controlled|Reports|Declined|Refused|Admitted|Global|"
    "Health|Care|Transferred|On|In|At|To|The|And|Who|Complained|Experienced|Developed|Discharged|Hospitalised|Hospitalized|"
    "A|Aux?|En|Est|Ne|Se|Sous|Avec|Sans|Pris|Karnofsky|ECOG|ASA|COVID|HIV|VIH|WHO|OMS|NYHA|GCS|ICU|IRM|MRI|USI|SAU|"
    "KPS|PS|BMI|IMC|PCA|MET|KP|VP|SINS|EVA|VAS"
)
#: What is found -> how it looks. Repetitions are bounded, so that no text takes long.
_TEXT = {
    "an e-mail address": r"[\w.+-]{1,64}\s?(?:@|\(at\)|\[at\])\s?[\w-]{1,63}\.[a-zA-Z]{2,}",
    "a telephone number": (
        r"(?<![\d.,/-])(?:(?:\+|00)33[\s.-]?(?:\(0\)\s?)?[1-9]|0[1-9])(?:[\s.-]?\d{2}){4}(?![\w/])"
        r"|(?<![\w.])\+\d{1,3}(?:[\s.-]?\(?\d{1,4}\)?){2,5}(?=\D|$)(?<=\d{2})"
    ),
    "a date of birth": (
        r"(?i:\bn[ée]e?\s?(?:\(e\)\s?)?le\s+\d|\bborn\s+(?:on\b|in\b|\d)|\bD\.?O\.?B\.?\b|\bDDN\b"
        r"|\bdate\s+of\s+birth\b|\bdate\s+de\s+naissance\b|\bbirth\s?date\b)"
    ),
    "a hospital or insurance number": (
        r"(?i:\b(?:IPP|NIP|MRN|NIR|NSS|IEP|NDA|SSN|n[o°]\s?(?:de\s)?s[ée]cu\w*(?:\s+sociale)?|hospital\s(?:no|number)"
        r"|(?:n[o°]|num[ée]ro)\s?(?:de\s)?dossier|dossier(?:\s(?:n[o°]|num[ée]ro))?)\s?[:=.#°]?\s?\d{4,})"
    ),
    "a name after a title": (
        rf"\b(?:M\.|Mr\.?|Mme\.?|Mlle\.?|Madame|Monsieur|Mademoiselle|Mrs\.?|Ms\.?|Miss|Dr\.?|Docteur|Doctor|Pr\.?|Prof\.?"
        rf"|Professeur|Professor)\s+(?:[{_CAPITAL}]\.\s?)?{_NAME}"
    ),
    "a name after the word patient": (
        rf"\b[Pp](?:atiente?|t)\s+(?:named\s+|nomm[ée]e?\s+)?(?!(?:{_NO_NAME})\b)"
        rf"(?:[{_CAPITAL}][{_SMALL}]{{2,}}|[{_CAPITAL}]{{4,}})\b"
    ),
    "initials": rf"(?i:\binitiale?s?)\s?[:=]\s?[{_CAPITAL}]\.?\s?[{_CAPITAL}]",
    "an address": (
        rf"\b\d{{1,4}}\s?(?:bis|ter)?,?\s+(?i:rue|avenue|boulevard|chemin|impasse|all[ée]e)\s+"
        rf"(?:(?:(?:de|du|des|la|le|les)\s+|[ld]['’])+\w|[{_CAPITAL}])"
        rf"|\b\d{{1,4}}\s+[{_CAPITAL}][{_SMALL}]+\s+(?:Street|Road|Avenue|Lane|Drive)\b"
    ),
}
_TEXT = {what: re.compile(pattern) for what, pattern in _TEXT.items()}
#: The French social security number: sex, year, month, department, commune, order, and a key of two digits.
_NIR = re.compile(
    r"(?<!\d)([1-478])\s?(\d{2})\s?(0[1-9]|1[0-2]|[2-9]\d)\s?(\d{2}|2[AB])\s?(\d{3})\s?(\d{3})\s?-?(\d{2})(?!\d)"
)
#: A subject identifier made of initials and eight digits, in either order, and of letters alone.
_INITIALS_DATE = re.compile(r"[A-Za-z]{1,4}[-_]?(\d{8})|(\d{8})[-_]?[A-Za-z]{1,4}")
_INITIALS_SHORT = re.compile(r"[A-Za-z]{2,4}[-_]?(\d{2})(\d{2})(\d{2})")
_LETTERS = re.compile(r"[A-Za-z]{2,}(?:[-_][A-Za-z]+)*")
#: Identifiers from which on short dates can be told from running numbers, and different values each part then has.
_ENOUGH, _VARIED = 5, 4


def identifier_findings(
    parts: Iterable[Mapping[str, pd.DataFrame]], codebook: Codebook, reviewed: Collection[str] = ()
) -> Iterator[Finding]:
    """Identifiers of persons in free text, and subject identifiers that are made of some.

    `parts` are the typed tables of the patients, some of them at a time.

    Raises
    ------
    ConfigError
        If `reviewed` names a column that the codebook does not have.
    """
    for place in reviewed:
        table, _, column = place.partition(".")
        if table not in codebook.tables or column not in codebook.tables[table].columns:
            raise ConfigError(f"params.yaml, privacy.reviewed: there is no column {place}. Write table.column.")
    numbers = []
    for tables in parts:
        for name, table in tables.items():
            for column, declared in codebook.tables[name].columns.items():
                if declared.type == "text" and column in table and f"{name}.{column}" not in reviewed:
                    yield from _in_text(name, column, table[column].dropna())
        if "subject_id" in tables.get("patients", ()) and "patients.subject_id" not in reviewed:
            subjects = tables["patients"]["subject_id"].dropna()
            yield from _in_identifiers(subjects)
            numbers.append(subjects.str.extract(f"^{_INITIALS_SHORT.pattern}$"))
    if numbers and _are_short_dates(pd.concat(numbers)):
        message = "the identifiers look like initials and a date of birth of six digits."
        yield _finding("patients", None, "subject_id", message)


def names_a_person(text: str) -> str | None:
    """What in a text identifies a person, None if nothing does."""
    text = text[:LONGEST]
    if any(_has_key(found) for found in _NIR.finditer(text)):
        return "a social security number"
    return next((what for what, pattern in _TEXT.items() if pattern.search(text)), None)


def _has_key(found: re.Match) -> bool:
    """Whether the last two digits are the key of the others: 97 less their remainder by 97, Corsica as 19 and 18."""
    body = "".join(found.groups()[:6]).replace("2A", "19").replace("2B", "18")
    return int(found.group(7)) == 97 - int(body) % 97


def _in_text(name: str, column: str, values: pd.Series) -> Iterator[Finding]:
    places, different = pd.factorize(values)
    found = pd.Series([names_a_person(text) for text in different], dtype="object").reindex(places)
    for row, what in zip(values.index, found, strict=True):
        if isinstance(what, str):
            yield _finding(name, int(row), column, f"the text holds what looks like {what}.")


def _in_identifiers(subjects: pd.Series) -> Iterator[Finding]:
    for row, subject in subjects.items():
        dated = _INITIALS_DATE.fullmatch(subject)
        if dated and _is_birth_date(dated.group(1) or dated.group(2)):
            yield _finding("patients", row, "subject_id", "the identifier looks like initials and a date of birth.")
        elif _LETTERS.fullmatch(subject):
            yield _finding("patients", row, "subject_id", "the identifier is made of letters, like initials or a name.")


def _are_short_dates(numbers: pd.DataFrame) -> bool:
    """Whether the three numbers of two digits in the identifiers, missing where one has none, read as days."""
    short = numbers.dropna()
    if len(short) < _ENOUGH or len(short) <= 0.8 * len(numbers) or (short.nunique() < _VARIED).any():
        return False
    first, month, last = (short[k].astype(int) for k in range(3))
    return (month.between(1, 12) & (first.between(1, 31) | last.between(1, 31))).all()


def _is_birth_date(digits: str) -> bool:
    """Whether eight digits read as a day of the years 1900 to 2010, in the French or the ISO order."""
    french, iso = (digits[4:], digits[2:4], digits[:2]), (digits[:4], digits[4:6], digits[6:])
    return any(
        1900 <= int(year) <= 2010 and 1 <= int(month) <= 12 and 1 <= int(day) <= 31
        for year, month, day in (french, iso)
    )


def _finding(name: str, row: int | None, column: str, message: str) -> Finding:
    remedy = (
        "Take it out where the export is made. If a person looked at the column and found none, "
        f"list {name}.{column} under privacy.reviewed in params.yaml."
    )
    return Finding(name, row, column, message, remedy, rule="direct-identifier")
