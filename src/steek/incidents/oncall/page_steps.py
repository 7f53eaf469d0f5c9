"""What a page does next, as a pure decision: call the next person, try somebody's next channel, or wait."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from steek.notify import Delivery

# Longest time that a channel may take to arrive before the next one is tried beside it.
CHANNEL_S = 60.0
_MINUTE_S = 60.0


class PageState(StrEnum):
    """Open pages call more people as time goes by."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    OVER = "over"


class PageAction(StrEnum):
    """What happens to a page."""

    PAGE = "page"
    ACKNOWLEDGE = "acknowledge"
    END = "end"


PAGE_TRANSITIONS: Mapping[tuple[PageState, PageAction], PageState] = {
    (PageState.OPEN, PageAction.PAGE): PageState.OPEN,
    (PageState.OPEN, PageAction.ACKNOWLEDGE): PageState.ACKNOWLEDGED,
    (PageState.OPEN, PageAction.END): PageState.OVER,
    (PageState.ACKNOWLEDGED, PageAction.PAGE): PageState.OPEN,
    (PageState.ACKNOWLEDGED, PageAction.ACKNOWLEDGE): PageState.ACKNOWLEDGED,
    (PageState.ACKNOWLEDGED, PageAction.END): PageState.OVER,
    # What was over may come back: an incident that is reopened calls anew.
    (PageState.OVER, PageAction.PAGE): PageState.OPEN,
}


@dataclass(frozen=True, slots=True)
class PageRung:
    """One person to call: `after_s` after the page, if nobody has answered; `channels` are targets, best first.

    `ended` ones are called no more: somebody answered, or the calling began anew.
    """

    person: str
    after_s: float
    because: str
    channels: tuple[str, ...]
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One channel of one person that was called. `notice` is what deliveries know it by, `posted` its own key.

    `delivered_at` is when the call was seen to have arrived; None as long as it has not.
    """

    rung: int
    channel: int
    notice: str
    posted: str
    called_at: datetime
    delivered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NextCall:
    """A call to make: which rung, which of its channels, and why now."""

    rung: int
    channel: int
    because: str


def next_calls(
    rungs: Sequence[PageRung],
    calls: Sequence[Call],
    deliveries: Mapping[str, Sequence[Delivery]],
    *,
    elapsed_s: float,
    now: datetime,
) -> tuple[NextCall, ...]:
    """What is to be done for a page that nobody acknowledged.

    A person is called when their time has come. A called person's next channel is tried when the last one failed, was
    given up, or has not arrived for a minute; what was tried before goes on being tried.

    Args:
        rungs: Everybody who may be called.
        calls: Calls made.
        deliveries: How targets stand, by notice.
        elapsed_s: Seconds since the page.
        now: By the clock that calls are dated by.
    """
    found: list[NextCall] = []
    for number, rung in enumerate(rungs):
        if rung.ended:
            continue
        made = [call for call in calls if call.rung == number]
        if not made:
            if elapsed_s >= rung.after_s:
                found.append(NextCall(number, 0, _why_now(rung)))
            continue
        last = max(made, key=lambda call: call.channel)
        if last.channel + 1 >= len(rung.channels) or any(arrival(rung, call, deliveries) for call in made):
            continue
        why = _trouble(
            rung.channels[last.channel], deliveries.get(last.notice, ()), (now - last.called_at).total_seconds()
        )
        if why is not None:
            found.append(NextCall(number, last.channel + 1, why))
    return tuple(found)


def _why_now(rung: PageRung) -> str:
    minutes = rung.after_s / _MINUTE_S
    waited = "1 minute" if minutes == 1 else f"{minutes:g} minutes"
    return rung.because if minutes == 0 else f"nobody answered for {waited}; {rung.because}"


def arrival(rung: PageRung, call: Call, deliveries: Mapping[str, Sequence[Delivery]]) -> datetime | None:
    """When a call reached its target; None when it has not, or when there is no target."""
    if call.delivered_at is not None or call.channel >= len(rung.channels):
        return call.delivered_at
    found = (each for each in deliveries.get(call.notice, ()) if each.target == rung.channels[call.channel])
    return next((each.delivered_at for each in found if each.told is not None), None)


def _trouble(target: str, deliveries: Sequence[Delivery], waited_s: float) -> str | None:
    """Why the next channel is tried; None while this one may still arrive."""
    mine = next((each for each in deliveries if each.target == target), None)
    if mine is None:
        return f"there is no target {target}"
    if mine.state == "dead":
        return f"{target} gave it up"
    if mine.state == "waiting" and mine.last_error:
        return f"{target} did not take it"
    if mine.state == "waiting" and waited_s >= CHANNEL_S:
        return f"{target} has not taken it for {waited_s:.0f} s"
    return None
