"""Where work runs: this process, processes of this machine, a Ray cluster, or a process under limits.

Flows in: functions and their items. Flows out: results in the same order. Knows nothing of models or data.
"""

from steek.engines.local import LocalEngine
from steek.engines.opening import open_engine
from steek.engines.ports import Engine
from steek.engines.ray import RayEngine
from steek.engines.subprocess_check import run_limited

__all__ = ["Engine", "LocalEngine", "RayEngine", "open_engine", "run_limited"]
