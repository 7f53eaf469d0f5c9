"""The command `steek`: a table of nouns, each loaded when it is used, so that help answers at once."""

import errno
import sys
from importlib import import_module, metadata
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from steek.cli.exits import report_error
from steek.kernel.errors import SteekError, StorageFullError, describe_unknown

# Noun to its module below steek.cli and its line of help.
NOUNS: dict[str, tuple[str, str]] = {
    "init": ("project", "Begin a project in a folder."),
    "up": ("up", "Start console, serving and worker; leave with Ctrl-C."),
    "status": ("status", "The loop at a glance: each model from data to outcome."),
    "ingest": ("ingest", "Bring a file into a dataset; prints the receipt."),
    "data": ("data", "Look at data: datasets, contracts in plain words, profiles, volumes, samples."),
    "contract": ("contract", "What datasets promise: show, draft, propose a change, acknowledge, apply."),
    "labels": ("labels", "What turned out to be right: put, correct, agreement, who learned from it."),
    "extract": ("extract", "Extract days of a derived dataset again."),
    "train": ("train", "Train a model now, judge and deploy it."),
    "watch": ("watch", "Models that somebody else trains and serves: begin, run, show."),
    "night": ("night", "Run or look at the nightly workflow."),
    "models": ("models", "Trained models, their evaluations and gates."),
    "deploy": ("deploy", "Serve a version that passed its gate."),
    "rollback": ("rollback", "Go back to an earlier version: one partner, one model or a fleet."),
    "monitor": ("monitor", "Indicators and thresholds: how they stand, explore, feed; how monitors themselves do."),
    "alerts": ("alerts", "Alerts in groups of one cause: look, acknowledge, judge, silence; noisy rules."),
    "slo": ("slo", "Objectives: budgets left, burn rates, time that does not count; OpenSLO in and out."),
    "attribute": ("attribute", "Which slices explain a change of a sum, a mean or a rate."),
    "profile": ("profile", "What every column looked like, per window and slice; what changed between two."),
    "incident": ("incident", "Declare, work and resolve incidents."),
    "signal": ("signal", "What somebody noticed, in one line; what lies together asks for a declaration."),
    "postmortem": ("postmortem", "Postmortems: draft, edit, review, publish, find, count, bring in and out."),
    "taxonomy": ("taxonomy", "Categories of failure: show, edit, history."),
    "freeze": ("freeze", "What incidents hold still; held changes: ask, approve, refuse, release."),
    "follow-up": ("follow_up", "What was agreed to do after incidents: owners, days, checks, digest."),
    "assess": ("assess", "What nothing would stop, which defences stand, how ready models are."),
    "defences": ("defences", "What would stop which failure: layers, holes in a line, what others must be asked."),
    "readiness": ("readiness", "The 28 tests of production readiness, by evidence and by answers."),
    "review": ("review", "Reviews of the architecture: what has no second, what cannot be taken back."),
    "oncall": ("oncall", "Who is on call and reachable: rotations, calendar, contacts, pages, stakeholders."),
    "bench": ("bench", "The same questions to versions of a model side by side: run, compare, ask one."),
    "changes": ("changes", "What changed upstream of a thing; note a change from outside."),
    "change": ("changes", "Changes of the world outside: note one, list them."),
    "notify": ("notify", "Notices: what arrived, what was given up; test a target, send again."),
    "ledger": ("ledger", "Events: list, show, verify."),
    "lineage": ("lineage", "What a thing was made from, or what depends on it."),
    "lake": ("lake", "Tables: files, versions, pins, compaction, vacuum."),
    "receipt": ("receipt", "Receipts of ingested batches."),
    "cleaning": ("cleaning", "What is done to rows on their way in, and what it did last."),
    "sampling": ("cleaning", "Samples on the way in, and what they cost."),
    "joins": ("joins", "Every join: matched, unmatched, expected, in all and per slice."),
    "quarantine": ("quarantine", "Rows that did not fit their contract: look, replay, discard."),
    "feed": ("feed", "Each batch against the batches before it; held batches."),
    "privacy": ("privacy", "Keys and their backup, pseudonyms, groups too small to leave."),
    "erasure": ("erasure", "Erase a person everywhere: request, cancel, run, certificate, search."),
    "retention": ("retention", "How long data may stay and where, and whether that is kept."),
    "housekeeping": ("housekeeping", "Everything that must happen regularly, now or as a dry run."),
    "access": ("access", "Who may read what and why, who did; tokens."),
    "break-glass": ("break_glass", "Raw personal data in an emergency: ask, grant, read, review."),
    "concern": ("concern", "Concerns that pass the commander by: raise, read, answer."),
    "settings": ("settings", "Every setting, its value and where that came from."),
    "serve": ("serve", "Run the serving process only."),
    "work": ("work", "Run the workflow worker only."),
    "console": ("console", "Run the console and control API only."),
}


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(metadata.version("steek"))
        raise typer.Exit


class Nouns(TyperGroup):
    """A group whose commands are modules, imported on use."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the signature is Typer's
        return list(NOUNS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in NOUNS:
            message, hint = describe_unknown("noun", cmd_name, NOUNS)
            ctx.fail(f"{message}. {hint}".strip())
        return import_module(f"steek.cli.{NOUNS[cmd_name][0]}").COMMANDS[cmd_name]

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - the signature is Typer's
        # The table's own words: asking each command for its help would import every room.
        with formatter.section("Nouns"):
            formatter.write_dl([(noun, line) for noun, (_, line) in NOUNS.items()])


def main() -> None:
    """Entry point: runs the command and turns errors into messages and exit statuses."""
    app = typer.Typer(
        cls=Nouns, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None
    )
    app.callback()(_root)
    try:
        app()
    except SteekError as error:
        sys.exit(report_error(error))
    except OSError as cause:
        if cause.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        full = StorageFullError(f"no space: {cause}", next_step="Free space and do it again; finished steps stay.")
        sys.exit(report_error(full))


def _root(
    version: Annotated[bool, typer.Option("--version", help="Show the version.", callback=_show_version)] = False,
) -> None:
    """Keeps production machine learning reliable."""
