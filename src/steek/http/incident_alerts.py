"""`/v1/incidents/{incident}/alerts`: what shows it, and what its end is verified by."""

from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from steek.http.preconditions import IfMatch, seen_version
from steek.http.replying import Actor, Key, actor_or_api, reply, require_key
from steek.platform import Platform


@dataclass(frozen=True, slots=True)
class Attached:
    """An alert that belongs to it, or does not after all; then a reason is needed."""

    alert: str
    belongs: bool = True
    reason: str = ""
    expected_version: int | None = None


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes, attaching = APIRouter(prefix="/v1/incidents", tags=["incidents"]), platform.attaching

    @routes.get("/{incident}/alerts")
    def listed(incident: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Its alerts, and open ones on its systems that belong to no incident."""
        return reply({"attached": attaching.attached(incident), "open": attaching.candidates(incident)})

    @routes.post("/{incident}/alerts")
    def attach(
        incident: str, asked: Attached, key: Key = None, actor: Actor = None, if_match: IfMatch = None
    ) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Attach an alert, or let go of one; replies with all that it has."""
        by, at_key, seen = actor_or_api(actor), require_key(key), seen_version(if_match, asked.expected_version)
        if asked.belongs:
            found = attaching.attach(incident, asked.alert, by, key=at_key, expected_version=seen)
        else:
            found = attaching.detach(incident, asked.alert, asked.reason, by, key=at_key, expected_version=seen)
        platform.subscriptions.deliver()
        return reply(found)

    return routes
