"""The sticky split."""

import pytest

from steek.serving.split import share_of


@pytest.mark.covers("S1")
def test_the_share_of_entities_below_a_fraction_is_that_fraction() -> None:
    shares = [share_of("search_ranking", 17, household) for household in range(20_000)]
    assert all(0 <= share < 1 for share in shares)
    # Standard deviation of the mean share is 0.2 percentage points here.
    assert sum(share < 0.1 for share in shares) / len(shares) == pytest.approx(0.1, abs=0.01)


@pytest.mark.covers("S1")
def test_the_share_is_the_same_in_every_process_and_for_the_entity_as_text() -> None:
    assert share_of("search_ranking", 17, 900) == 0.22612979457732774
    assert share_of("search_ranking", 17, 900) == share_of("search_ranking", 17, "900")


@pytest.mark.covers("S1")
def test_another_candidate_tries_other_entities() -> None:
    first = {entity for entity in range(1000) if share_of("m", 17, entity) < 0.1}
    second = {entity for entity in range(1000) if share_of("m", 18, entity) < 0.1}
    assert len(first & second) < 30
