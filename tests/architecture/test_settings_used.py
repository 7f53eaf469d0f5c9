"""Every setting is documented and used; nothing else reads the environment."""

import re

from house import ROOT, Module

from steek.kernel.settings import SETTINGS

REFERENCE = ROOT / "docs" / "reference" / "settings.md"


def test_every_setting_is_documented_with_its_variable_and_a_sentence() -> None:
    page = REFERENCE.read_text(encoding="utf-8")
    for setting in SETTINGS:
        assert f"| `{setting.name}` | `{setting.variable}` |" in page
        assert setting.help.endswith("."), setting.name


def test_every_setting_is_used(modules: list[Module]) -> None:
    rest = "\n".join(
        module.text
        if module.name != "steek.kernel.settings"
        else module.text.partition("@dataclass(frozen=True, slots=True)\nclass Settings")[2]
        for module in modules
    )
    unused = [each.name for each in SETTINGS if not re.search(rf'"{each.name}"|\.{each.name}\b', rest)]
    assert not unused, "\n".join(unused)
