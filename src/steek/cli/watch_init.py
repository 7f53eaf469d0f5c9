"""`steek watch init`: a project that watches a model which somebody else serves."""

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from steek.cli.options import JsonOption, actor_or_user
from steek.cli.output import show
from steek.data import Contract, read_rows_of, write_contract
from steek.kernel.errors import ConflictError, InputError
from steek.kernel.folders import table_folder
from steek.kernel.settings import PROJECT_FILE
from steek.monitoring.watching.drafting import Roles, draft_log, guess_log_roles, guess_outcome_field

_SAMPLE_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class _Log:
    """One log: how the project reads it (empty: it is pushed), its contract and the rows it was drafted from."""

    source: str
    contract: Contract


def init(
    model: Annotated[str, typer.Argument(help="Name of the model, lower case.")],
    predictions: Annotated[str, typer.Option(help="Its log: files ('logs/*.parquet'), 'delta:URI', or 'push'.")],
    outcomes: Annotated[str | None, typer.Option(help="What turned out to be right: as --predictions.")] = None,
    sample: Annotated[
        Path | None, typer.Option(help="A file like the log, where it is pushed or a Delta table.")
    ] = None,
    outcome_sample: Annotated[Path | None, typer.Option(help="A file like the outcomes.")] = None,
    id: Annotated[str | None, typer.Option("--id", help="Field that names an answer.")] = None,
    at: Annotated[str | None, typer.Option(help="Field with the moment that was asked about.")] = None,
    score: Annotated[str | None, typer.Option(help="Field with the answer.")] = None,
    outcome: Annotated[str | None, typer.Option(help="Field of the outcomes with what was right.")] = None,
    by: Annotated[str | None, typer.Option(help="Fields to slice by, separated by commas.")] = None,
    delay: Annotated[str, typer.Option(help="How long outcomes take, e.g. 7d.")] = "1d",
    folder: Annotated[Path | None, typer.Option(help="Folder of the project; by default the model's name.")] = None,
    owner: Annotated[str | None, typer.Option(help="Who answers for it; by default you.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Begin a project that watches a model over its log, wherever it is trained and served.

    What the fields are is told by their names and types; what could not be told is asked for.
    """
    _check_name(model)
    target = folder or Path(model)
    table_folder(str(target))
    said = Roles(id=id, at=at, score=score, slices=_listed(by))
    who = actor_or_user(owner)
    log, roles = _log(f"{model}_predictions", predictions, sample, who, said)
    results = None
    if outcomes is not None:
        assert roles.id is not None, "guessed or refused"
        results = _outcomes(f"{model}_outcomes", outcomes, outcome_sample, who, roles.id)
        roles = replace(roles, outcome=guess_outcome_field(results.contract, roles.id, outcome))
    files = {
        target / PROJECT_FILE: f'name = {json.dumps(model)}\nmodules = ["{model}_watch"]\n',
        target / f"{model}_watch.py": _module(model, log, results, roles, delay=delay, owner=who),
        target / "contracts" / f"{model}_predictions.yaml": write_contract(log.contract),
    }
    if results is not None:
        files[target / "contracts" / f"{model}_outcomes.yaml"] = write_contract(results.contract)
    _write(files)
    steps = [f"steek watch run {model} --project {target}", f"steek up --project {target}"]
    if as_json:
        show({"written": list(files), "roles": roles, "next": steps}, as_json=True)
        return
    for path in files:
        typer.echo(f"wrote {path}")
    typer.echo(f"read as: {_said(roles)}")
    typer.echo(f"next: {steps[0]}\nthen: {steps[1]}")


def _listed(names: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (names or "").split(",") if name.strip())


def _check_name(model: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,60}", model):
        message = f"{model!r} is not a name of a model; use lower-case letters, digits and underscores"
        raise InputError(message, next_step="For example churn.")


def _log(dataset: str, spec: str, sample: Path | None, owner: str, said: Roles) -> tuple[_Log, Roles]:
    path, source = _source(spec, sample)
    rows = read_rows_of(path, None, max_bytes=_SAMPLE_BYTES)
    drafted = draft_log(rows.frame, dataset, owner=owner, textual=rows.textual, roles=said)
    roles = guess_log_roles(drafted, rows.frame, said)
    return _Log(source, draft_log(rows.frame, dataset, owner=owner, textual=rows.textual, roles=roles)), roles


def _outcomes(dataset: str, spec: str, sample: Path | None, owner: str, id: str) -> _Log:
    path, source = _source(spec, sample)
    rows = read_rows_of(path, None, max_bytes=_SAMPLE_BYTES)
    return _Log(source, draft_log(rows.frame, dataset, owner=owner, textual=rows.textual, roles=Roles(id=id)))


def _source(spec: str, sample: Path | None) -> tuple[Path, str]:
    """A file to look at, and the declaration of the source."""
    if spec == "push" or spec.startswith("delta:"):
        if sample is None or not sample.is_file():
            message = f"{spec} shows no rows yet, and no sample file was given"
            raise InputError(message, next_step="Give a file with typical rows: --sample FILE (--outcome-sample FILE).")
        return sample, "" if spec == "push" else f"sk.from_delta({json.dumps(spec.removeprefix('delta:'))})"
    first, pattern = _first_file(spec)
    return sample or first, f"sk.from_files({json.dumps(pattern)})"


def _first_file(spec: str) -> tuple[Path, str]:
    path = Path(spec)
    pattern = path / "*" if path.is_dir() else path
    absolute = pattern if pattern.is_absolute() else Path.cwd() / pattern
    parent, rest = Path(absolute.anchor), absolute.relative_to(absolute.anchor)
    found = sorted(each for each in parent.glob(str(rest)) if each.is_file())
    if not found:
        message = f"no file matches {spec!r}"
        raise InputError(message, next_step="Quote the pattern, e.g. --predictions 'logs/*.parquet'.")
    return found[0], str(absolute)


def _module(model: str, log: _Log, results: _Log | None, roles: Roles, *, delay: str, owner: str) -> str:
    slices = ", ".join(json.dumps(name) for name in roles.slices)
    by = f"({slices},)" if roles.slices else "()"
    lines = [
        f'"""{model}: trained and served elsewhere, watched here."""',
        "",
        "import steek as sk",
        "",
        f"OWNER = {json.dumps(owner)}",
        "",
        f'answers = sk.Dataset(\n    "{model}_predictions",\n    contract="contracts/{model}_predictions.yaml",',
        f'    event_time="{roles.at}",\n    volume_by={by},\n    owner=OWNER,\n)',
    ]
    if results is not None:
        contract = f'contract="contracts/{model}_outcomes.yaml"'
        lines.append(f'outcomes = sk.Dataset("{model}_outcomes", {contract}, owner=OWNER)')
    lines += ["", f'{model} = sk.WatchedModel(\n    name="{model}",', f'    predictions="{model}_predictions",']
    pairs = {"id": roles.id, "at": roles.at, "score": roles.score}
    pairs |= {"version": roles.version, "latency_ms": roles.latency_ms}
    lines += [f"    {name}={json.dumps(value)}," for name, value in pairs.items() if value is not None]
    if results is not None:
        told = {"outcomes": f"{model}_outcomes", "outcome": roles.outcome, "outcome_delay": delay}
        lines += [f"    {name}={json.dumps(value)}," for name, value in told.items()]
    if roles.slices:
        lines.append(f"    slices={by},")
    if log.source:
        lines.append(f"    predictions_from={log.source},")
    if results is not None and results.source:
        lines.append(f"    outcomes_from={results.source},")
    lines += ["    owner=OWNER,", ")", "", f"monitors = sk.default_monitors(answers, {model})"]
    return "\n".join(lines) + "\n"


def _write(files: dict[Path, str]) -> None:
    for path in files:
        if path.exists():
            message = f"{path} exists; nothing was written"
            raise ConflictError(message, next_step="Choose an empty folder with --folder.")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _said(roles: Roles) -> str:
    single = {name: getattr(roles, name) for name in ("id", "at", "score", "version", "latency_ms", "outcome")}
    told = [f"{name} = {value}" for name, value in single.items() if value]
    return "; ".join([*told, f"slices = {', '.join(roles.slices) or 'none'}"])
