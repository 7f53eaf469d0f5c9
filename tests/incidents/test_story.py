"""The whole story of the key change, as its people would play it."""

import json
from datetime import timedelta

import pytest
from tests.incidents.conftest import ONSET_DAY, Loop, joins

from steek.incidents import Duration, Incident, Incidents, Phase
from steek.incidents.postmortems.taxonomy import load_taxonomy, parse_taxonomy, suggest
from steek.kernel.errors import InputError
from steek.ledger import Ledger


@pytest.fixture
def played(incidents: Incidents, loop: Loop) -> Incident:
    loop.history()
    replaced = loop.key_change()
    loop.at(1, 1)
    alert, event = loop.fire(joins())
    incident = incidents.consider_alert(event)
    assert incident is not None
    at = incident.id
    loop.at(1, 1.2)
    incidents.assign(at, "commander", "ariel", "ariel", key="1")
    incidents.advance(at, "investigate", "ariel", key="2")
    incidents.note(at, "old keys are gone from products", "sam", key="3", about=replaced.id, verdict="confirmed")
    loop.at(1, 1.5)
    loop.tell("gate.decided", "trained:partner_demand@15", {"verdict": "pass"})
    loop.at(1, 2)
    incidents.act(at, "explode", {}, "sam", key="4")
    incidents.act(at, "roll-back-fleet", {"to": 13}, "sam", key="5")
    loop.at(1, 3)
    incidents.act(at, "retrain", {}, "sam", key="6")
    loop.at(2, 1)
    loop.recover(joins(), alert, day=1)
    incidents.resolve(at, actor="ariel", key="7")
    return incidents.get(at)


@pytest.mark.covers("I2")
def test_phases_are_intervals_with_evidence(incidents: Incidents, played: Incident) -> None:
    story = incidents.stories.read(played.id)
    found = {phase.phase: phase for phase in story.phases}
    assert list(found) == list(Phase)
    began = found[Phase.OUTAGE_BEGINS].start
    assert (began.earliest_at, began.latest_at) == (ONSET_DAY, ONSET_DAY + timedelta(days=1))
    assert found[Phase.OUTAGE_BEGINS].evidence == "onset given by partner_joins"
    trigger = found[Phase.TRIGGER]
    assert not trigger.suggested
    assert trigger.evidence == "dataset.replaced of dataset:products, confirmed by sam"
    assert trigger.start.earliest_at == ONSET_DAY + timedelta(hours=14)
    at = {phase: found[phase].start.earliest_at for phase in Phase}
    day = ONSET_DAY + timedelta(days=1)
    assert at[Phase.DETECTION] == day + timedelta(hours=1)
    assert at[Phase.TROUBLESHOOTING] == day + timedelta(hours=1.2)
    assert at[Phase.MITIGATION] == day + timedelta(hours=2)
    assert at[Phase.RESOLUTION] == day + timedelta(hours=3)
    assert at[Phase.FOLLOW_UP] == day + timedelta(days=1, hours=1)
    assert found[Phase.MITIGATION].end == found[Phase.RESOLUTION].start
    assert not found[Phase.FOLLOW_UP].end.known


@pytest.mark.covers("I2", "P1")
def test_times_carry_the_uncertainty_of_the_onset(incidents: Incidents, played: Incident) -> None:
    times = incidents.stories.read(played.id).times
    hour = 3600.0
    assert times.to_detect == Duration(1 * hour, 25 * hour)
    assert times.to_declare == Duration(0.0, 0.0)
    assert times.to_mitigate == Duration(2 * hour, 26 * hour)
    assert times.to_resolve == Duration(25 * hour, 49 * hour)


@pytest.mark.covers("I5")
def test_timeline_holds_everything_in_order(incidents: Incidents, played: Incident, ledger: Ledger) -> None:
    entries = incidents.timeline(played.id)
    kinds = [entry.kind for entry in entries]
    story = [
        "join.failed",
        "alert.fired",
        "incident.declared",
        "suspects.ranked",
        "incident.role_assigned",
        "incident.advanced",
        "incident.noted",
        "gate.decided",
        "incident.action_started",
        "incident.acted",
        "incident.action_started",
        "incident.acted",
        "incident.action_started",
        "incident.acted",
        "alert.resolved",
        "incident.resolved",
        "postmortem.drafted",
    ]
    assert kinds == story
    assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)
    texts = [entry.text for entry in entries if entry.own]
    assert texts[2:5] == [
        "ariel is commander",
        "investigate: detection -> troubleshooting",
        "confirmed: old keys are gone from products",
    ]
    assert texts[6].startswith("explode: failed (mitigation explode raised ValueError")
    assert texts[8] == "roll-back-fleet (to=13): done"
    assert ledger.verify() == ledger.count()


@pytest.mark.covers("P1")
def test_postmortem_is_drafted_with_what_is_known(incidents: Incidents, played: Incident) -> None:
    postmortem = incidents.postmortem(played.id)
    document = postmortem.document
    assert json.loads(json.dumps(document)) == document
    assert (postmortem.revision, document["format_version"], document["incident"]) == (1, 1, "2017-001")
    assert document["detection"]["by"] == "machine"
    assert document["times"]["to_detect"] == {"shortest_s": 3600.0, "longest_s": 90000.0}
    assert document["impact"]["outage"] == {"shortest_s": 90000.0, "longest_s": 176400.0}
    assert document["impact"]["systems"] == [
        "dataset:partner_lines",
        "features:partner_demand_view",
        "model:partner_demand",
    ]
    assert document["impact"]["not_measured"] == ["users", "money", "groups harmed"]
    first = document["suspects"][0]
    assert (first["kind"], first["verdict"], first["judged_by"]) == ("dataset.replaced", "confirmed", "sam")
    assert [cause["confirmed"] for cause in document["root_causes"]] == [True]
    assert {one["layer"]: one["state"] for one in document["defences"]} == {
        "contract": "hole",
        "join check": "held",
        "gate": "hole",
        "canary": "not tried",
        "monitor": "held",
        "fallback": "not tried",
        "rollback": "held",
        "access": "not tried",
        "process": "held",
    }
    assert [one["text"] for one in document["latent_conditions"]] == [
        "The contract has a hole.",
        "The gate has a hole.",
    ]
    assert "explode failed." in [one["text"] for one in document["active_failures"]]
    assert [one["kind"] for one in document["follow_ups"]] == ["fix", "improvement", "improvement"]
    assert document["luck"] == []


@pytest.mark.covers("P1")
def test_a_rejected_suspect_is_no_cause(incidents: Incidents, loop: Loop) -> None:
    loop.history()
    replaced = loop.key_change()
    loop.at(1, 1)
    incident = incidents.consider_alert(loop.fire(joins())[1])
    assert incident is not None
    before = incidents.postmortem(incident.id)
    assert before.revision is None
    assert [cause["confirmed"] for cause in before.document["root_causes"]] == [False]
    incidents.note(incident.id, "those keys are fine", "sam", key="n", about=replaced.id, verdict="rejected")
    after = incidents.postmortem(incident.id).document
    assert after["root_causes"] == []
    [rejected] = [one for one in after["suspects"] if one["event_id"] == replaced.id]
    assert (rejected["verdict"], after["suspects"][-1]) == ("rejected", rejected)
    trigger = after["phases"][1]
    assert (trigger["phase"], trigger["evidence"]) == ("trigger", "no change stands out as the trigger")


@pytest.mark.covers("P1")
def test_a_user_who_noticed_is_said(incidents: Incidents, declared: Incident) -> None:
    document = incidents.postmortem(declared.id).document
    assert document["detection"] == {"by": "user", "what": "declared by ariel", "at": declared.declared_at.isoformat()}
    assert {one["layer"]: one["state"] for one in document["defences"]}["monitor"] == "hole"
    assert document["impact"]["outage"] == {"shortest_s": None, "longest_s": None}


@pytest.mark.covers("P1", "P2")
def test_markdown_reads_alone(incidents: Incidents, played: Incident) -> None:
    text = incidents.postmortem(played.id).markdown
    assert text.startswith("# 2017-001: partner\\_joins: 0%, at least 90% expected\n")
    assert "- To detect: 1 h to 25 h\n" in text
    assert "| outage begins | 2017-10-15 06:00 UTC to 2017-10-16 06:00 UTC | 2017-10-16 07:00 UTC |" in text
    assert (
        "- Temporary failure to join with expected data (suggested; machine learning 3 of 5, distributed 4 of 5)"
        in text
    )
    assert "## Where we were lucky\n\nTo be written." in text


@pytest.mark.covers("P2")
def test_key_change_is_classified_as_a_failed_join(incidents: Incidents, played: Incident) -> None:
    first = incidents.postmortem(played.id).document["classification"][0]
    assert first["category"] == "join-failure"
    assert (
        first["reason"] == "the ledger has join.failed; the monitor partner_joins showed it; people wrote 'join', 'key'"
    )


@pytest.mark.covers("P2")
def test_taxonomy_has_the_nineteen_categories() -> None:
    taxonomy = load_taxonomy()
    assert len(taxonomy.categories) == 19
    assert len({category.id for category in taxonomy.categories}) == 19
    assert len({category.name for category in taxonomy.categories}) == 19
    assert all(category.sentence.endswith(".") for category in taxonomy.categories)
    assert {category.machine_learning for category in taxonomy.categories} == {1, 2, 3, 5}
    assert suggest(taxonomy, events=[], indicators=[], said=["nothing of the kind"]) == ()


ENTRY = """
version = 2
[[category]]
id = "odd"
name = "Odd"
sentence = "It was odd."
machine_learning = 3
distributed = 4
events = ["x.happened"]
indicators = []
words = []
"""


@pytest.mark.covers("P2")
def test_an_edited_taxonomy_can_be_used() -> None:
    taxonomy = parse_taxonomy(ENTRY)
    assert taxonomy.version == 2
    [suggestion] = suggest(taxonomy, events=["x.happened"], indicators=[], said=[])
    assert (suggestion.category, suggestion.reason) == ("odd", "the ledger has x.happened")


@pytest.mark.covers("P2", "N3")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ENTRY.replace("= 4", "= 6"), "distributed is 6; allowed: 1 to 5"),
        (ENTRY + ENTRY.replace("version = 2", ""), "two categories named odd"),
        (ENTRY.replace('name = "Odd"', ""), "'name'"),
        ("version = ", "cannot be read"),
    ],
)
def test_a_wrong_taxonomy_is_refused(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse_taxonomy(text)
