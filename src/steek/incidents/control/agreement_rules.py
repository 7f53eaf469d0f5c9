"""Who must agree to a mitigation: by what it costs people, by the money at stake, and by what the project declares."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from steek.incidents.impact.types import Dimension, Impact
from steek.kernel.errors import DeclarationError

BUSINESS = "business"


class Costs(StrEnum):
    """What a mitigation costs those who get answers of the model.

    `ANSWERS`: they get simpler ones, or none. `FRESHNESS`: they get answers that know or use less. `NOTHING`: neither.
    """

    NOTHING = "nothing"
    FRESHNESS = "freshness"
    ANSWERS = "answers"


@dataclass(frozen=True, slots=True)
class Need:
    """Somebody who must agree, and why."""

    of: str
    because: str


@dataclass(frozen=True, slots=True)
class MitigationAgreement:
    """Who must agree to mitigations of some models; in place of the rule of the house, also when it is nobody.

    Args:
        name: What the project calls it, such as "prices are revenue".
        of: Roles of the incident, or stakeholders such as "business"; () for nobody.
        mitigations: Patterns with * over the names of the menu.
        on: Patterns with * over models.

    Raises:
        DeclarationError: an empty name, no pattern.

    >>> prices = MitigationAgreement("prices", of=("business",), mitigations=("roll-back*",), on=("price_*",))
    >>> prices.is_about("roll-back", "price_of_day"), prices.is_about("retrain", "price_of_day")
    (True, False)
    """

    name: str
    of: tuple[str, ...]
    mitigations: tuple[str, ...] = ("*",)
    on: tuple[str, ...] = ("*",)

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise DeclarationError("an agreement to mitigations has no name")
        for what in ("of", "mitigations", "on"):
            given: object = getattr(self, what)
            if isinstance(given, str) or (what != "of" and not given):
                message = f"agreement {self.name[:80]!r} has {what}={str(given)[:80]!r}; it must be a tuple of names"
                raise DeclarationError(message, next_step=f"For example {what}=('business',).")

    def is_about(self, mitigation: str, model: str) -> bool:
        """Whether it speaks of this mitigation of this model."""
        return any(fnmatchcase(mitigation, each) for each in self.mitigations) and any(
            fnmatchcase(model, each) for each in self.on
        )


def needs(
    mitigation: str,
    costs: Costs,
    arguments: Mapping[str, object],
    *,
    always: Sequence[str] = (),
    declared: Sequence[MitigationAgreement] = (),
    impacts: Sequence[Impact] = (),
) -> tuple[Need, ...]:
    """Who must agree to one call, each once; () for nobody.

    What the project declares for the mitigation and its model wins. Otherwise the business is asked where revenue is at
    stake: before simpler answers unless it is known that no money is, and before older or poorer ones when some is.

    Args:
        mitigation: Its name.
        costs: What it costs those who get answers.
        arguments: As it is called; "model" names the model.
        always: Who must agree whatever is at stake.
        declared: Rules of the project.
        impacts: What is known of the impact of the incident.

    >>> needs("fall-back", Costs.ANSWERS, {"model": "prices"})[0].of
    'business'
    >>> needs("roll-back", Costs.FRESHNESS, {"model": "prices"})
    ()
    """
    found = dict.fromkeys(always, "the mitigation always needs it")
    model = str(arguments.get("model", ""))
    said = [one for one in declared if one.is_about(mitigation, model)]
    if said:
        for one in said:
            found |= {who: f"the project says so: {one.name}" for who in one.of if who not in found}
        return tuple(Need(who, why) for who, why in found.items())
    money = next((one for one in impacts if one.dimension is Dimension.MONEY), None)
    is_none = money is not None and money.high == 0
    is_some = money is not None and ((money.high or 0) > 0 or (money.low or 0) > 0)
    if costs is Costs.ANSWERS and not is_none:
        found.setdefault(BUSINESS, "people get simpler answers, which may cost revenue")
    if costs is Costs.FRESHNESS and is_some:
        found.setdefault(BUSINESS, "money is at stake in this incident, and every answer changes")
    return tuple(Need(who, why) for who, why in found.items())
