"""The door: who may post, under which name the console answers, and what a page may load."""

import pytest
from console_world import World
from visitor import Visitor

OWN = "http://127.0.0.1:8321"
FORM = {"text": "seen", "actor": "ariel@grocer"}
NOTES = "/incidents/2017-001/notes"


def notes(world: World) -> int:
    return len(world.ledger.events(kinds=["incident.noted"]))


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"host": "evil.example:8321"},
        {"host": ""},
        {"host": "[::1", "origin": OWN},
    ],
)
def test_another_site_cannot_post(reader: Visitor, broken: World, headers: dict[str, str]) -> None:
    assert reader.post(NOTES, data=FORM, headers=headers).status_code == 403
    assert notes(broken) == 0


@pytest.mark.parametrize("headers", [{}, {"origin": OWN}, {"sec-fetch-site": "same-origin", "origin": OWN}])
def test_the_console_itself_and_programs_can(client: Visitor, world: World, headers: dict[str, str]) -> None:
    assert client.post(NOTES, data=FORM, headers=headers, follow_redirects=False).status_code == 303
    assert notes(world) == 1


def test_a_foreign_name_is_not_even_read_to(reader: Visitor) -> None:
    assert reader.get("/", headers={"host": "rebound.example"}).status_code == 403
    assert reader.get("/", headers={"host": "localhost:8321"}).status_code == 200


def test_pages_load_nothing_from_elsewhere_and_run_no_inline_script(reader: Visitor) -> None:
    headers = reader.get("/").headers
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'; script-src 'self'")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert reader.get("/static/steek.css").headers["content-type"].startswith("text/css")
