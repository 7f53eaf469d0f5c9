"""What housekeeping does about alerts: it ends silences, and tells each week which rules are noise."""

from typing import Any

from steek.monitoring import AlertInbox


class AlertChore:
    """Ends silences and tells the weekly report."""

    name = "alerts"

    def __init__(self, inbox: AlertInbox) -> None:
        self._inbox = inbox

    def due(self) -> list[str]:
        ending = [
            f"end silence {one.id} of {one.author}, whose time is over" for one in self._inbox.silences("overdue")
        ]
        report = self._inbox.untold_noise()
        return ending if report is None else [*ending, f"tell which rules were noise: {report.sentence}"]

    def run(self, *, actor: str) -> dict[str, Any]:  # noqa: ARG002 - the end of a silence has no actor
        ended = [silence.id for silence in self._inbox.expire()]
        told = self._inbox.tell_noise()
        said: dict[str, Any] = {"silences_ended": ended} if ended else {}
        return said if told is None else {**said, "noise": told.sentence}
