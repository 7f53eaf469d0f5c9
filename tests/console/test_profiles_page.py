"""Pages of profiles: what changed between two stretches of time, and what to do where there is nothing."""

import pytest
from visitor import Visitor

pytestmark = pytest.mark.covers("O2", "D18")


def test_two_stretches_of_time_lie_over_each_other(reader: Visitor) -> None:
    listed = reader.get("/profiles")
    assert 'href="/profiles/transactions"' in listed.text
    page = reader.get("/profiles/transactions")
    assert page.status_code == 200
    assert 'class="overlay"' in page.text
    assert "stability index" in page.text or "too few to tell" in page.text
    days = page.text.partition('name="after" value="')[2].partition('"')[0]
    same = reader.get(f"/profiles/transactions?before={days}&after={days}&slice=store_id%3D999999")
    assert "Nothing of this was profiled" in same.text


def test_what_cannot_be_shown_is_said(reader: Visitor) -> None:
    assert "steek profile catch-up products" in reader.get("/profiles/products").text
    assert reader.get("/profiles/transaction").status_code == 404
    wrong = reader.get("/profiles/transactions?before=yesterday")
    assert wrong.status_code == 400
    assert "is no stretch of time" in wrong.text
