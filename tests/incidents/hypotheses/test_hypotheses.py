"""Hypotheses: stated, tested by somebody, judged with evidence; once per key, and nobody decides unseen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.incidents.conftest import Loop, Reader, joins

from steek.incidents import Hypotheses, Incident, Incidents
from steek.incidents.hypotheses.evidence import Evidence, parse_evidence
from steek.incidents.hypotheses.standing import TRANSITIONS, VERDICTS, Standing, Step, move
from steek.incidents.rows import change
from steek.kernel import ReplayClock
from steek.kernel.errors import ConflictError, IllegalTransitionError, InputError, NotFoundError, StaleWriteError
from steek.ledger import Database, Ledger


@pytest.fixture
def hypotheses(database: Database, ledger: Ledger, clock: ReplayClock) -> Hypotheses:
    return Hypotheses(database, ledger, clock)


@pytest.mark.covers("I7")
def test_a_hypothesis_is_stated_taken_and_judged(
    hypotheses: Hypotheses, declared: Incident, of_kind: Reader, ledger: Ledger
) -> None:
    stated = hypotheses.state(declared.id, "the keys are new", actor="ada", key="h1", test="join yesterday's lines")
    assert (stated.id, stated.state, stated.owner, stated.version) == ("2017-001-h1", Standing.STATED, None, 1)
    taken = hypotheses.take(declared.id, 1, "bob", actor="ada", key="h2", expected_version=1)
    assert (taken.state, taken.owner, taken.test) == (Standing.TESTING, "bob", "join yesterday's lines")
    event = of_kind("incident.declared")[0]
    judged = hypotheses.judge(
        declared.id, 1, "confirmed", actor="bob", key="h3", evidence=[f"event:{event.id}", "https://wiki/keys"]
    )
    assert judged.evidence == (Evidence("event", event.id), Evidence("link", "https://wiki/keys"))
    assert (judged.state, judged.judged_by, judged.version) == (Standing.CONFIRMED, "bob", 3)
    assert hypotheses.list(declared.id) == (judged,)
    kinds = [each.kind for each in ledger.events() if "hypothesis" in each.kind]
    assert kinds == [
        "incident.hypothesis_stated",
        "incident.hypothesis_taken",
        "incident.hypothesis_judged",
    ]


@pytest.mark.covers("I7")
def test_the_same_key_writes_once(hypotheses: Hypotheses, declared: Incident, ledger: Ledger) -> None:
    first = hypotheses.state(declared.id, "a", actor="ada", key="k")
    hypotheses.judge(declared.id, 1, "rejected", actor="ada", key="j", reason="no")
    written = ledger.count()
    again = hypotheses.state(declared.id, "a", actor="ada", key="k")
    assert again.number == first.number
    assert hypotheses.judge(declared.id, 1, "rejected", actor="ada", key="j", reason="no").version == 2
    assert ledger.count() == written


@pytest.mark.covers("I7")
def test_who_decides_on_what_has_changed_is_told(hypotheses: Hypotheses, declared: Incident) -> None:
    hypotheses.state(declared.id, "a", actor="ada", key="1")
    hypotheses.take(declared.id, 1, "bob", actor="bob", key="2", expected_version=1)
    with pytest.raises(StaleWriteError, match="changed by bob while you were looking: you saw version 1, it is at 2"):
        hypotheses.judge(declared.id, 1, "rejected", actor="eve", key="3", reason="no", expected_version=1)
    assert hypotheses.get(declared.id, 1).state is Standing.TESTING


@pytest.mark.covers("I7")
def test_a_judged_one_is_judged_again_only_after_doubt(hypotheses: Hypotheses, declared: Incident) -> None:
    hypotheses.state(declared.id, "a", actor="ada", key="1")
    hypotheses.judge(declared.id, 1, "rejected", actor="ada", key="2", reason="the keys match")
    with pytest.raises(IllegalTransitionError, match="rejected; confirm is not possible now, possible: reopen"):
        hypotheses.judge(declared.id, 1, "confirmed", actor="ada", key="3", reason="no")
    assert hypotheses.reopen(declared.id, 1, "half of them match", actor="bob", key="4").state is Standing.TESTING
    assert hypotheses.judge(declared.id, 1, "confirmed", actor="bob", key="5", reason="half").state == "confirmed"


@pytest.mark.covers("I7", "I6")
def test_a_suspects_hypothesis_judges_the_suspect(
    hypotheses: Hypotheses, incidents: Incidents, loop: Loop, of_kind: Reader
) -> None:
    loop.history()
    replaced = loop.key_change()
    loop.at(1, 1)
    incident = incidents.consider_alert(loop.fire(joins())[1])
    assert incident is not None
    stated = hypotheses.state(incident.id, "new keys do not join", actor="ada", key="1", about=replaced.id)
    again = hypotheses.state(incident.id, "the same thought", actor="bob", key="2", about=replaced.id)
    assert (again.number, again.text) == (stated.number, "new keys do not join")
    hypotheses.judge(incident.id, 1, "confirmed", actor="ada", key="3", reason="0 of 4,012 joined")
    (noted,) = of_kind("incident.noted")
    assert (noted.payload["about"], noted.payload["verdict"]) == (replaced.id, "confirmed")


@pytest.mark.covers("I7")
@pytest.mark.parametrize(
    ("verdict", "reason", "evidence", "error"),
    [
        ("maybe", "x", [], InputError),
        ("confirmed", "", [], InputError),
        ("confirmed", "", ["javascript:alert(1)"], InputError),
        ("confirmed", "", ["bench:none"], NotFoundError),
        ("confirmed", "", ["event:none"], NotFoundError),
        ("confirmed", "", ["pin:none"], NotFoundError),
    ],
)
def test_a_verdict_rests_on_something(
    hypotheses: Hypotheses,
    declared: Incident,
    verdict: str,
    reason: str,
    evidence: list[str],
    error: type[Exception],
) -> None:
    hypotheses.state(declared.id, "a", actor="ada", key="1")
    with pytest.raises(error):
        hypotheses.judge(declared.id, 1, verdict, actor="ada", key="2", reason=reason, evidence=evidence)


@pytest.mark.covers("I7")
def test_nothing_is_supposed_about_what_is_not_there(
    hypotheses: Hypotheses, incidents: Incidents, declared: Incident
) -> None:
    with pytest.raises(NotFoundError):
        hypotheses.list("2017-777")
    with pytest.raises(NotFoundError, match="no event"):
        hypotheses.state(declared.id, "a", actor="ada", key="1", about="nothing")
    with pytest.raises(NotFoundError):
        hypotheses.take(declared.id, 4, "bob", actor="ada", key="2")
    with pytest.raises(InputError, match="empty"):
        hypotheses.state(declared.id, "  ", actor="ada", key="3")


@pytest.mark.covers("I7")
@given(text=st.sampled_from(["<script>x</script>", "**a**\x1b[31m", "'; drop table x", "\u202egnp", "é" * 20_000]))
def test_what_people_type_is_kept_as_typed(text: str) -> None:
    evidence = f"https://host/{text}"
    if len(evidence) <= 2_000:
        assert str(parse_evidence(evidence)) == evidence
    with pytest.raises(InputError):
        parse_evidence(text)


@pytest.mark.covers("I7")
def test_the_table_of_steps_is_whole() -> None:
    assert {standing for standing, _ in TRANSITIONS} == set(Standing)
    assert {step for _, step in TRANSITIONS} == set(Step)
    assert set(VERDICTS.values()) == {Step.CONFIRM, Step.REJECT, Step.LEAVE}
    for (standing, step), after in TRANSITIONS.items():
        assert move(standing, step, hypothesis="h") is after
        assert after.is_open is (step in {Step.TAKE, Step.LEAVE, Step.REOPEN})


@pytest.mark.covers("I7")
def test_a_closed_incident_takes_no_more(hypotheses: Hypotheses, declared: Incident, database: Database) -> None:
    with database.transaction() as connection:
        change(connection, declared, actor="a", state="closed")
    with pytest.raises(ConflictError, match="is closed"):
        hypotheses.state(declared.id, "a", actor="ada", key="1")
