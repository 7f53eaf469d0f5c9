"""People: incidents from declaration to postmortem, with roles, timeline, suspects and mitigations.

Flows in: alerts and every other event of the ledger, lineage, the menu of mitigations that the platform offers.
Flows out: incidents and what was done about them, requests to freeze and release, drafts of postmortems; all as events.
"""

from steek.incidents.changes import WhatChanged
from steek.incidents.hypotheses.hypotheses import Hypotheses, Hypothesis
from steek.incidents.incidents import Incidents
from steek.incidents.lifecycle import TRANSITIONS, Action, State
from steek.incidents.mitigations import ActionTaken, Argument, Menu, Mitigation, MitigationCall, Outcome
from steek.incidents.phases import Phase, PhaseTimes, Times
from steek.incidents.postmortems import Postmortem
from steek.incidents.stories import Stories, Story
from steek.incidents.suspects import Suspect
from steek.incidents.timeline import TimelineEntry
from steek.incidents.types import AlertEvidence, Duration, Incident, Role, Severity, Span
from steek.incidents.unchanged import Unchanged
from steek.incidents.verification import IndicatorNow, Verification

__all__ = [
    "TRANSITIONS",
    "Action",
    "ActionTaken",
    "AlertEvidence",
    "Argument",
    "Duration",
    "Hypotheses",
    "Hypothesis",
    "Incident",
    "Incidents",
    "IndicatorNow",
    "Menu",
    "Mitigation",
    "MitigationCall",
    "Outcome",
    "Phase",
    "PhaseTimes",
    "Postmortem",
    "Role",
    "Severity",
    "Span",
    "State",
    "Stories",
    "Story",
    "Suspect",
    "TimelineEntry",
    "Times",
    "Unchanged",
    "Verification",
    "WhatChanged",
]
