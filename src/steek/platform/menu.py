"""What can be done about an incident with the services of this house."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from steek.data import FeedChecking
from steek.incidents import Action, Argument, Menu, Mitigation, MitigationAgreement, MitigationCall, Story
from steek.incidents.control.agreement_rules import Costs
from steek.incidents.control.manual_rollbacks import manual_rollbacks
from steek.incidents.mitigations import model_of
from steek.ledger import Ledger
from steek.loop import WorkerClient
from steek.models import Freezes, ModelDefinition
from steek.platform.data_holds import data_holds
from steek.platform.measures_in_words import measures_in_words
from steek.platform.serving_switches import MODEL, serving_switches
from steek.platform.targets import rollback_target
from steek.serving import Routes

_REASON = Argument("reason", "why, for the history", required=False)


def mitigation_menu(
    routes: Routes,
    freezes: Freezes,
    ledger: Ledger,
    worker: WorkerClient,
    *,
    feed: FeedChecking,
    definitions: Mapping[str, ModelDefinition],
    watched: Iterable[str] = (),
    agreements: Sequence[MitigationAgreement] = (),
) -> Mapping[str, Mitigation]:
    """Mitigations by name; each is idempotent by the key of its call.

    `watched` are models that others train and serve, `agreements` those that the project declares.
    """
    mitigations = (
        *_going_back(routes),
        *serving_switches(routes, freezes, ledger, definitions),
        *_holding(freezes),
        *data_holds(freezes, feed),
        *_catching_up(worker),
        *measures_in_words(ledger),
    )
    theirs = frozenset(watched)
    return {
        each.name: replace(
            each,
            agreements=tuple(agreements),
            elsewhere=theirs if any(one.name == "model" for one in each.arguments) else frozenset[str](),
        )
        for each in mitigations
    }


@dataclass(frozen=True, slots=True)
class MitigationLine:
    """One mitigation as people read it; `takes` are the names of its arguments.

    `time` is how long it is expected to take; `agrees` who must agree before; `one_first` what tries it smaller.
    """

    name: str
    takes: tuple[str, ...]
    effect: str
    risk: str
    undo: str
    time: str
    agrees: tuple[str, ...]
    one_first: str


def mitigation_lines(menu: Menu, story: Story) -> list[MitigationLine]:
    """The menu in its order, with who must agree on the model that the incident touches, by what is known now.

    What its suspects name and nothing takes back by itself stands first, as a measure in words.
    """
    touched = {"model": model_of(story.incident)}
    words = manual_rollbacks(story.changed) if "measure" in menu.mitigations else ()
    listed = [(menu.mitigations["measure"], text) for text in words]
    return [
        MitigationLine(
            each.name,
            tuple(one.name for one in each.arguments),
            f"By hand, a suspect names it: {text}. Carried out by its owner, recorded here." if text else each.effect,
            each.risk,
            each.undo,
            each.takes,
            tuple(f"{need.of} ({need.because})" for need in each.needs(touched, story.impacts)),
            each.one_first,
        )
        for each, text in (*listed, *((one, "") for one in menu.offered(story.incident)))
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
    return (
        Mitigation(
            name="roll-back-one",
            risk="One member of the fleet answers from an older model.",
            effect="That member answers as before the change, within a second; a try before the whole fleet goes back.",
            undo="The next promotion takes the member along again.",
            run=roll_back,
            arguments=(MODEL, Argument("member", "one member of the fleet, for example a partner"), to, _REASON),
            observe=observe,
            advances=Action.MITIGATE,
            takes="a second",
        ),
        Mitigation(
            name="roll-back",
            risk="All requests are answered by an older model; what it has not learned since is missing.",
            effect="Answers are as before the change, within a second, for the model or the whole fleet.",
            undo="Deploy the newer version again: it goes through gate and canary.",
            run=roll_back,
            arguments=(MODEL, to, _REASON),
            observe=observe,
            advances=Action.MITIGATE,
            takes="a second",
            costs=Costs.FRESHNESS,
            one_first="roll-back-one",
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
            arguments=(MODEL, _REASON),
            takes="at once; a training that runs already goes on, and its deployment waits",
            mends=False,
        ),
        Mitigation(
            name="release-freeze",
            risk="Nightly training and deployment go on, also if the cause is still there.",
            effect="Everything this incident held may change again.",
            undo="pause-training.",
            run=release,
            takes="at once; changes that were held are listed for a decision",
            mends=False,
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
            takes="minutes for a day of data",
            run=extract,
            arguments=(
                Argument("dataset", "name of the derived dataset"),
                Argument("days", "business days, 2017-10-15, separated by commas"),
                _REASON,
            ),
            advances=Action.RECOVER,
        ),
        Mitigation(
            name="retrain",
            risk="A new version takes over when its gate passes.",
            effect="The model is trained on all that is known, judged, deployed, and what serves is verified.",
            undo="roll-back.",
            takes="as long as the last training, its evaluation and its canary: 'steek incident estimate' adds them up",
            run=retrain,
            arguments=(
                MODEL,
                Argument("known_until", "business day whose data it may know"),
                Argument("members", "members of a fleet, separated by commas", required=False),
                _REASON,
            ),
            advances=Action.RECOVER,
        ),
    )
