"""The map of defences: what is set up, what was exercised, where holes line up; from real configuration and ledger."""

import json
from datetime import UTC, datetime

import pytest
from defence_world import NOW, serve, told
from hypothesis import given, settings
from hypothesis import strategies as st

from steek.incidents.defences.coverage import load_coverage, parse_coverage
from steek.incidents.defences.defence_map import Cell, CellState, DefenceMap, Evidence, defence_map
from steek.incidents.defences.defence_maps import as_text
from steek.incidents.defences.layers import WEAK, Layer
from steek.incidents.defences.safeguard import Exercise, Safeguard
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
    assert (whole.state, whole.covered, whole.models, whole.is_partial) == (HOLE, 1, 2, True)
    assert whole.sentence.startswith("1 of 2 models only")


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
    assert record.report.categories[0] == "join-failure"
    drawn = platform.defence_map.map("guarded")
    (row,) = [row for row in drawn.rows if row.category.id == "join-failure"]
    assert row.incidents == (incident.id,)


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
