"""Mitigations that people carry out elsewhere, written down with owner and expected effect."""

from collections.abc import Callable, Mapping

from steek.incidents import Argument, Mitigation, MitigationCall
from steek.ledger import Draft, Ledger


def measures_in_words(ledger: Ledger) -> tuple[Mitigation, ...]:
    """What this platform cannot do itself; each is an event of the incident."""
    owner = Argument("owner", "who carries it out")
    expected = Argument("expected", "what should be better, and when")
    return (
        Mitigation(
            name="add-capacity",
            risk="Costs money; what waits for something else gets no faster.",
            effect="More workers or machines carry the load; carried out by its owner, recorded here.",
            undo="Take the capacity away again.",
            run=_record(ledger, "incident.measure_taken", "add-capacity"),
            arguments=(Argument("text", "what is added, where: engine_workers, serving processes"), owner, expected),
            takes="as the owner says",
        ),
        Mitigation(
            name="measure",
            risk="As its owner says; it is outside of machine learning.",
            effect="A measure in words: a campaign stopped, a price set by hand, a partner called.",
            undo="As its owner says.",
            run=_record(ledger, "incident.measure_taken", "measure"),
            arguments=(Argument("text", "what is done"), owner, expected),
            takes="as the owner says",
        ),
        Mitigation(
            name="post-notice",
            risk="People outside read it.",
            effect="Everybody who looks at the incident sees the notice; for measures outside of machine learning too.",
            undo="Post a corrected notice.",
            run=_record(ledger, "notice.posted", "post-notice"),
            arguments=(Argument("text", "what people should know or do"),),
            mends=False,
            takes="at once",
        ),
    )


def _record(ledger: Ledger, kind: str, measure: str) -> Callable[[MitigationCall], Mapping[str, object]]:
    def run(call: MitigationCall) -> Mapping[str, object]:
        # Taken up again after a crash it is found by its key, and stands once.
        subject = f"incident:{call.incident}"
        for known in ledger.events(kinds=[kind], subject=subject, limit=100_000):
            if known.payload.get("key") == call.key:
                return {"event": known.id}
        said = {name: str(value) for name, value in call.arguments.items()}
        payload: dict[str, object] = {"incident": call.incident, **said, "key": call.key}
        if kind == "incident.measure_taken":
            payload["measure"] = measure
        event = ledger.record(Draft(kind, subject, call.actor, payload))[0]
        return {"event": event.id}

    return run
