"""OpenSLO v1 in and out: https://github.com/OpenSLO/OpenSLO, metric sources of type "steek"."""

from steek.monitoring.objectives.openslo_reading import Expectation, read_openslo
from steek.monitoring.objectives.openslo_writing import write_openslo

__all__ = ["Expectation", "read_openslo", "write_openslo"]
