"""Columns that the codebook does not know and whose names say that they hold a direct identifier of a person."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

from helpers.data.shown import quoted
from helpers.errors import Problem

#: Words of a column's name that stand for who somebody is, where somebody lives, or a number that leads there.
_WORDS = {
    *("name", "names", "nom", "noms", "prenom", "prenoms", "firstname", "lastname", "surname", "forename", "fullname"),
    *("initial", "initials", "initiale", "initiales", "signature", "photo", "contact", "relative", "proche"),
    *("dob", "birth", "birthday", "birthdate", "birthplace", "ddn", "naissance"),
    *("ipp", "nip", "nir", "nss", "iep", "nda", "ins", "insee", "ssn", "mrn", "nhs", "secu", "passport", "passeport"),
    *("phone", "phones", "telephone", "tel", "mobile", "portable", "gsm", "fax"),
    *("mail", "mails", "email", "emails", "courriel", "mel"),
    *("address", "adresse", "street", "rue", "zip", "zipcode", "postcode", "postal", "city", "ville", "commune"),
    *("physician", "doctor", "medecin", "docteur"),
}
#: Long ones that are looked for inside other words too, as in `patientlastname`.
_INSIDE = ("prenom", "adresse", "address", "surname", "naissance", "birthdate", "firstname", "lastname", "telephone")
_REMEDY = (
    "Take the column out where the export is made: the trial is analysed by the subject identifier alone, "
    "and nothing here needs to know who a patient is."
)


def identifies(column: str) -> bool:
    """Whether a column's name says that it holds a direct identifier."""
    folded = "".join(c for c in unicodedata.normalize("NFKD", column[:200]) if not unicodedata.combining(c))
    words = re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", folded).lower())
    joined = [*words, *(first + second for first, second in pairwise(words))]
    return not _WORDS.isdisjoint(joined) or any(word in each for word in _INSIDE for each in words)


def without_names(problems: Iterable[Problem]) -> list[Problem]:
    """The problems of a reader; an unknown column that holds a direct identifier is refused as such."""
    return [
        replace(
            problem,
            rule="direct-identifier",
            message=f"the column {quoted(problem.column)} is named like a direct identifier of a person.",
            remedy=_REMEDY,
        )
        if problem.rule == "extra-column" and problem.column and identifies(problem.column)
        else problem
        for problem in problems
    ]
