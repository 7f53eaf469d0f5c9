"""A small store to serve, made in a folder; run as a program it serves that folder until it is told to stop."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from steek.features import FeatureReader, SqliteOnlineStore, examples, feature_view, moment_features
from steek.features.blocks import pack
from steek.formats import fleet as fleets
from steek.formats.linear import LinearModel
from steek.kernel import ReplayClock, Window
from steek.kernel.settings import load_settings
from steek.ledger import Database, Draft, Ledger, metadata
from steek.models import (
    ArtifactStore,
    Freezes,
    Freshness,
    LearnerSpec,
    ModelDefinition,
    NewTrainedModel,
    Registry,
    Serving,
    TrainedModel,
    feature_as_answer,
    previous_version,
)
from steek.serving import PredictionLog, Routes
from steek.serving.app import ServingApp, build_app
from steek.serving.server import run

NOON = datetime(2017, 10, 2, 12, tzinfo=UTC)
AS_OF = datetime(2017, 10, 2, 6, tzinfo=UTC)
FEATURES = ("category_product.lines_56d", "category_product.price", "household.spend", "calendar.hour")
TYPES: Mapping[str, Any] = {"household_id": "INT64", "product_category": "BYTES", "manufacturer_id": "INT64"}


@feature_view(entity=("product_category", "product_id"), lookback="56d", time_to_live="2d", owner="data@grocer")
def category_product(transactions: pl.LazyFrame) -> pl.LazyFrame:
    """What a category sold."""
    return transactions


@feature_view(entity="household_id", lookback="56d", time_to_live="2d", owner="data@grocer")
def household(transactions: pl.LazyFrame) -> pl.LazyFrame:
    """What a household spent."""
    return transactions


@feature_view(entity=("household_id", "product_category"), lookback="56d", time_to_live="2d", owner="data@grocer")
def household_category(transactions: pl.LazyFrame) -> pl.LazyFrame:
    """What a household bought of a category."""
    return transactions


@feature_view(entity="manufacturer_id", lookback="56d", time_to_live="2d", owner="data@grocer")
def partner(transactions: pl.LazyFrame) -> pl.LazyFrame:
    """What a partner sold."""
    return transactions


@moment_features(owner="data@grocer")
def calendar(moment: pl.Expr) -> dict[str, pl.Expr]:
    """The hour of the day."""
    return {"hour": moment.dt.hour()}


@examples(entity=("household_id", "product_category"), moment="asked_at", label_window="1h", answer="product_id")
def searches(transactions: pl.LazyFrame) -> pl.LazyFrame:
    """What was bought."""
    return transactions


@examples(entity="household_id", moment="asked_at", label_window="7d", answer="product_category")
def visits(transactions: pl.LazyFrame) -> pl.LazyFrame:
    """What a household bought in the week after."""
    return transactions


@examples(entity=("manufacturer_id",), moment="asked_at", label_window="1d", label="lines")
def partner_days(transactions: pl.LazyFrame) -> pl.LazyFrame:
    """What a partner sold in a day."""
    return transactions


VIEWS = {
    "category_product": category_product,
    "household": household,
    "household_category": household_category,
    "partner": partner,
}
MOMENTS = {"calendar": calendar}


def ranking(**serving: Any) -> ModelDefinition:
    """A ranking with the whole fallback chain."""
    chain = [previous_version(), feature_as_answer("category_product.lines_56d")]
    usual: dict[str, Any] = {"deadline": "2s", "top": 3, "fallback": chain}
    return ModelDefinition(
        name="search_ranking",
        task="ranking",
        examples=searches,
        features=[category_product["lines_56d", "price"], household["spend"], calendar],
        candidates=category_product,
        learner=LearnerSpec("lightgbm"),
        training_window="14d",
        schedule="daily",
        freshness=Freshness("48h"),
        serving=Serving(**(usual | serving)),
        owner="ranking@grocer",
        worst_case="search answers in no useful order",
    )


def recommendation() -> ModelDefinition:
    """A ranking whose answers are text."""
    return ModelDefinition(
        name="next_purchase",
        task="ranking",
        examples=visits,
        features=[household_category["lines"]],
        candidates=household_category,
        learner=LearnerSpec("lightgbm"),
        training_window="28d",
        schedule="daily",
        freshness=Freshness("48h"),
        serving=Serving(deadline="2s", top=2, fallback=[feature_as_answer("household_category.lines")]),
        owner="ranking@grocer",
        worst_case="recommendations vanish",
    )


def demand() -> ModelDefinition:
    """A fleet with one member per partner."""
    return ModelDefinition(
        name="partner_demand",
        task="regression",
        examples=partner_days,
        features=[partner["lines_7d"]],
        learner=LearnerSpec("poisson"),
        training_window="28d",
        schedule="daily",
        freshness=Freshness("48h"),
        serving=Serving(deadline="2s", fallback=[previous_version()]),
        owner="partners@grocer",
        worst_case="partners send too little",
        partition_by="manufacturer_id",
    )


def linear(names: tuple[str, ...], coefficients: tuple[float, ...], link: str = "identity") -> bytes:
    return LinearModel(names, coefficients, (0.0,) * len(names), 0.0, link).to_bytes()


@dataclass
class World:
    """Everything one serving process needs, in one folder."""

    path: Path
    clock: ReplayClock
    database: Database
    ledger: Ledger
    registry: Registry
    freezes: Freezes
    routes: Routes
    online: SqliteOnlineStore
    log: PredictionLog

    @classmethod
    def open(cls, path: Path, url: str | None = None) -> "World":
        clock = ReplayClock(path / "clock")
        database = Database.open(url or f"sqlite:///{path / 'steek.db'}")
        metadata.create_all(database.engine)
        ledger = Ledger(database, clock)
        registry = Registry(database, ledger, clock, ArtifactStore(path / "artifacts"), {**VIEWS, **MOMENTS})
        freezes = Freezes(database, ledger, clock)
        routes = Routes(database, ledger, clock, registry, freezes)
        online, log = SqliteOnlineStore(path / "online.db"), PredictionLog(path / "predictions")
        return cls(path, clock, database, ledger, registry, freezes, routes, online, log)

    def close(self) -> None:
        self.online.close()
        self.log.close()
        self.database.close()

    def publish(self, products: int = 6) -> None:
        """Features of category BEEF (products 1, 2, ...; the first sells best) and of household 900 and partner 69."""
        beef = pl.DataFrame(
            {
                "product_category": ["BEEF"] * products,
                "product_id": list(range(1, products + 1)),
                "lines_56d": [float(products - place) for place in range(products)],
                "price": [float(place) for place in range(products)],
            }
        )
        self._put("category_product", beef)
        self._put("household", pl.DataFrame({"household_id": [900], "spend": [12.5]}))
        bought = pl.DataFrame({"household_id": [900] * 3, "product_category": ["BEEF", "MILK", "ÄPFEL"]})
        self._put("household_category", bought.with_columns(lines=pl.Series([1.0, 3.0, 2.0])))
        self._put("partner", pl.DataFrame({"manufacturer_id": [2, 69], "lines_7d": [2.0, 3.0]}))

    def add(
        self,
        name: str,
        artifact: bytes,
        *,
        names: tuple[str, ...] = FEATURES,
        members: int | None = None,
        format: str = "linear",
    ) -> TrainedModel:
        """Keep one more version of a model."""
        new = NewTrainedModel(
            name=name,
            definition_hash="d" * 64,
            data_until=AS_OF,
            window=Window.before(AS_OF, AS_OF - datetime(2017, 9, 18, 6, tzinfo=UTC)),
            rows=1000,
            feature_names=names,
            format=format,
            members=members,
            owner="ranking@grocer",
        )
        key = f"{name} {len(self.registry.list(name)) + 1}"
        return self.registry.add(new, artifact, key=key)

    def add_ranking(self, *coefficients: float) -> TrainedModel:
        """A version that scores by lines_56d, price, spend and hour with these weights."""
        return self.add("search_ranking", linear(FEATURES, coefficients))

    def add_fleet(self, **rates: float) -> TrainedModel:
        """A fleet: member "m<id>" answers its rate times lines_7d."""
        names = ("partner.lines_7d",)
        members = {name.removeprefix("m"): linear(names, (rate,)) for name, rate in rates.items()}
        return self.add("partner_demand", fleets.pack(members), names=names, members=len(members))

    def gate(self, trained: TrainedModel, verdict: str = "pass") -> str:
        """What the gate writes; returns the decision's id."""
        return self.ledger.record(Draft("gate.decided", trained.urn, "steek", {"verdict": verdict}))[0].id

    def deploy(self, trained: TrainedModel) -> None:
        """Give all traffic to a version, by the way a deployment goes."""
        decision, key = self.gate(trained), f"deploy {trained.urn}"
        if self.routes.get(trained.name).primary is None:
            self.routes.deploy(trained.name, trained.version, key=key, actor="night", gate_decision_id=decision)
            return
        self.routes.start_canary(trained.name, trained.version, 0.5, key=key, actor="night", gate_decision_id=decision)
        self.routes.promote(trained.name, key=f"promote {trained.urn}", actor="night")

    def app(self, *definitions: ModelDefinition, queue: int = 16) -> ServingApp:
        settings = load_settings(self.path, overrides={"serving_queue": str(queue)}, environment={})
        reader = FeatureReader(self.online, VIEWS, MOMENTS, 1000)
        defined = {one.name: one for one in definitions or (ranking(), demand())}
        return build_app(
            settings, self.registry, self.routes, reader, defined, self.log, self.clock, TYPES, self.database
        )

    def _put(self, view: str, frame: pl.DataFrame) -> None:
        entity = VIEWS[view].entity
        columns = [name for name in frame.columns if name not in entity]
        self.online.put(view, AS_OF, pack(frame.sort(entity), entity=entity, columns=columns, as_of=AS_OF))


if __name__ == "__main__":
    world = World.open(Path(sys.argv[1]))
    run(world.app(), "127.0.0.1", int(sys.argv[2]))
    world.close()
