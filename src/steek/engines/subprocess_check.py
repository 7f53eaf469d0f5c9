"""Running something that may kill its process, in a process of its own, under limits."""

import json
import math
import signal
import subprocess
import sys
from typing import Any

from steek.kernel.errors import ResourceError, UserCodeError

_CHILD = "steek.engines.subprocess_child"


def run_limited(module_function: str, argument: Any, timeout_s: float, memory_bytes: int) -> Any:
    """Call a function in a fresh process and return what it returns.

    The process starts from nothing (no fork), so whatever it loads is loaded as a server would load it. It can
    import what this process can.

    Args:
        module_function: "package.module:function"; the function takes one argument.
        argument: JSON-serialisable.
        timeout_s: Longest wall time, starting the interpreter (about 0.3 s) included.
        memory_bytes: Most private memory the process may map.

    Returns:
        What the function returned, through JSON.

    Raises:
        ResourceError: the process was ended by a signal (the message names it), ran out of memory or of time.
        UserCodeError: the function raised; the message holds its error.
    """
    request = json.dumps(
        {
            "function": module_function,
            "argument": argument,
            "path": [part for part in sys.path if part],
            "memory_bytes": memory_bytes,
            "cpu_s": math.ceil(timeout_s) + 1,
        }
    )
    command = [sys.executable, "-m", _CHILD]
    try:
        # Bytes, because a dying parser may write anything to standard error.
        done = subprocess.run(command, input=request.encode(), capture_output=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired as cause:
        message = f"{module_function} did not end within {timeout_s:g} s"
        raise ResourceError(message, next_step="Allow it more time, or find out what it waits for.") from cause
    if done.returncode != 0:
        raise _died(module_function, done.returncode, done.stderr.decode(errors="replace"))
    answer = json.loads(done.stdout.decode().rpartition("\n")[2])
    if "result" in answer:
        return answer["result"]
    if answer["error"] == MemoryError.__name__:
        raise ResourceError(f"{module_function} needs more than the {memory_bytes / 1e6:.0f} MB it may have")
    message = f"{module_function} raised {answer['error']}: {answer['message']}"
    raise UserCodeError(message, details={"error": answer["error"], "code": answer["code"]})


def _died(module_function: str, returncode: int, stderr: str) -> ResourceError:
    tail = stderr.strip().splitlines()[-1:] or ["it said nothing"]
    if returncode < 0:
        how = f"was ended by {signal.Signals(-returncode).name}"
    else:
        how = f"ended with status {returncode}"
    return ResourceError(
        f"the process that ran {module_function} {how}: {tail[0]}",
        next_step="What it read is damaged, or the limits on memory and time are too tight.",
        details={"returncode": returncode},
    )
