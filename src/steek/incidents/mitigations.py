"""The menu of what can be done about an incident, each line with its risk, effect and way back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from steek.incidents.control.agreement_rules import Costs, MitigationAgreement, Need, needs
from steek.incidents.impact.types import Impact
from steek.incidents.lifecycle import Action
from steek.incidents.types import Incident
from steek.kernel.errors import InputError, NotFoundError, UserCodeError, describe_unknown
from steek.kernel.records import canonical_json, to_plain
from steek.kernel.urn import Urn


@dataclass(frozen=True, slots=True)
class MitigationCall:
    """What a mitigation is called with. `key` makes it repeatable: the same key must do the thing once."""

    incident: str
    arguments: Mapping[str, object]
    actor: str
    key: str


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a mitigation; `meaning` is shown beside the field."""

    name: str
    meaning: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class Mitigation:
    """One line of the menu.

    Args:
        name: How people call it, e.g. "roll-back-member".
        risk: What could get worse by doing it.
        effect: What should be better afterwards, and when.
        undo: How to take it back.
        run: Does it, and says in JSON values what it did. It is called again with the same `key` when the process
            died before its result was written, so it must be idempotent by that key. A `SteekError` is a failure with
            a known reason.
        arguments: What it takes.
        observe: Reads, in JSON values, what it is about to change; called before and after. None when there is nothing
            to read.
        advances: The incident action that doing it amounts to; None when it leaves the phase as it is, because it
            holds something still, tells people, or is done elsewhere.
        mends: Whether indicators can tell that it helped; False for what tells people or holds something still.
        takes: How long it is expected to take, in words; what it took before is measured.
        agrees: Who must agree before, whatever is at stake: roles of the incident, or stakeholders such as "business".
            It is not done before they have.
        costs: What it costs those who get answers, by which the business is asked where revenue is at stake.
        agreements: What the project declares about agreements to mitigations; it wins over that rule.
        one_first: The mitigation that tries it on one member first, or "".
        elsewhere: Models that others train and serve, so that it cannot be done on them here.
    """

    name: str
    risk: str
    effect: str
    undo: str
    run: Callable[[MitigationCall], Mapping[str, object]]
    arguments: tuple[Argument, ...] = ()
    observe: Callable[[Mapping[str, object]], Mapping[str, object]] | None = None
    advances: Action | None = None
    mends: bool = True
    takes: str = "not known"
    agrees: tuple[str, ...] = ()
    costs: Costs = Costs.NOTHING
    agreements: tuple[MitigationAgreement, ...] = ()
    one_first: str = ""
    elsewhere: frozenset[str] = frozenset()

    def needs(self, arguments: Mapping[str, object], impacts: Sequence[Impact]) -> tuple[Need, ...]:
        """Who must agree to it as it is called, given what is known of the impact; () for nobody."""
        return needs(self.name, self.costs, arguments, always=self.agrees, declared=self.agreements, impacts=impacts)


class Outcome(StrEnum):
    """`STARTED` without an end means that the process died on the way; the same key takes it up again."""

    STARTED = "started"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ActionTaken:
    """One execution of a mitigation. `error` is None unless it failed; `ended_at` None while it runs.

    `before` and `after` hold what the mitigation observed and, under "indicators", what showed the incident. `process`
    carries it on, None when that one gave it up; see `steek.kernel.processes`.
    """

    key: str
    incident_id: str
    number: int
    mitigation: str
    arguments: Mapping[str, object]
    actor: str
    outcome: Outcome
    before: Mapping[str, object]
    after: Mapping[str, object]
    result: Mapping[str, object]
    error: str | None
    error_code: str | None
    started_at: datetime
    ended_at: datetime | None
    process: str | None = None


@dataclass(frozen=True, slots=True)
class Menu:
    """The mitigations that the platform offers, by name."""

    mitigations: Mapping[str, Mitigation] = field(default_factory=dict[str, Mitigation])

    def offered(self, incident: Incident) -> tuple[Mitigation, ...]:
        """What can be done here about an incident, in the order of the menu: of a model that others serve, little."""
        model = model_of(incident)
        return tuple(one for one in self.mitigations.values() if model not in one.elsewhere)

    def find(self, name: str) -> Mitigation:
        """One mitigation.

        Raises:
            NotFoundError: not on the menu; the message lists it.
        """
        if name not in self.mitigations:
            raise NotFoundError.among("mitigation", name, self.mitigations)
        return self.mitigations[name]


def model_of(incident: Incident) -> str:
    """The model that an incident touches, its subject first; "" when it touches none."""
    named = [Urn.parse(system) for system in (incident.subject, *incident.systems)]
    return next((urn.name for urn in named if urn.kind == "model"), "")


def checked_arguments(mitigation: Mitigation, arguments: Mapping[str, object]) -> dict[str, object]:
    """Arguments that fit the mitigation, as plain JSON values.

    Raises:
        InputError: an unknown or a missing argument, a model that others serve, or a value that JSON cannot hold.
    """
    if str(arguments.get("model")) in mitigation.elsewhere:
        message = f"{arguments['model']} is trained and served elsewhere: {mitigation.name} cannot be done here"
        raise InputError(message, next_step="Ask those who serve it, and write down what they do as a 'measure'.")
    known = {argument.name for argument in mitigation.arguments}
    for name in arguments:
        if name not in known:
            message, hint = describe_unknown(f"argument of {mitigation.name}", name, known)
            raise InputError(message, next_step=hint)
    missing = [argument for argument in mitigation.arguments if argument.required and argument.name not in arguments]
    if missing:
        listed = "; ".join(f"{argument.name} ({argument.meaning})" for argument in missing)
        raise InputError(f"{mitigation.name} needs {listed}", next_step=f"It takes: {', '.join(sorted(known))}.")
    return as_json(arguments, what=f"arguments of {mitigation.name}")


def as_json(values: Mapping[str, object], *, what: str) -> dict[str, object]:
    """The values as plain JSON, checked.

    Raises:
        InputError: NaN, infinity or an object that JSON cannot hold.
    """
    plain = {str(name): to_plain(value) for name, value in values.items()}
    try:
        canonical_json(plain)
    except (TypeError, ValueError) as cause:
        raise InputError(f"the {what} cannot be written down: {cause}", next_step="Give plain JSON values.") from cause
    return plain


def result_json(values: Mapping[str, object], *, what: str) -> dict[str, object]:
    """What project or platform code returned, as plain JSON; a value that cannot be kept is that code's error."""
    try:
        return as_json(values, what=what)
    except InputError as cause:
        raise UserCodeError(cause.message, next_step="Return plain JSON values from it.") from cause
