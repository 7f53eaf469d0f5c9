"""Fitting fleets: members are strangers to each other, and hundreds of them are quick."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from steek.engines import LocalEngine
from steek.kernel import ReplayClock, Window
from steek.kernel.errors import NotFoundError, RefusedError
from steek.ledger import Database, Ledger
from steek.models import ArtifactStore, NewTrainedModel, Registry, TrainedModel, unpack
from steek.training.fleet import AssembledFleet, assemble
from steek.training.fleet_fit import MemberFit, fit_members
from steek.training.learners import Poisson

FEATURES = ("demand.lag_1", "demand.lag_7")
DATA_UNTIL = datetime(2017, 10, 1, 6, tzinfo=UTC)


def fleet_frame(members: int, *, rows_each: int = 60) -> pl.DataFrame:
    """Counts of `members` partners on `rows_each` days, their rows mixed as time mixes them."""
    generator = np.random.default_rng(7)
    count = members * rows_each
    lags = generator.poisson(4, size=(count, 2)).astype(np.float32)
    return pl.DataFrame(
        {
            "_query": np.arange(count, dtype=np.uint32),
            "partner_id": np.tile(np.arange(members), rows_each),
            "_label": generator.poisson(1 + 0.5 * lags[:, 0]).astype(np.float64),
            "_weight": np.ones(count),
            FEATURES[0]: lags[:, 0],
            FEATURES[1]: lags[:, 1],
        }
    )


def fit(frame: pl.DataFrame, *, workers: int = 1, **changes: Any) -> list[MemberFit]:
    engine = LocalEngine(workers)
    options: dict[str, Any] = {"learner": Poisson(), "seed": 7, "only": None} | changes
    fits = fit_members(frame, member_column="partner_id", feature_names=FEATURES, engine=engine, **options)
    engine.close()
    return fits


def data_of(fits: list[MemberFit]) -> dict[str, bytes]:
    return {made.member: made.model.data for made in fits if made.model is not None}


@pytest.mark.covers("T8")
def test_changing_one_partners_rows_changes_no_other_partners_model() -> None:
    frame = fleet_frame(40)
    before = data_of(fit(frame))
    mine = pl.col("partner_id") == 17
    changed = frame.with_columns(pl.when(mine).then(pl.col("_label") * 3 + 1).otherwise("_label").alias("_label"))
    after = data_of(fit(changed))
    assert {member for member in before if before[member] != after[member]} == {"17"}


@pytest.mark.covers("T8")
def test_a_partner_learns_the_same_alone_as_in_the_fleet() -> None:
    frame = fleet_frame(40)
    fleet = data_of(fit(frame))
    alone = data_of(fit(frame.filter(pl.col("partner_id") == 17)))
    assert alone == {"17": fleet["17"]}
    assert data_of(fit(frame, only=["17"])) == alone


@pytest.mark.covers("T8", "T7")
def test_worker_processes_make_the_same_bytes() -> None:
    frame = fleet_frame(900, rows_each=15)
    assert data_of(fit(frame, workers=2)) == data_of(fit(frame))


@pytest.mark.covers("T8")
def test_a_fleet_of_the_demo_is_fitted_and_bundled_as_one_artifact(registry: Registry) -> None:
    fits = fit(fleet_frame(573))
    made = put_together(registry, fits, base=None)
    assert made.members == 573
    assert made.report["fitted"] == 573
    bundle = unpack(made.data)
    assert len(bundle.names()) == 573
    assert len(made.data) < 573 * 1000


def test_a_partner_with_too_few_rows_is_not_fitted() -> None:
    frame = pl.concat([fleet_frame(3), fleet_frame(4, rows_each=5).filter(pl.col("partner_id") == 3)])
    assert [(made.member, made.rows, made.outcome) for made in fit(frame)] == [
        ("0", 60, "fitted"),
        ("1", 60, "fitted"),
        ("2", 60, "fitted"),
        ("3", 5, "too_few_rows"),
    ]


@pytest.mark.covers("T12")
def test_one_sick_partner_does_not_stop_the_others() -> None:
    sick = pl.when(pl.col("partner_id") == 1).then(-5.0).otherwise("_label").alias("_label")
    fits = fit(fleet_frame(3).with_columns(sick))
    assert [made.outcome for made in fits] == ["fitted", "refused", "fitted"]
    assert fits[1].reason == "Poisson regression needs counts; the smallest label is -5"


@pytest.mark.covers("T12", "N3")
@pytest.mark.parametrize(
    ("column", "value", "complaint"),
    [
        ("_label", None, "has 3 of 180 labels that are missing or not finite"),
        ("_label", float("inf"), "has 3 of 180 labels"),
        (FEATURES[1], float("inf"), "infinite values in demand.lag_7"),
    ],
)
def test_meaningless_numbers_stop_the_training(column: str, value: float | None, complaint: str) -> None:
    bad = pl.when(pl.col("_query") < 3).then(value).otherwise(column).alias(column)
    with pytest.raises(RefusedError, match=complaint):
        fit(fleet_frame(3).with_columns(bad))


@pytest.fixture
def registry(database: Database, ledger: Ledger, clock: ReplayClock, tmp_path: Path) -> Registry:
    return Registry(database, ledger, clock, ArtifactStore(tmp_path / "artifacts"))


def put_together(registry: Registry, fits: list[MemberFit], **changes: Any) -> AssembledFleet:
    options: dict[str, Any] = {"base": None, "only": None, "data_until": DATA_UNTIL, "feature_names": FEATURES}
    return assemble(fits, registry=registry, **(options | changes))


def keep(registry: Registry, fleet: AssembledFleet, key: str) -> TrainedModel:
    new = NewTrainedModel(
        name="partner_demand",
        definition_hash="d" * 64,
        data_until=DATA_UNTIL,
        window=Window(datetime(2017, 8, 2, 6, tzinfo=UTC), DATA_UNTIL),
        rows=180,
        feature_names=FEATURES,
        format=fleet.format,
        members=fleet.members,
        learner_report=fleet.report,
        owner="partners@grocer",
    )
    return registry.add(new, fleet.data, key=key)


@pytest.mark.covers("T8")
def test_what_is_not_fitted_is_carried_over_and_says_from_where(registry: Registry) -> None:
    frame = fleet_frame(3)
    first = keep(registry, put_together(registry, fit(frame)), "night-1")
    retrained = fit(frame.with_columns(pl.col("_label") + 1), only=["1"])
    second = keep(registry, put_together(registry, retrained, base=first, only=["1"]), "night-2")
    third = keep(registry, put_together(registry, retrained, base=second, only=["1"]), "night-3")
    bundles = [registry.bundle(trained) for trained in (first, second, third)]
    assert [bundle.get("0") for bundle in bundles] == [bundles[0].get("0")] * 3
    assert bundles[1].get("1") != bundles[0].get("1")
    origins = [[facts.carried_from for facts in map(bundle.facts, "012") if facts] for bundle in bundles]
    assert origins == [[None, None, None], [1, None, 1], [1, None, 1]]
    assert (second.learner_report["fitted"], second.learner_report["carried"]) == (1, 2)


def test_a_changed_signature_carries_nobody_over(registry: Registry) -> None:
    first = keep(registry, put_together(registry, fit(fleet_frame(3))), "night-1")
    few = [made for made in fit(fleet_frame(3)) if made.member == "0"]
    made = put_together(registry, few, base=first, feature_names=("demand.lag_1",))
    assert (made.members, made.report["carried"], made.report["carried_from"]) == (1, 0, None)


@pytest.mark.covers("N3", "T12")
def test_a_fleet_of_nobody_is_refused_with_the_reason(registry: Registry) -> None:
    with pytest.raises(RefusedError, match="none of 4 members could be fitted: 4 have too few rows"):
        put_together(registry, fit(fleet_frame(4, rows_each=5)))
    with pytest.raises(NotFoundError, match="no fleet member named '9'"):
        put_together(registry, fit(fleet_frame(2), only=["0", "9"]), only=["0", "9"])
