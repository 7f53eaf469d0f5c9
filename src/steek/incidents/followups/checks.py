"""Checks that say by themselves whether a follow-up is done: data, evaluated from configuration and ledger."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from steek.data import Contract
from steek.incidents.defences.safeguards_of_watching import is_armed
from steek.incidents.defences.situation import Situation
from steek.kernel.errors import InputError, NotFoundError

FIELD_RULES = ("required", "minimum", "maximum", "categories", "key")
DATASET_RULES = ("volumes", "cadence", "retention")


@dataclass(frozen=True, slots=True)
class Check:
    """What must hold for a follow-up to be done; `kind` is one of `CHECKS`, arguments are texts."""

    kind: str
    arguments: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def sentence(self) -> str:
        """What it asks for, in words."""
        known = CHECKS.get(self.kind)
        given = {name: self.arguments.get(name, "?") for name in (known.needs if known else ())}
        return known.says.format(**given) if known else f"unknown check {self.kind}"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found; `passes` None where it can never say so by itself. Evidence are addresses and event ids."""

    passes: bool | None
    sentence: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckKind:
    """One kind of check: what it needs to be told, what it asks for in words, and how it is evaluated."""

    needs: tuple[str, ...]
    says: str
    run: Callable[[Mapping[str, str], Situation, datetime | None], Finding]
    may: tuple[str, ...] = ()


def read_check(plain: Mapping[str, object] | None) -> Check | None:
    """A check from JSON values, `{"kind": ..., argument: ...}`; None from None or an empty mapping.

    Raises:
        InputError: an unknown kind, an argument that is missing or not known.
    """
    if not plain:
        return None
    given = {str(name): str(value) for name, value in plain.items() if value is not None}
    kind = given.pop("kind", "")
    known = CHECKS.get(kind)
    if known is None:
        message = f"no check of the kind {kind[:40]!r}; there are: {', '.join(CHECKS)}"
        raise InputError(message, next_step="Take one of these, or leave the check out and say in words what done is.")
    missing = [name for name in known.needs if not given.get(name, "").strip()]
    stray = sorted(set(given) - set(known.needs) - set(known.may))
    if missing or stray:
        what = f"lacks {', '.join(missing)}" if missing else f"knows no {', '.join(stray)}"
        raise InputError(f"the check {kind} {what}", next_step=f"It takes: {', '.join((*known.needs, *known.may))}.")
    if kind == "contract_rule" and given["rule"] not in (*FIELD_RULES, *DATASET_RULES):
        message = (
            f"a contract has no rule {given['rule'][:40]!r}; there are: {', '.join((*FIELD_RULES, *DATASET_RULES))}"
        )
        raise InputError(message)
    if "since" in known.needs:
        _since(given["since"])
    return Check(kind, given)


def write_check(check: Check | None) -> dict[str, str]:
    """A check as JSON values; {} for none."""
    return {} if check is None else {"kind": check.kind, **check.arguments}


def evaluate(check: Check, situation: Situation, *, since: datetime | None = None) -> Finding:
    """What a check says now, with evidence.

    Args:
        check: What must hold.
        situation: What there is and what happened.
        since: When it was agreed on: what was measured or delivered before shows nothing. None counts all of it.
    """
    return CHECKS[check.kind].run(check.arguments, situation, since)


def _since(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        message = f"{text[:40]!r} is no day"
        raise InputError(message, next_step="Write it as 2017-10-15.") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


# Younger than this, or than two windows, a measurement is recent; what people were told of is for longer.
_RECENT = timedelta(days=1)
_LATELY = timedelta(days=30)


def _page(kind: str, name: str) -> str:
    return f"/{kind}/{quote(name, safe='')}"


def _monitor(given: Mapping[str, str], situation: Situation, agreed_at: datetime | None) -> Finding:
    name = given["monitor"]
    monitor = situation.monitoring.monitors.get(name)
    if monitor is None:
        return Finding(False, f"there is no monitor {name}")
    page = _page("monitors", name)
    if not is_armed(monitor):
        return Finding(False, f"monitor {name} only draws a chart and tells nobody", (page,))
    state = next((each for each in situation.monitoring.monitors_state() if each.monitor == name), None)
    if state is None or state.evaluated_at is None:
        return Finding(False, f"monitor {name} is declared and armed, and has not measured anything yet", (page,))
    told = f"monitor {name} is armed ({monitor.purpose}) and measured last at {state.evaluated_at:%Y-%m-%d %H:%M} UTC"
    if situation.clock.now() - state.evaluated_at > max(2 * monitor.length, _RECENT):
        return Finding(False, f"{told}, which is long ago", (page,))
    if agreed_at is not None and state.evaluated_at <= agreed_at:
        return Finding(False, f"{told}, before this was agreed on", (page,))
    return Finding(True, told, (page,))


def _delivered(given: Mapping[str, str], situation: Situation, agreed_at: datetime | None) -> Finding:
    """Whether an alert of a monitor, or the page of an incident that it declared, arrived at somebody."""
    name = given["monitor"]
    if name not in situation.monitoring.monitors:
        return Finding(False, f"there is no monitor {name}")
    page, called = _page("monitors", name), situation.called()
    begun_at = agreed_at or situation.clock.now() - _LATELY
    alerts = [one for one in situation.newest("alert.fired") if one.payload.get("monitor") == name]
    declared = [one for one in situation.newest("incident.declared") if one.payload.get("monitor") == name]
    notices = {f"alert:{one.payload.get('alert')}" for one in alerts}
    incidents = {one.payload.get("incident") for one in declared}
    for event in situation.newest("incident.page_delivered", "notice.delivered"):
        payload = event.payload
        if event.at <= begun_at:
            continue
        mine = payload.get("incident") in incidents or payload.get("notice") in notices
        person = payload.get("person") or called.person_at(str(payload.get("target")))
        if mine and person:
            return Finding(True, f"{person} was told of {name} at {event.at:%Y-%m-%d %H:%M} UTC", (page, event.id))
    fired = "it fired, and its notices arrived at no person" if alerts or declared else "it did not fire"
    return Finding(False, f"no notice of {name} was delivered to a person: {fired}", (page,))


def _gate(given: Mapping[str, str], situation: Situation, _at: datetime | None) -> Finding:
    model, rule = given["model"], given["rule"]
    definition = situation.declared.definitions.get(model)
    if definition is None:
        return Finding(False, f"there is no model {model}")
    page = _page("models", model)
    found = [check for check in definition.gate if check.kind == rule]
    if not found:
        has = ", ".join(sorted({check.kind for check in definition.gate})) or "no check"
        return Finding(False, f"the gate of {model} has no {rule}; it has {has}", (page,))
    if not any(check.blocking for check in found):
        return Finding(False, f"the gate of {model} has {rule}, which only warns", (page,))
    return Finding(True, f"the gate of {model} asks for {rule}", (page,))


def _contract(given: Mapping[str, str], situation: Situation, _at: datetime | None) -> Finding:
    name, rule, field_name = given["dataset"], given["rule"], given.get("field", "")
    dataset = situation.declared.datasets.get(name)
    contract = None if dataset is None else dataset.contract
    if not isinstance(contract, Contract):
        return Finding(False, f"there is no contract of {name}")
    page = _page("data", name)
    if rule in DATASET_RULES:
        there = bool(getattr(contract, rule))
        said = f"contract {contract.version} of {name} {'has' if there else 'has no'} {rule}"
        return Finding(there, said, (page,))
    column = contract.field(field_name)
    if column is None:
        return Finding(False, f"contract {contract.version} of {name} has no field {field_name!r}", (page,))
    rules = {
        "required": not column.nullable,
        "minimum": column.minimum is not None,
        "maximum": column.maximum is not None,
        "categories": bool(column.categories),
        "key": column.key,
    }
    has = "has" if rules[rule] else "lacks"
    return Finding(rules[rule], f"{field_name} in contract {contract.version} of {name} {has} the rule {rule}", (page,))


def _rehearsed(given: Mapping[str, str], situation: Situation, _at: datetime | None) -> Finding:
    model, since = given["model"], _since(given["since"])
    found = [one for one in situation.rollbacks() if one.model == model and one.at >= since]
    shown = [one for one in found if one.verified_by is not None]
    if shown:
        last = shown[-1]
        evidence = (last.event_id, last.verified_by or "")
        return Finding(True, f"{model} was rolled back at {last.at:%Y-%m-%d %H:%M} UTC; {last.how}", evidence)
    if found:
        return Finding(False, f"{model} was rolled back, but {found[-1].how}", (found[-1].event_id,))
    return Finding(False, f"{model} was not rolled back since {since:%Y-%m-%d}", (_page("models", model),))


def _objective(given: Mapping[str, str], situation: Situation, _at: datetime | None) -> Finding:
    name = given["objective"]
    try:
        state = situation.objectives.state(name)
    except NotFoundError:
        return Finding(False, f"there is no objective {name}")
    # Watch means that it is kept and something is near; only what was measured counts as kept.
    met = state.state in {"well", "watch"}
    return Finding(met, f"objective {name} is {state.state}: {state.reason}", (_page("objectives", name),))


def _fallback(given: Mapping[str, str], situation: Situation, _at: datetime | None) -> Finding:
    model = given["model"]
    definition = situation.declared.definitions.get(model)
    if definition is None:
        return Finding(False, f"there is no model {model}")
    links = [each.kind for each in definition.serving.fallback]
    told = f"{model} falls back to {', then '.join(links)}" if links else f"{model} has no fallback"
    return Finding(bool(links), told, (_page("models", model),))


def _canary(given: Mapping[str, str], situation: Situation, _at: datetime | None) -> Finding:
    model = given["model"]
    definition = situation.declared.definitions.get(model)
    if definition is None:
        return Finding(False, f"there is no model {model}")
    canary = definition.serving.canary
    told = (
        f"{model} has no canary"
        if canary is None
        else f"new versions of {model} take over in {len(canary.steps)} steps"
    )
    return Finding(canary is not None, told, (_page("models", model),))


def _by_hand(given: Mapping[str, str], _situation: Situation, _at: datetime | None) -> Finding:
    return Finding(None, f"a person must look at {given['link']}", (given["link"],))


CHECKS: Mapping[str, CheckKind] = {
    "monitor_armed": CheckKind(("monitor",), "monitor {monitor} exists, is armed and measures", _monitor),
    "notice_delivered": CheckKind(("monitor",), "a notice of monitor {monitor} was delivered to a person", _delivered),
    "gate_rule": CheckKind(("model", "rule"), "the gate of {model} asks for {rule}", _gate),
    "contract_rule": CheckKind(
        ("dataset", "rule"), "the contract of {dataset} has the rule {rule}", _contract, may=("field",)
    ),
    "rollback_rehearsed": CheckKind(
        ("model", "since"), "{model} was rolled back since {since}, and that was seen to work", _rehearsed
    ),
    "objective_met": CheckKind(("objective",), "objective {objective} is kept", _objective),
    "fallback_set": CheckKind(("model",), "{model} has a fallback", _fallback),
    "canary_set": CheckKind(("model",), "{model} has a canary", _canary),
    "by_hand": CheckKind(("link",), "a person looked at {link}", _by_hand),
}
