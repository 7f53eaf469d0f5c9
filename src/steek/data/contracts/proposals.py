"""Changing a contract: shown, proposed, acknowledged by those downstream, applied."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, select

from steek.data.contracts import proposal_rows as rows
from steek.data.contracts.changes import ContractDiff
from steek.data.contracts.compatibility import compare
from steek.data.contracts.contract import Contract
from steek.data.contracts.control import ChangeControl, NoControl
from steek.data.contracts.impact import Downstream
from steek.data.contracts.log import contract_from, latest_contract, latest_hash, note_contract
from steek.data.contracts.proposal import (
    OPEN_STATES,
    TRANSITIONS,
    Preview,
    Proposal,
    ProposalAction,
    askings_for,
)
from steek.data.contracts.tables import contract_askings, contract_proposals
from steek.kernel.clock import Clock
from steek.kernel.errors import ConflictError, InputError, NotFoundError, RefusedError, StaleWriteError
from steek.kernel.ids import new_id
from steek.kernel.records import canonical_json, to_plain
from steek.kernel.state_machine import transition
from steek.ledger import Database, Draft, Ledger


@dataclass(frozen=True, slots=True)
class _Act:
    """One action of a person on one proposal."""

    action: ProposalAction
    proposal_id: str
    key: str
    actor: str
    at: datetime


class Proposals:
    """Changes of contracts that others depend on. Safe to share between threads and processes.

    A breaking change waits until every owner of something downstream has acknowledged it, or until somebody overrides
    them with a reason; widening and compatible ones are ready at once, and owners are told of the widening ones.
    Every writing call is done once per key.

    Args:
        database: Where proposals live.
        ledger: Gets `contract.proposed`, `owner_asked`, `acknowledged`, `overridden`, `withdrawn` and `changed`.
        clock: Processing time.
        downstream: Finds what a change touches, and who answers for it.
        control: Holds back what an incident does not let through; None holds nothing.
    """

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        clock: Clock,
        downstream: Downstream,
        control: ChangeControl | None = None,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._downstream = downstream
        self._control = control or NoControl()

    def preview(self, contract: Contract, *, actor: str) -> Preview:
        """What proposing it would show and whom it would ask; writes nothing."""
        with self._database.reading() as connection:
            holds, stored_hash = (
                latest_contract(connection, contract.dataset),
                latest_hash(connection, contract.dataset),
            )
        diff = ContractDiff(()) if holds is None else compare(holds, contract)
        impact = self._downstream.of(contract.dataset, diff.columns)
        owner = (holds or contract).owner
        return Preview(
            dataset=contract.dataset,
            version=contract.version,
            previous=None if holds is None else holds.version,
            previous_hash=stored_hash,
            compatibility=diff.compatibility,
            changes=diff.changes,
            impact=impact,
            askings=askings_for(impact, diff.compatibility, owner=owner, proposed_by=actor, at=self._clock.now()),
        )

    def propose(self, contract: Contract, *, reason: str, key: str, actor: str) -> Proposal:
        """Compare it with the contract that holds, write the proposal down, and ask the owners downstream.

        Args:
            contract: What shall hold.
            reason: Why, for those who are asked.
            key: The caller's own name for this proposal.
            actor: Who proposes.

        Raises:
            InputError: it is what holds already.
            ConflictError: the key was used for another contract.
        """
        known = self._known(key, contract)
        if known is not None:
            return known
        shown = self.preview(contract, actor=actor)
        with self._database.transaction() as connection:
            known = rows.by_key(connection, key)
            if known is not None:
                return known
            holds = latest_contract(connection, contract.dataset)
            if holds is not None and holds == contract:
                message = f"the proposed contract of {contract.dataset!r} is the one that holds"
                raise InputError(message, next_step="Change it first; nothing needs to be applied.")
            proposal = self._new(contract, shown, reason=reason, key=key, actor=actor)
            events = self._ledger.append(connection, *_proposed(proposal))
            rows.add(connection, proposal, document=canonical_json(contract), event_id=events[0].id)
        return proposal

    def acknowledge(self, proposal_id: str, *, owner: str, note: str = "", key: str, actor: str) -> Proposal:
        """Say for `owner` that the change is known and the things downstream can live with it.

        Raises:
            NotFoundError: no such proposal, or it did not ask this owner.
            IllegalTransitionError: it is applied or withdrawn.
        """
        act = _Act("acknowledge", proposal_id, key, actor, self._clock.now())
        with self._database.transaction() as connection:
            proposal = rows.get(connection, proposal_id)
            asking = next((each for each in proposal.askings if each.owner == owner), None)
            if asking is None:
                raise NotFoundError.among("asked owner", owner, [each.owner for each in proposal.askings])
            if not _is_first(connection, act):
                return proposal
            if asking.acknowledged_by is None:
                asking = replace(asking, acknowledged_by=actor, acknowledged_at=act.at, note=note)
                rows.answer(connection, proposal_id, asking)
            missing = [each for each in proposal.missing if each != owner]
            last = proposal.state == "waiting" and not missing
            facts: dict[str, object] = {"owner": owner, "note": note, "missing": missing}
            return self._move(connection, act, proposal, facts, step="complete" if last else "acknowledge")

    def override(self, proposal_id: str, *, reason: str, key: str, actor: str) -> Proposal:
        """Let a breaking change through without the answers that are missing; who and why stay for ever.

        Raises:
            InputError: no reason.
            IllegalTransitionError: it does not wait.
        """
        if not reason.strip():
            message = "an override without a reason"
            raise InputError(message, next_step="Say why the owners downstream are not waited for.")
        act = _Act("override", proposal_id, key, actor, self._clock.now())
        with self._database.transaction() as connection:
            proposal = rows.get(connection, proposal_id)
            if not _is_first(connection, act):
                return proposal
            facts: dict[str, object] = {"reason": reason, "missing": proposal.missing}
            rows.change(connection, proposal_id, overridden_by=actor, override_reason=reason)
            return self._move(connection, act, proposal, facts)

    def apply(self, proposal_id: str, *, key: str, actor: str) -> Proposal:
        """Make the proposed contract the one that holds.

        Raises:
            RefusedError: owners downstream have not acknowledged a breaking change; names them.
            StaleWriteError: another contract holds than the one it was compared with.
            IllegalTransitionError: it was applied or withdrawn before.
            FrozenError: an incident holds the dataset; the proposal stays, listed as held.
        """
        act = _Act("apply", proposal_id, key, actor, self._clock.now())
        proposed = self.get(proposal_id)
        change = f"dataset:{proposed.dataset}", "contract", f"version {proposed.version}, proposal {proposal_id}"
        with self._control.keeping(*change, actor=actor, key=key), self._database.transaction() as connection:
            proposal = rows.get(connection, proposal_id)
            if not _is_first(connection, act):
                return proposal
            _refuse_early(connection, proposal)
            if proposal.state == "ready":
                self._control.admit(connection, *change, actor=actor, key=key)
            kept = rows.stored(connection, proposal_id)
            drafts = note_contract(connection, contract_from(kept["document"]), actor=actor, at=act.at)
            told = [
                replace(draft, payload=draft.payload | {"proposal": proposal_id}, causes=(kept["event_id"],))
                for draft in drafts
            ]
            self._ledger.append(connection, *told)
            return self._move(connection, act, proposal, None)

    def withdraw(self, proposal_id: str, *, reason: str = "", key: str, actor: str) -> Proposal:
        """Give a proposal up; it stays readable.

        Raises:
            IllegalTransitionError: it was applied or withdrawn before.
        """
        act = _Act("withdraw", proposal_id, key, actor, self._clock.now())
        with self._database.transaction() as connection:
            proposal = rows.get(connection, proposal_id)
            if not _is_first(connection, act):
                return proposal
            return self._move(connection, act, proposal, {"reason": reason})

    def get(self, proposal_id: str) -> Proposal:
        """One proposal. Raises NotFoundError."""
        with self._database.reading() as connection:
            return rows.get(connection, proposal_id)

    def waiting_for(self, owner: str, limit: int = 100) -> list[Proposal]:
        """Open proposals that this owner was told of and has not acknowledged, newest first."""
        asked = select(contract_askings.c.proposal_id).where(
            contract_askings.c.owner == owner, contract_askings.c.acknowledged_by.is_(None)
        )
        query = select(contract_proposals).where(
            contract_proposals.c.state.in_(OPEN_STATES), contract_proposals.c.id.in_(asked)
        )
        with self._database.reading() as connection:
            return rows.listed(connection, query.order_by(contract_proposals.c.proposed_at.desc()).limit(limit))

    def list(self, dataset: str | None = None, *, open_only: bool = False, limit: int = 100) -> list[Proposal]:
        """Proposals, newest first."""
        query = select(contract_proposals).order_by(contract_proposals.c.proposed_at.desc(), contract_proposals.c.id)
        if dataset is not None:
            query = query.where(contract_proposals.c.dataset == dataset)
        if open_only:
            query = query.where(contract_proposals.c.state.in_(OPEN_STATES))
        with self._database.reading() as connection:
            return rows.listed(connection, query.limit(limit))

    def _known(self, key: str, contract: Contract) -> Proposal | None:
        with self._database.reading() as connection:
            known = rows.by_key(connection, key)
        if known is not None and known.hash != contract.hash:
            message = f"key {key!r} was used for another proposal ({known.id}, of {known.dataset!r})"
            raise ConflictError(message, next_step="Give each proposal its own key.")
        return known

    def _new(self, contract: Contract, shown: Preview, *, reason: str, key: str, actor: str) -> Proposal:
        at = self._clock.now()
        return Proposal(
            id=new_id(at),
            key=key,
            dataset=contract.dataset,
            state="waiting" if any(asking.is_missing for asking in shown.askings) else "ready",
            version=contract.version,
            hash=contract.hash,
            previous_hash=shown.previous_hash,
            compatibility=shown.compatibility,
            changes=shown.changes,
            impact=shown.impact,
            askings=shown.askings,
            reason=reason,
            proposed_by=actor,
            proposed_at=at,
            overridden_by=None,
            override_reason=None,
            closed_at=None,
        )

    def _move(
        self,
        connection: Connection,
        act: _Act,
        proposal: Proposal,
        facts: dict[str, object] | None,
        *,
        step: ProposalAction | None = None,
    ) -> Proposal:
        after = transition(TRANSITIONS, proposal.state, step or act.action, what=f"contract proposal {proposal.id}")
        rows.change(connection, proposal.id, state=after, closed_at=None if after in OPEN_STATES else act.at)
        if facts is not None:
            payload = {"proposal": proposal.id, "state": after, **facts}
            told = Draft(_KINDS[act.action], f"dataset:{proposal.dataset}", act.actor, payload, at=act.at)
            self._ledger.append(connection, told)
        return rows.get(connection, proposal.id)


_KINDS: dict[ProposalAction, str] = {
    "acknowledge": "contract.acknowledged",
    "override": "contract.overridden",
    "withdraw": "contract.withdrawn",
}


def _is_first(connection: Connection, act: _Act) -> bool:
    return rows.first_time(connection, {name: getattr(act, name) for name in _Act.__dataclass_fields__})


def _refuse_early(connection: Connection, proposal: Proposal) -> None:
    if proposal.state == "waiting":
        message = f"proposal {proposal.id} breaks things whose owners have not answered: {', '.join(proposal.missing)}"
        step = (
            f"They answer with 'steek contract acknowledge {proposal.id} --owner NAME'; "
            f"or 'steek contract override {proposal.id} --reason ...'."
        )
        raise RefusedError(message, next_step=step, details={"missing": proposal.missing})
    if proposal.state == "ready" and latest_hash(connection, proposal.dataset) != proposal.previous_hash:
        message = f"the contract of {proposal.dataset!r} has changed since proposal {proposal.id} was compared with it"
        raise StaleWriteError(message, next_step="Withdraw it and propose again, so that the owners see what changes.")


def _proposed(proposal: Proposal) -> list[Draft]:
    subject = f"dataset:{proposal.dataset}"
    facts: dict[str, object] = {
        "proposal": proposal.id,
        "version": proposal.version,
        "hash": proposal.hash,
        "previous_hash": proposal.previous_hash,
        "compatibility": proposal.compatibility,
        "changes": to_plain(proposal.changes),
        "downstream": [affected.newest for affected in proposal.impact],
        "owners": [asking.owner for asking in proposal.askings],
        "reason": proposal.reason,
    }
    asked = [
        Draft(
            "contract.owner_asked",
            subject,
            proposal.proposed_by,
            {"proposal": proposal.id, "owner": each.owner, "urns": each.urns, "must_answer": each.must_answer},
            at=proposal.proposed_at,
        )
        for each in proposal.askings
    ]
    return [Draft("contract.proposed", subject, proposal.proposed_by, facts, at=proposal.proposed_at), *asked]
