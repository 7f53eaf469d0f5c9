"""Every page by the rules of WCAG 2.1 A and AA, as axe checks them: at a desk in light, on a phone in the dark."""

import json
from collections.abc import Iterator
from typing import Any, cast

import pytest
from axe_playwright_python.sync_playwright import Axe
from console_world import World
from playwright.sync_api import Browser, Page, sync_playwright
from test_look import CHROMIUM, PAGES, serve

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: apt-get install chromium"),
]
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
    "resultTypes": ["violations"],
}
PLACES = {"desk": (1280, 900, "light"), "phone": (390, 844, "dark")}
# Where fingers must hit: links inside of sentences and fields of words in a row are spared.
TARGETS = """() => [...document.querySelectorAll(".section :is(button, .button, select, summary)")]
  .map((e) => [e, e.getBoundingClientRect()]).filter(([, box]) => box.height > 0 && box.height < 44)
  .map(([e, box]) => `${box.height} ${e.outerHTML.slice(0, 120)}`)"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)


@pytest.fixture(scope="module")
def address(broken: World) -> Iterator[str]:
    yield from serve(broken)


def violations(page: Page) -> list[str]:
    """What breaks a rule, with the first element that does."""
    response = cast("dict[str, Any]", Axe().run(page, options=RULES).response)  # pyright: ignore[reportUnknownMemberType]
    found = response["violations"]
    return [f"{one['id']}: {len(one['nodes'])} x {one['nodes'][0]['html'][:300]}" for one in found]


@pytest.mark.covers("O12")
@pytest.mark.parametrize("place", PLACES)
def test_no_page_breaks_a_rule_of_accessibility(browser: Browser, address: str, place: str) -> None:
    width, height, scheme = PLACES[place]
    page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": height})  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    broken: dict[str, list[str]] = {}
    for path in PAGES:
        page.goto(address + path)
        # What is folded has to be usable too.
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        if found := violations(page):
            broken[path] = found
    page.close()
    assert broken == {}, json.dumps(broken, indent=1)


@pytest.mark.covers("O12")
def test_on_a_phone_every_target_of_the_room_is_large_enough(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    for path in ("/incidents/2017-001", "/incidents?declare=1"):
        page.goto(address + path)
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        assert page.evaluate(TARGETS) == [], path
    page.close()
