"""Features as they were served, beside what training computes for the same question and moment."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import polars as pl
import pytest

from steek.data import Derivation, Ingestion
from steek.evaluation.store import EvaluationStore
from steek.kernel import Window
from steek.kernel.records import canonical_json
from steek.models import ModelDefinition
from steek.monitoring import Sources, feature_skew
from steek.monitoring.indicators import INDICATORS
from steek.serving import PREDICTIONS, Routes

NAMES = ("aisle_product.lines", "aisle_product.number")


def sources_of(world: Any) -> Sources:
    nowhere = SimpleNamespace()
    return Sources(
        lake=world.lake,
        ingestion=cast("Ingestion", nowhere),
        derivation=cast("Derivation", nowhere),
        registry=world.registry,
        routes=cast("Routes", nowhere),
        evaluations=cast("EvaluationStore", nowhere),
        clock=world.clock,
        example_sets=world.example_sets,
        definitions=world.definitions,
    )


@pytest.mark.covers("F5", "X8")
def test_a_feature_that_is_served_in_another_unit_is_named(
    make_world: Callable[..., Any], define_ranking: Callable[..., ModelDefinition]
) -> None:
    world = make_world(define_ranking())
    trained = world.add((1.0, 0.0))
    window = Window.before(world.clock.now() - timedelta(hours=22), timedelta(hours=2))
    definition = world.definitions["search_ranking"]
    examples = world.example_sets.build(
        definition.examples,
        columns=definition.columns(),
        candidates="aisle_product",
        window=window,
        known_at=world.clock.now(),
    )
    first = examples.frame.group_by("_query", maintain_order=True).first()
    assert first.height > 20
    rows = [
        {
            "request_id": f"r{at}",
            "at": row["asked_at"],
            "model": "search_ranking",
            "version": trained.version,
            "fallback": None,
            "entity": canonical_json({"shop": row["shop"], "aisle": row["aisle"]}),
            "answers": [str(row["product_id"])],
            # Every fourth is served in dozens.
            "features": [row[NAMES[0]] / 12 if at % 4 == 0 else row[NAMES[0]], row[NAMES[1]]],
        }
        for at, row in enumerate(first.iter_rows(named=True))
    ]
    schema = {"at": pl.Datetime("us", "UTC"), "fallback": pl.String, "features": pl.List(pl.Float32)}
    world.lake.append(PREDICTIONS, pl.DataFrame(rows, schema_overrides=schema), key="served")
    measure = INDICATORS["feature_skew"].measure
    found = {one.slice: one for one in measure(sources_of(world), feature_skew("search_ranking"), window)}
    share = found[f"feature={NAMES[0]}"]
    assert share.value is not None
    assert abs(share.value - 0.25) < 0.03
    assert share.evidence["largest_difference"]
    assert (found[None].value, found[None].evidence["features"]) == (share.value, [NAMES[0]])
    assert (found[f"feature={NAMES[1]}"].value, share.rows) == (0.0, found[None].rows)
