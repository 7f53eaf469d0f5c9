"""The menu of mitigations as forms: each says what will happen, what could go wrong, how to undo it, and one first."""

from dataclasses import dataclass

from steek.incidents import Incident, Menu, Mitigation
from steek.kernel.urn import Urn

_MEMBERS = ("member", "members")
_ONE_FIRST = "One first: name a single member, look whether it helped, then come back for the rest."


@dataclass(frozen=True, slots=True)
class ArgumentField:
    """One field of a form; `value` is what it begins with."""

    name: str
    label: str
    meaning: str
    required: bool
    value: str


@dataclass(frozen=True, slots=True)
class MitigationForm:
    """One mitigation; `one_first` is advice, "" where there is no member to try it on."""

    name: str
    label: str
    effect: str
    risk: str
    undo: str
    arguments: tuple[ArgumentField, ...]
    one_first: str


def mitigation_forms(menu: Menu, incident: Incident) -> tuple[MitigationForm, ...]:
    """All of the menu, in its order, with the incident's own system filled in."""
    return tuple(_form(mitigation, incident, menu) for mitigation in menu.mitigations.values())


def _form(mitigation: Mitigation, incident: Incident, menu: Menu) -> MitigationForm:
    fields = tuple(
        ArgumentField(
            argument.name,
            argument.name.replace("_", " "),
            argument.meaning,
            argument.required,
            _suggestion(argument.name, incident),
        )
        for argument in mitigation.arguments
    )
    return MitigationForm(
        name=mitigation.name,
        label=_label(mitigation.name),
        effect=mitigation.effect,
        risk=mitigation.risk,
        undo=mitigation.undo,
        arguments=fields,
        one_first=_one_first(mitigation, menu),
    )


def _label(name: str) -> str:
    return name.replace("-", " ").replace("_", " ").capitalize()


def _one_first(mitigation: Mitigation, menu: Menu) -> str:
    members = [argument for argument in mitigation.arguments if argument.name in _MEMBERS]
    if members:
        return "" if members[0].required else _ONE_FIRST
    smaller = f"{mitigation.name}-one"
    return f"One first: '{_label(smaller)}' tries it on a single member." if smaller in menu.mitigations else ""


def _suggestion(argument: str, incident: Incident) -> str:
    """The model the incident touches, where an argument asks for a model; a person fills in the rest."""
    if argument != "model":
        return ""
    named = [Urn.parse(system) for system in (incident.subject, *incident.systems)]
    return next((urn.name for urn in named if urn.kind == "model"), "")
