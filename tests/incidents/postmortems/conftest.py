"""Postmortems over the small loop of the incidents."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from learning_world import Learning, learning_over

from steek.incidents import Incident, Incidents
from steek.kernel import ReplayClock
from steek.ledger import Database, Ledger, Lineage


@pytest.fixture
def learning(
    database: Database, ledger: Ledger, lineage: Lineage, clock: ReplayClock, incidents: Incidents
) -> Learning:
    return learning_over(database, ledger, lineage, clock, incidents)


@pytest.fixture
def drafted(learning: Learning, declared: Incident) -> Incident:
    """An incident with a draft, version 1."""
    learning.writing.draft(declared.id, actor="ariel", key="draft 1")
    return declared
