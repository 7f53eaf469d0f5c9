"""Write the generated pages of docs/, or check with --check that they are what the code says."""

import sys
from collections.abc import Callable
from pathlib import Path

from pages import errors, events, requirements, settings, transitions

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "steek"
SCRIPTS = ROOT / "scripts"
DOCS = ROOT / "docs"


def _requirements() -> str:
    groups = requirements.read_groups(SCRIPTS / "requirements.toml")
    return requirements.render(groups, requirements.collect(ROOT / "tests", ROOT))


PAGES: dict[str, Callable[[], str]] = {
    "requirements.md": _requirements,
    "reference/settings.md": settings.render,
    "reference/errors.md": errors.render,
    "reference/events.md": lambda: events.render(SCRIPTS / "events.toml", SOURCE),
    "reference/transitions.md": lambda: transitions.render(SOURCE),
}


def main(arguments: list[str]) -> int:
    """Exit status 1 when a page is stale or cannot be made."""
    check = "--check" in arguments
    faults = 0
    for name, render in PAGES.items():
        path = DOCS / name
        try:
            page = render()
        except (requirements.TraceError, events.EventsError) as error:
            print(f"{name}: cannot be made\n{error}", file=sys.stderr)
            faults += 1
            continue
        present = path.read_text(encoding="utf-8") if path.is_file() else None
        if present == page:
            continue
        if check:
            print(f"docs/{name} is stale; run 'make docs' and commit what it writes", file=sys.stderr)
            faults += 1
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(page, encoding="utf-8")
            print(f"docs/{name} written")
    print(f"{len(PAGES) - faults} of {len(PAGES)} generated pages are in order")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
