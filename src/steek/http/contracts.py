"""`/v1/contracts`, `/v1/contract-proposals`: what datasets promise, and how a promise is changed."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from steek.data import Contract, compare, parse_contract, write_contract, write_draft
from steek.http.content_types import format_of
from steek.http.replying import Actor, Key, Limit, actor_or_api, reply, require_key
from steek.kernel.errors import InputError
from steek.platform import Platform, contract_lines, declared_contract, draft_contract

Version = Annotated[str | None, Query(description="Author's version, number or start of the hash.")]


class Proposed(BaseModel):
    """A contract to be proposed: YAML in the open standard, or nothing for the one that the project declares."""

    yaml: str | None = None
    reason: str = ""


class Acknowledged(BaseModel):
    """Who answers; by default whoever asks."""

    owner: str | None = None
    note: str = ""


class Overridden(BaseModel):
    """Why the missing owners are not waited for."""

    reason: str


class Withdrawn(BaseModel):
    """Why it is given up."""

    reason: str = ""


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1", tags=["contracts"])
    _reading(routes, platform)
    _drafting(routes, platform)
    _proposals(routes, platform)
    _deciding(routes, platform)
    return routes


def _reading(routes: APIRouter, platform: Platform) -> None:
    log = platform.contracts

    @routes.get("/contracts")
    def contracts() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Every dataset's contract: declared, held, and how the two stand to each other."""
        return reply(contract_lines(platform))

    @routes.get("/contracts/{dataset}")
    def contract(dataset: str, version: Version = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """The contract that holds; before the first batch, the declared one."""
        if version is None and log.latest(dataset) is None:
            return reply(declared_contract(platform, dataset))
        return reply(log.find(dataset, version).contract)

    @routes.get("/contracts/{dataset}/document")
    def document(dataset: str, version: Version = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """The contract that holds as YAML in the Open Data Contract Standard."""
        return reply({"yaml": write_contract(log.find(dataset, version).contract)})

    @routes.get("/contracts/{dataset}/history")
    def history(dataset: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Every contract that held, oldest first."""
        log.find(dataset)
        return reply(log.history(dataset))

    @routes.get("/contracts/{dataset}/difference")
    def difference(dataset: str, before: Version = None, after: Version = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """What changed between two versions; without any, from what holds to what the project declares."""
        if before is None:
            found = compare(log.find(dataset).contract, declared_contract(platform, dataset))
        else:
            found = log.diff(dataset, before, after)
        return reply({"compatibility": found.compatibility, "changes": found.changes})


def _drafting(routes: APIRouter, platform: Platform) -> None:
    @routes.post("/contract-drafts")
    async def draft(  # pyright: ignore[reportUnusedFunction]
        request: Request,
        dataset: str,
        owner: str | None = None,
        actor: Actor = None,
        content_type: Annotated[str | None, Header()] = None,
    ) -> JSONResponse:
        """A contract drafted from rows in the body, with questions for a human; nothing is kept."""
        # The door of the API lets a short form in, which is enough of typical rows.
        format, body = format_of(content_type), await request.body()
        by = owner or actor_or_api(actor)
        found = await run_in_threadpool(draft_contract, body, dataset, owner=by, format=format)
        facts = {"contract": found.contract, "questions": found.questions, "about": found.about, "rows": found.rows}
        return reply({**facts, "yaml": write_draft(found)})

    @routes.post("/contracts/{dataset}/preview")
    def preview(dataset: str, asked: Proposed, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """What a proposal would change downstream and whom it would ask; asks nobody."""
        return reply(platform.proposals.preview(_contract(platform, dataset, asked), actor=actor_or_api(actor)))


def _proposals(routes: APIRouter, platform: Platform) -> None:
    proposals = platform.proposals

    @routes.post("/contracts/{dataset}/proposals", status_code=201)
    def propose(dataset: str, asked: Proposed, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Show what a changed contract does downstream, and ask the owners there."""
        contract, name = _contract(platform, dataset, asked), require_key(key)
        return reply(proposals.propose(contract, reason=asked.reason, key=name, actor=actor_or_api(actor)), 201)

    @routes.get("/contract-proposals")
    def listed(  # pyright: ignore[reportUnusedFunction]
        dataset: str | None = None,
        open_only: bool = False,
        waiting_for: Annotated[str | None, Query(description="Open ones that this owner has not answered.")] = None,
        limit: Limit = 100,
    ) -> JSONResponse:
        """Proposed changes, newest first."""
        if waiting_for is not None:
            return reply(proposals.waiting_for(waiting_for, limit))
        return reply(proposals.list(dataset, open_only=open_only, limit=limit))

    @routes.get("/contract-proposals/{proposal_id}")
    def one(proposal_id: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """One proposal: its changes, its impact, who was asked and who answered."""
        return reply(proposals.get(proposal_id))


def _deciding(routes: APIRouter, platform: Platform) -> None:
    proposals = platform.proposals

    @routes.post("/contract-proposals/{proposal_id}/acknowledgements")
    def acknowledge(  # pyright: ignore[reportUnusedFunction]
        proposal_id: str, asked: Acknowledged, key: Key = None, actor: Actor = None
    ) -> JSONResponse:
        """Say for an owner downstream that the change is known and can come."""
        by, name = actor_or_api(actor), require_key(key)
        return reply(proposals.acknowledge(proposal_id, owner=asked.owner or by, note=asked.note, key=name, actor=by))

    @routes.post("/contract-proposals/{proposal_id}/override")
    def override(proposal_id: str, asked: Overridden, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Let a breaking change through without the missing answers."""
        by, name = actor_or_api(actor), require_key(key)
        return reply(proposals.override(proposal_id, reason=asked.reason, key=name, actor=by))

    @routes.post("/contract-proposals/{proposal_id}/application")
    def apply(proposal_id: str, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Make the proposed contract the one that holds."""
        return reply(proposals.apply(proposal_id, key=require_key(key), actor=actor_or_api(actor)))

    @routes.post("/contract-proposals/{proposal_id}/withdrawal")
    def withdraw(proposal_id: str, asked: Withdrawn, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Give a proposal up."""
        by, name = actor_or_api(actor), require_key(key)
        return reply(proposals.withdraw(proposal_id, reason=asked.reason, key=name, actor=by))


def _contract(platform: Platform, dataset: str, asked: Proposed) -> Contract:
    if asked.yaml is None:
        return declared_contract(platform, dataset)
    contract = parse_contract(asked.yaml, origin="the proposed contract")
    if contract.dataset != dataset:
        message = f"the proposed contract is about {contract.dataset!r}, not {dataset!r}"
        raise InputError(message, next_step="Send it to the address of its own dataset.")
    return contract
