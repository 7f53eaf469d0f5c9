"""Pages of the test bench."""

from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from steek.console.bench_page import bench_view, run_view
from steek.console.page import render
from steek.console.pages import PageFunction, frame
from steek.console.site import Site
from steek.kernel.ids import new_id


def bench(site: Site, request: Request) -> Response:
    view = bench_view(site.services, request.query_params, form_key=_form_key(site))
    return _html(site, request, "bench.html", view=view)


def bench_run(site: Site, request: Request) -> Response:
    view = run_view(site.services, request.path_params["id"], form_key=_form_key(site))
    return _html(site, request, "bench_run.html", view=view)


def bench_comparison(site: Site, request: Request) -> Response:
    asked = request.query_params
    places = [asked.get(name, "0") for name in ("side", "other_side")]
    side, other_side = (int(text) if text.isdecimal() and len(text) < 3 else 0 for text in places)
    run, other = asked.get("run", ""), asked.get("other", "")
    found = site.services.bench.compare(run, other, side=side, other_side=other_side)
    return _html(site, request, "bench_comparison.html", one=found, run=run, other=other)


def _form_key(site: Site) -> str:
    return f"console:{new_id(site.services.clock.now())}"


def _html(site: Site, request: Request, template: str, **values: Any) -> Response:
    # A run never changes.
    return HTMLResponse(render(site.templates, template, frame(site, request, stream=""), **values))


BENCH_PAGES: dict[str, PageFunction] = {
    "/bench": bench,
    "/bench/comparison": bench_comparison,
    "/bench/{id}": bench_run,
}
