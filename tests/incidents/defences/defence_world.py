"""The grocer's project with a model that is guarded, one that is not, and one that somebody else serves."""

import atexit
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "console"))

from console_world import DAY, FIRST, OWNER, TRANSACTIONS, declared, definition

from steek.data import Contract, Dataset, FeedChecks, Field
from steek.evaluation import at_least, golden, golden_change_between, sliced_by
from steek.kernel import ReplayClock, Window
from steek.kernel.settings import load_settings
from steek.ledger import Draft, Event
from steek.models import Canary, NewTrainedModel, Serving, previous_version
from steek.monitoring import Monitor, WatchedModel, explicit, join_matched, model_age, volume
from steek.platform import Platform
from steek.platform.opening import build
from steek.project import Project

NOW = FIRST + 20 * DAY
LISTENS = """
[notify.targets.tracker]
kind = "webhook"
url = "http://127.0.0.1:1/issues"
secret = "hunter2"
purposes = ["change", "alert"]
subjects = ["follow-up:*", "project:*"]
most_attempts = 1

[notify.targets.night]
kind = "webhook"
url = "http://127.0.0.1:1/night"
secret = "hunter2"
purposes = ["concern"]
most_attempts = 1
"""


def guarded_project() -> Project:
    """`guarded` has a gate, a canary and a fallback; `bare` has nothing at all that would stop anything."""
    base = declared()
    guarded = definition(
        "guarded",
        gate=[golden_change_between(0.0, 0.9), at_least("hit_rate_at_5", 0.3, blocking=False)],
        evaluations=[golden("2017-09-20"), sliced_by("store_id")],
        serving=Serving(canary=Canary(), fallback=[previous_version()]),
    )
    bare = definition("bare", serving=Serving(canary=None), worst_case="")
    elsewhere = WatchedModel(
        name="elsewhere", predictions="forecasts", id="line", at="asked_at", score="amount", owner="sales@grocer"
    )
    log = Contract(
        "forecasts",
        "1.0.0",
        (Field("line", "string"), Field("asked_at", "timestamp"), Field("amount", "number")),
        owner="sales@grocer",
        description="What the other team answered.",
    )
    forecasts = Dataset("forecasts", log, event_time="asked_at", owner="sales@grocer")
    held = FeedChecks(hold=("duplicate_batch", "distribution"))
    monitors = (
        Monitor("guarded_age", indicator=model_age("guarded"), threshold=explicit(upper=60), on="guarded", owner=OWNER),
        Monitor(
            "joined", indicator=join_matched("partner_lines"), threshold=explicit(lower=0.9), on="guarded", owner=OWNER
        ),
        Monitor(
            "drawn",
            indicator=volume("transactions"),
            threshold=explicit(lower=1),
            on="bare",
            owner=OWNER,
            purpose="chart",
        ),
    )
    transactions = Dataset("transactions", TRANSACTIONS, event_time="sold_at", owner="data@grocer", feed=held)
    return replace(
        base,
        datasets={**base.datasets, "transactions": transactions, "forecasts": forecasts},
        definitions={one.name: one for one in (guarded, bare)},
        watched={one.name: one for one in (elsewhere,)},
        monitors={one.name: one for one in monitors},
        objectives={},
    )


def opened(path: Path) -> Iterator[Platform]:
    """The project, opened on an empty database below `path`; its clock stands twenty days after the first."""
    folder = shutil.copytree(_migrated(), path, dirs_exist_ok=True)
    platform = build(load_settings(folder, environment={}), guarded_project())
    yield platform
    platform.close()


@cache
def _migrated() -> Path:
    """The folder with a database that needs no migration any more; copied, never written to."""
    folder = Path(tempfile.mkdtemp(prefix="defences-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    own = 'name = "grocer"\nclock = "replay"\nday_starts_at = "06:00"\nfollow_up_lead = "head@grocer"\n'
    (folder / "steek.toml").write_text(own + LISTENS)
    move(folder, NOW)
    build(load_settings(folder, environment={}), guarded_project()).close()
    return folder


def move(path: Path, at: datetime) -> datetime:
    """Set the project's time."""
    ReplayClock(path / ".steek" / "clock").set(at.astimezone(UTC))
    return at


def told(platform: Platform, kind: str, subject: str, **payload: object) -> Event:
    """An event as a room would write it."""
    return platform.ledger.record(Draft(kind, subject, "tests", payload))[0]


def serve(platform: Platform, model: str = "guarded", versions: int = 2) -> None:
    """Train and deploy versions, each through a gate that passed."""
    chosen = platform.project.definitions[model]
    hash = platform.registry.register(chosen)
    for number in range(1, versions + 1):
        new = NewTrainedModel(
            name=model,
            definition_hash=hash,
            data_until=NOW - DAY,
            window=Window(NOW - 15 * DAY, NOW - DAY),
            rows=10,
            feature_names=("household_product.lines",),
            format="lightgbm",
            members=None,
            inputs=(),
            owner=chosen.owner,
        )
        trained = platform.registry.add(new, b"same", key=f"{model} {number}")
        passed = told(platform, "gate.decided", trained.urn, verdict="pass", against=None, checks=[], blocking=[])
        platform.routes.deploy(
            model, trained.version, key=f"{model} d{number}", actor="ana", gate_decision_id=passed.id
        )
