"""Run one statement and tell, as JSON on the last line, what it touched."""

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from typing import Any

WRITING = ("w", "a", "x", "+")
WATCHED = ("socket.", "subprocess.", "os.mkdir", "os.rename", "os.remove", "os.system", "sqlite3.connect", "urllib.")


class Environment(dict[str, str]):
    """The environment, remembering what was asked for."""

    def __init__(self, values: dict[str, str]) -> None:
        super().__init__(values)
        self.asked: list[str] = []

    def __getitem__(self, key: str) -> str:
        self.asked.append(key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.append(key)
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self.asked.append(str(key))
        return super().__contains__(key)

    def __iter__(self) -> Iterator[str]:
        self.asked.append("*")
        return super().__iter__()


def main(statement: str) -> None:
    sys.dont_write_bytecode = True
    acts: list[str] = []

    def watch(event: str, given: tuple[Any, ...]) -> None:
        writes = event == "open" and isinstance(given[1], str) and any(letter in given[1] for letter in WRITING)
        if writes or event.startswith(WATCHED):
            acts.append(f"{event} {given[0]!r}")

    before = set(sys.modules)
    environment = Environment(dict(os.environ))
    os.environ = environment  # type: ignore[assignment]  # noqa: B003
    sys.addaudithook(watch)
    with contextlib.suppress(SystemExit):
        exec(statement, {})
    told = list(acts)
    loaded = set(sys.modules) - before
    tops = {name.partition(".")[0] for name in loaded}
    report = {
        "acts": told,
        # Python itself asks for its own variables and those of gettext.
        "environment": sorted({key for key in environment.asked if not key.startswith(("PYTHON", "LANG", "LC_"))}),
        "third_party": sorted(top for top in tops if top not in sys.stdlib_module_names and top != "steek"),
        "rooms": sorted({name.split(".")[1] for name in loaded if name.startswith("steek.")}),
    }
    print("\n" + json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1])
