"""What may be the cause, who finds out how, and what came of it; runs of the bench that were made for it."""

from dataclasses import dataclass

from steek.console.services import Services
from steek.incidents import Hypothesis, Run, State, Story

_HEALTH = {
    "confirmed": "broken",
    "rejected": "well",
    "testing": "watch",
    "stated": "undecided",
    "undecided": "undecided",
}


@dataclass(frozen=True, slots=True)
class HypothesisLine:
    """One hypothesis; `links` are pairs of words and address of its evidence, the address "" for a pin."""

    one: Hypothesis
    health: str
    links: tuple[tuple[str, str], ...]
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class HypothesesView:
    """Open ones first; `model` is asked on the bench when one is tested, "" where no model is involved."""

    lines: tuple[HypothesisLine, ...]
    loose: tuple[Run, ...]
    model: str


def hypotheses_section(services: Services, story: Story, _form_key: str) -> HypothesesView | None:
    """Hypotheses of the incident with the runs that test them; None where there are none and the incident is closed."""
    incident = story.incident
    runs = services.bench.list(incident=incident.id, limit=50)
    found = sorted(services.hypotheses.list(incident.id), key=lambda one: (not one.state.is_open, one.number))
    if incident.state is State.CLOSED and not (runs or found):
        return None
    models = [system.partition(":")[2] for system in incident.systems if system.startswith("model:")]
    return HypothesesView(
        lines=tuple(_line(one, [run for run in runs if run.hypothesis == one.number]) for one in found),
        loose=tuple(run for run in runs if run.hypothesis is None),
        model=next((name for name in models if name in services.project.definitions), ""),
    )


def _line(one: Hypothesis, runs: list[Run]) -> HypothesisLine:
    links = tuple((_words(each.kind, each.reference), _address(each.kind, each.reference)) for each in one.evidence)
    return HypothesisLine(one, _HEALTH[one.state.value], links, tuple(runs))


def _words(kind: str, reference: str) -> str:
    return {"bench": f"run {reference}", "event": "event", "pin": f"pin {reference}"}.get(kind, reference)


def _address(kind: str, reference: str) -> str:
    return {"bench": f"/bench/{reference}", "event": f"/ledger/{reference}", "link": reference}.get(kind, "")
