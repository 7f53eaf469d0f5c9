"""What people do about notices from the console: test a target, have what was given up sent again."""

from collections.abc import Callable, Mapping

from steek.console.data_actions import key_of
from steek.console.site import Site

Form = Mapping[str, str]
Do = Callable[[Site, Mapping[str, str], Form], str]


def test(site: Site, _path: Mapping[str, str], form: Form) -> str:
    target, notices = form.get("target", ""), site.services.notices
    tested = notices.test(target, key=key_of(site, form), actor=form["actor"].strip())
    return f"/notices?done={'tested' if tested.outcome == 'delivered' else 'test-failed'}#targets"


def retry(site: Site, _path: Mapping[str, str], form: Form) -> str:
    key, actor = key_of(site, form), form["actor"].strip()
    site.services.notices.retry(form.get("notice", ""), form.get("target") or None, key=key, actor=actor)
    return "/notices?done=resent"


NOTICE_ACTIONS: dict[str, Do] = {"/notices/test": test, "/notices/retry": retry}
