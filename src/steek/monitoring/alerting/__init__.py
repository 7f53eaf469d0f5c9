"""What people do with alerts: grouped by cause, sized, explained, silenced for a while, judged, and counted per rule.

Flows in: alerts that an evaluation fires or resolves, lineage, what people decide.
Flows out: groups, silences, verdicts, the weekly report of noisy rules, and events about them.
"""
