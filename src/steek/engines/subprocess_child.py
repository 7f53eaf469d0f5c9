"""The child of `run_limited`: reads a request from standard input, sets its limits, answers on standard output."""

import json
import resource
import sys
from importlib import import_module
from typing import Any


def main() -> None:
    """Run one request; the answer is the last line of standard output, whatever the function printed before."""
    request = json.loads(sys.stdin.read())
    # RLIMIT_DATA counts private writable memory; the whole address space would count every library's reservations.
    resource.setrlimit(resource.RLIMIT_DATA, (request["memory_bytes"], request["memory_bytes"]))
    resource.setrlimit(resource.RLIMIT_CPU, (request["cpu_s"], request["cpu_s"] + 1))
    # A crash is expected here and must not fill the disk.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.path[:] = request["path"]
    sys.stdout.write("\n" + json.dumps(_answer(request["function"], request["argument"])))


def _answer(module_function: str, argument: Any) -> dict[str, Any]:
    module, _, function = module_function.partition(":")
    try:
        return {"result": getattr(import_module(module), function)(argument)}
    except Exception as error:  # noqa: BLE001 - every error of the function is an answer here
        return {"error": type(error).__name__, "message": str(error), "code": getattr(error, "code", None)}


if __name__ == "__main__":
    main()
