"""Every page by the rules of WCAG 2.1 A and AA, as axe checks them: at a desk in light, on a phone in the dark."""

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from axe_playwright_python.sync_playwright import Axe
from console_world import World, open_world
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


@pytest.fixture(scope="module")
def rooms(broken_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Mapping[str, str]]]:
    """A console with an incident in each state that looks different, and the address of each."""
    folder = tmp_path_factory.mktemp("rooms") / "grocer"
    shutil.copytree(broken_folder, folder)
    world = open_world(folder)
    incidents, by = world.incidents, "ariel@grocer"
    open_one, closed, merged = (
        incidents.declare("partner sales are empty", on="partner_demand", severity="sev2", actor=by, key=name).id
        for name in ("open", "closed", "merged")
    )
    incidents.assign(open_one, "commander", by, by, key="lead")
    incidents.act(open_one, "roll-back", {"model": "partner_demand", "member": "69"}, by, key="act")
    world.platform.merges.merge(merged, open_one, "one outage", by, key="merge")
    world.platform.groups.consider(closed, [], nobody_because="seen before anybody bought", actor=by, key="groups")
    incidents.resolve(closed, actor=by, key="resolve", verify=False, reason="by eye")
    incidents.advance(closed, "close", by, key="close")
    names = {"detection": "2017-001", "mitigation": open_one, "closed": closed, "merged": merged}
    for address in serve(world):
        yield address, {name: f"/incidents/{incident}" for name, incident in names.items()}
    world.database.close()


@pytest.mark.covers("O12", "I2")
@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (390, "light")])
def test_rooms_in_every_state_break_no_rule_in_the_other_colours_either(
    browser: Browser, rooms: tuple[str, Mapping[str, str]], width: int, scheme: str
) -> None:
    address, paths = rooms
    page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 844})  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    broken: dict[str, list[str]] = {}
    for path in (*paths.values(), f"{paths['mitigation']}/status", "/incidents"):
        page.goto(address + path)
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        if found := violations(page):
            broken[path] = found
        # What is next is in sight before anything is scrolled, in every state.
        if path in paths.values():
            box = page.locator('[data-live="next"]').bounding_box()
            assert box is not None
            assert box["y"] + box["height"] < 844, path
    page.close()
    assert broken == {}, json.dumps(broken, indent=1)


@pytest.mark.covers("O12")
def test_on_a_phone_who_has_it_what_to_do_and_the_note_come_before_what_is_long(
    browser: Browser, rooms: tuple[str, Mapping[str, str]]
) -> None:
    address, paths = rooms
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(address + paths["detection"])
    places = page.evaluate(
        "['next', 'roles', 'do', 'note', 'evidence', 'suspects', 'timeline'].map((name) => "
        "document.querySelector(`[data-live=${name}]`).getBoundingClientRect().top)"
    )
    assert places == sorted(places)
    assert places[3] < 1.5 * 844
    for one in ("Roles", "Do", "Note", "Timeline"):
        page.locator(".jump").get_by_role("link", name=one, exact=True).click()
    page.close()


@pytest.mark.covers("O12")
def test_on_a_phone_every_target_of_the_room_is_large_enough(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    for path in ("/incidents/2017-001", "/incidents?declare=1"):
        page.goto(address + path)
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        assert page.evaluate(TARGETS) == [], path
    page.close()
