"""Proposed changes of contracts: what would change, whom it concerns, who has not answered."""

from collections.abc import Sequence
from dataclasses import dataclass

from steek.data import Proposal, Proposals

_SHOWN = 50
_HEALTHS = {"waiting": "watch", "ready": "well", "applied": "well", "withdrawn": "undecided"}


@dataclass(frozen=True, slots=True)
class ProposalLine:
    """One proposal; `said` is where it stands and what comes next."""

    proposal: Proposal
    health: str
    said: str


@dataclass(frozen=True, slots=True)
class ContractsView:
    """Open proposals, and those that are closed."""

    open: tuple[ProposalLine, ...]
    closed: tuple[ProposalLine, ...]
    form_key: str


def contracts_view(proposals: Proposals, *, form_key: str) -> ContractsView:
    """All proposals, newest first."""
    lines = [_line(each) for each in proposals.list(None, limit=_SHOWN)]
    is_open = {"waiting", "ready"}
    return ContractsView(
        open=tuple(line for line in lines if line.proposal.state in is_open),
        closed=tuple(line for line in lines if line.proposal.state not in is_open),
        form_key=form_key,
    )


def _line(proposal: Proposal) -> ProposalLine:
    return ProposalLine(proposal, _HEALTHS[proposal.state], _said(proposal, proposal.missing))


def _said(proposal: Proposal, missing: Sequence[str]) -> str:
    if proposal.state == "waiting":
        return f"Waits for {', '.join(missing)}."
    if proposal.state == "ready":
        over = f" {proposal.overridden_by} went ahead: {proposal.override_reason}" if proposal.overridden_by else ""
        return f"Can be applied.{over}"
    return "Holds since it was applied." if proposal.state == "applied" else "Given up."
