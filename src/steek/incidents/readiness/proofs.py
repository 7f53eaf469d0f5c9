"""What the ledger and the declarations prove besides safeguards: that things were measured, repeated, practised."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from urllib.parse import quote

from steek.data import Contract
from steek.incidents.defences.declared import Declared
from steek.incidents.defences.exercises import records, texts
from steek.incidents.defences.rehearsals import Rollback
from steek.incidents.defences.safeguard import Safeguard
from steek.incidents.defences.situation import Situation
from steek.kernel.records import content_hash
from steek.kernel.urn import Urn
from steek.ledger import Event

_LATELY = timedelta(days=180)
# Kind of event to the proof that it is, and what it shows.
_BY_EVENT = {
    "definition.registered": ("proof_definition", "definitions are kept in versions"),
    "definition.changed": ("proof_definition", "definitions are kept in versions"),
    "model.evaluated": ("proof_evaluated", "versions are measured on their distributions"),
    "bench.ran": ("proof_bench", "queries were replayed in the test bench"),
    "night.finished": ("proof_nights", "nights run from data to serving"),
}
_OF_A_MODEL = {"definition.registered", "definition.changed", "model.evaluated"}


def proofs(situation: Situation) -> tuple[Safeguard, ...]:
    """Proofs of all models; where a proof is an event, its link is that of the newest."""
    declared, now = situation.declared, situation.clock.now()
    return (
        *_declared(declared),
        *_events(situation),
        *_reproduced(situation.newest("model.trained")),
        *_practised(situation.rollbacks(), now),
        *_told(situation, now),
        *_harm(situation, now),
    )


def _declared(declared: Declared) -> Iterator[Safeguard]:
    for name, definition in declared.definitions.items():
        models, link = frozenset({name}), f"/models/{quote(name, safe='')}"
        if definition.baselines:
            text = f"measured against {', '.join(each.name for each in definition.baselines)}"
            yield Safeguard("proof_baseline", f"model:{name}", text, models, link)
        if any(spec.kind == "sliced_by" for spec in definition.evaluations):
            yield Safeguard("proof_slices", f"model:{name}", "measured in slices", models, link)
    for model in declared.models:
        yield from _personal(declared, model)


def _personal(declared: Declared, model: str) -> Iterator[Safeguard]:
    """Whether the data of a model name people, and then whether every such field is guarded."""
    contracts = [declared.datasets[name].contract for name in sorted(declared.datasets_of(model))]
    fields = [field for each in contracts if isinstance(each, Contract) for field in each.fields]
    personal = [field for field in fields if field.sensitivity == "personal" or field.subject]
    models = frozenset({model})
    if fields and not personal:
        yield Safeguard("proof_no_personal", f"model:{model}", "no field is of a person", models, "/privacy")
    if personal and all(field.pseudonym or field.sealed for field in personal):
        names = ", ".join(field.name for field in personal)
        yield Safeguard("proof_personal", f"model:{model}", f"pseudonyms or seals on {names}", models, "/privacy")


def _events(situation: Situation) -> Iterator[Safeguard]:
    for kind, (means, text) in _BY_EVENT.items():
        seen: set[str] = set()
        for event in situation.newest(kind, limit=500):
            name = Urn.parse(event.subject).name.partition("/")[0] if kind in _OF_A_MODEL else ""
            if name not in seen:
                seen.add(name)
                yield Safeguard(means, event.subject, text, frozenset({name}) if name else None, f"/ledger/{event.id}")
    for event in situation.newest("features.materialised", limit=1):
        yield Safeguard("proof_features", event.subject, "features are backfilled over the past", None, "/data")


def _reproduced(trained: Sequence[Event]) -> Iterator[Safeguard]:
    """Two trainings of one definition on the same data that gave the same artifact, bit by bit."""
    first: dict[str, Event] = {}
    done: set[str] = set()
    for event in trained:
        payload, name = event.payload, Urn.parse(event.subject).name
        same = [name, payload.get("definition_hash"), payload.get("window"), payload.get("data_until")]
        before = first.setdefault(content_hash(same), event)
        if before is event or name in done or before.payload.get("artifact_sha256") != payload.get("artifact_sha256"):
            continue
        done.add(name)
        text = f"{before.subject.removeprefix('trained:')} and {event.subject.removeprefix('trained:')} are the same"
        yield Safeguard("proof_reproduced", f"model:{name}", text, frozenset({name}), f"/ledger/{event.id}")


def _practised(found: Sequence[Rollback], now: datetime) -> Iterator[Safeguard]:
    for one in found:
        if one.verified_by is not None and now - one.at <= _LATELY:
            text = f"rolled back {one.at:%Y-%m-%d}; {one.how}"
            yield Safeguard(
                "proof_rollback", f"model:{one.model}", text, frozenset({one.model}), f"/ledger/{one.event_id}"
            )


def _told(situation: Situation, now: datetime) -> Iterator[Safeguard]:
    """Changes of what feeds a model that somebody told of before they came."""
    for event in situation.newest("external.changed", limit=500):
        if event.at <= event.recorded_at or now - event.recorded_at > _LATELY:
            continue
        urns = [event.subject, *texts(event.payload.get("on"))]
        models = frozenset(name for urn in urns for name in _models_of(situation.declared, urn))
        if models:
            text = f"told of before it came: {event.payload.get('summary')}"[:200]
            yield Safeguard("proof_told", event.subject, text, models, f"/ledger/{event.id}")


def _harm(situation: Situation, now: datetime) -> Iterator[Safeguard]:
    """Groups of people that were harmed in an incident of a model."""
    subjects = {
        event.subject: str(event.payload.get("subject")) for event in situation.newest("incident.declared", limit=500)
    }
    for event in situation.newest("incident.groups_considered", limit=500):
        harmed = [str(one.get("group")) for one in records(event.payload.get("groups")) if one.get("harm") == "harmed"]
        if harmed and now - event.at <= _LATELY:
            incident = Urn.parse(event.subject).name
            models = frozenset(_models_of(situation.declared, subjects.get(event.subject, "")))
            text = f"{', '.join(harmed[:3])} harmed in incident {incident}"[:200]
            yield Safeguard("proof_harm", event.subject, text, models or None, f"/incidents/{quote(incident, safe='')}")


def _models_of(declared: Declared, urn: str) -> frozenset[str]:
    kind, _, name = urn.rpartition(":")
    name = name.partition("@")[0].partition("/")[0]
    if kind == "dataset":
        return declared.readers_of(name)
    return frozenset({name}) & frozenset(declared.models)
