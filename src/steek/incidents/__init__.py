"""People: incidents from declaration to postmortem, with roles, timeline, suspects and mitigations.

Flows in: alerts and every other event of the ledger, lineage, the menu of mitigations that the platform offers.
Flows out: incidents and what was done about them, requests to freeze and release, drafts of postmortems; all as events.
"""

from steek.incidents.bench.asking import Asking
from steek.incidents.bench.bench import Bench
from steek.incidents.bench.runs import Run
from steek.incidents.changes import WhatChanged
from steek.incidents.control.agreement_rules import MitigationAgreement
from steek.incidents.hypotheses.hypotheses import Hypotheses, Hypothesis
from steek.incidents.impact.severity import SeverityAdvice
from steek.incidents.impact.triage import Triage
from steek.incidents.impact.types import Dimension, Estimate, Impact
from steek.incidents.incidents import Incidents
from steek.incidents.kept.declarations import KeptDeclaration, Said, Synced, keep
from steek.incidents.kept.offline import OfflineDeclarations
from steek.incidents.lifecycle import TRANSITIONS, Action, State
from steek.incidents.mitigations import ActionTaken, Argument, Menu, Mitigation, MitigationCall, Outcome
from steek.incidents.phases import Phase, PhaseTimes, Times
from steek.incidents.pins.pins import Pins
from steek.incidents.pins.types import Pin, PinKind
from steek.incidents.roles.stakeholders import Stakeholder
from steek.incidents.signals.signals import Signals
from steek.incidents.signals.types import Prompt, Signal, SignalKind
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
    "Asking",
    "Bench",
    "Dimension",
    "Duration",
    "Estimate",
    "Hypotheses",
    "Hypothesis",
    "Impact",
    "Incident",
    "Incidents",
    "IndicatorNow",
    "KeptDeclaration",
    "Menu",
    "Mitigation",
    "MitigationAgreement",
    "MitigationCall",
    "OfflineDeclarations",
    "Outcome",
    "Phase",
    "PhaseTimes",
    "Pin",
    "PinKind",
    "Pins",
    "Prompt",
    "Role",
    "Run",
    "Said",
    "Severity",
    "SeverityAdvice",
    "Signal",
    "SignalKind",
    "Signals",
    "Span",
    "Stakeholder",
    "State",
    "Stories",
    "Story",
    "Suspect",
    "Synced",
    "TimelineEntry",
    "Times",
    "Triage",
    "Unchanged",
    "Verification",
    "WhatChanged",
    "keep",
]
