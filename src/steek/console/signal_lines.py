"""Signals on the page of incidents: what asks for a declaration, and single lines that nobody has answered."""

from dataclasses import dataclass

from steek.console.services import Services
from steek.incidents import Signal, SignalKind

_MOST = 20
_TITLE_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class PromptLine:
    """One prompt with its signals, oldest first."""

    id: str
    sentence: str
    title: str
    lines: tuple[Signal, ...]


@dataclass(frozen=True, slots=True)
class SignalsView:
    """Prompts first, then the lines that stand alone, newest first."""

    prompts: tuple[PromptLine, ...]
    lines: tuple[Signal, ...]
    kinds: tuple[SignalKind, ...]


def signals_view(services: Services) -> SignalsView:
    """Everything open."""
    waiting = services.signals.list(open_only=True, limit=500)
    by_id = {one.id: one for one in waiting}
    prompts = tuple(
        PromptLine(
            prompt.id,
            prompt.sentence,
            prompt.sentence[:_TITLE_CHARACTERS],
            tuple(by_id[one] for one in prompt.signals if one in by_id),
        )
        for prompt in services.signals.prompts(limit=_MOST)
    )
    gathered = {one.id for prompt in prompts for one in prompt.lines}
    return SignalsView(prompts, tuple(one for one in waiting if one.id not in gathered)[:_MOST], tuple(SignalKind))
