"""What can be done about an incident with the services of this house."""

from collections.abc import Mapping
from dataclasses import dataclass

from steek.incidents import Action, Argument, Menu, Mitigation, MitigationCall
from steek.ledger import Draft, Ledger
from steek.loop import WorkerClient
from steek.models import Freezes
from steek.platform.targets import rollback_target
from steek.serving import Routes

MODEL = Argument("model", "name of the model")


def mitigation_menu(routes: Routes, freezes: Freezes, ledger: Ledger, worker: WorkerClient) -> Mapping[str, Mitigation]:
    """Mitigations by name; each is idempotent by the key of its call."""
    mitigations = (*_going_back(routes), *_holding(freezes), *_catching_up(worker), _notice(ledger))
    return {mitigation.name: mitigation for mitigation in mitigations}


@dataclass(frozen=True, slots=True)
class MitigationLine:
    """One mitigation as people read it; `takes` are the names of its arguments."""

    name: str
    takes: tuple[str, ...]
    effect: str
    risk: str
    undo: str


def mitigation_lines(menu: Menu) -> list[MitigationLine]:
    """The menu in its order."""
    return [
        MitigationLine(each.name, tuple(one.name for one in each.arguments), each.effect, each.risk, each.undo)
        for each in menu.mitigations.values()
    ]


def _going_back(routes: Routes) -> tuple[Mitigation, ...]:
    def observe(arguments: Mapping[str, object]) -> Mapping[str, object]:
        route = routes.get(str(arguments["model"]))
        return {"primary": route.primary, "members": route.members}

    def roll_back(call: MitigationCall) -> Mapping[str, object]:
        member = call.arguments.get("member")
        route = routes.rollback(
            str(call.arguments["model"]),
            to=rollback_target(call.arguments.get("to")),
            member=None if member is None else str(member),
            actor=call.actor,
            reason=str(call.arguments.get("reason") or f"incident {call.incident}"),
            key=call.key,
        )
        return {"epoch": route.epoch, "primary": route.primary, "members": route.members}

    to = Argument("to", "version, or last-good", required=False)
    reason = Argument("reason", "why, for the history", required=False)
    return (
        Mitigation(
            name="roll-back-one",
            risk="One member of the fleet answers from an older model.",
            effect="That member answers as before the change, within a second; a try before the whole fleet goes back.",
            undo="The next promotion takes the member along again.",
            run=roll_back,
            arguments=(MODEL, Argument("member", "one member of the fleet, for example a partner"), to, reason),
            observe=observe,
        ),
        Mitigation(
            name="roll-back",
            risk="All requests are answered by an older model; what it has not learned since is missing.",
            effect="Answers are as before the change, within a second, for the model or the whole fleet.",
            undo="Deploy the newer version again: it goes through gate and canary.",
            run=roll_back,
            arguments=(MODEL, to, reason),
            observe=observe,
        ),
    )


def _holding(freezes: Freezes) -> tuple[Mitigation, ...]:
    def hold(call: MitigationCall) -> Mapping[str, object]:
        freeze = freezes.hold(
            f"model:{call.arguments['model']}",
            ("train", "deploy"),
            f"incident {call.incident}",
            f"incident:{call.incident}",
            actor=call.actor,
            key=call.key,
        )
        return {"held": freeze.subject, "actions": list(freeze.actions)}

    def release(call: MitigationCall) -> Mapping[str, object]:
        ended = freezes.release(f"incident:{call.incident}", actor=call.actor)
        return {"released": [freeze.subject for freeze in ended]}

    return (
        Mitigation(
            name="pause-training",
            risk="The model grows stale while it is held.",
            effect="Nightly training and deployment of the model wait; what serves now stays.",
            undo="release-freeze, or resolve the incident.",
            run=hold,
            arguments=(MODEL,),
        ),
        Mitigation(
            name="release-freeze",
            risk="Nightly training and deployment go on, also if the cause is still there.",
            effect="Everything this incident held may change again.",
            undo="pause-training.",
            run=release,
            advances=Action.RECOVER,
        ),
    )


def _catching_up(worker: WorkerClient) -> tuple[Mitigation, ...]:
    def extract(call: MitigationCall) -> Mapping[str, object]:
        run, days = f"extract:{call.key}", str(call.arguments["days"]).split(",")
        worker.start("extract", run, str(call.arguments["dataset"]), days, call.key, call.actor)
        return worker.result(run)

    def retrain(call: MitigationCall) -> Mapping[str, object]:
        run, members = f"retrain:{call.key}", call.arguments.get("members")
        chosen = None if not members else str(members).split(",")
        known_until = str(call.arguments["known_until"])
        worker.start("retrain", run, str(call.arguments["model"]), known_until, chosen, call.key, call.actor)
        return worker.result(run)

    return (
        Mitigation(
            name="extract-again",
            risk="Features made from the dataset change; models trained from now on see the new values.",
            effect="Days of a derived dataset are extracted again with today's tables, and their features recomputed.",
            undo="Extract again with the older tables.",
            run=extract,
            arguments=(
                Argument("dataset", "name of the derived dataset"),
                Argument("days", "business days, 2017-10-15, separated by commas"),
            ),
            advances=Action.RECOVER,
        ),
        Mitigation(
            name="retrain",
            risk="A new version takes over when its gate passes.",
            effect="The model is trained on all that is known, judged, deployed, and what serves is verified.",
            undo="roll-back.",
            run=retrain,
            arguments=(
                MODEL,
                Argument("known_until", "business day whose data it may know"),
                Argument("members", "members of a fleet, separated by commas", required=False),
            ),
            advances=Action.RECOVER,
        ),
    )


def _notice(ledger: Ledger) -> Mitigation:
    def post(call: MitigationCall) -> Mapping[str, object]:
        # Written again after a crash it would stand twice; the key in its payload tells that both are one.
        payload: dict[str, object] = {"incident": call.incident, "text": str(call.arguments["text"]), "key": call.key}
        event = ledger.record(Draft("notice.posted", f"incident:{call.incident}", call.actor, payload))[0]
        return {"event": event.id}

    return Mitigation(
        name="post-notice",
        risk="People outside read it.",
        effect="Everybody who looks at the incident sees the notice; for measures outside of machine learning too.",
        undo="Post a corrected notice.",
        run=post,
        arguments=(Argument("text", "what people should know or do"),),
        advances=None,
    )
