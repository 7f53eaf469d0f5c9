"""Governance: who may see which data for what purpose, pseudonyms, keys, and the record of every read.

Flows in: policies that the project declares, principals, keys of the vault, and frames about to be opened.
Flows out: decisions with their reasons, frames as the reader may see them, pseudonyms, and audited reads.
"""

from steek.governance.access.actors import MAINTENANCE, Actor, attributed, service
from steek.governance.access.decision import Decision, Reason
from steek.governance.access.declarations import Policy, Role
from steek.governance.access.facts import ColumnFacts, TableFacts, is_technical
from steek.governance.access.gate import Access
from steek.governance.access.reads import Read, ReadQuery, all_reads, cloud_event, list_reads
from steek.governance.access.row_filter import parse_filter
from steek.governance.access.tokens import Issued, Token, Tokens
from steek.governance.access.usage import Usage, usage

__all__ = [
    "MAINTENANCE",
    "Access",
    "Actor",
    "ColumnFacts",
    "Decision",
    "Issued",
    "Policy",
    "Read",
    "ReadQuery",
    "Reason",
    "Role",
    "TableFacts",
    "Token",
    "Tokens",
    "Usage",
    "all_reads",
    "attributed",
    "cloud_event",
    "is_technical",
    "list_reads",
    "parse_filter",
    "service",
    "usage",
]
