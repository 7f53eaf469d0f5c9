"""Declarations: the labels of a project."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, get_args

from steek.kernel.errors import DeclarationError
from steek.kernel.units import parse_duration

LabelType = Literal["string", "integer", "number", "boolean"]
_NAME = re.compile(r"[a-z][a-z0-9_]*")
# Columns that the store itself gives a meaning.
LABEL, ANNOTATOR, STATED_AT, BATCH, POSITION = "label", "annotator", "stated_at", "batch_id", "position"
_OWN = (LABEL, ANNOTATOR, STATED_AT, BATCH, POSITION)


@dataclass(frozen=True, slots=True)
class Labels:
    """What turned out to be right about examples, which arrives later than they do and may be corrected.

    Args:
        name: Lower-case name; the lake table is `labels.<name>`.
        entity: Columns that together with the moment name an example.
        moment: Column with the moment of the example.
        window: How long after the moment the label becomes final, e.g. "7d"; later statements are late.
        owner: Who answers for them.
        values: The only allowed labels; empty allows all of the type.
        type: Type of a label.
        least_shared: Examples that two annotators must share before their agreement counts.
        least_agreement: Cohen's kappa that people must reach. 0.6 is where Landis and Koch (1977), "The measurement
            of observer agreement for categorical data", begin to call agreement substantial.
        description: What a label says, for people.
    """

    name: str
    entity: tuple[str, ...]
    window: str | timedelta
    moment: str = "moment"
    owner: str = ""
    values: tuple[str | int, ...] = ()
    type: LabelType = "string"
    least_shared: int = 30
    least_agreement: float = 0.6
    description: str = ""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            message = f"{self.name!r} is not a name of labels; use lower-case letters, digits and underscores"
            raise DeclarationError(message)
        if not self.owner:
            message = f"labels {self.name!r} have no owner"
            raise DeclarationError(message, next_step="Say who answers for them: owner=...")
        if self.type not in get_args(LabelType):
            message = f"labels {self.name!r} have the type {self.type!r}; allowed: {', '.join(get_args(LabelType))}"
            raise DeclarationError(message)
        columns = [*self.entity, self.moment]
        if not self.entity or len(set(columns)) < len(columns) or set(columns) & set(_OWN):
            message = f"labels {self.name!r} name examples by {', '.join(columns)}"
            step = f"Name at least one entity column, none twice, and none of {', '.join(_OWN)}."
            raise DeclarationError(message, next_step=step)
        if parse_duration(self.window) < timedelta(0):
            message = f"labels {self.name!r} have a window that ends before it begins"
            raise DeclarationError(message)

    @property
    def table(self) -> str:
        """Name of their table in the lake."""
        return f"labels.{self.name}"

    @property
    def example(self) -> list[str]:
        """Columns that name an example."""
        return [*self.entity, self.moment]

    @property
    def length(self) -> timedelta:
        """The window as a duration."""
        return parse_duration(self.window)

    def urn(self, version: int) -> str:
        """Name of one version in the lineage."""
        return f"labels:{self.name}@{version}"
