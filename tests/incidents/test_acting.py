import pytest
from tests.incidents.conftest import Considers, Loop, Production, Reader, joins

from steek.incidents import Argument, Incident, Incidents, Mitigation, MitigationCall, Outcome, State
from steek.incidents.timeline import describe
from steek.kernel import ReplayClock
from steek.kernel.errors import ConflictError, InputError, NotFoundError, StaleWriteError
from steek.ledger import Database, Ledger, Lineage


@pytest.mark.covers("I9", "I5")
def test_action_is_recorded_with_before_and_after(
    incidents: Incidents, loop: Loop, production: Production, of_kind: Reader
) -> None:
    incident = incidents.consider_alert(loop.fire(joins())[1])
    assert incident is not None
    done = incidents.act(incident.id, "roll-back-fleet", {"to": 13}, "sam", key="m1")
    indicator = {"monitor": "partner_joins", "slice": None, "value": 0.0}
    assert done.outcome is Outcome.DONE
    assert done.before == {"version": 17, "indicators": [indicator]}
    assert done.after == {"version": 13, "indicators": [indicator]}
    assert done.result == {"now": 13}
    [acted] = of_kind("incident.acted")
    assert acted.payload["arguments"] == {"to": 13}
    assert acted.payload["before"] == done.before
    assert acted.payload["outcome"] == "done"
    assert incidents.get(incident.id).state is State.MITIGATION
    [started] = of_kind("incident.action_started")
    assert (started.payload["risk"], started.payload["undo"]) == ("older answers", "roll forward")


@pytest.mark.covers("I9")
def test_same_key_acts_once(incidents: Incidents, declared: Incident, production: Production, ledger: Ledger) -> None:
    first = incidents.act(declared.id, "roll-back-fleet", {"to": 13}, "sam", key="m1")
    written = ledger.count()
    assert incidents.act(declared.id, "roll-back-fleet", {"to": 13}, "sam", key="m1") == first
    assert production.calls == ["m1"]
    assert ledger.count() == written
    with pytest.raises(ConflictError, match="already used for roll-back-fleet"):
        incidents.act(declared.id, "notice", {}, "sam", key="m1")


@pytest.mark.covers("I9")
def test_failure_is_recorded(incidents: Incidents, declared: Incident, production: Production, of_kind: Reader) -> None:
    failed = incidents.act(declared.id, "explode", {}, "sam", key="m1")
    assert (failed.outcome, failed.error_code) == (Outcome.FAILED, "user_code")
    assert failed.error is not None
    assert "mitigation explode raised ValueError: the pager is on fire" in failed.error
    [acted] = of_kind("incident.acted")
    assert acted.payload["outcome"] == "failed"
    assert incidents.get(declared.id).state is State.DETECTION
    assert incidents.act(declared.id, "explode", {}, "sam", key="m1") == failed
    assert production.calls == ["m1"]
    unwritable = incidents.act(declared.id, "unwritable", {}, "sam", key="m2")
    assert unwritable.outcome is Outcome.FAILED


@pytest.mark.covers("I9")
def test_what_a_mitigation_amounts_to(incidents: Incidents, declared: Incident) -> None:
    incidents.act(declared.id, "notice", {}, "gabi", key="m1")
    assert incidents.get(declared.id).state is State.DETECTION
    incidents.act(declared.id, "retrain", {}, "sam", key="m2")
    assert incidents.get(declared.id).state is State.RESOLUTION
    incidents.act(declared.id, "roll-back-fleet", {"to": 1}, "sam", key="m3")
    assert incidents.get(declared.id).state is State.RESOLUTION


@pytest.mark.covers("I9", "I5")
def test_acting_on_what_the_incident_does_not_touch_needs_a_reason_on_record(
    database: Database, ledger: Ledger, lineage: Lineage, clock: ReplayClock, loop: Loop, of_kind: Reader
) -> None:
    loop.history()
    loop.at(1, 1)
    arguments = tuple(Argument(name, "which", required=False) for name in ("model", "dataset", "reason"))
    menu = {"pause": Mitigation("pause", risk="r", effect="e", undo="u", run=lambda _: {}, arguments=arguments)}
    incidents = Incidents(database, ledger, lineage, clock, menu)
    incident = incidents.declare("sales down", on="partner_demand", severity="sev2", actor="ariel", key="d")
    with pytest.raises(ConflictError, match="model:search_ranking is no system of incident 2017-001"):
        incidents.act(incident.id, "pause", {"model": "search_ranking"}, "sam", key="1")
    assert incidents.stories.read(incident.id).actions == ()
    given = {"model": "search_ranking", "reason": "it eats the same rows"}
    assert incidents.act(incident.id, "pause", given, "sam", key="1").outcome is Outcome.DONE
    # Its own systems, and what they are made from, need none.
    incidents.act(incident.id, "pause", {"model": "partner_demand"}, "sam", key="2")
    incidents.act(incident.id, "pause", {"dataset": "transactions"}, "sam", key="3")
    started = of_kind("incident.action_started")
    assert [event.payload["outside"] for event in started] == [["model:search_ranking"], [], []]
    assert describe(started[0]).endswith("; model:search_ranking is no system of this incident")


@pytest.mark.covers("N3")
@pytest.mark.parametrize(
    ("mitigation", "arguments", "error", "words"),
    [
        ("roll-back-flet", {}, NotFoundError, "Did you mean 'roll-back-fleet'"),
        ("roll-back-fleet", {}, InputError, "needs to \\(version to serve\\)"),
        ("roll-back-fleet", {"too": 1, "to": 2}, InputError, "Did you mean 'to'"),
        ("roll-back-fleet", {"to": float("nan")}, InputError, "cannot be written down"),
    ],
)
def test_bad_calls_do_nothing(
    incidents: Incidents,
    declared: Incident,
    production: Production,
    mitigation: str,
    arguments: dict[str, object],
    error: type[Exception],
    words: str,
) -> None:
    with pytest.raises(error, match=words):
        incidents.act(declared.id, mitigation, arguments, "sam", key="m1")
    assert production.calls == []
    assert incidents.get(declared.id) == declared


@pytest.mark.covers("I9")
def test_stale_actor_does_nothing(incidents: Incidents, declared: Incident, production: Production) -> None:
    incidents.assign(declared.id, "commander", "ariel", "ariel", key="a")
    with pytest.raises(StaleWriteError, match="changed by ariel"):
        incidents.act(declared.id, "roll-back-fleet", {"to": 1}, "sam", key="m", expected_version=1)
    assert production.calls == []


@pytest.mark.covers("I9")
def test_closed_incident_is_not_acted_on(
    incidents: Incidents, declared: Incident, production: Production, nobody_harmed: Considers
) -> None:
    nobody_harmed(declared.id)
    incidents.resolve(declared.id, actor="a", key="r", verify=False, reason="over")
    incidents.advance(declared.id, "close", "a", key="c")
    with pytest.raises(ConflictError, match="is closed; roll-back-fleet was not done"):
        incidents.act(declared.id, "roll-back-fleet", {"to": 1}, "sam", key="m")
    assert production.calls == []


class Killed(BaseException):
    """Stands for a process that ends in the middle."""


@pytest.mark.covers("I9", "T2")
def test_killed_action_is_taken_up_by_its_key(
    database: Database, ledger: Ledger, lineage: Lineage, clock: ReplayClock, loop: Loop, of_kind: Reader
) -> None:
    done: dict[str, str] = {}
    alive = False

    def run(call: MitigationCall) -> dict[str, object]:
        done.setdefault(call.key, "rolled back")
        if not alive:
            raise Killed
        return {"state": done[call.key]}

    menu = {"roll": Mitigation("roll", risk="r", effect="e", undo="u", run=run, observe=lambda _: {"done": len(done)})}
    incidents = Incidents(database, ledger, lineage, clock, menu)
    incident = incidents.declare("t", on="x", severity="sev3", actor="a", key="d")
    with pytest.raises(Killed):
        incidents.act(incident.id, "roll", {}, "sam", key="m")
    assert incidents.stories.read(incident.id).actions[0].outcome is Outcome.STARTED
    alive = True
    finished = incidents.act(incident.id, "roll", {}, "sam", key="m")
    assert finished.outcome is Outcome.DONE
    assert finished.before["done"] == 0
    assert (len(done), len(of_kind("incident.action_started")), len(of_kind("incident.acted"))) == (1, 1, 1)
