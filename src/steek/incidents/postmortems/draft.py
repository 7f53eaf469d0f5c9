"""From the story of an incident to the draft of its postmortem; a pure function.

The draft is blameless: it says what happened and what let it happen, and names nobody as a cause. Whatever a machine
supposes in it stands as a suggestion until a person has said that it is so.
"""

from collections.abc import Sequence

from steek.incidents.mitigations import Outcome
from steek.incidents.phases import TRIGGER_SCORE
from steek.incidents.postmortems.defences import Defence, DefenceState, defences
from steek.incidents.postmortems.draft_sections import SHOWN_SUSPECTS, draft_sections, noticed
from steek.incidents.postmortems.report import Point, PointRole, Report, make_point
from steek.incidents.postmortems.taxonomy import Taxonomy, suggest
from steek.incidents.stories import Story
from steek.incidents.suspects import Suspect
from steek.incidents.timeline import own_events

_CONTRIBUTING_SCORE = 0.1
_NEAR = frozenset({"join.failed", "training.failed", "batch.refused"})


def draft(story: Story, taxonomy: Taxonomy) -> Report:
    """What the record of the incident can say; where it lies on the axes is left to people."""
    incident = story.incident
    began, by = story.changed.onset, noticed(story)
    return Report(
        id=incident.id,
        incident=incident.id,
        title=incident.title,
        severity=incident.severity.value,
        systems=incident.systems,
        began_at=began.earliest_at or began.latest_at or by.at,
        resolved_at=incident.resolved_at,
        detected_by=by.by,
        near_miss=bool(own_events(story.timeline, "incident.near_miss")),
        roles={role.value: person for role, person in incident.roles.items()},
        times=story.times,
        sections=draft_sections(story),
        points=_points(story, taxonomy),
        taxonomy_version=taxonomy.version,
    )


def _points(story: Story, taxonomy: Taxonomy) -> tuple[Point, ...]:
    suspects, layers = story.changed.suspects[:SHOWN_SUSPECTS], defences(story)
    roots = [one for one in suspects if _is_root(one)]
    holes = [layer for layer in layers if layer.state is DefenceState.HOLE]
    found = [
        *_categories(story, roots, taxonomy),
        *(_cause(PointRole.ROOT_CAUSE, one) for one in roots),
        *_confirmed_hypotheses(story),
        *(_cause(PointRole.CONTRIBUTING_CAUSE, one) for one in suspects if _is_contributing(one)),
        *_active_failures(roots, story),
        *(
            make_point(PointRole.LATENT_CONDITION, f"The {one.layer} has a hole.", because=one.sentence)
            for one in holes
        ),
        *(make_point(PointRole.DEFENCE, one.sentence, kind=one.state.value, subject=one.layer) for one in layers),
        *_went_well(story, layers),
        *_follow_ups(roots, holes),
    ]
    return tuple({one.id: one for one in found}.values())


def _is_root(suspect: Suspect) -> bool:
    return suspect.verdict == "confirmed" or (suspect.verdict is None and suspect.score >= TRIGGER_SCORE)


def _is_contributing(suspect: Suspect) -> bool:
    return suspect.verdict is None and _CONTRIBUTING_SCORE <= suspect.score < TRIGGER_SCORE


def _text(suspect: Suspect) -> str:
    return suspect.what


def _categories(story: Story, roots: Sequence[Suspect], taxonomy: Taxonomy) -> list[Point]:
    near = {entry.kind for entry in story.timeline if entry.kind in _NEAR}
    notes = [str(entry.payload.get("text", "")) for entry in own_events(story.timeline, "incident.noted")]
    found = suggest(
        taxonomy,
        events=sorted(near | {one.event.kind for one in roots}),
        indicators=[alert.monitor for alert in story.alerts],
        said=[story.incident.title, *notes],
    )
    return [make_point(PointRole.CATEGORY, one.name, because=one.reason, kind=one.category) for one in found]


def _cause(role: PointRole, one: Suspect) -> Point:
    confirmed = one.verdict == "confirmed"
    because = f"confirmed by {one.judged_by}; {one.reason}" if confirmed else f"score {one.score:.2f}: {one.reason}"
    by = one.judged_by if confirmed else None
    return make_point(role, _text(one), because=because, by=by, kind=one.event.kind, subject=one.event.subject)


def _confirmed_hypotheses(story: Story) -> list[Point]:
    """What people stated, tested and found true; the hypothesis speaks for itself, no event stands for it."""
    stated = {
        str(entry.payload.get("hypothesis")): str(entry.payload.get("text") or "")
        for entry in own_events(story.timeline, "incident.hypothesis_stated")
    }
    found = [
        (str(entry.payload.get("text") or stated.get(str(entry.payload.get("hypothesis")), "")), entry.actor)
        for entry in own_events(story.timeline, "incident.hypothesis_judged")
        if entry.payload.get("verdict") == "confirmed"
    ]
    because = "a hypothesis that was tested and found true"
    return [make_point(PointRole.ROOT_CAUSE, text, because=because, by=by) for text, by in found if text.strip()]


def _active_failures(roots: Sequence[Suspect], story: Story) -> list[Point]:
    changes = [(f"{_text(one)} took effect at {one.event.at:%Y-%m-%d %H:%M} UTC.", one.reason) for one in roots]
    failed = [
        (f"{action.mitigation} failed.", action.error or "no reason was given")
        for action in story.actions
        if action.outcome is Outcome.FAILED
    ]
    return [make_point(PointRole.ACTIVE_FAILURE, text, because=because) for text, because in (*changes, *failed)]


def _went_well(story: Story, layers: Sequence[Defence]) -> list[Point]:
    held = [(f"The {one.layer} held.", one.sentence) for one in layers if one.state is DefenceState.HELD]
    if story.incident.machine:
        held.append(("It was declared by rule, without waiting for a person.", "declared by an alert"))
    return [make_point(PointRole.WENT_WELL, text, because=because) for text, because in held]


def _follow_ups(roots: Sequence[Suspect], holes: Sequence[Defence]) -> list[Point]:
    fixes = [("fix", f"Repair what {_text(one)} broke, and say how it is known.", one.reason) for one in roots]
    improvements = [("improvement", f"Close the hole in the {one.layer}.", one.sentence) for one in holes]
    return [
        make_point(PointRole.FOLLOW_UP, text, because=because, kind=kind)
        for kind, text, because in (*fixes, *improvements)
    ]
