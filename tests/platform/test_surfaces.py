"""What people do comes out the same from the command line, the control API, the console and Python."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from api_world import Api
from shop_world import NIGHTS, Shell, copy_of, open_shop, sales_of

from steek.console.actions import ACTIONS
from steek.kernel.records import to_plain
from steek.kernel.windows import Window
from steek.platform import Platform, deploy_version, measure_again

BATCH = sales_of(NIGHTS[0])
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Act:
    """One thing that people do, in the words of each surface; the console does not offer all of them."""

    name: str
    cli: tuple[str, ...]
    http: tuple[str, object]
    python: Callable[[Platform, str], object]
    console: tuple[str, str, Mapping[str, str]] | None = None


def who(key: str) -> dict[str, Any]:
    return {"key": key, "actor": "ada"}


ACTS = [
    Act(
        "bring a batch",
        ("ingest", "sales", "batch.csv"),
        ("/v1/datasets/sales/batches?wait=commit", BATCH.write_csv().encode()),
        lambda p, key: p.ingestion.ingest("sales", BATCH.write_csv().encode(), format="csv", **who(key)),
    ),
    Act(
        "step a canary",
        ("deploy", "shop_demand", "2"),
        ("/v1/models/shop_demand/deploy", {"version": 2}),
        lambda p, key: deploy_version(p, "shop_demand", 2, **who(key)),
    ),
    Act(
        "promote it",
        ("deploy", "shop_demand", "2", "--promote"),
        ("/v1/models/shop_demand/deploy", {"version": 2, "promote": True}),
        lambda p, key: deploy_version(p, "shop_demand", 2, promote=True, **who(key)),
    ),
    Act(
        "let a version through against its gate",
        ("models", "override", "shop_guess", "1", "--reason", "for the fair"),
        ("/v1/models/shop_guess/versions/1/override", {"reason": "for the fair"}),
        lambda p, key: p.gate.override(p.registry.get("shop_guess", 1), approver="ada", reason="for the fair", key=key),
    ),
    Act(
        "deploy it",
        ("deploy", "shop_guess", "1"),
        ("/v1/models/shop_guess/deploy", {"version": 1}),
        lambda p, key: deploy_version(p, "shop_guess", 1, **who(key)),
    ),
    Act(
        "declare an incident",
        ("incident", "declare", "beer is out", "--on", "maker_demand", "--severity", "sev3"),
        ("/v1/incidents", {"title": "beer is out", "on": "maker_demand", "severity": "sev3"}),
        lambda p, key: p.incidents.declare("beer is out", on="maker_demand", severity="sev3", **who(key)),
        (
            "/incidents",
            "/incidents",
            {"title": "beer is out", "on": "maker_demand", "severity": "sev3", "freeze": "yes"},
        ),
    ),
    Act(
        "give a role",
        ("incident", "assign", "2024-001", "commander", "grace"),
        ("/v1/incidents/2024-001/roles", {"role": "commander", "person": "grace"}),
        lambda p, key: p.incidents.assign("2024-001", "commander", "grace", "ada", key=key),
        ("/incidents/{id}/roles", "/incidents/2024-001/roles", {"role": "commander", "person": "grace"}),
    ),
    Act(
        "write a note",
        ("incident", "note", "2024-001", "the fair drinks it"),
        ("/v1/incidents/2024-001/notes", {"text": "the fair drinks it"}),
        lambda p, key: p.incidents.note("2024-001", "the fair drinks it", "ada", key=key),
        ("/incidents/{id}/notes", "/incidents/2024-001/notes", {"text": "the fair drinks it"}),
    ),
    Act(
        "roll one member back from the menu",
        (
            *("incident", "act", "2024-001", "roll-back-one", "--with", "model=maker_demand"),
            *("--with", "member=beer", "--with", "to=1"),
        ),
        (
            "/v1/incidents/2024-001/actions",
            {"mitigation": "roll-back-one", "arguments": {"model": "maker_demand", "member": "beer", "to": "1"}},
        ),
        lambda p, key: p.incidents.act(
            "2024-001", "roll-back-one", {"model": "maker_demand", "member": "beer", "to": "1"}, "ada", key=key
        ),
        (
            "/incidents/{id}/act",
            "/incidents/2024-001/act",
            {
                "mitigation": "roll-back-one",
                "argument.model": "maker_demand",
                "argument.member": "beer",
                "argument.to": "1",
            },
        ),
    ),
    Act(
        "roll a fleet back",
        ("rollback", "maker_demand", "--fleet", "--to", "1", "--reason", "beer", "--epoch", "3"),
        ("/v1/models/maker_demand/rollback", {"to": "1", "reason": "beer"}),
        lambda p, key: p.routes.rollback("maker_demand", to=1, reason="beer", expected_epoch=3, **who(key)),
        ("/models/{name}/rollback", "/models/maker_demand/rollback", {"to": "1", "reason": "beer", "epoch": "3"}),
    ),
    Act(
        "measure again",
        ("monitor", "check", "2024-04-01", "--monitor", "lines in"),
        ("/v1/monitors/evaluations?day=2024-04-01&monitor=lines%20in", None),
        lambda p, key: measure_again(
            p, Window.of_day(NIGHTS[0].replace(month=4, day=1), p.settings.day_starts_at), key=key, only=["lines in"]
        ),
    ),
    Act(
        "tell of a change outside",
        ("changes", "--note", "a fair", "--on", "event:fair"),
        ("/v1/changes", {"subject": "event:fair", "summary": "a fair"}),
        lambda p, key: p.outside.note("event:fair", "a fair", at=None, **who(key)),
    ),
    Act(
        "go on with the incident",
        ("incident", "advance", "2024-001", "recover"),
        ("/v1/incidents/2024-001/phase", {"action": "recover"}),
        lambda p, key: p.incidents.advance("2024-001", "recover", "ada", key=key),
        ("/incidents/{id}/advance", "/incidents/2024-001/advance", {"action": "recover"}),
    ),
    Act(
        "resolve it",
        ("incident", "resolve", "2024-001", "--no-verify", "--reason", "the fair left"),
        ("/v1/incidents/2024-001/resolution", {"verify": False, "reason": "the fair left"}),
        lambda p, key: p.incidents.resolve("2024-001", key=key, actor="ada", verify=False, reason="the fair left"),
        (
            "/incidents/{id}/resolve",
            "/incidents/2024-001/resolve",
            {"unverified": "yes", "reason": "the fair left"},
        ),
    ),
]


@dataclass
class Day:
    """What came of a day's acts on one surface: answers by act, and the events it left."""

    answers: dict[str, Any] = field(default_factory=dict[str, Any])
    events: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


def at_the_command_line(folder: Path) -> Day:
    shell, day = Shell(folder), Day()
    BATCH.write_csv(folder / "batch.csv")
    for act in ACTS:
        actor = () if act.name == "measure again" else ("--actor", "ada")
        day.answers[act.name] = shell.json(*act.cli, "--key", act.name, *actor)
    day.events = shell.json("ledger", "list", "--limit", "1000")[::-1]
    return day


def over_the_api(folder: Path) -> Day:
    day = Day()
    with Api.over(folder) as api:
        for act in ACTS:
            path, body = act.http
            if isinstance(body, bytes):
                headers = {"Content-Type": "text/csv", "Idempotency-Key": act.name, "X-Steek-Actor": "ada"}
                response = api.client.post(path, content=body, headers=headers)
            else:
                response = api.post(path, body, key=act.name)
            assert response.is_success, (act.name, response.text)
            answer = response.json()
            day.answers[act.name] = answer.get("items", answer)
        day.events = api.get("/v1/ledger/events", limit=1000)["items"][::-1]
    return day


def in_the_console(folder: Path) -> Day:
    """The console where it offers the act, else Python."""
    day = Day()
    with Api.over(folder) as api:
        for act in ACTS:
            if act.console is None:
                act.python(api.platform, act.name)
            else:
                _, path, form = act.console
                sent = urlencode({"actor": "ada", "key": act.name, **form})
                headers = {"Content-Type": "application/x-www-form-urlencoded"}
                response = api.client.post(path, content=sent, headers=headers)
                assert response.status_code == 303, (act.name, response.text)
                assert "done=failed" not in response.headers["location"]
            api.platform.subscriptions.deliver()
        day.events = api.get("/v1/ledger/events", limit=1000)["items"][::-1]
    return day


def in_python(folder: Path) -> Day:
    day = Day()
    with Api.over(folder) as api:
        for act in ACTS:
            day.answers[act.name] = json.loads(json.dumps(to_plain(act.python(api.platform, act.name))))
            api.platform.subscriptions.deliver()
        day.events = api.get("/v1/ledger/events", limit=1000)["items"][::-1]
    return day


SURFACES = {
    "cli": at_the_command_line,
    "http": over_the_api,
    "console": in_the_console,
    "python": in_python,
}


def comparable(value: object) -> Any:
    """The value with ids that are made by chance replaced by the order in which they turn up."""
    text = json.dumps(value, sort_keys=True)
    order: dict[str, str] = {}
    return json.loads(ID.sub(lambda found: order.setdefault(found.group(), f"id {len(order)}"), text))


def told(day: Day) -> list[Any]:
    """All events of a day, comparable."""
    return [unchained(event) for event in comparable(day.events)]


def unchained(answer: Any) -> Any:
    """An event without its links of the hash chain, which hold the ids; anything else as it is."""
    if not isinstance(answer, dict):
        return answer
    return {name: value for name, value in answer.items() if name not in {"hash", "previous_hash"}}  # pyright: ignore[reportUnknownVariableType]


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Day]:
    """The same day on every surface, each in a shop of its own."""
    folder = tmp_path_factory.mktemp("surfaces")
    return {name: play(copy_of(open_shop(), folder / name)) for name, play in SURFACES.items()}


@pytest.mark.covers("N4")
@pytest.mark.parametrize("surface", ["cli", "http", "console"])
def test_a_surface_leaves_the_same_events_as_python(days: dict[str, Day], surface: str) -> None:
    assert len(days["python"].events) > 110
    assert told(days[surface]) == told(days["python"])


@pytest.mark.covers("N4")
@pytest.mark.parametrize("act", [act.name for act in ACTS])
def test_a_surface_answers_what_python_returns(days: dict[str, Day], act: str) -> None:
    expected = unchained(days["python"].answers[act])
    assert comparable(unchained(days["http"].answers[act])) == comparable(expected)
    # A terminal shows what a mitigation did; that it went well is said by the exit status.
    at_terminal = expected["result"] if "mitigation" in expected and "result" in expected else expected
    assert comparable(unchained(days["cli"].answers[act])) == comparable(at_terminal)


@pytest.mark.covers("N4")
def test_everything_the_console_offers_is_among_the_acts() -> None:
    assert {act.console[0] for act in ACTS if act.console} == set(ACTIONS)
