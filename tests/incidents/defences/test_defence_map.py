"""The map of defences: what is set up, what was exercised, where holes line up; from real configuration and ledger."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from defence_world import DAY, NOW, move, serve, told
from hypothesis import given, settings
from hypothesis import strategies as st

from steek.incidents.defences.coverage import load_coverage, parse_coverage
from steek.incidents.defences.defence_map import DefenceMap, defence_map
from steek.incidents.defences.defence_maps import as_text
from steek.incidents.defences.layers import WEAK, Layer
from steek.incidents.defences.map_cells import Cell, CellState, Evidence
from steek.incidents.defences.safeguard import Exercise, LayerSaid, Safeguard
from steek.incidents.postmortems.report import PointRole
from steek.incidents.postmortems.taxonomy import load_taxonomy
from steek.kernel.errors import InputError, NotFoundError
from steek.kernel.records import to_plain
from steek.monitoring.indicators import INDICATORS
from steek.platform import Platform

HOLE, SET_UP, EXERCISED = CellState.HOLE, CellState.SET_UP, CellState.EXERCISED


def cell(drawn: DefenceMap, category: str, layer: str) -> Cell:
    (row,) = [row for row in drawn.rows if row.category.id == category]
    (found,) = [one for one in row.cells if one.layer == layer]
    return found


@pytest.mark.covers("P5", "P2")
def test_the_table_knows_every_category_and_every_indicator() -> None:
    coverage, taxonomy = load_coverage(), load_taxonomy()
    assert set(coverage.covers) == {one.id for one in taxonomy.categories}
    assert len(taxonomy.categories) == 19
    assert {name for name in INDICATORS if coverage.means_of_indicator(name) is None} == set()
    used = {name for covers in coverage.covers.values() for names in covers.values() for name in names}
    used |= {name for names in coverage.everywhere.values() for name in names}
    # Owners and reviews are practices that stop no kind of failure by themselves.
    assert set(coverage.means) - used == {"process_owner", "process_review"}
    for category in coverage.covers:
        assert any(coverage.of(category, layer) for layer in Layer if layer not in WEAK)


@pytest.mark.covers("P5")
@pytest.mark.parametrize("change", ['layer = "moat"', "effort = 9"])
def test_a_wrong_table_is_refused(change: str) -> None:
    means = 'layer = "gate"\nhave = ""\nlack = ""\nadd = ""\neffort = 1'
    text = f"version = 1\n[everywhere]\n[means.x]\n{means}\n[covers.c]\n"
    parse_coverage(text)
    name = change.split(" ", 1)[0]
    broken = "\n".join(change if line.startswith(name) else line for line in text.splitlines())
    with pytest.raises(InputError, match="table of safeguards"):
        parse_coverage(broken)


@pytest.mark.covers("P5")
def test_cells_come_from_what_is_declared(platform: Platform) -> None:
    drawn = platform.defence_map.map("guarded")
    assert cell(drawn, "join-failure", "gate").state is SET_UP
    assert cell(drawn, "join-failure", "monitor").state is SET_UP
    assert cell(drawn, "inference-too-slow", "fallback").state is SET_UP
    assert cell(drawn, "inference-too-slow", "monitor").state is HOLE
    assert cell(drawn, "work-assignment", "gate").state is CellState.NOT_APPLICABLE
    assert cell(drawn, "join-failure", "rollback").state is HOLE
    serve(platform)
    after = cell(platform.defence_map.map("guarded"), "join-failure", "rollback")
    assert (after.state, after.safeguards[0].text) == (SET_UP, "version 1 to go back to of guarded")
    # A check that only warns, and a monitor that only draws, stop nothing.
    bare = platform.defence_map.map("bare")
    assert cell(bare, "join-failure", "gate").state is HOLE
    assert cell(bare, "tests-in-production", "monitor").state is HOLE


@pytest.mark.covers("P5")
def test_holes_that_line_up_are_named_with_the_cheapest_next_defence(standing: Platform) -> None:
    drawn = standing.defence_map.map("bare")
    named = {hole.category: hole for hole in drawn.holes}
    assert named["embedding-space"].sentence == (
        "Nothing would stop Embeddings in the wrong space: no gate bounds how far golden answers move, no canary tries "
        "new versions, no monitor watches the golden answers, there is no earlier version to go back to."
    )
    assert named["embedding-space"].effort == 1
    assert named["inference-too-slow"].cheapest == "serving=sk.Serving(canary=sk.Canary(...))"
    # Its data are guarded, so what comes in by data meets something.
    assert "join-failure" not in named
    # The guarded model still has one: nobody watches how its work is spread, but it can fall back.
    assert standing.defence_map.map("guarded").holes == ()
    whole = standing.defence_map.map()
    assert {hole.models for hole in whole.holes} == {("bare",)}
    assert " of bare: " in whole.holes[0].sentence


@pytest.mark.covers("P5")
def test_the_map_of_all_models_is_as_good_as_the_worst(standing: Platform) -> None:
    whole = cell(standing.defence_map.map(), "join-failure", "gate")
    assert (whole.state, whole.protected, whole.models, whole.is_partial) == (HOLE, ("guarded",), 3, True)
    assert whole.unknown == ("elsewhere",)
    assert "1 of 3 models only" in whole.sentence


@pytest.mark.covers("P5")
def test_what_really_happened_exercises_what_is_set_up(platform: Platform) -> None:
    serve(platform, versions=3)
    platform.routes.rollback("guarded", to=2, actor="ana", reason="worse", key="r")
    told(platform, "predictions.collected", "dataset:predictions@1", rows=3)
    told(platform, "gate.decided", "trained:guarded@9", verdict="fail", blocking=["golden_change_between: 0.99"])
    told(platform, "canary.aborted", "deployment:guarded@4", version=3, reason="guard")
    told(platform, "fallback.used", "model:guarded", fallbacks=7, answers=100)
    told(platform, "alert.judged", "alert:1", verdict="useful", monitors=["joined"])
    told(platform, "batch.held", "dataset:transactions", checks=["distribution"])
    told(platform, "batch.committed", "dataset:transactions@1", quarantined_rows=4)
    told(platform, "join.failed", "dataset:partner_lines", join="x")
    drawn = platform.defence_map.map("guarded")
    for category, layer in (
        ("join-failure", "gate"),
        ("join-failure", "canary"),
        ("join-failure", "monitor"),
        ("join-failure", "fallback"),
        ("join-failure", "rollback"),
        ("tests-in-production", "contract"),
        ("inference-distribution", "contract"),
    ):
        found = cell(drawn, category, layer)
        assert (category, layer, found.state) == (category, layer, EXERCISED)
        assert found.exercise is not None
        assert (found.exercise.at, found.exercise.link.startswith("/")) == (NOW, True)
    # Not what happened elsewhere, and not what nobody set up.
    assert cell(drawn, "process-orchestration", "monitor").state is SET_UP
    assert cell(platform.defence_map.map("bare"), "join-failure", "fallback").state is HOLE
    assert "////" in as_text(drawn)
    assert "####" in as_text(drawn)


@pytest.mark.covers("P5", "I14")
def test_a_drill_says_which_layers_held(platform: Platform) -> None:
    told(
        platform, "drill.ended", "drill:key-change", layers=["monitor"], models=["guarded"], categories=["join-failure"]
    )
    drawn = platform.defence_map.map("guarded")
    assert cell(drawn, "join-failure", "monitor").state is EXERCISED
    assert cell(drawn, "process-orchestration", "monitor").state is SET_UP
    assert cell(drawn, "join-failure", "process").state is EXERCISED


@pytest.mark.covers("P5", "P1")
def test_a_postmortem_counts_its_incident_and_what_held(platform: Platform) -> None:
    incident = platform.incidents.declare(
        "the join matched nothing, every key is unmatched", on="guarded", severity="sev2", actor="ana", key="d"
    )
    platform.incidents.resolve(incident.id, actor="ana", key="e", verify=False, reason="it is back")
    record = platform.postmortem_writing.draft(incident.id, actor="ana", key="p")
    assert record.report.of_role(PointRole.CATEGORY)[0].kind == "join-failure"
    drawn = platform.defence_map.map("guarded")
    (row,) = [row for row in drawn.rows if row.category.id == "join-failure"]
    assert (row.incidents, row.drafts) == ((), (incident.id,))


@pytest.mark.covers("P5", "P1")
def test_what_a_draft_says_is_told_and_counts_for_nothing_until_people_publish_it(platform: Platform) -> None:
    incident = platform.incidents.declare("join", on="guarded", severity="sev2", actor="ana", key="d")
    platform.incidents.resolve(incident.id, actor="ana", key="e", verify=False, reason="it is back")
    writing = platform.postmortem_writing
    record = writing.draft(incident.id, actor="ana", key="p")
    writing.add(record.id, "category", "join", kind="join-failure", actor="ana", key="c")
    writing.add(record.id, "defence", "joined showed it", kind="held", subject="monitor", actor="ana", key="h")
    drafted = cell(platform.defence_map.map("guarded"), "join-failure", "monitor")
    assert (drafted.state, drafted.exercise) == (SET_UP, None)
    assert drafted.sentence.endswith(
        f"never exercised; a draft says it held in incident {incident.id}: joined showed it"
    )
    publish(platform, record.id)
    drawn = platform.defence_map.map("guarded")
    certain = cell(drawn, "join-failure", "monitor")
    assert (certain.state, certain.drafted) == (EXERCISED, None)
    assert "a draft" not in certain.sentence
    (row,) = [row for row in drawn.rows if row.category.id == "join-failure"]
    assert (row.incidents, row.drafts) == ((incident.id,), ())


@pytest.mark.covers("P1", "I3")
def test_a_page_that_reached_nobody_is_a_hole_also_when_somebody_took_it_on(platform: Platform) -> None:
    night = {"name": "night", "people": ["ana"], "starts_on": f"{NOW:%Y-%m-%d}", "covers": ["*"]}
    platform.oncall.put_rotation(night, actor="ana", key="r")
    incident = platform.incidents.declare("fewer", on="model:guarded", severity="sev2", actor="ana", key="d")
    platform.subscriptions.deliver()
    platform.incidents.assign(incident.id, "commander", "ana", "ana", key="c")
    platform.subscriptions.deliver()
    platform.incidents.resolve(incident.id, actor="ana", key="e", verify=False, reason="it is back")
    report = platform.postmortem_writing.draft(incident.id, actor="ana", key="p").report
    (process,) = [one for one in report.of_role(PointRole.DEFENCE) if one.subject == "process"]
    assert (process.kind, "no call reached anybody; somebody took it on all the same" in process.text) == ("hole", True)


def publish(platform: Platform, postmortem: str) -> None:
    writing = platform.postmortem_writing
    writing.ask_review(postmortem, actor="ana", key="ask")
    writing.review(postmortem, accept=True, actor="bo", key="accept")
    writing.publish(postmortem, actor="ana", key="publish", reason="the lessons follow")


@pytest.mark.covers("P5", "I3")
def test_a_page_counts_when_a_call_arrived_and_people_without_target_are_a_hole(
    platform: Platform, tmp_path: Path
) -> None:
    def process() -> Cell:
        return cell(platform.defence_map.map("guarded"), "join-failure", "process")

    def answered(incident: str, *reached: str) -> None:
        said = {"incident": incident, "called": ["ana"], "reached": list(reached)}
        told(platform, "incident.page_acknowledged", f"incident:{incident}", **said)

    night = {"name": "night", "people": ["ana", "bo"], "starts_on": f"{NOW:%Y-%m-%d}", "covers": ["*"]}
    platform.oncall.put_rotation(night, actor="ana", key="r")
    platform.oncall.set_contacts("ana", [{"kind": "target", "value": "tracker"}], actor="ana", key="a")
    answered("2017-008")
    assert process().state is HOLE
    assert process().sentence == "no target reaches bo (rotation night)"
    platform.oncall.set_contacts("bo", [{"kind": "target", "value": "tracker"}], actor="ana", key="b")
    assert (process().state, process().exercise) == (SET_UP, None)
    told(platform, "notice.tested", "target:tracker", outcome="failed")
    told(platform, "notice.tested", "target:night", outcome="delivered")
    assert process().state is SET_UP
    told(platform, "notice.tested", "target:tracker", outcome="delivered")
    tested = process().exercise
    assert tested is not None
    assert tested.text == "a test of tracker reached ana"
    move(tmp_path, NOW + DAY)
    answered("2017-009", "ana")
    found = process().exercise
    assert found is not None
    assert found.text == "the page of incident 2017-009 reached ana, and was answered"


@pytest.mark.covers("P5", "N2")
def test_of_a_model_served_elsewhere_layers_are_asked_for_and_no_hole(platform: Platform, tmp_path: Path) -> None:
    drawn = platform.defence_map.map("elsewhere")
    gate = cell(drawn, "embedding-space", "gate")
    assert (gate.state, gate.lacking) == (CellState.NOT_KNOWN, ())
    assert gate.sentence == "only who trains and serves elsewhere can have it; ask them"
    assert drawn.holes == ()
    (question,) = drawn.questions
    assert [layer.value for layer in question.layers] == ["gate", "canary", "monitor", "fallback", "rollback"]
    assert question.cheapest is not None
    assert "sk.latency" in question.cheapest or "sk.data_age" in question.cheapest
    # Own models are judged as before.
    assert cell(platform.defence_map.map("bare"), "embedding-space", "gate").state is HOLE
    answer = platform.readiness.answer
    answer("elsewhere", "layer-gate", level="none", text="bo of sales: nobody compares", actor="ana", key="1")
    answer("elsewhere", "layer-canary", level="manual", text="bo: one shop first", actor="ana", key="2", days=10)
    drawn = platform.defence_map.map("elsewhere")
    gate, canary = cell(drawn, "embedding-space", "gate"), cell(drawn, "embedding-space", "canary")
    assert (gate.state, canary.state) == (HOLE, SET_UP)
    assert gate.sentence == "bo of sales: nobody compares (written down by ana, 2017-10-08)"
    assert canary.sentence.startswith("bo: one shop first (written down by ana")
    assert "????" in as_text(drawn)
    move(tmp_path, NOW + 11 * DAY)
    assert cell(platform.defence_map.map("elsewhere"), "embedding-space", "canary").state is CellState.NOT_KNOWN
    with pytest.raises(NotFoundError, match="layer-gate"):
        answer("guarded", "layer-gate", level="none", text="t", actor="ana", key="3")


def test_once_everybody_said_no_it_is_a_hole_with_advice_this_project_can_follow() -> None:
    at = datetime(2020, 1, 1, tzinfo=UTC)
    said = {("m", layer): LayerSaid(False, "they say none", "ana", at) for layer in Layer}
    evidence = Evidence([], [], {}, elsewhere={"m": "them"}, said=said)
    drawn = defence_map(load_taxonomy(), load_coverage(), evidence, models=["m"], model="m", at=at)
    assert (len(drawn.holes), drawn.questions) == (19, ())
    theirs = {means.add for means in load_coverage().means.values() if means.elsewhere}
    assert {hole.cheapest for hole in drawn.holes} & theirs == set()
    named = {hole.category: hole.cheapest for hole in drawn.holes}
    assert named["embedding-space"] == "ask them for one of these"
    assert named["inference-too-slow"] == "sk.Monitor(..., indicator=sk.latency(...))"


@pytest.mark.covers("P5")
def test_one_category_tells_everything_about_itself(platform: Platform) -> None:
    told(platform, "alert.judged", "alert:1", verdict="useful", monitors=["joined"])
    found = platform.defence_map.category("join-failure", "guarded")
    assert "monitor joined (join_matched)" in {guard.text for guard in found.safeguards}
    assert [one.text for one in found.exercises] == ["an alert of joined was judged useful"]
    with pytest.raises(NotFoundError, match="join-failure"):
        platform.defence_map.category("join-failures")
    with pytest.raises(NotFoundError, match="guarded"):
        platform.defence_map.map("gaurded")
    json.dumps(to_plain(found))


LAYER_MEANS = [name for name, means in load_coverage().means.items() if means.layer not in WEAK]


@settings(max_examples=25)
@given(st.lists(st.sampled_from(LAYER_MEANS), max_size=8, unique=True), st.sampled_from(LAYER_MEANS))
def test_more_safeguards_never_open_a_hole(means: list[str], more: str) -> None:
    def drawn(names: list[str]) -> DefenceMap:
        guards = [Safeguard(name, "model:m", name, frozenset({"m"})) for name in names]
        evidence = Evidence(guards, [], {})
        at = datetime(2020, 1, 1, tzinfo=UTC)
        return defence_map(load_taxonomy(), load_coverage(), evidence, models=["m"], model="m", at=at)

    before, after = drawn(means), drawn([*means, more])
    assert {hole.category for hole in after.holes} <= {hole.category for hole in before.holes}
    assert after.count(HOLE) <= before.count(HOLE)
    assert before.count(EXERCISED) == after.count(EXERCISED) == 0


def test_what_is_gone_defends_nobody_however_often_it_once_did() -> None:
    once = Exercise(Layer.GATE, datetime(2020, 1, 1, tzinfo=UTC), "refused", "/ledger/1", models=frozenset({"m"}))
    at = datetime(2020, 1, 2, tzinfo=UTC)
    evidence = Evidence([], [once], {})
    drawn = defence_map(load_taxonomy(), load_coverage(), evidence, models=["m"], model="m", at=at)
    assert cell(drawn, "join-failure", "gate").state is HOLE
    assert drawn.count(EXERCISED) == 0
