"""`/v1/attributions`: which slices explain why a sum, a mean or a rate is what it is."""

from datetime import UTC

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, Field

from steek.http.replying import Actor, Key, Limit, actor_or_api, reply, require_key
from steek.kernel.errors import InputError
from steek.kernel.windows import Window
from steek.monitoring import Question
from steek.platform import Platform


class Span(BaseModel):
    """A stretch of event time; instants carry an offset."""

    start_at: AwareDatetime
    end_at: AwareDatetime

    @property
    def window(self) -> Window:
        """The stretch."""
        return Window(self.start_at.astimezone(UTC), self.end_at.astimezone(UTC))


class Asked(BaseModel):
    """A metric of a dataset in a window, or the value that an alert fired with."""

    dataset: str | None = None
    metric: str = Field(default="count", description="count, sum:X, mean:X, present:X or ratio:X/Y.")
    window: Span | None = None
    against: Span | None = Field(default=None, description="By default the same weekdays of the four weeks before.")
    by: list[str] = Field(default=[], description="Columns to slice by; by default those that group the rows.")
    where: dict[str, str] = Field(default={}, description="Only rows with these values.")
    alert: str | None = Field(default=None, description="Instead of all the above: explain this alert.")


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1/attributions", tags=["monitoring"])
    attributions = platform.attributions

    @routes.get("")
    def made(  # pyright: ignore[reportUnusedFunction]
        dataset: str | None = None, monitor: str | None = None, alert: str | None = None, limit: Limit = 20
    ) -> JSONResponse:
        """Attributions that were made, of a dataset, a monitor or an alert, newest first."""
        return reply(attributions.list(dataset=dataset, monitor=monitor, alert=alert, limit=limit))

    @routes.get("/{attribution_id}")
    def one(attribution_id: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """One attribution with its explanations."""
        return reply(attributions.get(attribution_id))

    @routes.post("", status_code=201)
    def ask(body: Asked, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Name the slices that explain a change, or say that none does."""
        own, who = require_key(key), actor_or_api(actor)
        if body.alert is not None:
            found = attributions.attribute_alert(platform.monitoring.alert(body.alert), key=own, actor=who)
            if found is None:
                message = f"what alert {body.alert} is about adds nothing up, so no slice can explain it"
                raise InputError(message, next_step=f"Look at its evidence: GET /v1/alerts/{body.alert}.")
            return reply(found, 201)
        if body.dataset is None or body.window is None:
            message = "an attribution needs a dataset and a window, or an alert"
            raise InputError(message, next_step="Send dataset and window {start_at, end_at}, or alert.")
        against = None if body.against is None else body.against.window
        question = Question(body.dataset, body.metric, body.where)
        made = attributions.attribute(question, body.window.window, against=against, by=body.by, key=own, actor=who)
        return reply(made, 201)

    return routes
