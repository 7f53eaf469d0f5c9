"""A small shop with everything that indicators read, on the embedded defaults."""

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import polars as pl

from steek.data import AnyDataset, Contract, CountingJoin, Dataset, Derivation, Field, Ingestion, Lake, derived_dataset
from steek.evaluation import OUTCOMES
from steek.evaluation.store import EvaluationStore, Results
from steek.evaluation.types import Evaluation
from steek.kernel import ReplayClock, Window
from steek.kernel.errors import ZeroMatchesError
from steek.ledger import Database, Draft, Ledger
from steek.models import ArtifactStore, Freezes, NewTrainedModel, Registry, TrainedModel
from steek.monitoring import Monitor, Monitoring, Sources
from steek.serving import PREDICTIONS, PredictionRecord, Routes
from steek.serving.prediction_record import to_frame

MODEL = "partner_demand"
_OWNER = "data@grocer"
_LINES = Contract(
    "lines",
    "1.0.0",
    (Field("store_id", "integer"), Field("product_id", "integer"), Field("sold_at", "timestamp")),
    owner=_OWNER,
)
_PRODUCTS = Contract(
    "products", "1.0.0", (Field("product_id", "integer", key=True), Field("maker_id", "integer")), owner=_OWNER
)


@derived_dataset(event_time="sold_at", owner=_OWNER)
def maker_lines(lines: pl.LazyFrame, products: pl.LazyFrame, join: CountingJoin) -> pl.LazyFrame:
    """Lines with the maker of their product."""
    return join(lines, products, on="product_id", name="lines x products")


@dataclass
class Shop:
    database: Database
    ledger: Ledger
    clock: ReplayClock
    sources: Sources
    datasets: dict[str, AnyDataset]

    @classmethod
    def open(cls, path: Path, database: Database, ledger: Ledger, clock: ReplayClock) -> "Shop":
        lake = Lake(path / "lake", {}, database, ledger, clock)
        datasets: dict[str, AnyDataset] = {
            "lines": Dataset("lines", _LINES, "sold_at", owner=_OWNER),
            "products": Dataset("products", _PRODUCTS, owner=_OWNER, mode="replace"),
            "maker_lines": maker_lines,
        }
        registry = Registry(database, ledger, clock, ArtifactStore(path / "artifacts"))
        sources = Sources(
            lake=lake,
            ingestion=Ingestion(lake, database, ledger, clock, datasets, 50_000_000),
            derivation=Derivation(lake, database, ledger, clock, datasets),
            registry=registry,
            routes=Routes(database, ledger, clock, registry, Freezes(database, ledger, clock)),
            evaluations=EvaluationStore(database),
            clock=clock,
        )
        return cls(database, ledger, clock, sources, datasets)

    @property
    def readable(self) -> Sources:
        """Sources that also know the datasets and the database."""
        return replace(self.sources, database=self.database, datasets=self.datasets)

    def monitoring(self, *monitors: Monitor) -> Monitoring:
        named = {monitor.name: monitor for monitor in monitors}
        return Monitoring(self.sources, self.database, self.ledger, self.clock, named)

    def sell(self, window: Window, stores: dict[int, int], *, product_id: int = 0) -> None:
        """Ingest so many lines of each store, spread over the window."""
        ids = [store for store, count in stores.items() for _ in range(count)]
        step = (window.end_at - window.start_at) / max(len(ids), 1)
        frame = pl.DataFrame(
            {
                "store_id": ids,
                "product_id": [product_id + at % 10 for at in range(len(ids))],
                "sold_at": [window.start_at + at * step for at in range(len(ids))],
            },
            schema={"store_id": pl.Int64, "product_id": pl.Int64, "sold_at": pl.Datetime("us", "UTC")},
        )
        key = f"lines {window.start_at} {product_id}"
        self.sources.ingestion.ingest("lines", frame, key=key, actor="shop")

    def stock(self, first_product: int = 0, *, count: int = 10) -> None:
        """Replace the products by `count` with ids from `first_product`."""
        ids = list(range(first_product, first_product + count))
        frame = pl.DataFrame({"product_id": ids, "maker_id": [1] * count})
        key = f"products {first_product} {count}"
        self.sources.ingestion.ingest("products", frame, key=key, actor="shop")

    def derive(self, window: Window, *, key: str) -> bool:
        """Join the window with the products of now; False when it matched nothing."""
        now = self.clock.now()
        try:
            self.sources.derivation.derive("maker_lines", window, key=key, actor="shop", reference_at=now)
        except ZeroMatchesError:
            return False
        return True

    def train(self, window: Window) -> TrainedModel:
        new = NewTrainedModel(
            name=MODEL,
            definition_hash="a" * 64,
            data_until=window.end_at,
            window=window,
            rows=100,
            feature_names=("x",),
            format="linear",
            members=None,
            owner=_OWNER,
        )
        return self.sources.registry.add(new, b"{}", key=f"train {window.end_at}")

    def deploy(self, trained: TrainedModel) -> None:
        (decided,) = self.ledger.record(Draft("gate.decided", trained.urn, "gate", {"verdict": "pass"}))
        key = f"deploy {trained.version}"
        self.sources.routes.deploy(MODEL, trained.version, key=key, actor="shop", gate_decision_id=decided.id)

    def answer(self, window: Window, scores: list[float], *, fallbacks: int = 0) -> None:
        """Log one answer per score; the first `fallbacks` came from a fallback."""
        records = [
            PredictionRecord(
                request_id=f"{window.start_at}/{at}",
                at=window.start_at + timedelta(minutes=at),
                logged_at=window.end_at,
                model=MODEL,
                version=1,
                member=None,
                route="fallback" if at < fallbacks else "primary",
                fallback="previous_version@1" if at < fallbacks else None,
                fallback_reason="error: broken" if at < fallbacks else None,
                latency_ms=1.0,
                entity="{}",
                candidates=1,
                answers=[],
                scores=[score],
                score_sum=score,
                score_mean=score,
                features=[1.0],
                feature_as_of=window.start_at,
            )
            for at, score in enumerate(scores)
        ]
        self.sources.lake.append(PREDICTIONS, to_frame(records), key=f"answers {window.start_at}")

    def learn_outcomes(self, window: Window, rows: list[tuple[int, bool, float, float]]) -> None:
        """Append outcomes: store, hit, expected, observed; the baseline hits every second time."""
        stores, hits, expected, observed = zip(*rows, strict=True)
        frame = pl.DataFrame(
            {
                "model": [MODEL] * len(rows),
                "moment": [window.start_at + timedelta(minutes=at) for at in range(len(rows))],
                "store_id": stores,
                "hit": hits,
                "expected": expected,
                "observed": observed,
                "baseline_popularity": [at % 2 == 0 for at in range(len(rows))],
            },
            schema_overrides={"moment": pl.Datetime("us", "UTC")},
        )
        self.sources.lake.append(OUTCOMES, frame, key=f"outcomes {window.start_at}")

    def measure_golden(self, trained: TrainedModel, change: float, *, key: str) -> None:
        """Store the golden change of a trained model, as an evaluation does."""
        found = Evaluation(
            trained=trained.urn,
            distribution="golden 2017-09-25",
            window=trained.window,
            slice=None,
            metric="golden_change",
            value=change,
            low=None,
            high=None,
            rows=400,
            reference=f"trained:{MODEL}@{trained.version - 1}",
        )
        results = Results([found], [], [])
        with self.database.transaction() as connection:
            at = self.clock.now()
            self.sources.evaluations.add(connection, trained, results, key=key, against=trained.version - 1, at=at)
