"""Which slices explain a change: evidence for each slice, the shortest words for it, and its share of the change. Pure.

Flows in: amounts or ratios per cell of a few dimensions, for a window and for the windows it is compared with.
Flows out: explanations with their evidence, or the statement that no slice stands out.
"""
