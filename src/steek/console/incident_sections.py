"""The parts of the page of an incident, as one table.

To add a part:

1. Write `console/<piece>_section.py` with one function `(services, story, form_key) -> record | None`: `story` is the
   incident as `incidents.stories` read it, None leaves the part out. Read what the story has before asking a service:
   the page is drawn for everybody at every new event.
2. Write `templates/incident/<piece>.html`: one or more `<div class="card" id="<piece>">`; begin with
   `{% import "parts.html" as parts %}`. It sees `section.view` (your record), `view` (incident, is_open, is_closed,
   form_key, pictures), `frame` (actor, now), and `when`, `since`, `span`. Hidden field `key` of a form: begin its
   value with `{{ view.form_key }}-`; `{{ parts.who(frame) }}` asks who acts. Nothing else may differ between visitors.
3. Add one row to SECTIONS; orders have gaps of ten. The part is live by itself: it is drawn again once for all visitors
   when something is written, and what is being typed in it stays. An error in it shows there and nowhere else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from steek.console.actions_section import actions_section
from steek.console.alerts_section import alerts_section
from steek.console.control_section import control_section
from steek.console.do_section import do_section
from steek.console.ethics_section import ethics_section
from steek.console.follow_ups_section import follow_ups_section
from steek.console.hypotheses_section import hypotheses_section
from steek.console.impact_section import impact_section
from steek.console.indicators_section import indicators_section
from steek.console.phases_section import phases_section
from steek.console.pins_section import pins_section
from steek.console.postmortem_section import postmortem_section
from steek.console.recovery_section import recovery_section
from steek.console.roles_section import roles_section
from steek.console.services import Services
from steek.console.similar_section import similar_section
from steek.console.suspects_section import suspects_section
from steek.console.timeline_parts import timeline_section
from steek.console.updates_section import call_section, handovers_section, updates_section
from steek.incidents import Story

SectionFunction = Callable[[Services, Story, str], object | None]


@dataclass(frozen=True, slots=True)
class Section:
    """One part: `view` None needs nothing but what the page has; `order` is its place in its column, small is high."""

    name: str
    template: str
    view: SectionFunction | None
    column: Literal["top", "main", "side"]
    order: int
    first_on_phone: bool = False


SECTIONS: tuple[Section, ...] = (
    Section("phases", "incident/phases.html", phases_section, "top", 10),
    Section("call", "incident/call.html", call_section, "top", 15, first_on_phone=True),
    Section("next", "incident/next.html", None, "top", 20),
    Section("evidence", "incident/evidence.html", None, "main", 10),
    Section("alerts", "incident/alerts.html", alerts_section, "main", 15),
    Section("suspects", "incident/suspects.html", suspects_section, "main", 20),
    Section("hypotheses", "incident/hypotheses.html", hypotheses_section, "main", 30),
    Section("indicators", "incident/indicators.html", indicators_section, "main", 50),
    Section("actions", "incident/actions.html", actions_section, "main", 60),
    Section("control", "incident/control.html", control_section, "main", 65),
    Section("recovery", "incident/recovery.html", recovery_section, "main", 55),
    Section("impact", "incident/impact.html", impact_section, "main", 40),
    Section("pins", "incident/pins.html", pins_section, "main", 70),
    Section("roles", "incident/roles.html", roles_section, "side", 10, first_on_phone=True),
    Section("handovers", "incident/handovers.html", handovers_section, "side", 15),
    Section("updates", "incident/updates.html", updates_section, "side", 30),
    Section("do", "incident/do.html", do_section, "side", 20, first_on_phone=True),
    Section("ethics", "incident/ethics.html", ethics_section, "main", 75),
    Section("similar", "incident/similar.html", similar_section, "side", 45),
    Section("postmortem", "incident/postmortem.html", postmortem_section, "side", 50),
    Section("follow-ups", "incident/follow_ups.html", follow_ups_section, "side", 60),
    Section("note", "incident/note.html", None, "side", 85, first_on_phone=True),
    Section("timeline", "incident/timeline.html", timeline_section, "side", 90),
)
