"""The table of a target is read strictly: what is wrong is named, and never shown where it may be a secret."""

import pytest

from steek.kernel.errors import NotFoundError, SettingsError
from steek.notify import open_notifier, read_target

HOOK: dict[str, object] = {"kind": "webhook", "url": "http://x", "secret": "hunter2"}


@pytest.mark.covers("N3", "O11")
@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"kind": "webhook"}, "notify.targets.t lacks url"),
        ({**HOOK, "secrets": "x"}, "no option of notify.targets.t named 'secrets'"),
        ({**HOOK, "secret": 7}, "notify.targets.t: secret must be a text, or env:NAME"),
        ({**HOOK, "purposes": ["pages"]}, "purposes must be a list of page, alert, change"),
        ({**HOOK, "purposes": []}, "purposes must be a list of page, alert, change"),
        ({**HOOK, "timeout_s": 0}, "timeout_s must be a number from 0.1 to 60"),
        ({**HOOK, "timeout_s": True}, "timeout_s must be a number"),
        ({**HOOK, "picture": "hunter2"}, "picture must be one of base64, multipart, none"),
        ({**HOOK, "quiet_hours": "10pm"}, "quiet_hours = '10pm' in quiet_zone = 'UTC' cannot be read"),
        ({**HOOK, "quiet_hours": "22:00-07:00", "quiet_zone": "Mars/Base"}, "quiet_zone = 'Mars/Base'"),
        ({**HOOK, "quiet_hours": "07:00-07:00"}, "begin and end at once"),
    ],
)
def test_a_wrong_table_is_told_by_what_is_wrong(table: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError) as raised:
        open_notifier(read_target("t", table))
    assert message in raised.value.message
    assert "hunter2" not in str(raised.value)


def test_a_kind_that_is_not_installed_is_told_with_those_that_are() -> None:
    with pytest.raises(NotFoundError, match="no notifier named 'webhok'; there are: alertmanager, apprise, pagerduty"):
        open_notifier(read_target("t", {"kind": "webhok"}))
    with pytest.raises(SettingsError, match="a target is named 'a b'"):
        read_target("a b", HOOK)
