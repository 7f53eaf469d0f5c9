"""The way back: how long it takes, how sure it is that it is over, and the watch after it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from steek.console.services import Services
from steek.incidents import State, Story
from steek.incidents.recovery.watch_period import Watch, WatchState
from steek.incidents.timeline import own_events
from steek.kernel.verdict import Verdict


@dataclass(frozen=True, slots=True)
class RecoveryView:
    """`estimates` are the last that were written down; `confidence` None while not every indicator is back."""

    estimates: tuple[str, ...]
    can_estimate: bool
    confidence: str | None
    probability: float | None
    watch: Watch | None
    can_watch: bool
    past: tuple[Watch, ...]


def recovery_section(services: Services, story: Story, _form_key: str) -> RecoveryView | None:
    """None for a closed incident that was never watched."""
    incident = story.incident
    watches = services.watch_periods.of(incident.id)
    if incident.state is State.CLOSED and not watches:
        return None
    estimated = own_events(story.timeline, "incident.estimated")
    said: Sequence[Mapping[str, object]] = ()
    if estimated:
        said = cast("Sequence[Mapping[str, object]]", estimated[-1].payload.get("estimates") or ())
    is_back = story.verification.verdict is Verdict.PASS
    sure = services.outlook.confidence(incident.id) if is_back else None
    lasting = [one for one in watches if one.state is WatchState.WATCHING]
    return RecoveryView(
        estimates=tuple(str(one.get("text")) for one in said),
        can_estimate=incident.state.is_open and any(system.startswith("model:") for system in incident.systems),
        confidence=None if sure is None else f"{sure.level}: {sure.sentence}",
        probability=None if sure is None else sure.probability,
        watch=lasting[0] if lasting else None,
        can_watch=incident.state is State.FOLLOW_UP,
        past=tuple(one for one in watches if one.state is not WatchState.WATCHING),
    )
