"""The frame around every page: templates, navigation, what stands in the margin."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from steek.console import words
from steek.monitoring import slice_words

# Characters that turn the direction of what follows: a name or a note must not make the words beside it read backwards.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class NavItem:
    """One line of the navigation; `count` is shown when it is not zero."""

    name: str
    href: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """What every page needs besides its own content.

    `path` is the page asked for, `stream` the address of its live events ("" for a page that does not change),
    `message` what the last action did, `actor` the name the visitor gave last; `is_signed` says that a token stands for
    it, so that nobody types another.
    """

    project: str
    now: datetime
    is_replay: bool
    path: str
    navigation: tuple[tuple[NavItem, ...], ...]
    stream: str = ""
    message: str = ""
    error: str = ""
    next_step: str = ""
    actor: str = ""
    is_signed: bool = False

    def is_current(self, item: NavItem) -> bool:
        """Whether the navigation should mark this item."""
        return self.path == item.href or (item.href != "/" and self.path.startswith(f"{item.href}/"))


def environment() -> Environment:
    """Templates of the console: everything is escaped, a missing value is an error and not an empty string."""
    env = Environment(
        loader=PackageLoader("steek.console"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in ("count", "percent", "quantity", "size", "urn_path"):
        env.filters[name] = getattr(words, name)
    env.filters["slice_words"] = slice_words
    return env


def _shown(value: object) -> object:
    """What stands in a page for a value: text with what turns its direction made visible."""
    if not isinstance(value, str) or _TURNING.search(value) is None:
        return value
    shown = _TURNING.sub(_code, value)
    return Markup(shown) if isinstance(value, Markup) else shown  # noqa: S704 - what was safe stays so


def _code(turning: re.Match[str]) -> str:
    return f"\\u{ord(turning[0]):04x}"


def render(env: Environment, template: str, frame: Frame, **values: Any) -> str:
    """The page as HTML; `when`, `since` and `span` in templates speak relative to the frame's present."""
    moments: dict[str, Callable[..., Any]] = {
        "when": partial(words.time_tag, now=frame.now),
        "since": partial(words.time_tag, now=frame.now, relative=True),
        "ago": partial(words.ago, now=frame.now),
        "span": partial(words.interval_words, now=frame.now),
    }
    return env.get_template(template).render(frame=frame, **moments, **values)
