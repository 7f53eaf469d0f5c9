"""A store that is evaluated as in production: a real lake, database, ledger and the service `Monitoring`.

Left out are the doors before the lake: ingestion with its contracts and feed checks, which would hold back some of the
planted batches, and the serving of models. Rows are appended to the lake as ingestion leaves them there, answers and
outcomes as the prediction log and the outcome join leave them.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import polars as pl
from benchmarks.detection.answers import logged, matured
from benchmarks.detection.days import AT, LINE, Tables, window_of
from benchmarks.detection.models import DEMAND, MODELS

from steek.data import Contract, CountingJoin, Dataset, Derivation, Field, Ingestion, Lake, derived_dataset
from steek.evaluation import OUTCOMES
from steek.evaluation.store import EvaluationStore, Results
from steek.evaluation.types import Evaluation
from steek.kernel.clock import ReplayClock
from steek.kernel.errors import ZeroMatchesError
from steek.kernel.windows import Window
from steek.ledger import Database, Draft, Ledger
from steek.ledger.database import metadata
from steek.models import ArtifactStore, Freezes, NewTrainedModel, Registry, TrainedModel
from steek.monitoring import Alert, Monitor, Monitoring, Sources
from steek.serving import PREDICTIONS, Routes

OWNER = "data@grocer"
_LATER = timedelta(minutes=5)
_NUMBERS = ("sales_value", "retail_disc", "coupon_disc")
_INTEGERS = ("household_id", "store_id", "basket_id", "product_id", "quantity")
TRANSACTIONS = Dataset(
    "transactions",
    Contract(
        "transactions",
        "1",
        (
            *(Field(name, "integer") for name in _INTEGERS if name != "quantity"),
            Field("department", "string", nullable=True),
            Field("quantity", "integer", "items"),
            *(Field(name, "number", "USD", nullable=True) for name in _NUMBERS),
            Field(AT, "timestamp"),
        ),
        owner=OWNER,
    ),
    AT,
    owner=OWNER,
    volume_by=("store_id", "department"),
)


@derived_dataset(event_time=AT, owner="partners@grocer", volume_by=("partner_id",))
def partner_lines(
    transactions: pl.LazyFrame, products: pl.LazyFrame, partners: pl.LazyFrame, join: CountingJoin
) -> pl.LazyFrame:
    """Every line sold, with the partner who made the product."""
    made = join(transactions, products, on="product_id", name="lines x products")
    known = join(made, partners, on="manufacturer_id", name="lines x partners")
    return known.select("partner_id", "store_id", "sales_value", "retail_disc", AT)


DATASETS = {
    "transactions": TRANSACTIONS,
    "products": Dataset(
        "products",
        Contract("products", "1", (Field("product_id", "integer", key=True), Field("manufacturer_id", "integer")),
                 owner=OWNER),
        owner=OWNER, mode="replace",
    ),
    "partners": Dataset(
        "partners",
        Contract("partners", "1", (Field("manufacturer_id", "integer", key=True), Field("partner_id", "string")),
                 owner=OWNER),
        owner=OWNER, mode="replace",
    ),
    "partner_lines": partner_lines,
}  # fmt: skip
EDGES = (
    ("dataset:transactions", "dataset:partner_lines"),
    ("dataset:products", "dataset:partner_lines"),
    ("dataset:partners", "dataset:partner_lines"),
    ("dataset:partner_lines", f"model:{DEMAND}"),
    *(("dataset:transactions", f"model:{model}") for model in MODELS),
)


@dataclass(frozen=True, slots=True)
class Night:
    """What a night brought to one model: the change of its golden answers; None when nothing was trained."""

    model: str
    golden_change: float | None


class Store:
    """One history of the store.

    Args:
        folder: Empty, or one that was used before.
        monitors: What is watched.
    """

    def __init__(self, folder: Path, monitors: Sequence[Monitor]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.clock = ReplayClock(folder / "clock")
        self.database = Database.open(f"sqlite:///{folder / 'steek.db'}")
        metadata.create_all(self.database.engine)
        self.ledger = Ledger(self.database, self.clock)
        self.lake = Lake(folder / "lake", {}, self.database, self.ledger, self.clock)
        registry = Registry(self.database, self.ledger, self.clock, ArtifactStore(folder / "artifacts"))
        routes = Routes(
            self.database, self.ledger, self.clock, registry, Freezes(self.database, self.ledger, self.clock)
        )
        self.sources = Sources(
            lake=self.lake,
            ingestion=Ingestion(self.lake, self.database, self.ledger, self.clock, DATASETS, 50_000_000),
            derivation=Derivation(self.lake, self.database, self.ledger, self.clock, DATASETS),
            registry=registry,
            routes=routes,
            evaluations=EvaluationStore(self.database),
            clock=self.clock,
            datasets=DATASETS,
        )
        named = {monitor.name: monitor for monitor in monitors}
        self.monitoring = Monitoring(self.sources, self.database, self.ledger, self.clock, named)

    def close(self) -> None:
        self.database.close()

    def remove(self) -> None:
        """Close it and delete everything it wrote."""
        self.close()
        shutil.rmtree(self._folder)

    def masters(self, tables: Tables, day: int) -> None:
        """The product master and the list of partners, as they are at the beginning of a day."""
        self.clock.set(window_of(day).start_at)
        self.lake.replace("products", tables.products, key=f"products {day}")
        self.lake.replace("partners", tables.partners, key=f"partners {day}")

    def already(self, lines: pl.DataFrame, day: int) -> None:
        """Lines of earlier days, which nothing is derived from any more."""
        self.clock.set(window_of(day).start_at)
        self.lake.append("transactions", lines.drop(LINE).cast(_types()), key=f"before {day}")

    def sell(self, lines: pl.DataFrame, day: int) -> None:
        """The lines that arrive at the end of a day, and what is derived from them."""
        self._night_of(day)
        self.lake.append("transactions", lines.drop(LINE).cast(_types()), key=f"lines {day}")
        try:
            self.sources.derivation.derive(
                "partner_lines", window_of(day), key=f"derive {day}", actor="nights",
                reference_at=self.clock.now(),
            )  # fmt: skip
        except ZeroMatchesError:
            # Its report is written, which is what the monitors look at.
            return

    def answer(self, answers: Mapping[str, pl.DataFrame], day: int) -> None:
        """What the models answered during a day."""
        self._night_of(day)
        self.lake.append(PREDICTIONS, logged(answers, window_of(day).end_at), key=f"answers {day}")

    def learn(self, answers: Mapping[str, pl.DataFrame], day: int) -> None:
        """What came of earlier answers, and was known by the end of a day."""
        self._night_of(day)
        self.lake.append(OUTCOMES, matured(answers), key=f"outcomes {day}")

    def train(self, night: Night, day: int) -> None:
        """A trained model of the night before `day`, in use from then on, and its golden answers."""
        if night.golden_change is None:
            return
        self.clock.set(window_of(day).start_at + 2 * _LATER)
        window = Window(window_of(day - 10).start_at, window_of(day).start_at)
        new = NewTrainedModel(
            name=night.model, definition_hash="a" * 64, data_until=window.end_at, window=window, rows=20_000,
            feature_names=("x",), format="lightgbm", members=None, owner=OWNER,
        )  # fmt: skip
        trained = self.sources.registry.add(new, b"{}", key=f"train {night.model} {day}")
        self._golden(trained, night.golden_change)
        (decided,) = self.ledger.record(Draft("gate.decided", trained.urn, "gate", {"verdict": "pass"}))
        self.sources.routes.deploy(
            night.model, trained.version, key=f"deploy {night.model} {day}", actor="nights", gate_decision_id=decided.id
        )

    def announce(self, subject: str, day: int, days: int) -> None:
        """Tell of a planned change that will move what is measured on a subject, and on what is made of it."""
        span = {"since_at": window_of(day).start_at, "until_at": window_of(day + days).start_at}
        on = [subject, *(below for above, below in EDGES if above == subject)]
        payload = {"summary": "promotion", "expected": {**{k: v.isoformat() for k, v in span.items()}, "on": on}}
        (event,) = self.ledger.record(Draft("external.changed", subject, "marketing@grocer", payload))
        self.monitoring.thresholds.on_change(event)

    def evaluate(self, day: int, only: Sequence[str] | None = None) -> list[Alert]:
        """What the evaluation of a day fired."""
        self._night_of(day)
        changed = self.monitoring.evaluate(window_of(day), key=f"night {day}", only=only)
        return [alert for alert in changed if alert.state != "resolved"]

    def _golden(self, trained: TrainedModel, change: float) -> None:
        found = Evaluation(
            trained=trained.urn, distribution="golden", window=trained.window, slice=None, metric="golden_change",
            value=change, low=None, high=None, rows=400, reference=f"trained:{trained.name}@{trained.version - 1}",
        )  # fmt: skip
        with self.database.transaction() as connection:
            self.sources.evaluations.add(
                connection, trained, Results([found]), key=f"golden {trained.urn}", against=trained.version - 1,
                at=self.clock.now(),
            )  # fmt: skip

    def _night_of(self, day: int) -> None:
        self.clock.set(window_of(day).end_at + _LATER)


def _types() -> dict[str, pl.DataType]:
    return {
        **dict.fromkeys(_INTEGERS, pl.Int64()),
        **dict.fromkeys(_NUMBERS, pl.Float64()),
        "department": pl.String(),
        AT: pl.Datetime("us", "UTC"),
    }
