"""Columns that may name or describe a person, suspected by their name and by the form of their values."""

import re

import polars as pl

from steek.data.contracts.contract import FieldType

# What a column of that name most likely holds. Whole words of the name, so that "filename" is nobody's name.
_NAMES: tuple[tuple[str, str], ...] = (
    (r"(first|last|full|family|given|middle|sur|person|customer)_?name", "a name"),
    (r"e?_?mail(_?address)?", "an e-mail address"),
    (r"phone|mobile|telephone|fax|cell(_?number)?", "a telephone number"),
    (r"address|street|city|zip(_?code)?|post(al)?_?code|house_?number", "an address"),
    (r"birth(_?(date|day|year))?|dob|age", "a birth date or age"),
    (r"ssn|social_?security|passport|tax_?id|national_?id|iban|(credit_?)?card", "an official number"),
    (
        r"gender|sex|religion|ethnicity|race|income|salary|marital|health|diagnosis|kids|household",
        "a trait of a person",
    ),
    (r"ip|device_?id|cookie|latitude|longitude|lat|lon|lng", "a trace of a person"),
)
_IDS = r"(household|customer|user|person|client|patient|member|employee|account|visitor|loyalty)(_?(id|no|number|key))?"
_FORMS: tuple[tuple[str, str], ...] = (
    (r"^[^@\s]+@[^@\s]+\.[A-Za-z]{2,}$", "an e-mail address"),
    (r"^\+?\(?\d[\d\s()/.-]{7,18}\d$", "a telephone number"),
    (r"^[A-Z]{2}\d{2}[A-Z0-9 ]{11,32}$", "an official number"),
    (r"^(\d{1,3}\.){3}\d{1,3}$", "a trace of a person"),
)
_MOST = 0.8
# A date has nearly the form of a telephone number.
_DATE = r"^\d{4}-\d\d-\d\d|^\d{1,2}[./-]\d{1,2}[./-]\d{2,4}"


def suspected_person(values: pl.Series, type: FieldType) -> str | None:
    """What of a person a column may hold, e.g. "an e-mail address"; None without a suspicion.

    Its name is enough, so is the form of four of five of its text values. A suspicion is a question, not a finding.
    """
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", values.name).lower().strip("_")
    if re.fullmatch(_IDS, words):
        return "an id of a person"
    for pattern, what in _NAMES:
        if re.search(rf"(^|_)({pattern})(_|$)", words):
            return what
    if type != "string" or not isinstance(values.dtype, pl.String):
        return None
    known = values.drop_nulls().str.strip_chars()
    if not len(known) or known.str.contains(_DATE).mean() == 1:
        return None
    for pattern, what in _FORMS:
        share = known.str.contains(pattern).mean()
        if isinstance(share, float) and share >= _MOST:
            return what
    return None
