"""A small project with three models and twenty days of history, written by the real rooms below the console."""

from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import polars as pl

from steek.data import Contract, CountingJoin, Dataset, Field, derived_dataset
from steek.evaluation import OUTCOMES, Baseline, CalibrationRow, Comparison, Evaluation, sliced_by
from steek.evaluation.store import EvaluationStore, Results
from steek.features import FeatureView, examples, feature_view
from steek.incidents import Action, Argument, Incidents, Mitigation, MitigationCall
from steek.kernel import ReplayClock, Window
from steek.kernel.errors import ZeroMatchesError
from steek.kernel.settings import load_settings
from steek.ledger import Database, Draft, Ledger
from steek.models import (
    Freshness,
    LearnerSpec,
    ModelDefinition,
    NewTrainedModel,
    TrainedModel,
    pack,
)
from steek.monitoring import (
    BudgetPolicy,
    Monitor,
    Objective,
    PolicyStep,
    data_age,
    expected_vs_observed,
    explicit,
    fallback_share,
    golden_change,
    join_matched,
    learned,
    model_age,
    outcome_hit_rate,
    slis,
    volume,
)
from steek.monitoring.evaluation_step import Step, apply
from steek.monitoring.indicators import INDICATORS
from steek.monitoring.judgement import Measurement
from steek.platform.opening import build
from steek.project import Project
from steek.serving import Routes

FIRST = datetime(2017, 9, 18, 6, tzinfo=UTC)
DAY = timedelta(days=1)
NIGHTS = 15
OWNER = "ranking@grocer"
NOBODY_LISTENS = """
[notify.targets.night]
kind = "webhook"
url = "http://127.0.0.1:1/hunter2"
secret = "hunter2"
purposes = ["page"]
most_attempts = 1

[notify.targets.room]
kind = "webhook"
url = "http://127.0.0.1:1/hunter2"
secret = "hunter2"
purposes = ["alert"]
"""

TRANSACTIONS = Contract(
    "transactions",
    "1.0.0",
    (
        Field("household_id", "integer"),
        Field("product_id", "integer"),
        Field("sales_value", "number", unit="USD", minimum=0),
        Field("sold_at", "timestamp"),
    ),
    owner="data@grocer",
    description="One line of a receipt at the till.",
)
_PRODUCTS = Contract(
    "products",
    "7.0.0",
    (Field("product_id", "integer", key=True), Field("manufacturer_id", "integer")),
    owner="data-platform@grocer",
    description="One product as the shelf knows it.",
)


@derived_dataset(event_time="sold_at", owner="partners@grocer")
def partner_lines(transactions: pl.LazyFrame, products: pl.LazyFrame, join: CountingJoin) -> pl.LazyFrame:
    """Lines with the partner who made the product."""
    return join(transactions, products, on="product_id", name="transactions x partners")


@feature_view(entity=("household_id", "product_id"), lookback="120d", time_to_live="2d", owner=OWNER)
def household_product(transactions: pl.LazyFrame) -> pl.LazyFrame:
    """What a household bought of a product."""
    return transactions.group_by("household_id", "product_id").agg(lines=pl.len().cast(pl.Float32))


@feature_view(entity="manufacturer_id", lookback="120d", time_to_live="2d", owner="partners@grocer")
def partner(partner_lines: pl.LazyFrame) -> pl.LazyFrame:
    """What a partner sold."""
    return partner_lines.group_by("manufacturer_id").agg(lines=pl.len().cast(pl.Float32))


@examples(entity=("household_id",), moment="sold_at", label_window="1h", answer="product_id")
def searches(transactions: pl.LazyFrame) -> pl.LazyFrame:
    """A household looks for a category."""
    return transactions.select("household_id", "sold_at", "product_id")


@examples(entity=("manufacturer_id",), moment="sold_at", label_window="1d", label="lines")
def partner_days(partner_lines: pl.LazyFrame) -> pl.LazyFrame:
    """What a partner sells in a day."""
    return partner_lines.group_by("manufacturer_id", "sold_at").agg(lines=pl.len())


def definition(name: str, *, view: FeatureView = household_product, **more: object) -> ModelDefinition:
    base = ModelDefinition(
        name=name,
        task="ranking",
        examples=searches,
        features=[view],
        candidates=view,
        learner=LearnerSpec("lightgbm", {"num_leaves": 31}),
        training_window="14d",
        schedule="daily, after transactions",
        freshness=Freshness("48h"),
        owner=OWNER,
        worst_case="recommendations vanish from the page; about 3% of revenue",
        intended_use="ranks the products of the category a household looks for",
    )
    return replace(base, **more)  # pyright: ignore[reportArgumentType]


def declared() -> Project:
    models = (
        definition(
            "search_ranking",
            baselines=[Baseline("popularity and history", lambda _frame: pl.lit(1.0))],
            evaluations=[sliced_by("store_id")],
        ),
        definition("next_purchase"),
        definition(
            "partner_demand",
            view=partner,
            task="regression",
            examples=partner_days,
            candidates=None,
            partition_by="manufacturer_id",
            owner="partners@grocer",
            worst_case="a partner delivers too little for a day",
        ),
    )
    datasets = {
        "transactions": Dataset("transactions", TRANSACTIONS, event_time="sold_at", owner="data@grocer"),
        "products": Dataset("products", _PRODUCTS, owner="data-platform@grocer", mode="replace"),
        "partner_lines": partner_lines,
    }
    views = {view.name: view for view in (household_product, partner)}
    return Project(
        datasets,
        views,
        {},
        {model.name: model for model in models},
        {m.name: m for m in _monitors()},
        objectives={one.name: one for one in _objectives()},
    )


def _objectives() -> list[Objective]:
    agreed = BudgetPolicy(
        (PolicyStep(0.0, "no new partner model until the join holds"),), agreed_by=("partners@grocer", "ranking@grocer")
    )
    return [
        Objective(
            "partners find their lines",
            target=0.9,
            owner="partners@grocer",
            monitor="partners_joined",
            purpose="page",
            policy=agreed,
            description="Partners see yesterday's sales in the morning.",
        ),
        Objective("lines come", target=0.9, owner="data@grocer", monitor="lines_ingested", category="volume"),
        Objective("right in five", target=0.4, owner=OWNER, indicator=slis.right_answers("search_ranking")),
        Objective("rules", target=0.9, owner=OWNER, indicator=slis.rules_kept(), category="compliance"),
    ]


def _monitors() -> list[Monitor]:
    found = [
        Monitor(
            "lines_ingested",
            indicator=volume("transactions"),
            threshold=learned(),
            on="transactions",
            owner="data@grocer",
        ),
        Monitor(
            "partners_joined",
            indicator=join_matched("partner_lines"),
            threshold=explicit(lower=0.9),
            on="partner_demand",
            owner="partners@grocer",
            purpose="page",
            declare="sev2",
            description="A join that matches nothing starves every partner's model.",
        ),
    ]
    for model in ("search_ranking", "next_purchase", "partner_demand"):
        found += [
            Monitor(f"{model}_age", indicator=model_age(model), threshold=explicit(upper=60.0), on=model, owner=OWNER),
            Monitor(
                f"{model}_data_age", indicator=data_age(model), threshold=explicit(upper=96.0), on=model, owner=OWNER
            ),
            Monitor(
                f"{model}_fallbacks",
                indicator=fallback_share(model),
                threshold=explicit(upper=0.01),
                on=model,
                owner=OWNER,
            ),
            Monitor(f"{model}_golden", indicator=golden_change(model), threshold=learned(), on=model, owner=OWNER),
        ]
    found += [
        Monitor(
            "top_five",
            indicator=outcome_hit_rate("search_ranking"),
            threshold=explicit(lower=0.44),
            on="search_ranking",
            owner=OWNER,
        ),
        Monitor(
            "purchases",
            indicator=expected_vs_observed("next_purchase"),
            threshold=learned(),
            on="next_purchase",
            owner=OWNER,
        ),
    ]
    return found


@dataclass
class World:
    """Services under the names of the platform, and what was made with them."""

    platform: SimpleNamespace
    clock: ReplayClock
    database: Database
    ledger: Ledger
    done: list[MitigationCall]

    @property
    def incidents(self) -> Incidents:
        return self.platform.incidents


def open_world(path: Path) -> World:
    """Empty services on an embedded database below `path`."""
    own = 'name = "grocer"\nclock = "replay"\nday_starts_at = "06:00"\n'
    (path / "steek.toml").write_text(own + NOBODY_LISTENS)
    settings = load_settings(path, environment={})
    clock = ReplayClock(settings.data_path / "clock")
    if not (settings.data_path / "clock").exists():
        clock.set(FIRST)
    opened = build(settings, declared())
    done: list[MitigationCall] = []
    services = {field.name: getattr(opened, field.name) for field in fields(opened)}
    # Evaluations are written by hand here, and mitigations only remembered.
    services["evaluator"] = EvaluationStore(opened.database)
    menu = _menu(opened.routes, done)
    services["incidents"] = Incidents(opened.database, opened.ledger, opened.lineage, opened.clock, menu)
    return World(SimpleNamespace(**services), clock, opened.database, opened.ledger, done)


def _menu(routes: Routes, done: list[MitigationCall]) -> dict[str, Mitigation]:
    def roll_back(call: MitigationCall) -> dict[str, object]:
        done.append(call)
        member = str(call.arguments["member"]) if call.arguments.get("member") else None
        model = str(call.arguments["model"])
        route = routes.rollback(
            model, actor=call.actor, reason=f"incident {call.incident}", key=call.key, member=member
        )
        return {"primary": route.primary}

    rollback = Mitigation(
        "roll-back",
        risk="older answers for what is rolled back",
        effect="gives the last good version all traffic at once",
        undo="the next version that passes its gate is deployed again",
        run=roll_back,
        arguments=(
            Argument("model", "whose route"),
            Argument("member", "one partner to try first", required=False),
            Argument("reason", "why, for the history", required=False),
        ),
        advances=Action.MITIGATE,
    )
    notice = Mitigation(
        "post-notice",
        risk="none",
        effect="tells the partners what is known",
        undo="post another one",
        run=lambda call: done.append(call) or {},
        arguments=(Argument("text", "what they will read"),),
        advances=None,
    )
    return {mitigation.name: mitigation for mitigation in (rollback, notice)}


def night(world: World, number: int, *, key_shift: int = 0) -> None:
    """One day of data, models, routes and measurements; a `key_shift` renames every manufacturer and product key."""
    services, day = world.platform, Window(FIRST + number * DAY, FIRST + (number + 1) * DAY)
    world.clock.set(day.start_at + timedelta(hours=16))
    if number == 0 or key_shift:
        keys = [key + key_shift for key in range(39)]
        products = pl.DataFrame({"product_id": keys, "manufacturer_id": [key % 9 + key_shift for key in range(39)]})
        services.ingestion.ingest("products", products, key=f"products {key_shift}", actor="data-platform@grocer")
    world.clock.set(day.end_at + timedelta(minutes=5))
    size = 400 + (number * 37 % 23)
    lines = pl.DataFrame(
        {
            "household_id": [row % 50 for row in range(size)],
            "product_id": [row % 40 for row in range(size)],
            "sales_value": [1.5] * size,
            "sold_at": [day.start_at + timedelta(minutes=row) for row in range(size)],
        }
    ).with_columns(pl.col("sold_at").cast(pl.Datetime("us", "UTC")))
    services.ingestion.ingest("transactions", lines, key=f"day {number}", actor=f"night {number}")
    try:
        services.derivation.derive("partner_lines", day, key=f"day {number}", actor=f"night {number}")
    except ZeroMatchesError:
        pass
    else:
        services.features.materialise("partner", day.end_at, key=f"partner {number}", actor=f"night {number}")
    services.features.materialise("household_product", day.end_at, key=f"hp {number}", actor=f"night {number}")
    _answer(world, number, day)
    for name in services.project.definitions:
        _train(world, name, number, day)
    _measure(world, number, day)
    services.objectives.check(day, key=f"night {number}")


def _answer(world: World, number: int, day: Window) -> None:
    """What came of 60 searches of a day: of 20 the model finds 12, the baseline the same except in store 0."""
    asked = range(60)
    found = [row % 20 < 12 for row in asked]
    rows = pl.DataFrame(
        {
            "model": ["search_ranking"] * len(asked),
            "moment": [day.start_at + timedelta(minutes=row) for row in asked],
            "household_id": [row % 15 for row in asked],
            "store_id": [row % 3 if row < 59 else 9 for row in asked],
            "hit": found,
            "baseline_popularity_and_history": [hit and row % 3 > 0 for row, hit in enumerate(found)],
        }
    ).with_columns(pl.col("moment").cast(pl.Datetime("us", "UTC")))
    world.platform.lake.append(OUTCOMES, rows, key=f"outcomes {number}")


def _train(world: World, name: str, number: int, day: Window) -> None:
    if number % 2:
        return
    services, model = world.platform, world.platform.project.definitions[name]
    hash = services.registry.register(model)
    view = "partner" if name == "partner_demand" else "household_product"
    snapshots = services.features.snapshots(view)
    new = NewTrainedModel(
        name=name,
        definition_hash=hash,
        data_until=day.end_at - DAY,
        window=Window(day.start_at - 14 * DAY, day.start_at),
        rows=61_234,
        feature_names=(f"{view}.lines", "calendar.hour"),
        format="lightgbm",
        members=573 if name == "partner_demand" else None,
        inputs=(snapshots[-1].urn,),
        owner=model.owner,
    )
    artifact = pack({"69": b"sixty-nine", "7": b"seven"}) if new.members else f"{name} {number}".encode()
    trained = services.registry.add(new, artifact, key=f"{name} {number}")
    _evaluate(world, trained)
    verdict = "undecided" if name == "next_purchase" and number == NIGHTS - 1 else "pass"
    checks = [
        {
            "name": "not_worse hit_rate_at_5",
            "verdict": verdict,
            "value": 0.461,
            "limit": "at least 0.451",
            "reason": "0.461 against 0.457 of version 1, margin 0.01",
            "blocking": True,
            "skipped": False,
        },
        {
            "name": "memory in use",
            "verdict": "pass",
            "value": 112.0,
            "limit": "at most 512 MB",
            "reason": "112 MB measured in a process of its own",
            "blocking": True,
            "skipped": False,
        },
    ]
    (decided,) = world.ledger.record(
        Draft(
            "gate.decided",
            trained.urn,
            "steek",
            {"verdict": verdict, "against": None if trained.version == 1 else 1, "checks": checks, "blocking": []},
        )
    )
    if trained.version == 1:
        services.routes.deploy(name, 1, key=f"{name} first", actor=f"night {number}", gate_decision_id=decided.id)
    elif verdict == "pass":
        services.routes.start_canary(
            name, trained.version, 0.1, key=f"{name} c {number}", actor=f"night {number}", gate_decision_id=decided.id
        )
        if name != "search_ranking" or number < NIGHTS - 1:
            services.routes.promote(name, key=f"{name} p {number}", actor=f"night {number}")


def _evaluate(world: World, trained: TrainedModel) -> None:
    shared = {"trained": trained.urn, "distribution": "held-out 1d"}
    window = Window(trained.data_until - DAY, trained.data_until)
    whole = [
        Evaluation(
            **shared,
            window=window,
            slice=None,
            metric=metric,
            value=value,
            low=value - 0.02,
            high=value + 0.02,
            rows=4012,
        )
        for metric, value in (("hit_rate_at_5", 0.461), ("ndcg_at_10", 0.38), ("log_loss", 0.31))
    ]
    sliced = [
        Evaluation(
            **shared,
            window=window,
            slice=f"store_id={store}",
            metric="hit_rate_at_5",
            value=0.3 + store / 100,
            low=0.25 + store / 100,
            high=0.35 + store / 100,
            rows=90 + store,
        )
        for store in range(30)
    ]
    few = Evaluation(
        **shared, window=window, slice=None, metric="hit_rate_at_1", value=None, low=None, high=None, rows=3
    )
    compared = [
        Comparison(
            **shared,
            metric="hit_rate_at_5",
            other="baseline:popularity_and_history",
            value=0.461,
            other_value=0.402,
            difference=0.059,
            low=0.04,
            high=0.078,
            rows=4012,
        )
    ]
    bins = [
        CalibrationRow(
            **shared,
            bin=b,
            score_low=b / 10,
            score_high=(b + 1) / 10,
            predicted=b / 10 + 0.05,
            observed=b / 10 + 0.04,
            low=b / 10 + 0.01,
            high=b / 10 + 0.08,
            rows=900 - b * 80,
        )
        for b in range(8)
    ]
    results = Results([*whole, *sliced, few], compared, bins)
    with world.database.transaction() as connection:
        world.platform.evaluator.add(connection, trained, results, key=trained.key, against=None, at=world.clock.now())


def _measure(world: World, number: int, day: Window) -> None:
    """Measure what the rooms below hold; what would need a serving process is given."""
    monitors: dict[str, Monitor] = world.platform.project.monitors
    wave = ((number * 7) % 5 - 2) / 100
    given = {
        "outcome_hit_rate": 0.47 + wave,
        "expected_vs_observed": 1.0 + wave,
        "fallback_share": 0.0,
        "golden_change": 0.04 + wave / 2,
    }
    real = [name for name, monitor in monitors.items() if monitor.indicator.name not in given]
    world.platform.monitoring.evaluate(day, key=f"night {number}", only=real)
    for monitor in monitors.values():
        if monitor.indicator.name not in given:
            continue
        value = None if number == 6 else given[monitor.indicator.name]
        step = Step(monitor, INDICATORS[monitor.indicator.name], day, f"night {number}", world.clock.now())
        with world.database.transaction() as connection:
            _, drafts = apply(connection, step, [Measurement(None, value, 500)])
            world.ledger.append(connection, *drafts)


def break_key(world: World) -> str:
    """The night on which every key changes, until the rule has declared the incident; returns its id."""
    world.ledger.record(
        Draft("external.changed", "external:campaign_18", "marketing@grocer", {"title": "campaign 18 starts"})
    )
    night(world, NIGHTS - 1, key_shift=100_000)
    for event in world.ledger.events(kinds=["alert.fired"]):
        world.incidents.consider_alert(event)
    (incident,) = world.incidents.list(open_only=True)
    subject = "model:partner_demand"
    world.platform.freezes.hold(subject, ["train", "deploy"], incident.title, incident.urn, actor="steek", key="freeze")
    return incident.id


__all__ = ["NIGHTS", "World", "break_key", "night", "open_world"]
