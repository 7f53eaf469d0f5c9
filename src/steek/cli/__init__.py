"""The command line: nouns and verbs over the services of the platform, each with `--json`.

Flows in: what a person typed. Flows out: tables or JSON, and an exit status by error code.
"""

from steek.cli.root import main

__all__ = ["main"]
