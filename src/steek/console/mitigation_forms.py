"""The menu of mitigations as forms: each says what will happen, what could go wrong, how to undo it, and one first."""

from collections.abc import Mapping
from dataclasses import dataclass

from steek.incidents import Menu, Mitigation, Story
from steek.incidents.mitigations import model_of
from steek.incidents.recovery.estimates import StepEstimate

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
    """One mitigation; `one_first` is advice, "" where there is no member to try it on.

    `time` says how long it takes, by what it took before where it was done; `agrees` who must agree, "" for nobody.
    """

    name: str
    label: str
    effect: str
    risk: str
    undo: str
    arguments: tuple[ArgumentField, ...]
    one_first: str
    time: str
    agrees: str


def mitigation_forms(
    menu: Menu, story: Story, usual: Mapping[str, StepEstimate] | None = None
) -> tuple[MitigationForm, ...]:
    """What the menu offers, in its order, the incident's own system filled in; `usual` is what each took before."""
    known = usual or {}
    return tuple(_form(one, story, menu, known.get(one.name)) for one in menu.offered(story.incident))


def _form(mitigation: Mitigation, story: Story, menu: Menu, took: StepEstimate | None) -> MitigationForm:
    needed = mitigation.needs({"model": model_of(story.incident)}, story.impacts)
    fields = tuple(
        ArgumentField(
            argument.name,
            argument.name.replace("_", " "),
            argument.meaning,
            argument.required,
            model_of(story.incident) if argument.name == "model" else "",
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
        time=mitigation.takes + (f" ({took.sentence.partition(': ')[2]} here)" if took is not None else ""),
        agrees="; ".join(f"{need.of}, because {need.because}" for need in needed),
    )


def _label(name: str) -> str:
    return name.replace("-", " ").replace("_", " ").capitalize()


def _one_first(mitigation: Mitigation, menu: Menu) -> str:
    members = [argument for argument in mitigation.arguments if argument.name in _MEMBERS]
    if members:
        return "" if members[0].required else _ONE_FIRST
    smaller = mitigation.one_first or f"{mitigation.name}-one"
    return f"One first: '{_label(smaller)}' tries it on a part." if smaller in menu.mitigations else ""
