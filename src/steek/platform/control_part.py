"""The part of control: held changes, agreements, effects of mitigations, and the way back."""

from collections.abc import Mapping
from dataclasses import dataclass

from steek.incidents import Menu, Mitigation
from steek.incidents.control.agreements import Agreements
from steek.incidents.control.answering import Answering
from steek.incidents.control.change_control import ChangeControl
from steek.incidents.control.effect_log import EFFECT_KINDS, MitigationEffects
from steek.incidents.control.interruptions import InterruptedActions
from steek.incidents.desk import Desk
from steek.incidents.recovery.outlook import Outlook
from steek.incidents.recovery.watch_period import WATCH_KINDS, WatchPeriods
from steek.incidents.roles.stakeholders import Stakeholders
from steek.kernel.clock import Clock
from steek.kernel.settings import Settings
from steek.kernel.units import parse_duration
from steek.ledger import Database, Ledger, Lineage
from steek.models import Freezes, ModelDefinition
from steek.notify import Notices
from steek.platform.noticing import console_url
from steek.platform.subscriptions import Subscription


@dataclass(frozen=True, slots=True)
class ControlPart:
    """What is allowed to change in an incident, what that did, and how it ends."""

    change_control: ChangeControl
    agreements: Agreements
    mitigation_effects: MitigationEffects
    watch_periods: WatchPeriods
    outlook: Outlook
    interrupted_actions: InterruptedActions

    def around(self, table: Mapping[str, Subscription]) -> dict[str, Subscription]:
        """The table of subscriptions with these: a relapse reopens its incident before the alert looks for one."""
        watches = {"watches of incidents": (WATCH_KINDS, self.watch_periods.on_event)}
        return {**watches, **table, "effects of mitigations": (EFFECT_KINDS, self.mitigation_effects.on_event)}


def control_part(
    settings: Settings,
    state: tuple[Database, Ledger, Clock],
    lineage: Lineage,
    menu: Mapping[str, Mitigation],
    freezes: Freezes,
    definitions: Mapping[str, ModelDefinition],
    told_by: tuple[Stakeholders, Notices],
) -> ControlPart:
    """Control of one project; stakeholders answer for their part, and notices tell them."""
    database, ledger, clock = state
    answering = Answering(ledger, clock, told_by[0].list, told_by[1], console_url(settings))
    nightly = {name: one.schedule for name, one in definitions.items() if one.schedule.startswith("daily")}
    desk = Desk(database, ledger, lineage, clock, Menu(menu))
    return ControlPart(
        change_control=ChangeControl(desk, freezes, parse_duration(settings.text("change_approval")), nightly),
        agreements=Agreements(desk, parse_duration(settings.text("agreement_wait")), answering),
        mitigation_effects=MitigationEffects(desk),
        watch_periods=WatchPeriods(desk, parse_duration(settings.text("incident_watch"))),
        outlook=Outlook(desk),
        interrupted_actions=InterruptedActions(desk),
    )
