"""What the gate must know of a table: which columns are personal, and when a row happened."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

# Names that begin so are kept by steek beside the rows and handed out on request only.
RAW_PREFIX = "_raw_"
_TECHNICAL = frozenset({"_receipt_id", "_cleaned_by", "_sampling_rate", "_sampling_weight", "_sealed", "_event_key"})
# Sealed values of other columns; only keepers of the lake see it as it is.
SEALED = "_sealed"
HOLDS_VALUES = frozenset({SEALED})


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """One column.

    Args:
        is_personal: Whether a value tells something about a person.
        subject: Kind of person whom a value names, "" for nobody.
        scope: Scope of its pseudonyms.
        is_pseudonym: What is stored is a pseudonym already.
    """

    is_personal: bool
    subject: str = ""
    scope: str = ""
    is_pseudonym: bool = False


@dataclass(frozen=True, slots=True)
class TableFacts:
    """One table of the lake.

    Args:
        name: Its name.
        columns: What is known of its columns by name.
        event_time: Column that says when a row's event happened; None when rows have no moment.
        closed: Columns that `columns` does not name count as personal; otherwise as not.
        made_here: The platform itself makes this table, from what it was allowed to read.
    """

    name: str
    columns: Mapping[str, ColumnFacts] = field(default_factory=dict[str, ColumnFacts])
    event_time: str | None = None
    closed: bool = True
    made_here: bool = False

    def of(self, column: str) -> ColumnFacts:
        """Facts of a column; one that holds another's raw values is what the other is."""
        known = self.columns.get(column.removeprefix(RAW_PREFIX))
        if known is not None:
            return known
        if column in _TECHNICAL and column not in HOLDS_VALUES:
            return ColumnFacts(is_personal=False)
        return ColumnFacts(is_personal=self.closed or column in HOLDS_VALUES)


FactsOf = Callable[[str], TableFacts]


def is_technical(column: str) -> bool:
    """Whether steek keeps this column for itself.

    >>> is_technical("_raw_price"), is_technical("_query")
    (True, False)
    """
    return column in _TECHNICAL or column.startswith(RAW_PREFIX)
