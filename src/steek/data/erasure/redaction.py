"""Old entries of a Delta log without what tells of rows: statistics, tags and the predicates of deletes.

The entries stay: a writer that opened the table before must find that its number is taken, and which files went.
"""

import json
from typing import Any

_MARK = "steekRedacted"
_TELLING = ("stats", "stats_parsed", "tags")
_KEPT_OF_COMMIT = ("timestamp", "operation", "engineInfo", "clientVersion", "steek_key")


def redact_commit(content: str) -> str | None:
    """The content of one entry without what tells of rows; None where there is nothing to take out any more.

    >>> line = '{"add":{"path":"a.parquet","partitionValues":{},"size":1,"stats":"{}"}}'
    >>> print(redact_commit(line), end="")
    {"commitInfo":{"steekRedacted":true}}
    {"add":{"path":"a.parquet","partitionValues":{},"size":1}}
    """
    actions: list[dict[str, Any]] = [json.loads(line) for line in content.splitlines() if line.strip()]
    if any(_MARK in action.get("commitInfo", {}) for action in actions):
        return None
    kept = [_redacted(action) for action in actions if "commitInfo" not in action]
    commit: dict[str, Any] = {_MARK: True}
    for action in actions:
        about: dict[str, Any] = action.get("commitInfo", {})
        commit |= {name: about[name] for name in _KEPT_OF_COMMIT if name in about}
    lines = [{"commitInfo": commit}, *kept]
    return "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)


def _redacted(action: dict[str, Any]) -> dict[str, Any]:
    return {
        kind: {name: value for name, value in body.items() if name not in _TELLING} for kind, body in action.items()
    }
