"""Notices in the console: what was given up comes first and can be sent again, and no secret is shown."""

import pytest
from console_world import World
from visitor import text_of, visit

from steek.notify import Notices, open_targets
from steek.testing.notifier import notice

HOSTILE = "<script>alert(1)</script>\n\N{RIGHT-TO-LEFT OVERRIDE}# [x](javascript:1) {{ 7*7 }}"


@pytest.mark.covers("O11", "N4")
def test_dead_letters_and_what_waits_are_shown_tested_and_sent_again(empty: World) -> None:
    client, notices = visit(empty.platform), empty.platform.notices
    notices.post(notice("open", key="alert:a/1?", title=HOSTILE), notice("open", key="alert:b", purpose="alert"))
    notices.deliver("night")
    page = client.get("/notices")
    said = text_of(page.text)
    for words in (
        "1 given up, 1 waiting; look at night.",
        "no connection: ConnectError",
        "not tried yet",
        "webhook page · sev1, sev2, sev3",
        "nothing was sent yet: test it",
    ):
        assert words in said, words
    assert "hunter2" not in page.text
    assert "<script>alert" not in page.text

    form = {"notice": "alert:a/1?", "target": "night", "actor": "ada", "key": "again"}
    for _ in range(2):
        assert "Due again" in client.post("/notices/retry", data=form).text
    assert sorted(str(each.target) for each in notices.deliveries("waiting")) == ["night", "room"]
    assert len(empty.ledger.events(kinds=["notice.renewed"])) == 1

    client.post("/notices/test", data={"target": "room", "actor": "bo", "key": "t"})
    tested = client.post("/notices/test", data={"target": "room", "actor": "bo", "key": "t"})
    assert "The test did not arrive; why stands beside the target." in tested.text
    assert "test failed: no connection: ConnectError, by bo" in text_of(tested.text)
    assert client.post("/notices/test", data={"target": "nobody", "actor": "bo"}).status_code == 404


@pytest.mark.covers("O11")
def test_without_targets_the_page_teaches(empty: World) -> None:
    platform = empty.platform
    platform.notices = Notices(empty.database, empty.ledger, empty.clock, open_targets({}))
    said = text_of(visit(platform).get("/notices").text)
    assert "Nobody is told yet: write a table such as [notify.targets.night]" in said
    assert "steek notify test night" in said
