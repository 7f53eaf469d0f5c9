"""The command `steek`: a table of nouns, each loaded when it is used, so that help answers at once."""

import sys
from importlib import import_module

import click

from steek.cli.exits import report_error
from steek.kernel.errors import SteekError

# Noun to its module below steek.cli and its line of help.
NOUNS: dict[str, tuple[str, str]] = {
    "init": ("project", "Begin a project in a folder."),
    "up": ("up", "Start console, serving and worker; leave with Ctrl-C."),
    "status": ("status", "The loop at a glance: each model from data to outcome."),
    "ingest": ("ingest", "Bring a file into a dataset; prints the receipt."),
    "extract": ("extract", "Extract days of a derived dataset again."),
    "train": ("train", "Train a model now, judge and deploy it."),
    "night": ("night", "Run or look at the nightly workflow."),
    "models": ("models", "Trained models, their evaluations and gates."),
    "deploy": ("deploy", "Serve a version that passed its gate."),
    "rollback": ("rollback", "Go back to an earlier version: one partner, one model or a fleet."),
    "monitors": ("monitors", "Indicators, thresholds and alerts."),
    "incident": ("incident", "Declare, work and resolve incidents."),
    "changes": ("changes", "What changed upstream of a thing; note a change from outside."),
    "ledger": ("ledger", "Events: list, show, verify."),
    "lineage": ("lineage", "What a thing was made from, or what depends on it."),
    "receipt": ("receipt", "Receipts of ingested batches and their quarantine."),
    "settings": ("settings", "Every setting, its value and where that came from."),
    "serve": ("processes", "Run the serving process only."),
    "work": ("processes", "Run the workflow worker only."),
    "console": ("processes", "Run the console and control API only."),
}


class Nouns(click.Group):
    """A group whose commands are modules, imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(NOUNS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in NOUNS:
            return None
        return import_module(f"steek.cli.{NOUNS[cmd_name][0]}").COMMANDS[cmd_name]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Nouns"):
            formatter.write_dl([(noun, line) for noun, (_, line) in NOUNS.items()])


def main() -> None:
    """Entry point: runs the command and turns errors into messages and exit statuses."""
    root = Nouns("steek", help="Keeps production machine learning reliable.", no_args_is_help=True)
    root = click.version_option(package_name="steek")(root)
    try:
        root.main(standalone_mode=False)
    except SteekError as error:
        sys.exit(report_error(error))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
