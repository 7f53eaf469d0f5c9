"""Telling issue trackers and people: notices with an identity that stays."""

from datetime import datetime

from sqlalchemy import Connection

from steek.incidents.followups.follow_up import FollowUp, Priority
from steek.incidents.followups.lifecycle import FollowUpState
from steek.incidents.followups.listeners import Listener, listener
from steek.incidents.oncall.contacts import targets_of
from steek.incidents.oncall.rota_rows import read_people
from steek.notify import Notice, Notices
from steek.notify.notice import NoticeSeverity, NoticeState

_STATES: dict[FollowUpState, NoticeState] = {
    FollowUpState.OPEN: "open",
    FollowUpState.STARTED: "acknowledged",
    FollowUpState.DONE: "resolved",
    FollowUpState.DROPPED: "resolved",
}
_SEVERITIES: dict[Priority, NoticeSeverity] = {
    Priority.P0: "sev1",
    Priority.P1: "sev2",
    Priority.P2: "sev3",
    Priority.P3: "sev3",
}
_LONGEST_TITLE = 300


class Telling:
    """Notices about follow-ups, taken in with the state that they tell of.

    A tracker is a webhook target that asks for the purpose "change" and the subjects "follow-up:*": it hears of every
    follow-up under one key for as long as it lives, as open, acknowledged (started) and resolved (done or dropped).

    Args:
        notices: Takes them.
        url: Where people find the console, without a slash at the end.
        lead: Who answers for an owner; "" where nobody is named.
    """

    def __init__(self, notices: Notices, url: str, lead: str = "") -> None:
        self._notices = notices
        self._url = url
        self._lead = lead

    def tell(self, connection: Connection, one: FollowUp) -> None:
        """Tell trackers how it stands."""
        if self._notices.is_told("change"):
            labels = {"follow_up": one.id, "priority": one.priority.value, "kind": one.kind.value}
            labels |= {"incident": one.postmortem} if one.postmortem else {}
            labels |= {"tracker_id": one.tracked.outside_id} if one.tracked else {}
            due = "" if one.due_at is None else f"\nDue {one.due_at:%Y-%m-%d}."
            body = f"{one.text}\n{one.worth}.{due}" + (f"\nDone means: {one.done_means}" if one.done_means else "")
            notice = Notice(
                key=f"follow-up:{one.id}",
                title=_title(f"{one.id}: {one.text}"),
                body=body,
                severity=_SEVERITIES[one.priority],
                subject=one.urn,
                at=one.changed_at,
                purpose="change",
                owner=one.owner,
                url=f"{self._url}/follow-ups/{one.id}",
                state=_STATES[one.state],
                labels=labels,
            )
            self._notices.post_in(connection, [notice])

    def listener(self, connection: Connection, one: FollowUp, step: int, *, at: datetime) -> Listener:
        """Who would be told at this step that one is late."""
        # What is no longer in steek.toml has no purposes any more.
        declared = {target.name for target in self._notices.targets() if target.purposes}
        return listener(connection, one, step, lead=self._lead, declared=declared, at=at)

    def escalate(
        self, connection: Connection, one: FollowUp, step: int, to: Listener, *, at: datetime, days: int
    ) -> None:
        """Tell that one is late, by the targets of whoever hears of it, and of those that listen to follow-ups."""
        if self._notices.is_told():
            whose = "" if to.person == one.owner else f" of {one.owner}"
            why = "" if to.person == one.owner else f"{to.because}."
            notice = Notice(
                key=f"follow-up-late:{one.id}:{step}:{one.due_at:%Y%m%d}",
                title=_title(f"{days} days late{whose}: {one.id} {one.text}"),
                body=f"{one.priority.value}, {one.worth}. {one.done_means} {why}".strip(),
                severity=_SEVERITIES[one.priority],
                subject=one.urn,
                at=at,
                owner=to.person or one.owner,
                url=f"{self._url}/follow-ups/{one.id}",
                labels={"follow_up": one.id, "step": str(step)},
                to=to.targets,
            )
            self._notices.post_in(connection, [notice])

    def digest(self, connection: Connection, week: str, sentence: str, body: str, *, at: datetime) -> None:
        """Tell how all of them stand, once for each week: those that listen, and whoever answers for owners."""
        if self._notices.is_told():
            to = targets_of(read_people(connection).get(self._lead, ()))
            notice = Notice(
                key=f"follow-ups:{week}",
                title=_title(sentence),
                body=body,
                severity="sev3",
                subject="project:follow-ups",
                at=at,
                url=f"{self._url}/follow-ups",
                to=to,
            )
            self._notices.post_in(connection, [notice])


def _title(text: str) -> str:
    return " ".join(text.split())[:_LONGEST_TITLE]
