"""How far people agree on labels beyond chance."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from steek.data import Lake
from steek.data.labels.agreement import agreement, cohens_kappa, kappas
from steek.data.labels.declaration import Labels
from steek.data.labels.store import LabelStore
from steek.kernel import ReplayClock
from steek.kernel.verdict import Verdict
from steek.ledger import Database, Ledger

TASTE = Labels("taste", ("product_id",), window="0d", owner="o", values=("dull", "fine"), least_shared=30)


@pytest.mark.covers("D9")
def test_kappa_of_a_table_worked_out_by_hand() -> None:
    estimate = cohens_kappa(np.array([[20.0, 5.0], [10.0, 15.0]]))
    assert estimate.value == pytest.approx((0.7 - 0.5) / (1 - 0.5))
    assert estimate.rows == 50
    three = cohens_kappa(np.array([[44.0, 5.0, 1.0], [7.0, 20.0, 3.0], [9.0, 5.0, 6.0]]))
    assert three.value == pytest.approx((0.7 - 0.41) / (1 - 0.41))


@pytest.mark.covers("D9")
def test_no_kappa_without_examples_or_with_one_label_alone_and_an_honest_end_for_perfect_agreement() -> None:
    assert cohens_kappa(np.zeros((2, 2))).value is None
    assert cohens_kappa(np.array([[9.0, 0.0], [0.0, 0.0]])).value is None
    perfect = cohens_kappa(np.array([[15.0, 0.0], [0.0, 15.0]]))
    assert (perfect.value, perfect.high) == (1.0, 1.0)
    assert perfect.low is not None
    assert 0.7 < perfect.low < 0.8


@pytest.mark.covers("D9")
def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(7)
    truth = np.array([[0.4, 0.1], [0.15, 0.35]])
    kappa = float(kappas(truth[np.newaxis])[0])
    inside = 0
    for _ in range(1000):
        estimate = cohens_kappa(generator.multinomial(100, truth.ravel()).reshape(2, 2).astype(float))
        assert estimate.low is not None
        assert estimate.high is not None
        inside += estimate.low <= kappa <= estimate.high
    assert 925 <= inside <= 975


@pytest.mark.covers("D9")
@settings(deadline=None)
@given(arrays.arrays(np.float64, (3, 3), elements=st.integers(0, 30).map(float)))
def test_kappa_is_the_same_whoever_is_asked_first_and_never_above_one(table: np.ndarray) -> None:
    one, other = cohens_kappa(table), cohens_kappa(table.T)
    assert (one.value is None) == (other.value is None)
    if one.value is not None:
        assert other.value is not None
        assert one.value == pytest.approx(other.value)
        assert -1 <= one.value <= 1 + 1e-12
        assert one.low is not None
        assert one.high is not None
        assert one.low <= one.value + 1e-12
        assert one.high >= one.value - 1e-12


@pytest.mark.covers("D9")
def test_three_people_are_judged_by_pair_and_together() -> None:
    generator = np.random.default_rng(3)
    truth = generator.integers(0, 2, 400)
    noisy = [np.where(generator.random(400) < wrong, 1 - truth, truth) for wrong in (0.02, 0.02, 0.5)]
    codes = np.stack(noisy, axis=1)
    found = agreement(
        codes, ["ann", "bob", "cid"], 2, least_shared=30, least_agreement=0.6, generator=np.random.default_rng(1)
    )
    verdicts = {(pair.first, pair.second): pair.verdict for pair in found.pairs}
    assert verdicts == {("ann", "bob"): Verdict.PASS, ("ann", "cid"): Verdict.FAIL, ("bob", "cid"): Verdict.FAIL}
    assert found.mean.value == pytest.approx(
        np.mean([pair.kappa.value for pair in found.pairs if pair.kappa.value is not None])
    )
    assert found.verdict is Verdict.FAIL
    again = agreement(
        codes, ["ann", "bob", "cid"], 2, least_shared=30, least_agreement=0.6, generator=np.random.default_rng(1)
    )
    assert again == found


@pytest.fixture
def store(tmp_path: Path, database: Database, ledger: Ledger, clock: ReplayClock) -> LabelStore:
    return LabelStore(Lake(tmp_path / "lake", {}, database, ledger, clock), database, ledger, clock, {"taste": TASTE})


def by(person: str, labels: list[str]) -> pl.DataFrame:
    return pl.DataFrame({"product_id": range(len(labels)), "label": labels}).with_columns(
        moment=pl.lit(datetime(2017, 10, 2, tzinfo=UTC)), annotator=pl.lit(person)
    )


@pytest.mark.covers("D9")
def test_agreement_counts_what_people_said_last_and_is_undecided_on_few_examples(
    store: LabelStore, clock: ReplayClock
) -> None:
    store.put(
        "taste", pl.concat([by("ann", ["dull", "fine"] * 10), by("bob", ["dull", "fine"] * 10)]), key="1", actor="a"
    )
    few = store.agreement("taste")
    assert (few.verdict, few.reason) == (Verdict.UNDECIDED, "20 shared examples, fewer than 30")
    store.put("taste", by("ann", ["dull", "fine"] * 40), key="2", actor="a")
    store.put("taste", by("bob", ["fine", "dull"] * 40), key="3", actor="a")
    wrong = store.agreement("taste")
    assert (wrong.pairs[0].kappa.value, wrong.verdict, wrong.examples) == (-1.0, Verdict.FAIL, 80)
    store.put("taste", by("bob", ["dull", "fine"] * 40), key="4", actor="a")
    right = store.agreement("taste")
    assert (right.pairs[0].kappa.value, right.pairs[0].observed, right.verdict) == (1.0, 1.0, Verdict.PASS)
    alone = store.read("taste", annotator="ann").collect()
    assert alone.height == 80
