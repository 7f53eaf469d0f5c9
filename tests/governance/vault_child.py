"""A process of its own that asks a vault for keys: `vault_child.py KIND PLACE MASTER FIRST COUNT`; one per line."""

import sys
from pathlib import Path

from steek.governance.vault.database_vault import DatabaseKeyVault
from steek.governance.vault.file_vault import FileKeyVault
from steek.governance.vault.master import MasterKey
from steek.governance.vault.ports import KeyVault
from steek.ledger import Database


def main() -> None:
    kind, place, master, first, count = sys.argv[1:]
    key = MasterKey(Path(master))
    vault: KeyVault = FileKeyVault(Path(place), key) if kind == "file" else DatabaseKeyVault(Database.open(place), key)
    for number in range(int(first), int(first) + int(count)):
        name = f"n:{number}"
        secret = vault.key(name)
        # Told only once it was handed out.
        sys.stdout.write(f"{name} {secret.hex()}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
