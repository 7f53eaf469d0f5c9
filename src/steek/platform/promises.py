"""The part of contracts and labels: what data promise, and what turned out to be right."""

from dataclasses import dataclass

from steek.data import ContractLog, Downstream, LabelStore, LabelUses, Proposals
from steek.models import Freezes
from steek.platform.contracts import owner_finder
from steek.platform.impact import DeclaredImpact
from steek.platform.keeping import Provenance
from steek.platform.parts import Ground
from steek.serving import Routes


@dataclass(frozen=True, slots=True)
class PromisesPart:
    """Contracts with their proposals, labels with their readers."""

    contracts: ContractLog
    proposals: Proposals
    labels: LabelStore
    label_uses: LabelUses


def promises_part(base: Ground, provenance: Provenance, routes: Routes, freezes: Freezes) -> PromisesPart:
    """Contracts and labels."""
    declared = DeclaredImpact(base.project, provenance, routes)
    downstream = Downstream(base.database, owner_finder(base.project), declared.readers, declared.columns)
    labels = LabelStore(base.lake_of("labels", "labelling"), *base.state, base.project.labels)
    return PromisesPart(
        contracts=ContractLog(base.database),
        proposals=Proposals(*base.state, downstream, freezes),
        labels=labels,
        label_uses=LabelUses(labels, base.database, base.ledger, base.lineage, base.clock),
    )
