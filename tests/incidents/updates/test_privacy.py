"""What is private is found in any spelling; what is plain asks; what is neither may be read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steek.incidents.updates.privacy import InternalNames, check_for_outsiders, plain_words, private_parts
from steek.kernel.errors import InputError

NAMES = InternalNames(
    people=frozenset({"ana@example.org", "ben.lopez@example.org", "Gabi Huber"}),
    names=frozenset({"store_sales", "store_sales: mean answer", "region=north", "forecasts", "partner=ACME-42"}),
    fields=frozenset({"unit_price", "recent.sales_7d", "price"}),
)
WORDS = st.text(st.sampled_from("bcdfghjklm"), min_size=4, max_size=7)


@pytest.mark.covers("I10")
@pytest.mark.parametrize(
    "text",
    [
        "db-prod-3.internal.corp",
        "host db-prod-3",
        "fe80::1",
        "2001:db8:0:0:0:0:0:17 is down",
        "10.0.0.12",
        "s3://bucket/path",
        "postgresql://u:p@h/d",
        "www.shop.org",
        "in /var/lib/steek",
        "~/data/x",
        "C:\\data\\x",
        "\\\\share",
        "JIRA OPS-4711",
        "INC0012345",
        "#4711",
        "incident 2026-003",
        "monitor:x",
        "storesales",
        "STORE-SALES",
        "StoreSales",
        "store_sales",
        "sales_7d",
        "unitPrice",
        "north_region",
        "acme 42",
        "Ben Lopez",
        "gabi  huber",
        "ben_lopez",
        "help@elsewhere.org",
        "+49 30 1234567",
    ],
)
def test_what_no_plain_word_is_is_refused_whatever_is_meant(text: str) -> None:
    with pytest.raises(InputError, match="outsiders would read what is internal"):
        check_for_outsiders(f"See {text}, please.", NAMES, meant=[text])


@pytest.mark.covers("I10")
@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Ana is on it.", "Ana"),
        ("Trouble with forecasts", "forecasts"),
        ("The mean answer is wrong", "mean answer"),
        ("Store sales are late", "Store sales"),
        ("North is hit", "North"),
        ("an\u200ba", "ana"),
    ],
)
def test_what_may_be_a_plain_word_asks_once(text: str, word: str) -> None:
    assert plain_words(text, NAMES) == (word,)
    with pytest.raises(InputError, match="is a name here") as error:
        check_for_outsiders(text, NAMES)
    assert error.value.details == {"words": [word]}
    check_for_outsiders(text, NAMES, meant=[word.upper()])


@pytest.mark.covers("I10")
@pytest.mark.parametrize(
    "text",
    [
        "As on 2017-10-02 14:30 UTC: 12,000 orders are late, 7.5 per cent of them since Sunday, i.e. 24/7.",
        "A well-known, end-to-end back-to-normal; prices and the unit price are right and/or will be (UTC-5).",
        "More by 14:30:00. Results: model: fine. COVID-19 did it, ISO-8601 did not.",
    ],
)
def test_plain_sentences_may_be_read(text: str) -> None:
    assert private_parts(text, NAMES) == ()


@pytest.mark.covers("I10")
@given(
    words=st.lists(WORDS, min_size=2, max_size=3, unique=True),
    joint=st.sampled_from(["_", "-", "", "__", "."]),
    case=st.sampled_from([str.lower, str.upper, str.title]),
    around=st.sampled_from(["{}", "the {} is", "({})", "“{}”", "{}?", "a\n{}\tb"]),
    kind=st.sampled_from(["people", "names", "fields"]),
)
@settings(max_examples=150, deadline=None)
def test_a_name_is_found_however_it_is_joined_and_written(
    words: list[str], joint: str, case: "type[str]", around: str, kind: str
) -> None:
    internal = InternalNames(**{kind: frozenset({"_".join(words)})})
    text = around.format(case(joint.join(words)))
    assert any(not one.is_plain for one in private_parts(text, internal)), text


@pytest.mark.covers("I10")
@given(st.text(max_size=200), st.lists(st.text(max_size=20), max_size=5))
@settings(max_examples=150, deadline=None)
def test_any_text_is_decided_and_what_is_found_stands_in_it(text: str, names: list[str]) -> None:
    internal = InternalNames(frozenset(names[:2]), frozenset(names[2:4]), frozenset(names[4:]))
    found = private_parts(text, internal)
    plain = [one.text for one in found if one.is_plain]
    if len(plain) == len(found):
        check_for_outsiders(text, internal, meant=plain)
    else:
        with pytest.raises(InputError):
            check_for_outsiders(text, internal, meant=plain)
