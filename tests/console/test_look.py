"""Real pages in a real browser: nothing overflows, everything can be read, live and by keyboard."""

import runpy
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from console_world import World
from playwright.sync_api import Browser, Page, sync_playwright

from steek.console import build_console
from steek.http.callers import Callers

ROOT = Path(__file__).parent.parent.parent
CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: apt-get install chromium"),
]
PAGES = (
    "/",
    "/models/partner_demand",
    "/incidents/2017-001",
    "/incidents?declare=1",
    "/bench",
    "/monitors",
    "/monitors/partners_joined",
    "/models/partner_demand/health",
    "/profiles",
    "/profiles/transactions",
    "/slices/partners_joined",
    "/alerts",
    "/alerts/noise",
    "/objectives",
    "/notices",
    "/objectives/partners find their lines",
    "/data",
    "/data/transactions",
    "/data/partner_lines",
    "/data/transactions/quarantine",
    "/contracts",
    "/privacy",
    "/ledger",
    "/lineage?of=trained:partner_demand@7",
    "/postmortems",
    "/postmortems/2017-001",
    "/postmortems/statistics",
    "/postmortems/taxonomy",
    "/incidents/2017-001/status",
    "/on-call",
    "/defences",
    "/readiness",
    "/follow-ups",
    "/manifesto",
    "/concerns/new?incident=2017-001",
    "/nothing",
)
CONTRAST = Path(__file__).with_name("contrast.js").read_text()
UNNAMED = """() => [...document.querySelectorAll("input:not([type=hidden]), select, textarea, button, a")]
  .filter((e) => !(e.labels && e.labels.length) && !e.textContent.trim() && !e.getAttribute("aria-label"))
  .map((e) => e.outerHTML)"""


def serve(world: World) -> Iterator[str]:
    """A console on a free port of this machine, behind the door that knows who calls."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = Callers(build_console(world.platform), world.platform)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    config = uvicorn.Config(app, port=port, log_level="error", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        thread.join(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)


@pytest.fixture(scope="module")
def address(broken: World) -> Iterator[str]:
    yield from serve(broken)


@pytest.fixture
def live_address(world: World) -> Iterator[str]:
    yield from serve(world)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_and_can_be_read(browser: Browser, address: str, scheme: str) -> None:
    page = browser.new_page(color_scheme=scheme)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if "Security Policy" in line.text else None)
    for path in PAGES:
        page.goto(address + path)
        assert page.evaluate(CONTRAST) == [], path
        assert page.evaluate(UNNAMED) == [], path
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (path, width)
    assert errors == []
    page.close()


def test_pictures_for_the_readme_are_whole_wide_and_light_to_load(
    browser: Browser, address: str, tmp_path: Path
) -> None:
    take = runpy.run_path(str(ROOT / "scripts" / "screenshots.py"))["take"]
    taken = take(browser, address, tmp_path)
    assert [picture.name for picture in taken] == ["overview.png", "incident.png", "model.png"]
    for picture in taken:
        content = picture.read_bytes()
        assert content.startswith(b"\x89PNG")
        assert int.from_bytes(content[16:20], "big") == 1440
        assert 20_000 < len(content) < 300_000


def test_every_chart_of_a_page_is_drawn(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    for path in ("/incidents/2017-001", "/models/search_ranking"):
        page.goto(address + path)
        page.evaluate("Promise.all([...document.images].map((one) => { one.loading = 'eager'; return one.decode(); }))")
        widths = page.evaluate("[...document.images].map((one) => one.naturalWidth)")
        assert len(widths) >= 1
        assert min(widths) > 200
    page.close()


def test_on_a_phone_the_next_action_comes_first(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    for path, part in (("/", "banners"), ("/incidents/2017-001", "next")):
        page.goto(address + path)
        box = page.locator(f'[data-live="{part}"]').bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < 480
    page.close()


def test_without_javascript_a_form_does_its_work(browser: Browser, live_address: str, world: World) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_address}/incidents/2017-001")
    page.locator("#note-text").fill("seen by eye")
    page.locator("#note input[name=actor]").fill("sam@grocer")
    page.get_by_role("button", name="Write it down").click()
    assert "seen by eye" in page.locator("ol.timeline").inner_text()
    assert "The note is in the timeline." in page.locator("[role=status]").inner_text()
    assert world.ledger.events(kinds=["incident.noted"])[0].actor == "sam@grocer"
    context.close()


def test_the_timeline_grows_by_itself_and_spares_what_is_being_typed(
    browser: Browser, live_address: str, world: World
) -> None:
    page = browser.new_page()
    page.goto(f"{live_address}/incidents/2017-001")
    page.locator("#note-text").fill("half a sente")
    world.incidents.note("2017-001", "a second pair of eyes", "sam@grocer", key="n")
    page.locator("ol.timeline", has_text="a second pair of eyes").wait_for(timeout=15_000)
    assert page.locator("#note-text").input_value() == "half a sente"
    page.close()


def test_the_keyboard_reaches_search_pages_notes_and_help(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}/incidents/2017-001")
    page.keyboard.press("n")
    assert focused(page) == "note-text"
    page.locator("#note-text").blur()
    page.keyboard.press("/")
    assert focused(page) == "search"
    page.keyboard.type("g?")
    assert page.locator("#search").input_value() == "g?"
    page.locator("#search").blur()
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.wait_for_url(f"{address}/data")
    page.keyboard.press("d")
    page.wait_for_url(f"{address}/incidents?declare=1#declare-title")
    page.close()


def focused(page: Page) -> str:
    return page.evaluate("document.activeElement.id")
