"""What an event says in one line, for people."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from steek.console.words import count, percent, plain_instants, plain_reason, shorten_lists
from steek.kernel.errors import InputError
from steek.kernel.urn import Urn
from steek.ledger import Event

# Kinds that a person wants to see among "what changed"; the loop's daily work is in the ledger.
NOTABLE_KINDS = (
    "alert.fired",
    "alert.resolved",
    "batch.refused",
    "canary.aborted",
    "contract.changed",
    "dataset.replaced",
    "definition.changed",
    "external.changed",
    "feature.changed",
    "freeze.ended",
    "freeze.started",
    "gate.decided",
    "gate.overridden",
    "incident.acted",
    "incident.declared",
    "incident.resolved",
    "join.failed",
    "postmortem.drafted",
    "preparation.changed",
    "route.changed",
    "training.failed",
    "transformation.unexpected",
)
ALARMING_KINDS = frozenset(
    {"alert.fired", "batch.refused", "canary.aborted", "incident.declared", "join.failed", "training.failed"}
)
_FACTS_SHOWN = 4
_LONGEST = 200
_LIST_SHOWN = 5

_SPEAK_FOR_THEMSELVES = frozenset({"alert.fired", "alert.resolved", "external.changed"})

Payload = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class EventLine:
    """One event in words: `what` happened, `text` says to what and how, `tags` who and how bad."""

    id: str
    at: datetime
    kind: str
    what: str
    text: str
    tags: tuple[str, ...]
    is_alarming: bool


def describe(event: Event) -> EventLine:
    """The event in words. Unknown kinds are told by their name and their first plain facts."""
    failed = event.kind == "gate.decided" and event.payload.get("verdict") != "pass"
    return EventLine(
        id=event.id,
        at=event.at,
        kind=event.kind,
        what=words_of(event.kind),
        text=told(event.kind, event.subject, event.payload),
        tags=(event.actor,) if event.actor != "steek" else (),
        is_alarming=event.kind in ALARMING_KINDS or failed,
    )


def words_of(kind: str) -> str:
    """A kind as people say it.

    >>> words_of("gate.decided")
    'gate decided'
    """
    return kind.replace(".", " ").replace("_", " ")


def told(kind: str, subject: str, payload: Payload) -> str:
    """To what it happened, and how."""
    facts = _TELLERS.get(kind, _facts)(payload)
    if kind in _SPEAK_FOR_THEMSELVES and facts:
        return _shortened(facts)
    # The version of a deployment is its epoch, which says nothing to people.
    name = thing(subject.partition("@")[0] if subject.startswith("deployment:") else subject)
    return _shortened(": ".join(part for part in (name, facts) if part))


def thing(urn: str) -> str:
    """A URN as people say it.

    >>> thing("trained:partner_demand/69@17"), thing("dataset:products")
    ('partner_demand/69 17', 'products')
    """
    try:
        parsed = Urn.parse(urn)
    except InputError:
        return urn
    version = plain_instants(parsed.version or "")
    return f"{parsed.name} {version if len(version) <= 32 else version[:12] + '…'}".strip()


def _shortened(text: str) -> str:
    text = plain_instants(shorten_lists(text))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _plain(value: object) -> str | None:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, int):
        return count(value)
    if isinstance(value, str) and value:
        return value if len(value) <= 60 else value[:59] + "…"
    return None


def _facts(payload: Payload) -> str:
    """The first few plain facts; hashes, keys and ids say nothing to people."""
    quiet = ("hash", "sha256", "key", "id", "urn")
    shown = [
        f"{name.replace('_', ' ')} {text}"
        for name, value in payload.items()
        if not name.endswith(quiet) and (text := _plain(value)) is not None
    ]
    return ", ".join(shown[:_FACTS_SHOWN])


def _route(payload: Payload) -> str:
    after = payload.get("after")
    route: Payload = cast("Payload", after) if isinstance(after, Mapping) else dict[str, object]()
    primary, candidate, share = route.get("primary"), route.get("candidate"), route.get("fraction")
    action = str(payload.get("action", ""))
    of = f"{payload['member']} " if payload.get("member") is not None else ""
    on = f" on {percent(float(share))}" if isinstance(share, int | float) else ""
    told = {
        "deploy": f"deployed, version {primary}",
        "promote": f"all traffic to version {primary}",
        "rollback": f"{of}rolled back" + ("" if of else f" to version {primary}"),
        "start_canary": f"canary of version {candidate}{on}",
        "step_canary": f"canary of version {candidate}{on}",
        "abort_canary": f"canary stopped, version {primary} keeps all traffic",
    }.get(action, action.replace("_", " "))
    return f"{told}, because {payload['reason']}" if payload.get("reason") else told


def _join(payload: Payload) -> str:
    matched, rows = payload.get("matched", 0), payload.get("left_rows", 0)
    expected = payload.get("expected_fraction")
    usual = f", expected {percent(float(expected))}" if isinstance(expected, int | float) else ""
    return f"{payload.get('join')}: {matched} of {rows} rows matched{usual}"


def _freeze(payload: Payload) -> str:
    actions = payload.get("actions")
    held = ", ".join(str(action) for action in cast("list[object]", actions)) if isinstance(actions, list) else ""
    return f"{held} by {str(payload.get('incident', '')).replace(':', ' ')}"


def _mitigated(payload: Payload) -> str:
    error = payload.get("error")
    given = argument_words(payload.get("arguments"))
    said = f"{str(payload.get('mitigation')).replace('-', ' ')}: {payload.get('outcome')}"
    return said + (f", {error}" if error else "") + (f" ({given})" if given else "")


def argument_words(arguments: object) -> str:
    """The arguments of a mitigation in words, long lists of members counted.

    >>> argument_words({"model": "partner_demand", "members": "69,2,764,1208,544,317"})
    'partner_demand, 6 members: 69, 2, 764 …'
    """
    if not isinstance(arguments, Mapping):
        return ""
    said = {str(name): str(value) for name, value in cast("Payload", arguments).items() if value not in {None, ""}}
    shown = [said.pop("model")] if "model" in said else []
    return ", ".join(shown + [_argument(name, value) for name, value in said.items()])


def _argument(name: str, value: str) -> str:
    parts = value.split(",")
    if len(parts) > _LIST_SHOWN:
        return f"{len(parts)} {name.replace('_', ' ')}: {', '.join(parts[:3])} \N{HORIZONTAL ELLIPSIS}"
    return f"{name.replace('_', ' ')} {value}"


def _gate(payload: Payload) -> str:
    checks = payload.get("checks")
    if not isinstance(checks, list):
        return str(payload.get("verdict", ""))
    verdicts = [check.get("verdict") for check in cast("list[Payload]", checks)]
    return f"{payload.get('verdict')}, {verdicts.count('pass')} of {len(verdicts)} checks passed"


def _titled(payload: Payload) -> str:
    words = payload.get("title") or payload.get("summary")
    parts = [str(part) for part in (payload.get("severity"), words) if part]
    return ": ".join(parts)


def _noted(payload: Payload) -> str:
    return str(payload.get("text", ""))


def _replaced(payload: Payload) -> str:
    shares = payload.get("unknown_fraction")
    if not isinstance(shares, Mapping) or not shares:
        return _facts(payload)
    named = [
        f"{percent(float(share))} of the values of {column} never seen before"
        for column, share in cast("Payload", shares).items()
        if isinstance(share, int | float) and share > 0
    ]
    return "; ".join(named) or "no new values"


def _alert(payload: Payload) -> str:
    return str(payload.get("text") or payload.get("reason") or "")


def _alert_resolved(payload: Payload) -> str:
    return ": ".join(plain_reason(str(payload[name])) for name in ("monitor", "reason") if payload.get(name))


def _batch(payload: Payload) -> str:
    held = payload.get("quarantined_rows")
    return _rows(payload, "accepted_rows") + (f", {count(held)} quarantined" if isinstance(held, int) and held else "")


def _trained(payload: Payload) -> str:
    until = payload.get("data_until")
    return _rows(payload, "rows") + (f", data until {until}" if until else "")


def _sized(payload: Payload) -> str:
    return _rows(payload, "rows")


def _rows(payload: Payload, name: str) -> str:
    rows = payload.get(name)
    return f"{count(rows)} rows" if isinstance(rows, int) else _facts(payload)


def _canary(payload: Payload) -> str:
    share, reason = payload.get("fraction"), payload.get("reason")
    on = f" on {percent(float(share))}" if isinstance(share, int | float) and share else ""
    return f"version {payload.get('version')}{on}" + (f", because {reason}" if reason else "")


def _evaluated(payload: Payload) -> str:
    against = payload.get("against")
    return f"against {thing(str(against))}" if against else "against nothing in production"


def _fell_back(payload: Payload) -> str:
    reasons = payload.get("reasons")
    named = cast("Payload", reasons) if isinstance(reasons, Mapping) else dict[str, object]()
    why = ", ".join(f"{str(name).replace('_', ' ')} {number}" for name, number in named.items())
    return f"{payload.get('fallbacks')} of {payload.get('answers')} answers" + (f": {why}" if why else "")


def _resolved(payload: Payload) -> str:
    if not payload.get("verified"):
        return f"without verification: {payload.get('reason')}"
    return f"verified by the indicators that showed it; confidence {payload.get('confidence')}"


def _drafted(payload: Payload) -> str:
    categories = payload.get("categories")
    named = cast("list[object]", categories) if isinstance(categories, list) else []
    kind = ", ".join(str(name).replace("_", " ") for name in named)
    return f"version {payload.get('version', 1)}" + (f", classified as {kind}" if kind else "")


_TELLERS: Mapping[str, Callable[[Payload], str]] = {
    "batch.committed": _batch,
    "canary.promoted": _canary,
    "canary.started": _canary,
    "canary.stepped": _canary,
    "dataset.derived": _sized,
    "fallback.used": _fell_back,
    "features.materialised": _sized,
    "features.published": _sized,
    "model.evaluated": _evaluated,
    "model.trained": _trained,
    "alert.fired": _alert,
    "alert.resolved": _alert_resolved,
    "external.changed": _titled,
    "freeze.ended": _freeze,
    "freeze.started": _freeze,
    "incident.acted": _mitigated,
    "join.failed": _join,
    "join.measured": _join,
    "dataset.replaced": _replaced,
    "gate.decided": _gate,
    "incident.declared": _titled,
    "incident.noted": _noted,
    "incident.resolved": _resolved,
    "postmortem.drafted": _drafted,
    "route.changed": _route,
}
