"""docs/reference/settings.md: the table of settings."""

from steek.kernel.settings import SETTINGS, Setting


def render() -> str:
    """The page."""
    lines = [
        "# Settings",
        "",
        "Written by `scripts/generate_docs.py` from `src/steek/kernel/settings.py`. A setting is taken from the",
        "command line, else from its environment variable, else from `steek.toml`, else from its default; an unknown",
        "name is an error that names the nearest one. `steek settings` shows every value and where it came from.",
        "",
        "| Setting | Variable | Default | Meaning |",
        "| --- | --- | --- | --- |",
        *(_row(setting) for setting in SETTINGS),
    ]
    return "\n".join(lines) + "\n"


def _row(setting: Setting) -> str:
    default = f"`{setting.default}`" if setting.default else "none"
    choices = f" One of {', '.join(f'`{choice}`' for choice in setting.choices)}." if setting.choices else ""
    secret = " Never shown." if setting.secret else ""
    return f"| `{setting.name}` | `{setting.variable}` | {default} | {setting.help}{choices}{secret} |"
