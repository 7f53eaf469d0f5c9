"""docs/reference/errors.md: the error tree with what each surface makes of it."""

import inspect

from steek.cli.exits import EXIT_STATUS
from steek.http.problems import HTTP_STATUS
from steek.kernel import errors
from steek.kernel.errors import SteekError


def render() -> str:
    """The page."""
    tree = inspect.getdoc(errors) or ""
    drawn = tree[tree.index("SteekError") : tree.index("Every leaf")].rstrip()
    lines = [
        "# Errors",
        "",
        "Written by `scripts/generate_docs.py` from `src/steek/kernel/errors.py`, `src/steek/cli/exits.py` and",
        "`src/steek/http/problems.py`. An error says what is wrong, which value, what is allowed, and what to do next.",
        "The command line prints it with its code and leaves with the exit status (1 is a crash, 2 a command that was",
        "typed wrongly); HTTP answers with a problem (RFC 9457) of type `urn:steek:error:<code>`.",
        "",
        "```",
        *(line.removeprefix("    ") for line in drawn.splitlines()),
        "```",
        "",
        "| Error | Code | Exit status | HTTP status |",
        "| --- | --- | --- | --- |",
        *(
            f"| {each.__name__} | `{each.code}` | {EXIT_STATUS[each.code]} | {HTTP_STATUS[each.code]} |"
            for each in tree_of()
        ),
    ]
    return "\n".join(lines) + "\n"


def tree_of(root: type[SteekError] = SteekError) -> list[type[SteekError]]:
    """A class and all that derive from it, parents first."""
    return [root, *(found for child in root.__subclasses__() for found in tree_of(child))]
