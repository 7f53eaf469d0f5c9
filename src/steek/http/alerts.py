"""`/v1/alerts`, `/v1/alert-groups`, `/v1/silences`: what left its bounds, and what people do about it."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

from steek.charts import render_png, series_spec
from steek.http.replying import Actor, Key, Limit, actor_or_api, reply, require_key
from steek.kernel.records import to_plain
from steek.kernel.units import parse_duration
from steek.monitoring import NoiseReport
from steek.platform import Platform, alert_picture

Weeks = Annotated[int, Query(ge=1, le=104, description="How many weeks back.")]
GroupStateName = Literal["open", "resolved", "merged"]


class Verdict(BaseModel):
    """Whether it was of use; `seen` is the version of the verdicts that the sender looked at."""

    verdict: str
    note: str = ""
    seen: int | None = None


class NewSilence(BaseModel):
    """What is kept quiet, in patterns with `*`, and for how long; `pages` keeps pages and incidents quiet too."""

    monitor: str = "*"
    subject: str = "*"
    slice: str = "*"
    lasts: str
    reason: str
    pages: bool = False


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1", tags=["alerts"])
    _alerts(routes, platform)
    _decisions(routes, platform)
    _groups(routes, platform)
    _silences(routes, platform)
    return routes


def _alerts(routes: APIRouter, platform: Platform) -> None:
    inbox = platform.alert_inbox

    @routes.get("/alerts")
    def alerts(open_only: bool = False) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Alerts, newest first."""
        found = platform.monitoring.alerts()
        return reply([alert for alert in found if alert.state != "resolved" or not open_only])

    @routes.get("/alerts/noise")
    def noise(weeks: Weeks = 4, suggest: bool = True) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """How often the alerts of each rule were of use, which rules are noise, and which nobody looks at."""
        return JSONResponse(noise_body(inbox.noise_report(weeks, suggest=suggest)))

    @routes.get("/alerts/{alert}")
    def alert(alert: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """One alert with its group, who moved first, what explains it, and what its rule did before."""
        return reply(inbox.alert(alert))

    @routes.get("/alerts/{alert}/chart")
    def chart(alert: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """The evidence chart as a Vega-Lite spec."""
        return JSONResponse(to_plain(series_spec(alert_picture(platform, alert))))

    @routes.get("/alerts/{alert}/chart.png")
    def picture(alert: str) -> Response:  # pyright: ignore[reportUnusedFunction]
        """The same as a picture."""
        return Response(render_png(series_spec(alert_picture(platform, alert))), media_type="image/png")


def _decisions(routes: APIRouter, platform: Platform) -> None:
    inbox = platform.alert_inbox

    @routes.post("/alerts/{alert}/acknowledgement")
    def acknowledge(alert: str, actor: Actor = None, key: Key = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Say that a person has seen it; of a group, all that fires in it."""
        acknowledged = inbox.acknowledge(alert, actor=actor_or_api(actor), key=require_key(key))
        platform.subscriptions.deliver()
        return reply(acknowledged)

    @routes.post("/alerts/{alert}/verdict")
    def judge(alert: str, body: Verdict, actor: Actor = None, key: Key = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Say whether it, or all of a group, was useful or noise."""
        by, name = actor_or_api(actor), require_key(key)
        return reply(inbox.judge(alert, body.verdict, actor=by, key=name, note=body.note, seen=body.seen))

    @routes.post("/alerts/{alert}/explanation")
    def explain(alert: str, actor: Actor = None, key: Key = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Ask which slices explain its value."""
        made = platform.explaining.explain(alert, key=require_key(key), actor=actor_or_api(actor))
        return reply({"explained": made is not None, "attribution": made})


def _groups(routes: APIRouter, platform: Platform) -> None:
    inbox = platform.alert_inbox

    @routes.get("/alert-groups")
    def groups(state: GroupStateName | None = None, limit: Limit = 100) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """The inbox: groups of alerts with one cause, those that need somebody first."""
        return reply(inbox.inbox(state, limit=limit))

    @routes.get("/alert-groups/{group}")
    def group(group: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """One group with its alerts, and who moved first."""
        return reply(inbox.group(group))


def _silences(routes: APIRouter, platform: Platform) -> None:
    inbox = platform.alert_inbox

    @routes.get("/silences")
    def silences(active_only: bool = False) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Silences with how many alerts each kept quiet."""
        return reply(inbox.silences("active" if active_only else "all"))

    @routes.post("/silences", status_code=201)
    def silence(body: NewSilence, actor: Actor = None, key: Key = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Keep alerts quiet for a while."""
        made = inbox.silence(
            monitor=body.monitor,
            subject=body.subject,
            slice=body.slice,
            lasts=parse_duration(body.lasts),
            reason=body.reason,
            actor=actor_or_api(actor),
            key=require_key(key),
            covers_pages=body.pages,
        )
        return reply(made, 201)

    @routes.post("/silences/{silence}/end")
    def unsilence(silence: str, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """End a silence before its time; what still fires is told of now."""
        ended = inbox.unsilence(silence, actor=actor_or_api(actor))
        platform.subscriptions.deliver()
        return reply(ended)


def noise_body(report: NoiseReport) -> dict[str, Any]:
    """The report with the names it comes to."""
    plain: Any = to_plain(asdict(report))
    return {**plain, "noisy": list(report.noisy), "unheard": list(report.unheard)}
