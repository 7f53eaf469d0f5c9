"""The whole story of the key change, as its people would play it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from tests.incidents.conftest import ONSET_DAY, Loop, joins

from steek.incidents import Duration, Incident, Incidents, Phase, related_events
from steek.incidents.desk import Desk
from steek.incidents.postmortems.drafting import PostmortemDrafts
from steek.incidents.postmortems.report import PointRole, Report, Standing, plain, read_report
from steek.incidents.postmortems.report_markdown import report_markdown
from steek.incidents.postmortems.stored import find
from steek.incidents.postmortems.taxonomy import load_taxonomy, parse_taxonomy, suggest
from steek.kernel import ReplayClock
from steek.kernel.errors import InputError
from steek.ledger import Database, Draft, Ledger, Lineage


@dataclass
class Drafts:
    """The draft that is stored, and the one that would be written now."""

    stored: Callable[[str], Report]
    preview: Callable[[str], Report]


@pytest.fixture
def drafts(database: Database, ledger: Ledger, lineage: Lineage, clock: ReplayClock, incidents: Incidents) -> Drafts:
    drafting = PostmortemDrafts(Desk(database, ledger, lineage, clock, incidents.menu))

    def stored(incident: str) -> Report:
        with database.reading() as connection:
            return find(connection, incident).report

    return Drafts(stored, lambda incident: drafting.preview(incidents.stories.read(incident)))


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


@pytest.mark.covers("I5")
def test_of_too_many_entries_the_latest_are_told_and_how_it_was_declared(
    incidents: Incidents, declared: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(related_events, "_MOST_OWN", 3)
    for number in range(6):
        incidents.note(declared.id, f"note {number}", "a", key=f"n{number}")
    own = [entry.text for entry in incidents.timeline(declared.id) if entry.own]
    assert own[1:] == ["note 3", "note 4", "note 5"]
    assert own[0].startswith("declared sev2")


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
    assert trigger.evidence == "The contents of products were replaced, confirmed by sam"
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
    assert times.to_mitigate == times.to_act == Duration(2 * hour, 26 * hour)
    assert times.to_resolve == Duration(25 * hour, 49 * hour)


@pytest.mark.covers("I2", "I9", "P1")
def test_what_was_done_and_not_seen_to_help_did_not_mitigate(incidents: Incidents, loop: Loop) -> None:
    incident = incidents.consider_alert(loop.fire(joins())[1])
    assert incident is not None
    incidents.act(incident.id, "notice", {}, "gabi", key="1")
    acted_at = loop.at(1, 2)
    incidents.act(incident.id, "roll-back-fleet", {"to": 13}, "sam", key="2")
    story = incidents.stories.read(incident.id)
    [mitigation] = [phase for phase in story.phases if phase.phase is Phase.MITIGATION]
    assert (mitigation.start.earliest_at, mitigation.suggested) == (acted_at, True)
    assert mitigation.evidence == "roll-back-fleet was done; not seen to help"
    assert (story.times.to_mitigate, story.times.to_act) == (Duration(None, None), Duration(2 * 3600.0, 26 * 3600.0))


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
        "incident.mitigation_verified",
        "incident.mitigation_verified",
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
def test_postmortem_is_drafted_with_what_is_known(played: Incident, drafts: Drafts) -> None:
    report = drafts.stored(played.id)
    assert plain(read_report(plain(report))) == plain(report)
    assert (report.id, report.incident, report.detected_by) == ("2017-001", "2017-001", "machine")
    assert report.times.to_detect == Duration(3600.0, 90000.0)
    assert report.systems == ("dataset:partner_lines", "features:partner_demand_view", "model:partner_demand")
    assert report.sections["impact"].endswith("to be added by people: users, money, groups harmed")
    assert "The contents of products were replaced" in report.sections["changes"].splitlines()[0]
    assert report.sections["changes"].splitlines()[0].endswith("(confirmed by sam)")
    [root] = report.of_role(PointRole.ROOT_CAUSE)
    assert (root.kind, root.standing, root.by) == ("dataset.replaced", Standing.CONFIRMED, "sam")
    assert {one.subject: one.kind for one in report.of_role(PointRole.DEFENCE)} == {
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
    assert [one.text for one in report.of_role(PointRole.LATENT_CONDITION)] == [
        "The contract has a hole.",
        "The gate has a hole.",
    ]
    assert "explode failed." in [one.text for one in report.of_role(PointRole.ACTIVE_FAILURE)]
    assert [one.kind for one in report.of_role(PointRole.FOLLOW_UP)] == ["fix", "improvement", "improvement"]
    assert report.of_role(PointRole.LUCK) == ()


@pytest.mark.covers("P1")
def test_a_rejected_suspect_is_no_cause(incidents: Incidents, loop: Loop, drafts: Drafts) -> None:
    loop.history()
    replaced = loop.key_change()
    loop.at(1, 1)
    incident = incidents.consider_alert(loop.fire(joins())[1])
    assert incident is not None
    before = drafts.preview(incident.id)
    assert [cause.standing for cause in before.of_role(PointRole.ROOT_CAUSE)] == [Standing.SUGGESTED]
    incidents.note(incident.id, "those keys are fine", "sam", key="n", about=replaced.id, verdict="rejected")
    after = drafts.preview(incident.id)
    assert after.of_role(PointRole.ROOT_CAUSE) == ()
    ranked = [line for line in after.sections["changes"].splitlines() if "score" in line]
    assert ranked[-1].endswith("(rejected by sam)")
    assert "| trigger | not known | not known | no change stands out as the trigger" in after.sections["phases"]


@pytest.mark.covers("P1")
def test_a_user_who_noticed_is_said(declared: Incident, drafts: Drafts) -> None:
    report = drafts.preview(declared.id)
    assert (report.detected_by, report.began_at) == ("user", declared.declared_at)
    assert report.sections["detection"].startswith("declared by ariel, 2017-")
    assert {one.subject: one.kind for one in report.of_role(PointRole.DEFENCE)}["monitor"] == "hole"


@pytest.mark.covers("P1", "P2")
def test_markdown_reads_alone(played: Incident, drafts: Drafts) -> None:
    text = report_markdown(drafts.stored(played.id))
    assert "\n# partner_joins: 0%, at least 90% expected\n" in text
    assert "\nto_detect: 1 h to 25 h\n" in text
    assert "| outage begins | 2017-10-15 06:00 UTC to 2017-10-16 06:00 UTC | 2017-10-16 07:00 UTC |" in text
    assert "- join-failure: Temporary failure to join with expected data *(suggested)* Because: " in text
    assert "machine_learning" not in text, "nobody placed it"


@pytest.mark.covers("P1")
def test_an_act_is_one_line_of_the_draft_with_its_parameters_in_words(
    incidents: Incidents, played: Incident, ledger: Ledger, drafts: Drafts
) -> None:
    for _ in range(3):
        ledger.record(Draft("incident.watching", played.urn, "steek", {"incident": played.id, "indicators": ["joins"]}))
    given = {"text": "Purchasing stops the orders", "owner": "gabi", "expected": "less waste"}
    acts: tuple[tuple[str, dict[str, object]], ...] = (
        ("incident.action_started", {"mitigation": "measure", "arguments": given}),
        ("incident.measure_taken", {"measure": "measure", "key": "k", **given}),
        ("incident.acted", {"mitigation": "measure", "arguments": given, "outcome": "done"}),
        ("incident.action_started", {"mitigation": "retrain", "arguments": {}}),
    )
    for kind, told in acts:
        ledger.record(Draft(kind, played.urn, "gabi", {"incident": played.id, **told}))
    sections = drafts.preview(played.id).sections
    lines = [line.partition(" UTC ")[2] for line in sections["timeline"].splitlines()]
    assert "roll back fleet, to 13: done (by sam)" in lines
    assert sum("roll back fleet" in line for line in lines) == 1
    assert [line for line in lines if "Purchasing" in line] == [
        "measure: Purchasing stops the orders, owner gabi; expected: less waste: done"
    ]
    assert lines[-1] == "retrain: begun (by gabi)"
    assert sum("watched until" in line for line in lines) == 1
    assert any(line.endswith(", 3 times") for line in lines)
    assert "investigate: detection -> troubleshooting (by ariel)" in lines
    assert "\\" not in sections["timeline"]


@pytest.mark.covers("P2")
def test_key_change_is_classified_as_a_failed_join(played: Incident, drafts: Drafts) -> None:
    report = drafts.stored(played.id)
    first = report.of_role(PointRole.CATEGORY)[0]
    assert (first.kind, first.standing) == ("join-failure", Standing.SUGGESTED)
    assert (
        first.because == "the ledger has join.failed; the monitor partner_joins showed it; people wrote 'join', 'key'"
    )
    assert (report.categories, report.suggested_categories[0]) == ((), "join-failure")


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
