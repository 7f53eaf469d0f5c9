"""What the ledger shows of safeguards that were really needed, or rehearsed: who did what when."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import cast

from steek.incidents.defences.coverage import Coverage
from steek.incidents.defences.declared import Declared
from steek.incidents.defences.layers import Layer
from steek.incidents.defences.safeguard import Exercise
from steek.incidents.defences.safeguards_of_data import FEED_MEANS
from steek.incidents.defences.safeguards_of_models import GATE_MEANS
from steek.incidents.defences.safeguards_of_people import Called
from steek.incidents.defences.safeguards_of_watching import protected_by
from steek.kernel.urn import Urn
from steek.ledger import Event
from steek.monitoring import Monitor

EXERCISE_KINDS = (
    "access.refused",
    "alert.judged",
    "batch.committed",
    "batch.held",
    "canary.aborted",
    "drill.ended",
    "fallback.used",
    "gate.decided",
    "incident.page_acknowledged",
    "join.failed",
    "notice.tested",
    "postmortem.published",
)
_CONTRACT_RULES = frozenset({"contract_types", "contract_bounds", "contract_categories", "contract_keys"})
Told = Iterator[Exercise]


def exercises(
    events: Iterable[Event], declared: Declared, monitors: Mapping[str, Monitor], coverage: Coverage, called: Called
) -> tuple[Exercise, ...]:
    """Every exercise in events of `EXERCISE_KINDS`; those of other kinds say nothing here."""

    def of_alert(event: Event) -> Told:
        yield from _judged(event, declared, monitors, coverage)

    tell: Mapping[str, Callable[[Event], Told]] = {
        "access.refused": lambda event: _access(event, declared),
        "alert.judged": of_alert,
        "batch.committed": lambda event: _committed(event, declared),
        "batch.held": lambda event: _held_batch(event, declared),
        "canary.aborted": _aborted,
        "drill.ended": _drilled,
        "fallback.used": _fell_back,
        "gate.decided": _refused,
        "incident.page_acknowledged": _paged,
        "join.failed": lambda event: _no_join(event, declared),
        "notice.tested": lambda event: _tested(event, called),
        "postmortem.published": _published,
    }
    return tuple(one for event in events if event.kind in tell for one in tell[event.kind](event))


def _access(event: Event, declared: Declared) -> Told:
    name = Urn.parse(event.subject).name
    text = f"a read of {name} was refused"
    yield Exercise(Layer.ACCESS, event.at, text, _page(event), models=declared.readers_of(name) or None)


def _judged(event: Event, declared: Declared, monitors: Mapping[str, Monitor], coverage: Coverage) -> Told:
    if event.payload.get("verdict") != "useful":
        return
    for name in texts(event.payload.get("monitors")):
        monitor = monitors.get(name)
        means = None if monitor is None else coverage.means_of_indicator(monitor.indicator.name)
        if monitor is not None and means is not None:
            text, models = f"an alert of {name} was judged useful", protected_by(declared, monitor)
            yield Exercise(Layer.MONITOR, event.at, text, _page(event), frozenset({means}), models)


def _committed(event: Event, declared: Declared) -> Told:
    rows = event.payload.get("quarantined_rows")
    if not isinstance(rows, int) or rows < 1:
        return
    name = Urn.parse(event.subject).name
    text = f"the contract of {name} kept {rows:,} rows out"
    yield Exercise(Layer.CONTRACT, event.at, text, _page(event), _CONTRACT_RULES, declared.readers_of(name))


def _held_batch(event: Event, declared: Declared) -> Told:
    means = frozenset(FEED_MEANS[name] for name in texts(event.payload.get("checks")) if name in FEED_MEANS)
    if means:
        name = Urn.parse(event.subject).name
        yield Exercise(
            Layer.CONTRACT, event.at, f"a batch of {name} was held", _page(event), means, declared.readers_of(name)
        )


def _no_join(event: Event, declared: Declared) -> Told:
    name = Urn.parse(event.subject).name
    text, means = f"a join of {name} that matched nothing was refused", frozenset({"join_counted"})
    yield Exercise(Layer.CONTRACT, event.at, text, _page(event), means, declared.readers_of(name))


def _refused(event: Event) -> Told:
    if event.payload.get("verdict") != "fail":
        return
    trained = Urn.parse(event.subject)
    blocking = " ".join(texts(event.payload.get("blocking")))
    failed = frozenset(means for check, means in GATE_MEANS.items() if check in blocking)
    text = f"the gate refused {trained.name} {trained.version}"
    yield Exercise(Layer.GATE, event.at, text, _page(event), failed, frozenset({trained.name.partition("/")[0]}))


def _aborted(event: Event) -> Told:
    name = Urn.parse(event.subject).name
    text = f"the canary of {name} {event.payload.get('version')} was stopped"
    yield Exercise(Layer.CANARY, event.at, text, _page(event), frozenset({"canary_steps"}), frozenset({name}))


def _fell_back(event: Event) -> Told:
    name = Urn.parse(event.subject).name
    text = f"{event.payload.get('fallbacks')} answers of {name} fell back"
    yield Exercise(Layer.FALLBACK, event.at, text, _page(event), models=frozenset({name}))


def _paged(event: Event) -> Told:
    """Only where a call had arrived: who saw it by chance shows nothing of how people are woken."""
    reached = texts(event.payload.get("reached"))
    if reached:
        text = f"the page of incident {event.payload.get('incident')} reached {reached[0]}, and was answered"
        yield Exercise(Layer.PROCESS, event.at, text, _page(event), frozenset({"process_oncall"}))


def _tested(event: Event, called: Called) -> Told:
    target = Urn.parse(event.subject).name
    person = called.person_at(target)
    if person is not None and event.payload.get("outcome") == "delivered":
        text = f"a test of {target} reached {person}"
        yield Exercise(Layer.PROCESS, event.at, text, _page(event), frozenset({"process_oncall"}))


def _published(event: Event) -> Told:
    text = f"the postmortem of {Urn.parse(event.subject).name} was published"
    yield Exercise(Layer.PROCESS, event.at, text, _page(event), frozenset({"process_postmortem"}))


def _drilled(event: Event) -> Told:
    """A drill says itself which layers held: {"layers": [...], "models": [...], "categories": [...]}."""
    models, categories = texts(event.payload.get("models")), texts(event.payload.get("categories"))
    for name in {*texts(event.payload.get("layers")), Layer.PROCESS.value}:
        if name in set(Layer):
            yield Exercise(
                Layer(name),
                event.at,
                f"drill {Urn.parse(event.subject).name}",
                _page(event),
                models=frozenset(models) or None,
                categories=frozenset(categories),
            )


def _page(event: Event) -> str:
    return f"/ledger/{event.id}"


def records(value: object) -> Sequence[Mapping[str, object]]:
    """The records of a list in a payload; empty when it is none."""
    listed = cast("list[object]", value) if isinstance(value, list) else []
    return [cast("Mapping[str, object]", each) for each in listed if isinstance(each, Mapping)]


def texts(value: object) -> Sequence[str]:
    """The texts of a list in a payload; empty when it is none."""
    return [str(each) for each in cast("list[object]", value)] if isinstance(value, list) else []
