"""The memory: append-only, hash-chained events, the lineage they draw, and the database both live in.

Flows in: events from every room above, written in one transaction with the state they describe.
Flows out: history, "what depends on this", "what changed upstream", and events delivered to subscribers.
"""

from steek.ledger.changes import Change, changes_upstream
from steek.ledger.database import Database, metadata
from steek.ledger.events import Draft, Event
from steek.ledger.ledger import Ledger
from steek.ledger.lineage import Graph, Lineage
from steek.ledger.openlineage import ColumnSource, DatasetDescription, OpenLineage
from steek.ledger.outside import Outside, OutsideChange, OutsideNote
from steek.ledger.outside_runs import OutsideRuns
from steek.ledger.subscriptions import Subscriptions

__all__ = [
    "Change",
    "ColumnSource",
    "Database",
    "DatasetDescription",
    "Draft",
    "Event",
    "Graph",
    "Ledger",
    "Lineage",
    "OpenLineage",
    "Outside",
    "OutsideChange",
    "OutsideNote",
    "OutsideRuns",
    "Subscriptions",
    "changes_upstream",
    "metadata",
]
