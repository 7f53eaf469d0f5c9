"""A whole incident played by two people: a commander at a desk, operations on a phone at night."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from console_world import World
from playwright.sync_api import Browser, Page, expect, sync_playwright
from test_look import CHROMIUM, serve

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: apt-get install chromium"),
]
ARIEL, SAM = "ariel@grocer", "sam@grocer"
LIVE_MS = 15_000


@pytest.fixture
def desk_and_phone(world: World) -> Iterator[tuple[Page, Page]]:
    """Two people with a browser each, in front of the overview."""
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        browser: Browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        desk = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
        phone = browser.new_context(
            viewport={"width": 390, "height": 844}, color_scheme="dark", has_touch=True, is_mobile=True
        )
        pages = desk.new_page(), phone.new_page()
        for address in serve(world):
            for page in pages:
                page.goto(address)
            yield pages
            for page in pages:
                page.close()
        browser.close()


def part(page: Page, name: str) -> str:
    return page.locator(f'[data-live="{name}"]').inner_text()


def shows(page: Page, name: str, words: str) -> None:
    """Wait until a part says something, without reloading the page."""
    expect(page.locator(f'[data-live="{name}"]')).to_contain_text(words, timeout=LIVE_MS)


def take_role(page: Page, role: str, person: str) -> None:
    form = page.locator("#take form")
    if not form.is_visible():
        page.locator("#take > summary").click()
    form.locator("select[name=role]").select_option(role)
    form.locator("input[name=person]").fill(person)
    form.locator("input[name=actor]").fill(person)
    form.get_by_role("button", name="Assign").click()
    expect(page.locator("[role=status]")).to_contain_text("The role is assigned.")


def mitigate(page: Page, member: str) -> None:
    page.locator("#do-roll-back > summary").click()
    form = page.locator("#do-roll-back form")
    form.locator('input[name="argument.model"]').fill("partner_demand")
    form.locator('input[name="argument.member"]').fill(member)
    form.locator("button").click()


@pytest.mark.covers("I1", "I2", "I3", "I5", "I9", "I10", "I11")
def test_two_people_work_an_incident_from_declaration_to_postmortem(
    desk_and_phone: tuple[Page, Page], world: World
) -> None:
    desk, phone = desk_and_phone
    # Declared at the desk by keyboard.
    desk.keyboard.press("d")
    desk.locator("#declare-title").fill("partner sales are empty")
    declare = desk.locator('form[action="/incidents"][method=post]')
    declare.locator("select[name=on]").select_option("partner_demand")
    declare.locator("input[name=actor]").fill(ARIEL)
    declare.get_by_role("button", name="Declare", exact=True).click()
    desk.wait_for_url("**/incidents/2017-002*")
    assert "name a commander" in part(desk, "next")
    # The phone finds it on the list, which has the worst open one first.
    phone.goto(desk.url.partition("/incidents")[0] + "/incidents")
    phone.get_by_role("link", name="2017-002").first.click()
    phone.wait_for_url("**/incidents/2017-002")
    shows(desk, "here", "Here now")
    # The link of the next right action leads to the form in which it is done.
    phone.locator('[data-live="next"] a.primary').click()
    expect(phone.locator("#take form")).to_be_visible()
    take_role(phone, "operations", SAM)
    shows(desk, "roles", SAM)
    # Both decide at once; whoever is second sees what the first did.
    phone.locator("#take > summary").click()
    version = phone.locator("#take input[name=version]").input_value()
    take_role(desk, "commander", ARIEL)
    shows(phone, "roles", ARIEL)
    shows(phone, "next", "mitigate, one first")
    form = phone.locator("#take form")
    # What a form was opened with is what its sender decides on, whatever came in live since.
    assert form.locator("input[name=version]").input_value() == version
    form.locator("select[name=role]").select_option("commander")
    form.locator("input[name=person]").fill(SAM)
    form.get_by_role("button", name="Assign").click()
    expect(phone.locator("h1")).to_have_text("Somebody else was faster")
    expect(phone.locator("main")).to_contain_text(f"was changed by {ARIEL} while you were looking")
    assert phone.locator("input[name=person]").input_value() == SAM
    phone.get_by_role("link", name="Back to where you were").click()
    shows(phone, "here", f"{ARIEL}, {SAM}")
    # One writes while the other's line comes in.
    phone.locator("#note-text").fill("partner 69 has no li")
    desk.keyboard.press("n")
    desk.keyboard.type("all keys of products changed at 22:00")
    desk.get_by_role("button", name="Write it down").click()
    shows(phone, "timeline", "all keys of products changed at 22:00")
    assert phone.locator("#note-text").input_value() == "partner 69 has no li"
    phone.locator("#note-text").fill("partner 69 has no lines")
    phone.get_by_role("button", name="Write it down").click()
    shows(desk, "timeline", "partner 69 has no lines")
    # One first, then the rest, each seen by the other.
    mitigate(phone, "69")
    shows(phone, "next", "look, then do the rest")
    shows(desk, "actions", "member 69")
    shows(desk, "next", "look, then do the rest")
    mitigate(phone, "")
    shows(desk, "next", "say whether it helped")
    assert world.platform.routes.get("partner_demand").members == {}
    # Over: verified at the desk, seen on the phone, and its postmortem opened.
    desk.locator("#resolve > summary").click()
    desk.locator("#resolve > form details > summary").click()
    desk.locator("#resolve input[name=unverified]").check()
    desk.locator("#resolve input[name=reason]").fill("sales are back by eye")
    desk.get_by_role("button", name="Verify and resolve").click()
    shows(phone, "next", "read the postmortem")
    shows(phone, "tags", "follow-up")
    phone.goto(phone.url.partition("/incidents")[0] + "/postmortems/2017-002")
    expect(phone.locator("main")).to_contain_text("partner sales are empty")
    assert not world.incidents.get("2017-002").state.is_open


@pytest.mark.covers("I3", "I5", "O12")
def test_with_a_token_the_name_is_shown_and_nobody_types_a_second(
    desk_and_phone: tuple[Page, Page], world: World
) -> None:
    address = desk_and_phone[0].url
    for page, name in zip(desk_and_phone, (ARIEL, SAM), strict=True):
        made = world.platform.tokens.issue(name, ("member",), timedelta(days=1), key=name, actor="test")
        page.context.set_extra_http_headers({"Authorization": f"Bearer {made.secret}"})
        page.goto(f"{address}incidents/2017-001")
    desk, phone = desk_and_phone
    shows(desk, "here", f"{ARIEL}, {SAM}")
    desk.locator("#take > summary").click()
    desk.locator("#take select[name=role]").select_option("operations")
    desk.get_by_role("button", name="Assign").click()
    expect(desk.locator("[role=status]")).to_contain_text("The role is assigned.")
    shows(phone, "roles", ARIEL)
    # Also in what came in live, the same for everybody.
    names = phone.locator('main input[name="actor"]')
    assert {names.nth(place).get_attribute("value") for place in range(names.count())} == {SAM}
    locked = "[...document.querySelectorAll('input[name=actor]:not([type=hidden])')].every((field) => field.readOnly)"
    assert phone.evaluate(locked)
    phone.locator("#note-text").fill("partner 69 has no lines")
    # Somebody who takes the lock off their own page acts under their own name all the same.
    phone.evaluate(
        "(other) => { const field = document.querySelector('form.note [name=actor]'); field.readOnly = false; "
        "field.value = other; }",
        ARIEL,
    )
    phone.get_by_role("button", name="Write it down").click()
    shows(desk, "timeline", "partner 69 has no lines")
    own = world.ledger.events(subject="incident:2017-001", kinds=["incident.noted", "incident.role_assigned"])
    assert [event.actor for event in own][-2:] == [ARIEL, SAM]


@pytest.mark.covers("I5")
def test_what_is_typed_outlives_a_lost_connection_and_a_reload(desk_and_phone: tuple[Page, Page]) -> None:
    _, phone = desk_and_phone
    phone.route("**/stream*", lambda route: route.abort())
    phone.goto(f"{phone.url}incidents/2017-001")
    phone.locator("#note-text").fill("joins are empty since")
    expect(phone.locator("#lost")).to_be_visible(timeout=LIVE_MS)
    phone.unroute("**/stream*")
    expect(phone.locator("#lost")).to_be_hidden(timeout=LIVE_MS)
    assert phone.locator("#note-text").input_value() == "joins are empty since"
    phone.reload()
    assert phone.locator("#note-text").input_value() == "joins are empty since"


@pytest.mark.covers("O12")
def test_live_updates_move_nothing_and_keys_lead_to_the_parts(desk_and_phone: tuple[Page, Page], world: World) -> None:
    desk, _ = desk_and_phone
    desk.goto(f"{desk.url}incidents/2017-001")
    desk.keyboard.press("m")
    assert desk.evaluate("document.activeElement.closest('#do') !== null")
    desk.keyboard.press("s")
    assert desk.evaluate("document.activeElement.id") == "suspects"
    before = desk.locator("#suspects").bounding_box()
    desk.evaluate("""() => {
      window.moved = 0;
      new PerformanceObserver((list) => { for (const one of list.getEntries()) window.moved += one.value; })
        .observe({ type: "layout-shift", buffered: false });
    }""")
    world.incidents.note("2017-001", "seen by eye", SAM, key="n")
    shows(desk, "timeline", "seen by eye")
    assert desk.locator("#suspects").bounding_box() == before
    assert desk.evaluate("document.activeElement.id") == "suspects"
    desk.keyboard.press("t")
    assert desk.evaluate("document.activeElement.id") == "timeline"
    # The next right action stays in sight, wherever one reads.
    box = desk.locator('[data-live="next"]').bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 200
    # What is open elsewhere is counted live, too.
    shows(desk, "nav", "Incidents 1 open")
    world.incidents.declare("another", on="search_ranking", severity="sev3", actor=SAM, key="other")
    shows(desk, "nav", "Incidents 2 open")
