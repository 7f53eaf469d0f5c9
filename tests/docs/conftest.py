"""The scripts of the repository, importable by the tests of its documents."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent / "scripts"))
