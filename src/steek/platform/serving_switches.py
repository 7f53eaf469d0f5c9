"""Mitigations that switch something off in serving, or keep what serves: fall back, slice, feature, pin."""

from collections.abc import Callable, Mapping, Sequence

from steek.incidents import Action, Argument, Mitigation, MitigationCall
from steek.incidents.control.agreement_rules import Costs
from steek.kernel.errors import ConflictError, InputError, NotFoundError
from steek.ledger import Ledger
from steek.models import Freezes, ModelDefinition
from steek.serving import Routes
from steek.serving.masks import MaskKind

MODEL = Argument("model", "name of the model")
Observe = Callable[[Mapping[str, object]], Mapping[str, object]]
_WITHIN = "a second: serving processes read their routes five times a second"
_MOST_ACTIONS = 10_000
_SWITCHING_OFF = ("fall-back", "disable-slice", "drop-feature")
_REASON = Argument("reason", "why, for the records", required=False)


def serving_switches(
    routes: Routes, freezes: Freezes, ledger: Ledger, definitions: Mapping[str, ModelDefinition]
) -> tuple[Mitigation, ...]:
    """What is answered worse or not at all may cost revenue, and says so."""

    def observe(arguments: Mapping[str, object]) -> Mapping[str, object]:
        name = str(arguments["model"])
        route = routes.get(name)
        off = [f"{mask.kind} {mask.what}".strip() for mask in routes.masks.active(name)]
        return {"primary": route.primary, "candidate": route.candidate, "switched_off": off}

    return (*_switching_off(routes, definitions, observe), *_keeping(routes, freezes, ledger, observe))


def _switching_off(
    routes: Routes, definitions: Mapping[str, ModelDefinition], observe: Observe
) -> tuple[Mitigation, ...]:
    return (
        Mitigation(
            name="fall-back",
            risk="Nobody gets the model's answers; those of its fallback chain are simpler, and may cost sales.",
            effect="Every question to the model is answered by its fallback chain, and says why.",
            undo="switch-on.",
            run=_put(routes, definitions, MaskKind.MODEL, ""),
            arguments=(MODEL, _REASON),
            observe=observe,
            advances=Action.MITIGATE,
            takes=_WITHIN,
            costs=Costs.ANSWERS,
            one_first="disable-slice",
        ),
        Mitigation(
            name="disable-slice",
            risk="Those of the slice get the fallback's answers, which are simpler.",
            effect="Questions about one slice are answered by the fallback chain; all others as before.",
            undo="switch-on, with what= the same slice: others stay off.",
            run=_put(routes, definitions, MaskKind.SLICE, "slice"),
            arguments=(MODEL, Argument("slice", "column=value of a question, partner_id=69"), _REASON),
            observe=observe,
            advances=Action.MITIGATE,
            takes=_WITHIN,
            costs=Costs.ANSWERS,
        ),
        Mitigation(
            name="drop-feature",
            risk="Every version was trained with the feature; without it answers are less sure.",
            effect="The feature is missing to the model, as an unknown value would be; nothing is learned anew.",
            undo="switch-on, with what= the same feature: others stay off.",
            run=_put(routes, definitions, MaskKind.FEATURE, "feature"),
            arguments=(MODEL, Argument("feature", "view.name, partner_recent.sales_7d"), _REASON),
            observe=observe,
            advances=Action.MITIGATE,
            takes=_WITHIN,
            costs=Costs.FRESHNESS,
        ),
    )


def _keeping(routes: Routes, freezes: Freezes, ledger: Ledger, observe: Observe) -> tuple[Mitigation, ...]:
    return (
        Mitigation(
            name="switch-on",
            risk="What was switched off answers again, also if the cause is still there.",
            effect="What this incident switched off of the model, all or one slice or feature, is served as before.",
            undo="fall-back, disable-slice or drop-feature.",
            run=_lift(routes, ledger),
            arguments=(
                MODEL,
                Argument("what", "the slice or feature, partner_id=69; all when empty", required=False),
                Argument("others", "yes: also what other incidents or people switched off", required=False),
                _REASON,
            ),
            observe=observe,
            advances=Action.RECOVER,
            takes=_WITHIN,
        ),
        Mitigation(
            name="pin-version",
            risk="Better versions wait too.",
            effect="What serves now stays: a running canary ends, and no deployment takes over.",
            undo="release-freeze.",
            run=_pin(routes, freezes),
            arguments=(MODEL, _REASON),
            observe=observe,
            takes="a second",
        ),
    )


def _put(
    routes: Routes, definitions: Mapping[str, ModelDefinition], kind: MaskKind, argument: str
) -> Callable[[MitigationCall], Mapping[str, object]]:
    def run(call: MitigationCall) -> Mapping[str, object]:
        model, what = str(call.arguments["model"]), str(call.arguments[argument]) if argument else ""
        if model not in definitions:
            raise NotFoundError.among("model", model, definitions)
        _check(definitions[model], routes.features(model), kind, what)
        reason = str(call.arguments.get("reason") or f"incident {call.incident}")
        mask = routes.masks.put(model, kind, what, reason=reason[:1000], actor=call.actor, key=call.key)
        return {"switched_off": mask.sentence}

    return run


def _check(definition: ModelDefinition, features: Sequence[str], kind: MaskKind, what: str) -> None:
    if kind is MaskKind.FEATURE and what not in features:
        raise NotFoundError.among(f"feature of {definition.name}", what, features)
    column = what.partition("=")[0]
    partition = () if definition.partition_by is None else (definition.partition_by,)
    columns = (*definition.examples.entity, *partition)
    if kind is MaskKind.SLICE and column not in columns:
        message = f"questions to {definition.name} have no {column!r}; they have {', '.join(dict.fromkeys(columns))}"
        raise InputError(message, next_step="Name a slice by a column of the question, column=value.")


def _lift(routes: Routes, ledger: Ledger) -> Callable[[MitigationCall], Mapping[str, object]]:
    def run(call: MitigationCall) -> Mapping[str, object]:
        model, what = str(call.arguments["model"]), call.arguments.get("what")
        only = None if what in {None, ""} else str(what)
        # What was switched off has the key of the action that did it.
        kind, subject = "incident.action_started", f"incident:{call.incident}"
        done = ledger.events(kinds=[kind], subject=subject, limit=_MOST_ACTIONS)
        mine = {str(one.payload.get("action")) for one in done if one.payload.get("mitigation") in _SWITCHING_OFF}
        keys = None if call.arguments.get("others") == "yes" else mine
        lifted = routes.masks.lift(model, what=only, keys=keys, actor=call.actor)
        left = [mask.sentence for mask in routes.masks.active(model) if only in {None, mask.what}]
        if left and not lifted and not mine:
            message = f"incident {call.incident} switched none of this off: {', '.join(left)}"
            raise ConflictError(message, next_step="Ask who did, or say others=yes to switch it on all the same.")
        return {"switched_on": [mask.sentence for mask in lifted], "left_off": left}

    return run


def _pin(routes: Routes, freezes: Freezes) -> Callable[[MitigationCall], Mapping[str, object]]:
    def run(call: MitigationCall) -> Mapping[str, object]:
        model = str(call.arguments["model"])
        why, urn = f"pinned in incident {call.incident}", f"incident:{call.incident}"
        freezes.hold(f"model:{model}", ("deploy",), why, urn, actor=call.actor, key=call.key)
        route = routes.get(model)
        if route.candidate is not None:
            route = routes.abort_canary(model, reason=why, key=f"{call.key}:canary", actor=call.actor)
        return {"primary": route.primary, "epoch": route.epoch}

    return run
