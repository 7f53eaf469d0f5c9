"""Chat rooms and mail through Apprise, which knows some hundred of them."""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from contextvars import copy_context
from datetime import datetime
from typing import Any

from steek.kernel.plugins import require
from steek.notify.hiding import unlogged
from steek.notify.notice import Notice, Receipt
from steek.notify.targets import Target

# What calls everybody in a room together.
_CALLS = re.compile("@(?=everyone|here|channel|all)")
_WORDS = {"open": "", "acknowledged": "Acknowledged: ", "resolved": "Resolved: "}
_KINDS = {"open": "warning", "acknowledged": "info", "resolved": "success"}


class Chat:
    """One Apprise address: `slack://...`, `mailto://...`, `ntfy://...`; see Apprise's list of services.

    Needs the extra `notify`, and loads it with the first notice. Chats have no identities: what was sent twice, after
    an answer that got lost, stands there twice; its key is in the last line so that people can tell.

    Args:
        target: Takes url, and picture = "attach" or "none".
    """

    repeat_every_s = None

    def __init__(self, target: Target) -> None:
        self._url = target.options.secret("url")
        self._pictures = target.options.text("picture", "attach", allowed=("attach", "none")) == "attach"
        self._timeout_s = target.timeout_s
        self._pool: ThreadPoolExecutor | None = None

    def __repr__(self) -> str:
        return "Chat()"

    @property
    def takes_pictures(self) -> bool:
        return self._pictures

    def send(self, notice: Notice, *, key: str, at: datetime) -> Receipt:  # noqa: ARG002 - the service has its own time
        """Write into the room, or send the mail."""
        url = self._url.reveal()
        with unlogged():
            apprise: Any = require("apprise", extra="notify")
            sending = apprise.Apprise()
            if not sending.add(url):
                return Receipt("refused", "Apprise does not know such an address")
            # Its own timeouts are of single steps; nothing in it may hold up what comes after.
            self._pool = self._pool or ThreadPoolExecutor(4, thread_name_prefix="steek-chat")
            job = self._pool.submit(copy_context().run, _notify, sending, notice, key)
        try:
            taken = job.result(self._timeout_s)
        except TooLate:
            job.cancel()
            return Receipt("failed", f"no answer within {self._timeout_s:g} s")
        return Receipt("delivered") if taken else Receipt("failed", "the service did not take it")

    def repeat(self, notices: Sequence[Notice], *, at: datetime) -> Receipt:  # noqa: ARG002 - nothing is repeated
        """Once is enough."""
        return Receipt("delivered")

    def close(self) -> None:
        """An attempt under way is left to end by itself."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


def _notify(sending: Any, notice: Notice, key: str) -> bool:
    attach = None
    if notice.picture_png is not None:
        memory: Any = require("apprise.attachment.memory", extra="notify")
        attach = memory.AttachMemory(content=notice.picture_png, name="chart.png", mimetype="image/png")
    lines = [notice.body, f"{notice.severity} · {notice.subject} · {notice.owner or 'no owner'}", notice.url]
    body = "\n".join(line for line in (*lines, f"notice {notice.key}, delivery {key}") if line)
    title = f"{_WORDS[notice.state]}{notice.title}"
    told = {name: _CALLS.sub("@\N{ZERO WIDTH SPACE}", text) for name, text in (("title", title), ("body", body))}
    # As text: mail and others would take it for HTML otherwise, tags and links of strangers and all.
    return bool(sending.notify(**told, body_format="text", notify_type=_KINDS[notice.state], attach=attach))
