"""Alerts in the console: the inbox by cause, one alert with its evidence, what people do, and the noise report."""

import pytest
from console_world import World
from visitor import Visitor, text_of

from steek.monitoring import Alert


def joined(world: World) -> Alert:
    """The alert of the join that matched nothing."""
    return next(one for one in world.platform.monitoring.alerts() if one.monitor == "partners_joined")


@pytest.mark.covers("O8")
def test_the_inbox_shows_causes_with_size_onset_and_what_to_do(reader: Visitor, broken: World) -> None:
    page = reader.get("/alerts")
    said = text_of(page.text)
    for words in (
        "partners_joined",
        "points below",
        "began",
        "I am on it",
        "Was it useful?",
        "Silence",
        "Nothing is kept quiet",
    ):
        assert words in said, words
    alert = joined(broken)
    assert f'href="/alerts/{alert.id}"' in page.text
    assert reader.get(f"/alert-groups/{alert.group}").status_code == 200
    assert reader.get("/alerts/nobody").status_code == 404
    assert reader.get("/alert-groups/nobody").status_code == 404


@pytest.mark.covers("O8", "O9", "O12")
def test_one_alert_shows_evidence_versions_movers_and_what_its_rule_did(reader: Visitor, broken: World) -> None:
    said = text_of(reader.get(f"/alerts/{joined(broken).id}").text)
    for words in (
        "What it shows",
        "in use then",
        "Who moved first upstream",
        "Which slices explain it",
        "What this rule did before",
    ):
        assert words in said, words
    assert "trained:partner_demand@" in said


@pytest.mark.covers("O8", "N4")
def test_people_acknowledge_judge_and_silence_in_place(client: Visitor, world: World) -> None:
    world.platform.monitoring.alerts()
    alert = next(iter(world.platform.monitoring.alerts("firing")))
    form = {"actor": "ada", "key": "k"}
    for _ in range(2):
        assert "It is yours." in client.post(f"/alerts/{alert.group}/acknowledge", data=form).text
    other = client.post(f"/alerts/{alert.group}/acknowledge", data={"actor": "bo", "key": "other"})
    assert (other.status_code, "is acknowledged already, by ada" in other.text) == (409, True)
    judged = client.post(f"/alerts/{alert.id}/judge", data={**form, "verdict": "noise", "seen": "0", "page": "alert"})
    assert "It counts for the rule that fired." in judged.text
    late = client.post(f"/alerts/{alert.id}/judge", data={"actor": "bo", "key": "l", "verdict": "useful", "seen": "0"})
    assert (late.status_code, "was judged noise by ada while you were looking" in late.text) == (409, True)
    quiet = {"monitor": "*", "lasts": "4h", "reason": "the tills are moved", "pages": "yes", **form}
    shown = client.post("/silences", data=quiet)
    assert "Hides pages:" in shown.text
    (silence,) = world.platform.alert_inbox.silences("active")
    assert "told now" in client.post(f"/silences/{silence.id}/end", data=form).text
    assert world.platform.alert_inbox.silences("active") == []
    assert client.post(f"/alerts/{alert.id}/explain", data=form).status_code == 200


@pytest.mark.covers("O8")
def test_the_noise_report_names_rules_with_their_intervals(client: Visitor, world: World) -> None:
    alert = next(iter(world.platform.monitoring.alerts("firing")))
    world.platform.alert_inbox.judge(alert.id, "useful", actor="ada", key="useful")
    said = text_of(client.get("/alerts/noise").text)
    assert "100% useful (21% to 100%), 1 judged" in said
    assert "at least 50% of the judged should be useful" in said
    assert client.get("/alerts/noise?weeks=x").status_code == 400
