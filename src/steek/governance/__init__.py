"""Governance: who may see which data for what purpose, pseudonyms, keys, and the record of every read.

Flows in: policies that the project declares, principals, keys of the vault, and frames about to be opened.
Flows out: decisions with their reasons, frames as the reader may see them, pseudonyms, and audited reads.
"""

from steek.governance.access.actors import (
    LOOKING,
    MAINTENANCE,
    MEMBER,
    OPERATIONS,
    OWNER,
    SUPPORT,
    Actor,
    attributed,
    caller,
    calling,
    service,
)
from steek.governance.access.decision import Decision, Reason
from steek.governance.access.declarations import Policy, Role
from steek.governance.access.facts import ColumnFacts, TableFacts, is_technical
from steek.governance.access.gate import Access
from steek.governance.access.reads import Read, ReadQuery, all_reads, cloud_event, list_reads
from steek.governance.access.row_filter import parse_filter
from steek.governance.access.tokens import Issued, Token, Tokens
from steek.governance.access.usage import Usage, usage
from steek.governance.pseudonyms.pseudonyms import REVERSER, Pseudonyms, permission_of
from steek.governance.pseudonyms.types import Permission, Reversal
from steek.governance.sealing.frames import seal, unseal, unsealed
from steek.governance.sealing.held_rows import PERSON, SEALED_ROW, hold_back, open_rows, searchable_rows
from steek.governance.sealing.protection import protection_steps
from steek.governance.sealing.sealed_types import sealed_types
from steek.governance.vault.backups import Restored
from steek.governance.vault.custody import KeyCustody
from steek.governance.vault.opening import open_key_vault
from steek.governance.vault.ports import KeyVault
from steek.governance.vault.remembering import RememberingKeyVault
from steek.governance.vault.subject_keys import subject_key_name

__all__ = [
    "LOOKING",
    "MAINTENANCE",
    "MEMBER",
    "OPERATIONS",
    "OWNER",
    "PERSON",
    "REVERSER",
    "SEALED_ROW",
    "SUPPORT",
    "Access",
    "Actor",
    "ColumnFacts",
    "Decision",
    "Issued",
    "KeyCustody",
    "KeyVault",
    "Permission",
    "Policy",
    "Pseudonyms",
    "Read",
    "ReadQuery",
    "Reason",
    "RememberingKeyVault",
    "Restored",
    "Reversal",
    "Role",
    "TableFacts",
    "Token",
    "Tokens",
    "Usage",
    "all_reads",
    "attributed",
    "caller",
    "calling",
    "cloud_event",
    "hold_back",
    "is_technical",
    "list_reads",
    "open_key_vault",
    "open_rows",
    "parse_filter",
    "permission_of",
    "protection_steps",
    "seal",
    "sealed_types",
    "searchable_rows",
    "service",
    "subject_key_name",
    "unseal",
    "unsealed",
    "usage",
]
