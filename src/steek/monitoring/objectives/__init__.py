"""Objectives: what is promised of an indicator over weeks, how much of that may fail, and how fast it is being used up.

Flows in: declarations (or OpenSLO), windows of monitors, counts of good events. Flows out: a standing with its reasons,
and events when a budget burns, is spent, comes back, or can no longer be seen.
"""
