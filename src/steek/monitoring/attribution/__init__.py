"""Why did it change? Which slices moved an aggregate, and which of several anomalies along lineage came first.

Flows in: two windows of a dataset, or anomalies with the lineage between them.
Flows out: attributions as records and events, and movers in the order in which they moved.
"""
