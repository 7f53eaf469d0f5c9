"""Opening the vault that the settings name."""

from steek.governance.vault.database_vault import DatabaseKeyVault
from steek.governance.vault.file_vault import FileKeyVault
from steek.governance.vault.master import open_master_key
from steek.governance.vault.ports import KeyVault
from steek.kernel.settings import Settings
from steek.ledger.database import Database


def open_key_vault(settings: Settings, database: Database) -> KeyVault:
    """The vault of a project: `keys.vault` below data_path, or a table of its database. Touches nothing yet."""
    master = open_master_key(settings)
    if settings.text("vault") == "database":
        return DatabaseKeyVault(database, master)
    return FileKeyVault(settings.data_path / "keys.vault", master)
