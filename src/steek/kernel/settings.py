"""Every setting of steek, in one strict table. Precedence: argument > environment > steek.toml > default."""

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path

from steek.kernel.errors import NotFoundError, SettingsError, describe_unknown
from steek.kernel.target_tables import read_targets

PROJECT_FILE = "steek.toml"


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table; `name` is also its key in steek.toml and, upper-cased after STEEK_, its variable."""

    name: str
    parse: Callable[[str], object]
    default: str
    help: str
    choices: tuple[str, ...] = ()
    secret: bool = False

    @property
    def variable(self) -> str:
        return f"STEEK_{self.name.upper()}"


def _clock_time(text: str) -> time:
    return time.fromisoformat(text)


def _flag(text: str) -> bool:
    known = {"true": True, "false": False}
    if text.strip().lower() not in known:
        message = "write true or false"
        raise ValueError(message)
    return known[text.strip().lower()]


SETTINGS: tuple[Setting, ...] = (
    Setting("name", str, "", "Name of the project; by default the name of its folder."),
    Setting(
        "modules", str, "", "Python modules that declare datasets, features, models and monitors, separated by commas."
    ),
    Setting("data_path", str, ".steek", "Folder for everything steek writes, relative to the project."),
    Setting(
        "database_url", str, "", "SQLAlchemy URL of state and ledger; by default SQLite below data_path.", secret=True
    ),
    Setting(
        "workflow_database_url", str, "", "URL of the workflow database; by default beside the ledger.", secret=True
    ),
    Setting(
        "lake_uri", str, "", "Where Delta tables live: a path or an object storage URI; by default below data_path."
    ),
    Setting("lake_options", str, "", "Object storage options as key=value, separated by commas.", secret=True),
    Setting("watch_database_url", str, "", "SQLAlchemy URL that the queries of watched models run on.", secret=True),
    Setting("online_store", str, "sqlite", "Where online features are served from.", choices=("sqlite", "redis")),
    Setting("redis_url", str, "", "URL of the Redis server of the online store.", secret=True),
    Setting("engine", str, "local", "Where parallel work runs.", choices=("local", "ray")),
    Setting("ray_address", str, "", "Address of a Ray cluster; empty starts one on this machine."),
    Setting("engine_workers", int, "2", "Processes that parallel work may use on this machine."),
    Setting(
        "clock", str, "system", "Time source: the machine, or the file a replay writes.", choices=("system", "replay")
    ),
    Setting("day_starts_at", _clock_time, "00:00", "UTC time at which a business day, and with it a window, begins."),
    Setting(
        "most_slices", int, "5000", "Slices of one monitor beyond which the rest are counted together as '(other)'."
    ),
    Setting("catch_up_windows", int, "400", "How many windows back those that no monitor measured are made up for."),
    Setting("data_wait_s", int, "3600", "Seconds that a night waits for the rows of its day before it stops."),
    Setting("host", str, "127.0.0.1", "Address that the console and the serving process listen on."),
    Setting("port", int, "8321", "Port of the console and the control API."),
    Setting("public_url", str, "", "Address at which people reach the console, for links in notices."),
    Setting("sev1_update_minutes", int, "30", "Minutes between status updates of an incident of severity sev1."),
    Setting("sev2_update_minutes", int, "60", "Minutes between status updates of an incident of severity sev2."),
    Setting("sev3_update_minutes", int, "240", "Minutes between status updates of an incident of severity sev3."),
    Setting("notice_days", int, "90", "Days that notices which are over stay in the outbox; the ledger keeps theirs."),
    Setting("require_token", _flag, "false", "Whether console and API ask callers on this machine for a token too."),
    Setting(
        "follow_up_days", int, "7", "Days after its day until more people than its owner hear of a late follow-up."
    ),
    Setting("follow_up_lead", str, "", "Who hears of follow-ups that stay late, beside their owners."),
    Setting("most_silence", str, "7d", "The longest that alerts may be kept quiet by one silence."),
    Setting(
        "alert_precision",
        int,
        "50",
        "Percent of the judged alerts of a rule that should be useful; a rule shown to be below is named as noise.",
    ),
    Setting("serving_port", int, "8322", "Port of the serving process."),
    Setting("serving_queue", int, "256", "Requests that may wait in the serving process before new ones are refused."),
    Setting("metric_slices", int, "0", "Slices of each monitor that GET /metrics tells of, those furthest out first."),
    Setting("traces_endpoint", str, "", "OTLP/HTTP address that traces are sent to; empty sends and costs nothing."),
    Setting("vault", str, "file", "Where keys of pseudonyms and persons are kept.", choices=("file", "database")),
    Setting(
        "vault_key_file",
        str,
        ".steek-keys/master.key",
        "File of the master key that wraps the vault, relative to the project; keep it out of backups of data_path.",
    ),
    Setting("vault_key", str, "", "The master key itself, base64 of 32 bytes; wins over vault_key_file.", secret=True),
    Setting(
        "erasure_delay", str, "72h", "How long a person's erasure waits before it is carried out, and can be cancelled."
    ),
    Setting(
        "jurisdictions",
        str,
        "",
        "Whose law allows data to lie in this lake, e.g. US,EU; datasets of others are refused. Empty refuses none.",
    ),
    Setting(
        "contract_changes",
        str,
        "guarded",
        "Whether a batch may bring a contract that breaks the one that holds without a proposal that was applied.",
        choices=("guarded", "free"),
    ),
    Setting("change_approval", str, "4h", "How long the approval of a change that a freeze holds waits to be used."),
    Setting("agreement_wait", str, "24h", "How long others may agree to a mitigation, and how long that then serves."),
    Setting("incident_watch", str, "3d", "How long a resolved incident is watched: what comes back then reopens it."),
    Setting("max_batch_bytes", int, "1000000000", "Largest batch that ingestion accepts, in bytes."),
    Setting("max_expanded_bytes", int, "8000000000", "What one batch may grow to when decompressed, in bytes."),
    Setting(
        "spool_max_bytes", int, "20000000000", "Acknowledged bytes that may wait for their commit on this machine."
    ),
    Setting("emergency_max_minutes", int, "60", "The longest that raw personal data may be open in an emergency."),
    Setting("emergency_max_rows", int, "100", "Rows that one query may give while raw data are open in an emergency."),
    Setting("emergency_approvers", str, "owner,privacy", "Roles that may grant emergency access, separated by commas."),
    Setting("privacy_contact", str, "", "Owner of the notices that tell of emergency access to raw personal data."),
    Setting(
        "concern_contacts",
        str,
        "",
        "Principals who read concerns, separated by commas; empty takes those of the role owner.",
    ),
    Setting("signal_window", str, "24h", "How close in time signals must lie to prompt a declaration together."),
    Setting(
        "severity_rules",
        str,
        "users:100/10000,partners:1/10,predictions:1000/1000000,money:1000/100000,slices:10/1000,systems:10",
        "From how much harm an incident is sev2 and sev1, as name:sev2/sev1; systems counts towards sev2 only.",
    ),
    Setting("most_attachment_bytes", int, "10000000", "Largest file that can be attached to an incident, in bytes."),
    Setting("commit_every_ms", int, "500", "Longest pause between commits of the spool while a console runs."),
)
_TABLE = {setting.name: setting for setting in SETTINGS}


@dataclass(frozen=True, slots=True)
class Settings:
    """Values of all settings of one project, and where each came from."""

    project_path: Path
    values: Mapping[str, object]
    origins: Mapping[str, str] = field(default_factory=dict[str, str])
    # Tables below [notify.targets]; texts that name a variable are secrets already.
    notify_targets: Mapping[str, Mapping[str, object]] = field(
        default_factory=dict[str, Mapping[str, object]], repr=False
    )

    def text(self, name: str) -> str:
        return str(self.values[name])

    def number(self, name: str) -> int:
        value = self.values[name]
        assert isinstance(value, int)
        return value

    def flag(self, name: str) -> bool:
        return self.values[name] is True

    @property
    def name(self) -> str:
        return self.text("name") or self.project_path.name

    @property
    def modules(self) -> list[str]:
        return list(listed(self.text("modules")))

    @property
    def data_path(self) -> Path:
        return self.project_path / self.text("data_path")

    @property
    def database_url(self) -> str:
        return self.text("database_url") or f"sqlite:///{self.data_path / 'steek.db'}"

    @property
    def workflow_database_url(self) -> str:
        if self.text("workflow_database_url"):
            return self.text("workflow_database_url")
        if self.text("database_url"):
            return self.text("database_url")
        return f"sqlite:///{self.data_path / 'workflows.db'}"

    @property
    def lake_uri(self) -> str:
        return self.text("lake_uri") or str(self.data_path / "lake")

    @property
    def lake_options(self) -> dict[str, str]:
        pairs = (part.split("=", 1) for part in self.text("lake_options").split(",") if part)
        return {key.strip(): value.strip() for key, value in pairs}

    @property
    def day_starts_at(self) -> time:
        value = self.values["day_starts_at"]
        assert isinstance(value, time)
        return value

    def shown(self) -> list[dict[str, str]]:
        """Rows for people: name, value, origin, help; secrets are hidden."""
        return [
            {
                "name": setting.name,
                "value": "(hidden)" if setting.secret and self.values[setting.name] else str(self.values[setting.name]),
                "origin": self.origins.get(setting.name, "default"),
                "variable": setting.variable,
                "help": setting.help,
            }
            for setting in SETTINGS
        ]


def listed(text: str) -> tuple[str, ...]:
    """The names in the text of a setting that lists them, separated by commas.

    >>> listed("owner, privacy,")
    ('owner', 'privacy')
    """
    return tuple(part.strip() for part in text.split(",") if part.strip())


def find_project(start: Path) -> Path:
    """The nearest folder at or above `start` that holds a steek.toml.

    Raises:
        NotFoundError: there is none.
    """
    for folder in (start, *start.parents):
        if (folder / PROJECT_FILE).is_file():
            return folder
    message = f"no {PROJECT_FILE} in {start} or any folder above it"
    raise NotFoundError(message, next_step="Run 'steek init' here, or give --project FOLDER.")


def load_settings(
    project_path: Path, *, overrides: Mapping[str, str] | None = None, environment: Mapping[str, str] | None = None
) -> Settings:
    """Read the settings of the project in `project_path`.

    Args:
        project_path: Folder that holds steek.toml.
        overrides: Values that win over everything, as text.
        environment: Environment variables; by default those of this process.

    Raises:
        SettingsError: an unknown key (with the nearest name), a value of the wrong form, or broken TOML.
    """
    variables = os.environ if environment is None else environment  # noqa: TID251 - the one home
    content = _read_file(project_path / PROJECT_FILE)
    targets = read_targets(content.pop("notify", {}), variables)
    layers: list[tuple[str, Mapping[str, str]]] = [
        (PROJECT_FILE, {name: _as_text(name, value) for name, value in content.items()}),
        ("environment", _read_environment(variables)),
        ("argument", overrides or {}),
    ]
    texts = {setting.name: setting.default for setting in SETTINGS}
    origins: dict[str, str] = {}
    for origin, layer in layers:
        for name, text in layer.items():
            _known(name, origin)
            texts[name] = text
            origins[name] = origin
    values = {name: _parse(_TABLE[name], text, origins.get(name, "default")) for name, text in texts.items()}
    return Settings(project_path.resolve(), values, origins, targets)


def _read_file(path: Path) -> dict[str, object]:
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as cause:
        message = f"{path.name} is not valid TOML: {cause}"
        raise SettingsError(message, next_step="Mend the line that the message names.") from cause


def _as_text(name: str, value: object) -> str:
    if isinstance(value, list):
        return ",".join(str(item) for item in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, str | int):
        return str(value)
    message = f"setting {name!r} in {PROJECT_FILE} must be text, a whole number or a list, not {type(value).__name__}"
    raise SettingsError(message, next_step="Settings are flat: no [tables] but [notify.targets.NAME].")


def _read_environment(variables: Mapping[str, str]) -> dict[str, str]:
    prefix = "STEEK_"
    return {key.removeprefix(prefix).lower(): value for key, value in variables.items() if key.startswith(prefix)}


def _known(name: str, origin: str) -> None:
    if name not in _TABLE:
        message, hint = describe_unknown("setting", name, _TABLE)
        raise SettingsError(f"{origin}: {message}", next_step=hint or "See 'steek settings'.")


def _parse(setting: Setting, text: str, origin: str) -> object:
    if setting.choices and text not in setting.choices:
        message = f"{origin}: setting {setting.name} is {text!r}; allowed: {', '.join(setting.choices)}"
        raise SettingsError(message)
    try:
        return setting.parse(text)
    except ValueError as cause:
        message = f"{origin}: setting {setting.name} is {text!r}, which is not a valid value: {cause}"
        raise SettingsError(message, next_step=setting.help) from cause
