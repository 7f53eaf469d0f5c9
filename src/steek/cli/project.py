"""`steek init`: the smallest project that runs."""

from pathlib import Path
from typing import Annotated

import typer

from steek.cli.commands import command
from steek.kernel.errors import ConflictError, InputError
from steek.kernel.settings import PROJECT_FILE

_FILES = {
    PROJECT_FILE: """\
name = "{name}"
modules = ["{module}"]
""",
    "{module}.py": '''\
"""What {name} receives, computes, trains and watches."""

import steek as sk

orders = sk.Dataset("orders", contract="contracts/orders.yaml", event_time="ordered_at", owner="{owner}")

orders_in_all = sk.Monitor(
    "orders in all",
    indicator=sk.volume("orders"),
    threshold=sk.learned(width=6),
    on="orders",
    purpose="alert",
    owner="{owner}",
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
) -> None:
    """Begin a project: settings, one dataset with its contract, one monitor, and a file to ingest."""
    name = folder.resolve().name.lower()
    module = "".join(character if character.isalnum() else "_" for character in name)
    if not module.isidentifier():
        message = f"{name!r} cannot name a Python module"
        raise InputError(message, next_step="Give the folder a name that begins with a letter.")
    values = {"name": name, "module": module, "owner": owner}
    files = {folder / path.format(**values): text.format(**values) for path, text in _FILES.items()}
    for path in files:
        if path.exists():
            message = f"{path} exists; nothing was written"
            raise ConflictError(message, next_step="Choose an empty folder.")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        typer.echo(f"wrote {path}")
    typer.echo(f"next: steek ingest orders {folder / 'orders.csv'} --project {folder}")


COMMANDS = {"init": command(init)}
