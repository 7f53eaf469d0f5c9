"""On call: rotations, calendar, overrides and escalation as data; who is reachable, and paging them."""
