"""Profiles: what every column looked like, per window and slice, in summaries that add up.

Flows in: versions of lake tables as they arrive, and sketches made elsewhere. Flows out: a profile of any stretch of
time and any slice, which is a merge and never a second read, and comparisons of two of them.
"""
