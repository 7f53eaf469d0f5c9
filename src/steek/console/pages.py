"""One function per page that is looked at: a request in, HTML out. What is shown is decided in the *_page modules."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from steek.console.actor import actor_of, is_of_the_team, signed_in
from steek.console.alerts_page import alert_view, group_view, inbox_view
from steek.console.concerns_page import concerns_view, manifesto, raise_view
from steek.console.contracts_page import contracts_view
from steek.console.data_page import data_view
from steek.console.dataset_page import dataset_view
from steek.console.incident_page import incident_view, parts_of
from steek.console.incidents_page import IncidentFilter, incidents_view
from steek.console.ledger_page import Filters, event_view, ledger_view
from steek.console.lineage_page import lineage_view
from steek.console.model_health_page import model_health_view
from steek.console.model_page import model_view
from steek.console.monitors_page import explorer_view, monitor_view
from steek.console.navigation import narrow_navigation, navigation
from steek.console.noise_page import noise_view
from steek.console.notices_page import notices_view
from steek.console.objectives_page import objective_view, objectives_view
from steek.console.overview_page import overview_view
from steek.console.page import Frame, render
from steek.console.postmortem_library_page import FILTERS, library_view
from steek.console.postmortem_page import markdown_of, postmortem_view
from steek.console.postmortem_statistics_page import statistics_view
from steek.console.postmortem_taxonomy_page import taxonomy_view
from steek.console.privacy_page import privacy_view
from steek.console.profiles_page import profile_lines, profile_page
from steek.console.quarantine_page import quarantine_view
from steek.console.receipt_page import receipt_view
from steek.console.search_page import search_view
from steek.console.signal_lines import signals_view
from steek.console.site import DONE, Site
from steek.console.slices_page import sliced_monitors, slices_view
from steek.console.watched_page import watched_view
from steek.kernel.ids import new_id

PageFunction = Callable[[Site, Request], Response]


def frame(site: Site, request: Request, *, stream: str = "/stream", error: str = "", next_step: str = "") -> Frame:
    """The frame of a page: navigation with the number of open incidents, the present, what was just done."""
    services = site.services
    is_inside = is_of_the_team()
    return Frame(
        project=services.settings.name,
        now=services.clock.now(),
        is_replay=services.settings.text("clock") == "replay",
        path=request.url.path,
        navigation=navigation(services) if is_inside else narrow_navigation(),
        stream=stream if is_inside else "",
        message=DONE.get(request.query_params.get("done", ""), ""),
        error=error,
        next_step=next_step,
        actor=actor_of(request),
        is_signed=signed_in() is not None,
    )


def _html(site: Site, request: Request, template: str, *, stream: str = "/stream", **values: Any) -> Response:
    return HTMLResponse(render(site.templates, template, frame(site, request, stream=stream), **values))


def overview(site: Site, request: Request) -> Response:
    return _html(site, request, "overview.html", view=overview_view(site.services))


def models(site: Site, _request: Request) -> Response:
    """There is no list of models besides the overview; the address leads to the first model."""
    first = next(iter(site.services.project.definitions), None)
    return RedirectResponse(f"/models/{quote(first)}" if first else "/", status_code=303)


def model(site: Site, request: Request) -> Response:
    """A model; one that is served elsewhere has a page of its own."""
    name = request.path_params["name"]
    if name in site.services.project.watched:
        return RedirectResponse(f"/watched/{quote(name, safe='')}", status_code=303)
    view = model_view(site.services, site.drawings, name, form_key=_form_key(site))
    return _html(site, request, "model.html", view=view)


def model_health(site: Site, request: Request) -> Response:
    view = model_health_view(site.services, request.path_params["name"])
    return _html(site, request, "model_health.html", view=view)


def watched(site: Site, request: Request) -> Response:
    return _html(site, request, "watched.html", view=watched_view(site, request.path_params["name"]))


def data(site: Site, request: Request) -> Response:
    services = site.services
    rows = data_view(services.project.datasets, services.lake, services.ingestion)
    return _html(site, request, "data.html", rows=rows)


def dataset(site: Site, request: Request) -> Response:
    asked = {name: request.query_params.get(name) or None for name in ("by", "slice")}
    view = dataset_view(site.services, site.drawings, request.path_params["name"], **asked)
    return _html(site, request, "dataset.html", view=view)


def quarantine(site: Site, request: Request) -> Response:
    asked = {name: request.query_params.get(name) or None for name in ("receipt", "reason")}
    view = quarantine_view(site.services, request.path_params["name"], **asked, form_key=_form_key(site))
    return _html(site, request, "quarantine.html", view=view)


def contracts(site: Site, request: Request) -> Response:
    view = contracts_view(site.services.proposals, form_key=_form_key(site))
    return _html(site, request, "contracts.html", view=view)


def privacy(site: Site, request: Request) -> Response:
    return _html(site, request, "privacy.html", view=privacy_view(site.services, form_key=_form_key(site)))


def receipt(site: Site, request: Request) -> Response:
    return _html(site, request, "receipt.html", view=receipt_view(site.services, request.path_params["id"]))


def monitors(site: Site, request: Request) -> Response:
    asked = {name: request.query_params.get(name) or None for name in ("model", "purpose", "state", "owner")}
    return _html(site, request, "monitors.html", view=explorer_view(site.services, asked))


def monitor(site: Site, request: Request) -> Response:
    services = site.services
    slice = request.query_params.get("slice") or None
    name = request.path_params["name"]
    view = monitor_view(services, site.drawings, name, slice, now=services.clock.now())
    return _html(site, request, "monitor.html", view=view)


def slices(site: Site, request: Request) -> Response:
    """There is no list of sliced monitors; the address leads to the worst one, whose page names the others."""
    first = next(iter(sliced_monitors(site.services)), None)
    if first is not None:
        return RedirectResponse(f"/slices/{quote(first, safe='')}", status_code=303)
    return _html(site, request, "slices.html", view=None)


def slices_of(site: Site, request: Request) -> Response:
    asked = {name: request.query_params.get(name) or None for name in ("order", "text", "scale")}
    view = slices_view(site.services, request.path_params["name"], **asked, form_key=_form_key(site))
    return _html(site, request, "slices.html", view=view)


def profiles(site: Site, request: Request) -> Response:
    return _html(site, request, "profiles.html", lines=profile_lines(site.services))


def profile(site: Site, request: Request) -> Response:
    asked = {name: request.query_params.get(name) or None for name in ("before", "after", "slice")}
    view = profile_page(site.services, request.path_params["what"], **asked)
    return _html(site, request, "profile.html", view=view)


def objectives(site: Site, request: Request) -> Response:
    return _html(site, request, "objectives.html", view=objectives_view(site.services))


def objective(site: Site, request: Request) -> Response:
    view = objective_view(site, request.path_params["name"], form_key=_form_key(site))
    return _html(site, request, "objective.html", view=view)


def notices(site: Site, request: Request) -> Response:
    return _html(site, request, "notices.html", view=notices_view(site.services, form_key=_form_key(site)))


def alerts(site: Site, request: Request) -> Response:
    return _html(site, request, "alerts.html", view=inbox_view(site.services, form_key=_form_key(site)))


def alert(site: Site, request: Request) -> Response:
    view = alert_view(site, request.path_params["id"], form_key=_form_key(site))
    return _html(site, request, "alert.html", view=view)


def alert_group(site: Site, request: Request) -> Response:
    view = group_view(site.services, request.path_params["id"], form_key=_form_key(site))
    return _html(site, request, "alert_group.html", view=view)


def alert_noise(site: Site, request: Request) -> Response:
    weeks = request.query_params.get("weeks", "4")
    view = noise_view(site.services, int(weeks) if weeks.isdecimal() else 0)
    return _html(site, request, "alert_noise.html", stream="", view=view)


def incidents(site: Site, request: Request) -> Response:
    asked = IncidentFilter.parse(request.query_params)
    view = incidents_view(site.services, asked, form_key=_form_key(site))
    declare_open = "declare" in request.query_params or not view.count
    signals = signals_view(site.services)
    return _html(site, request, "incidents.html", view=view, signals=signals, declare_open=declare_open)


def incident(site: Site, request: Request) -> Response:
    services, incident_id = site.services, request.path_params["id"]
    if not is_of_the_team():
        return RedirectResponse(f"/incidents/{quote(incident_id, safe='')}/status", status_code=303)
    # Read first: what is written while the page is drawn comes again by the stream.
    seen = site.live.newest()
    story = services.incidents.stories.read(incident_id)
    view = incident_view(services, site.drawings, story, form_key=_form_key(site))
    framed = frame(site, request, stream=f"/incidents/{quote(incident_id, safe='')}/stream?seen={seen}")
    rendered = parts_of(services, site.templates, framed, story, view)
    names, unnamed = site.live.present(incident_id)
    shown = {"view": view, "rendered": rendered, "names": names, "unnamed": unnamed}
    return HTMLResponse(render(site.templates, "incident.html", framed, **shown))


def concerns(site: Site, request: Request) -> Response:
    view = concerns_view(site.services, actor_of(request), form_key=_form_key(site))
    answer = _html(site, request, "concerns.html", stream="", view=view)
    answer.headers["cache-control"] = "no-store"
    return answer


def concern_new(site: Site, request: Request) -> Response:
    about = request.query_params.get("incident", "")
    return _html(
        site, request, "concern_new.html", stream="", view=raise_view(site.services, about, form_key=_form_key(site))
    )


def manifesto_of_all(site: Site, request: Request) -> Response:
    title, passages = manifesto()
    return _html(site, request, "manifesto.html", stream="", title=title, passages=passages)


def postmortems(site: Site, request: Request) -> Response:
    asked = {name: request.query_params.get(name, "") for name in FILTERS}
    view = library_view(site.services, request.query_params.get("q", ""), asked, form_key=_form_key(site))
    return _html(site, request, "postmortems.html", stream="", view=view)


def postmortem(site: Site, request: Request) -> Response:
    now, version = site.services.clock.now(), request.query_params.get("version", "")
    asked = int(version) if version.isdecimal() else None
    view = postmortem_view(site.services, request.path_params["id"], now=now, form_key=_form_key(site), version=asked)
    return _html(site, request, "postmortem.html", stream="", view=view)


def postmortem_markdown(site: Site, request: Request) -> Response:
    for_outsiders = request.query_params.get("for") == "outsiders"
    return PlainTextResponse(markdown_of(site.services, request.path_params["id"], for_outsiders=for_outsiders))


def postmortem_statistics(site: Site, request: Request) -> Response:
    asked = request.query_params
    view = statistics_view(site.services, asked.get("q", ""), with_others=bool(asked.get("others")))
    return _html(site, request, "postmortem_statistics.html", stream="", view=view)


def postmortem_taxonomy(site: Site, request: Request) -> Response:
    version = request.query_params.get("version", "")
    asked = int(version) if version.isdecimal() else None
    view = taxonomy_view(site.services, asked, form_key=_form_key(site))
    return _html(site, request, "postmortem_taxonomy.html", stream="", view=view)


def ledger(site: Site, request: Request) -> Response:
    view = ledger_view(site.services.ledger, Filters.parse(request.query_params))
    return _html(site, request, "ledger.html", view=view)


def event(site: Site, request: Request) -> Response:
    view = event_view(site.services.ledger, request.path_params["id"])
    payload = json.dumps(view.event.payload, indent=2, sort_keys=True, ensure_ascii=False)
    return _html(site, request, "event.html", stream="", view=view, payload=payload)


def lineage(site: Site, request: Request) -> Response:
    urn = request.query_params.get("of", "").strip()
    view = lineage_view(site.services.lineage, urn) if urn else None
    return _html(site, request, "lineage.html", stream="", view=view)


def search(site: Site, request: Request) -> Response:
    query = request.query_params.get("q", "").strip()[:200]
    services = site.services
    hits = search_view(query, services.project, services.incidents, services.ledger)
    return _html(site, request, "search.html", stream="", query=query, hits=hits)


def _form_key(site: Site) -> str:
    return f"console:{new_id(site.services.clock.now())}"


PAGES: dict[str, PageFunction] = {
    "/": overview,
    "/models": models,
    "/models/{name}": model,
    "/models/{name}/health": model_health,
    "/watched/{name}": watched,
    "/data": data,
    "/data/{name}": dataset,
    "/data/{name}/quarantine": quarantine,
    "/receipts/{id}": receipt,
    "/contracts": contracts,
    "/privacy": privacy,
    "/monitors": monitors,
    "/monitors/{name}": monitor,
    "/slices": slices,
    "/slices/{name}": slices_of,
    "/profiles": profiles,
    "/profiles/{what}": profile,
    "/objectives": objectives,
    "/objectives/{name}": objective,
    "/notices": notices,
    "/alerts": alerts,
    "/alerts/noise": alert_noise,
    "/alerts/{id}": alert,
    "/alert-groups/{id}": alert_group,
    "/incidents": incidents,
    "/incidents/{id}": incident,
    "/concerns": concerns,
    "/concerns/new": concern_new,
    "/manifesto": manifesto_of_all,
    "/postmortems": postmortems,
    "/postmortems/statistics": postmortem_statistics,
    "/postmortems/taxonomy": postmortem_taxonomy,
    "/postmortems/{id}": postmortem,
    "/postmortems/{id}/markdown": postmortem_markdown,
    "/ledger": ledger,
    "/ledger/{id}": event,
    "/lineage": lineage,
    "/search": search,
}
