"""From the story of an incident to the first draft of its postmortem; a pure function."""

from collections.abc import Sequence

from steek.incidents.mitigations import Outcome
from steek.incidents.phases import TRIGGER_SCORE, Phase
from steek.incidents.postmortems.defences import Defence, DefenceState, defences
from steek.incidents.postmortems.document import (
    FORMAT_VERSION,
    Detection,
    Did,
    Document,
    FollowUp,
    Impact,
    JudgedSuspect,
    Shown,
    Supposition,
)
from steek.incidents.postmortems.taxonomy import Suggestion, Taxonomy, suggest
from steek.incidents.stories import Story
from steek.incidents.timeline import own_events, verdicts
from steek.incidents.types import Duration, Span

_CONTRIBUTING_SCORE = 0.1
_SHOWN = 20  # suspects and indicators in a document; the incident page has them all
_NOT_MEASURED = ("users", "money", "groups harmed")


def draft(story: Story, taxonomy: Taxonomy) -> Document:
    """Everything that the record of the incident can say; what it can only suppose is marked."""
    incident = story.incident
    suspects = _judged(story)
    layers = defences(story)
    roots = [one for one in suspects if one.verdict != "rejected" and _is_root(one)]
    others = [one for one in suspects if one.verdict is None and _CONTRIBUTING_SCORE <= one.score < TRIGGER_SCORE]
    return Document(
        format_version=FORMAT_VERSION,
        incident=incident.id,
        title=incident.title,
        severity=incident.severity,
        subject=incident.subject,
        roles=incident.roles,
        phases=story.phases,
        times=story.times,
        impact=_impact(story),
        detection=_detection(story),
        suspects=suspects,
        unchanged=tuple(statement.sentence for statement in story.changed.unchanged),
        root_causes=tuple(_supposed(one) for one in roots),
        contributing_causes=tuple(_supposed(one) for one in others),
        active_failures=_active_failures(roots, story),
        latent_conditions=tuple(
            Supposition(f"The {layer.layer} has a hole.", layer.sentence)
            for layer in layers
            if layer.state is DefenceState.HOLE
        ),
        defences=layers,
        taxonomy_version=taxonomy.version,
        classification=_classification(story, roots, taxonomy),
        actions=_did(story),
        went_well=_went_well(story, layers),
        luck=(),
        follow_ups=_follow_ups(roots, layers),
        resolution=_resolution(story),
    )


def _is_root(suspect: JudgedSuspect) -> bool:
    return suspect.verdict == "confirmed" or suspect.score >= TRIGGER_SCORE


def _judged(story: Story) -> tuple[JudgedSuspect, ...]:
    said = verdicts(story.timeline)
    judged: list[JudgedSuspect] = []
    for suspect in story.changed.suspects[:_SHOWN]:
        event = suspect.event
        verdict, by = said.get(event.id, (None, None))
        judged.append(
            JudgedSuspect(
                event_id=event.id,
                kind=event.kind,
                subject=event.subject,
                at=event.at,
                score=suspect.score,
                reason=suspect.reason,
                verdict="confirmed" if verdict == "confirmed" else "rejected" if verdict == "rejected" else None,
                judged_by=by,
            )
        )
    return tuple(judged)


def _supposed(suspect: JudgedSuspect) -> Supposition:
    text = f"{suspect.kind} of {suspect.subject}"
    if suspect.verdict == "confirmed":
        return Supposition(text, f"confirmed by {suspect.judged_by}; {suspect.reason}", confirmed=True)
    return Supposition(text, f"score {suspect.score:.2f}: {suspect.reason}")


def _impact(story: Story) -> Impact:
    began = next(phase.start for phase in story.phases if phase.phase is Phase.OUTAGE_BEGINS)
    return Impact(
        systems=story.incident.systems,
        slices=tuple(sorted({alert.slice for alert in story.alerts if alert.slice is not None})),
        shown=tuple(
            Shown(alert.monitor, alert.slice, alert.value, alert.lower, alert.upper) for alert in story.alerts[:_SHOWN]
        ),
        outage=Duration.between(began, Span.exactly(story.incident.resolved_at)),
        not_measured=_NOT_MEASURED,
    )


def _detection(story: Story) -> Detection:
    if story.alerts:
        first = story.alerts[0]
        return Detection("machine", f"alert of {first.monitor}", first.opened_at)
    return Detection("user", f"declared by {story.incident.declared_by}", story.incident.declared_at)


def _active_failures(roots: Sequence[JudgedSuspect], story: Story) -> tuple[Supposition, ...]:
    changes = [
        Supposition(f"{one.kind} of {one.subject} took effect at {one.at:%Y-%m-%d %H:%M} UTC.", one.reason)
        for one in roots
    ]
    failed = [
        Supposition(f"{action.mitigation} failed.", action.error or "no reason was given", confirmed=True)
        for action in story.actions
        if action.outcome is Outcome.FAILED
    ]
    return (*changes, *failed)


def _classification(story: Story, roots: Sequence[JudgedSuspect], taxonomy: Taxonomy) -> tuple[Suggestion, ...]:
    near = {entry.kind for entry in story.timeline if entry.kind in {"join.failed", "training.failed", "batch.refused"}}
    notes = [str(entry.payload.get("text", "")) for entry in own_events(story.timeline, "incident.noted")]
    return suggest(
        taxonomy,
        events=sorted(near | {one.kind for one in roots}),
        indicators=[alert.monitor for alert in story.alerts],
        said=[story.incident.title, *notes],
    )


def _did(story: Story) -> tuple[Did, ...]:
    return tuple(
        Did(
            mitigation=action.mitigation,
            arguments=action.arguments,
            actor=action.actor,
            outcome=action.outcome.value,
            error=action.error,
            started_at=action.started_at,
            ended_at=action.ended_at,
        )
        for action in story.actions
    )


def _went_well(story: Story, layers: Sequence[Defence]) -> tuple[Supposition, ...]:
    held = [Supposition(f"The {one.layer} held.", one.sentence) for one in layers if one.state is DefenceState.HELD]
    if story.incident.machine:
        held.append(Supposition("It was declared by rule, without waiting for a person.", "declared by an alert"))
    return tuple(held)


def _follow_ups(roots: Sequence[JudgedSuspect], layers: Sequence[Defence]) -> tuple[FollowUp, ...]:
    fixes = [
        FollowUp("fix", f"Repair what {one.kind} of {one.subject} broke, and say how it is known.", one.reason)
        for one in roots
    ]
    holes = [one for one in layers if one.state is DefenceState.HOLE]
    improvements = [FollowUp("improvement", f"Close the hole in the {one.layer}.", one.sentence) for one in holes]
    return (*fixes, *improvements)


def _resolution(story: Story) -> str:
    resolved = own_events(story.timeline, "incident.resolved")
    return resolved[-1].text if resolved else "not resolved yet"
