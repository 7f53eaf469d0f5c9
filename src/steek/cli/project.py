"""`steek init`: the smallest project that runs."""

import json
import keyword
import shlex
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from steek.cli.commands import command
from steek.cli.options import JsonOption
from steek.cli.output import show
from steek.kernel.errors import ConflictError, InputError
from steek.kernel.folders import table_folder
from steek.kernel.settings import PROJECT_FILE

_FILES = {
    PROJECT_FILE: """\
name = {name}
modules = ["{module}"]
""",
    "{module}.py": '''\
"""What {module} receives, computes, trains and watches."""

import steek as sk

orders = sk.Dataset("orders", contract="contracts/orders.yaml", event_time="ordered_at", owner={owner})

orders_in_all = sk.Monitor(
    "orders in all",
    indicator=sk.volume("orders"),
    threshold=sk.learned(width=6),
    on="orders",
    purpose="alert",
    owner={owner},
)
''',
    "contracts/orders.yaml": """\
apiVersion: v3.0.2
kind: DataContract
id: orders
name: orders
version: "1"
status: active
description:
  purpose: Every order, once.
team:
  members:
    - username: {owner}
      role: owner
schema:
  - name: orders
    logicalType: object
    properties:
      - name: order_id
        logicalType: integer
        required: true
        primaryKey: true
        description: Number of the order.
      - name: ordered_at
        logicalType: timestamp
        required: true
        description: When the customer ordered, UTC.
      - name: amount_usd
        logicalType: number
        required: true
        description: What the order costs, in US dollars.
""",
    "orders.csv": """\
order_id,ordered_at,amount_usd
1,2026-01-01T10:00:00Z,12.50
2,2026-01-01T11:30:00Z,7.20
""",
}


def init(
    folder: Annotated[Path, typer.Argument(help="Folder of the new project; made when it does not exist.")] = Path(),
    owner: Annotated[str, typer.Option(help="Who answers for its data.")] = "you@example.org",
    as_json: JsonOption = False,
) -> None:
    """Begin a project: settings, one dataset with its contract, one monitor, and a file to ingest."""
    table_folder(str(folder))
    name = folder.resolve().name.lower()
    module = "".join(character if character.isalnum() else "_" for character in name)
    _check_module(module)
    values = {"name": json.dumps(name), "module": module, "owner": json.dumps(owner)}
    files = {folder / path.format(**values): text.format(**values) for path, text in _FILES.items()}
    for path in files:
        if path.exists():
            message = f"{path} exists; nothing was written"
            raise ConflictError(message, next_step="Choose an empty folder.")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    next_command = shlex.join(["steek", "ingest", "orders", str(folder / "orders.csv"), "--project", str(folder)])
    if as_json:
        show({"written": list(files), "next": next_command}, as_json=True)
        return
    for path in files:
        typer.echo(f"wrote {path}")
    typer.echo(f"next: {next_command}")


def _check_module(name: str) -> None:
    if not name.isidentifier() or keyword.iskeyword(name):
        message = f"{name!r} cannot name a Python module"
        raise InputError(message, next_step="Give the folder a name that begins with a letter.")
    installed = find_spec(name)
    if name in sys.stdlib_module_names or (installed is not None and installed.origin is not None):
        message = f"{name!r} is a Python module already, so that the project's own would not be found"
        raise InputError(message, next_step="Give the folder another name.")


COMMANDS = {"init": command(init)}
