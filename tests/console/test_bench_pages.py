"""Hypotheses and the bench from the console: a suspect becomes a hypothesis, is tested on the bench and judged."""

import re
from datetime import timedelta
from html import unescape

import pytest
from console_world import World
from visitor import Visitor, text_of

from steek.console import build_console
from steek.formats.linear import LinearModel
from steek.http.callers import Callers
from steek.incidents import Asking
from steek.incidents.bench.asking import entity_columns
from steek.kernel import Window
from steek.models import NewTrainedModel

PAGE = "/incidents/2017-001"
HOSTILE = '"><script>alert(1)</script>{{ 7*7 }}'


def post(client: Visitor, path: str, **form: str) -> str:
    answer = client.post(path, data={"actor": "ariel@grocer", **form})
    assert answer.status_code == 200, text_of(answer.text)
    return answer.text


@pytest.mark.covers("I8", "I12")
def test_support_asks_sees_the_answer_and_files_it_and_nothing_else(world: World) -> None:
    platform, model = world.platform, "partner_demand"
    old, new = two_versions(world)
    door = Visitor(Callers(build_console(platform), platform))  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    made = platform.tokens.issue("sue@grocer", ("support",), timedelta(days=1), key="sue", actor="test")
    token = {"Authorization": f"Bearer {made.secret}"}
    page = door.get("/bench", headers=token)
    assert page.status_code == 200
    assert "what serves now" in text_of(page.text)
    for closed in ("Replay questions", "<h2>Runs", "/incidents", "/models/"):
        assert closed not in page.text
    form = {f"entity-{name}": "69" for name in entity_columns(platform.project.definitions[model])}
    form |= {"model": model, "sides": f"{old} {new}", "incident": "2017-001", "actor": "ariel@grocer", "key": "q"}
    shown = door.post("/bench/questions", data=form, headers=token)
    assert shown.status_code == 200, text_of(shown.text)
    [run] = platform.bench.list()
    assert (run.actor, run.incident_id) == ("sue@grocer", "2017-001")
    assert "/incidents" not in shown.text
    text = re.search(r"<textarea[^>]*>(.*?)</textarea>", shown.text, re.DOTALL)
    assert text is not None
    filed = {"text": unescape(text[1]), "on": model, "kind": "support", "actor": "ariel@grocer", "key": "s"}
    answer = door.post("/signals", data=filed, headers=token)
    assert (answer.status_code, "Filed." in answer.text) == (200, True)
    (signal,) = platform.ledger.events(kinds=["signal.filed"])
    assert signal.actor == "sue@grocer"
    assert run.id in str(signal.payload)
    # Neither a run of others nor any other page is open.
    other = platform.bench.run(model, [str(old)], Asking(typed=[{"manufacturer_id": 70}]), actor="sam@grocer", key="o")
    assert door.get(f"/bench/{other.id}", headers=token).status_code == 404
    for path in ("/incidents", "/incidents/2017-001", "/ledger", "/postmortems", f"/models/{model}"):
        assert door.get(path, headers=token).status_code == 403, path
    for path in ("/bench/replays", "/incidents", "/incidents/2017-001/notes"):
        assert door.post(path, data=form, headers=token).status_code == 403, path


def two_versions(world: World) -> list[int]:
    """Two models that can really answer, of one definition."""
    services, made = world.platform, list[int]()
    for weight in (1.0, 2.0):
        new = NewTrainedModel(
            name="partner_demand",
            definition_hash=services.registry.register(services.project.definitions["partner_demand"]),
            data_until=world.clock.now(),
            window=Window(world.clock.now() - timedelta(days=14), world.clock.now()),
            rows=10,
            feature_names=("partner.lines",),
            format="linear",
            members=None,
            owner="partners@grocer",
        )
        artifact = LinearModel(new.feature_names, (weight,), (0.0,), 1.0, "identity").to_bytes()
        made.append(services.registry.add(new, artifact, key=f"bench {weight}").version)
    return made


@pytest.mark.covers("I6", "I7", "I8")
def test_a_suspect_is_supposed_tested_and_judged(client: Visitor, world: World) -> None:
    post(client, f"{PAGE}/notes", text="looking")
    html = client.get(PAGE).text
    form = re.search(r'<form class="inline".*?</form>', html, re.DOTALL)
    assert form is not None
    fields = {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form[0])}
    assert fields["actor"] == "ariel@grocer"
    shown = text_of(post(client, f"{PAGE}/hypotheses", **fields))
    assert "The contents of products were replaced, and that is the cause." in shown
    assert "Nobody finds out yet" in shown
    post(client, f"{PAGE}/hypotheses/1/owner", owner="gabi@grocer", test="old model, new questions", version="1")
    model, (old, new) = "partner_demand", two_versions(world)
    asked = {"model": model, "incident": "2017-001", "hypothesis": "1", "sides": f"{old} {new}"}
    entity = {f"entity-{name}": "69" for name in entity_columns(world.platform.project.definitions[model])}
    html = post(client, "/bench/questions", **asked, **entity)
    assert "1 question to partner_demand" in text_of(html)
    assert "lower without it by" in html
    assert 'class="before-after"' in html
    [run] = world.platform.bench.list(incident="2017-001")
    assert f"bench:{run.id}" in client.get(PAGE).text
    shown = text_of(
        post(client, f"{PAGE}/hypotheses/1/verdict", verdict="confirmed", reason="", evidence=f"bench:{run.id}")
    )
    assert "The suspect, if it was one, moved." in shown
    [hypothesis] = world.platform.hypotheses.list("2017-001")
    assert (hypothesis.state, hypothesis.owner) == ("confirmed", "gabi@grocer")
    first = world.incidents.suspects("2017-001").suspects[0]
    assert (first.event.id, first.verdict) == (fields["about"], "confirmed")
    assert "Doubt it" in shown
    listed = text_of(client.get(f"/bench?model={model}").text)
    assert run.sentence in listed
    other = post(client, "/bench/questions", **(asked | {"sides": f"{new}"}), **entity)
    assert "Compare with another run" in other
    [later] = {one.id for one in world.platform.bench.list()} - {run.id}
    compared = text_of(client.get(f"/bench/comparison?run={run.id}&other={later}").text)
    assert f"{later} v{new}" in compared


@pytest.mark.covers("I7")
def test_hostile_words_stay_words(client: Visitor) -> None:
    html = post(client, f"{PAGE}/hypotheses", text=HOSTILE, test=HOSTILE, owner=HOSTILE)
    assert "<script>alert" not in html
    answer = client.post("/bench/questions", data={"actor": "a", "model": HOSTILE, "sides": HOSTILE})
    assert answer.status_code in (400, 404)
    assert "<script>alert" not in answer.text
    answer = client.post(
        f"{PAGE}/hypotheses/1/verdict",
        data={"actor": "a", "verdict": "confirmed", "evidence": "javascript:alert(1)"},
    )
    assert answer.status_code == 400
    assert client.get("/bench/none").status_code == 404
    assert client.get("/bench?model=nothing&incident=<b>").status_code == 200
