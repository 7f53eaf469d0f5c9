"""One strict table of settings: precedence, origins, secrets, and errors that say where and what."""

from datetime import time
from pathlib import Path

import pytest

from steek.kernel.errors import NotFoundError, SettingsError
from steek.kernel.settings import SETTINGS, Settings, find_project, load_settings


def load(tmp_path: Path, toml: str = "", **where: dict[str, str]) -> Settings:
    (tmp_path / "steek.toml").write_text(toml, encoding="utf-8")
    return load_settings(tmp_path, overrides=where.get("overrides"), environment=where.get("environment", {}))


def test_defaults_are_enough_and_lie_below_the_project(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings.name == tmp_path.name
    assert settings.database_url == f"sqlite:///{tmp_path.resolve()}/.steek/steek.db"
    assert settings.workflow_database_url == f"sqlite:///{tmp_path.resolve()}/.steek/workflows.db"
    assert settings.lake_uri == f"{tmp_path.resolve()}/.steek/lake"
    assert (settings.number("port"), settings.number("serving_port")) == (8321, 8322)
    assert settings.day_starts_at == time(0)
    assert settings.modules == []
    assert settings.lake_options == {}


def test_argument_beats_environment_beats_file_beats_default(tmp_path: Path) -> None:
    toml = 'port = 1\nserving_port = 1\nserving_queue = 1\nmodules = ["grocer.datasets", "grocer.models"]'
    environment = {"STEEK_SERVING_PORT": "2", "STEEK_SERVING_QUEUE": "2", "PATH": "/bin"}
    settings = load(tmp_path, toml, environment=environment, overrides={"serving_queue": "3"})
    assert [settings.number(name) for name in ("port", "serving_port", "serving_queue")] == [1, 2, 3]
    assert [settings.origins[name] for name in ("port", "serving_port", "serving_queue")] == [
        "steek.toml",
        "environment",
        "argument",
    ]
    assert settings.modules == ["grocer.datasets", "grocer.models"]


def test_one_database_url_serves_the_workflows_too_unless_they_have_their_own(tmp_path: Path) -> None:
    shared = load(tmp_path, 'database_url = "postgresql://host/steek"')
    assert shared.workflow_database_url == "postgresql://host/steek"
    own = load(tmp_path, 'database_url = "postgresql://host/steek"\nworkflow_database_url = "postgresql://host/flows"')
    assert own.workflow_database_url == "postgresql://host/flows"


def test_lake_options_may_hold_equals_signs(tmp_path: Path) -> None:
    settings = load(tmp_path, overrides={"lake_options": "aws_secret=a=b==, region = eu"})
    assert settings.lake_options == {"aws_secret": "a=b==", "region": "eu"}


def test_secrets_are_never_shown(tmp_path: Path) -> None:
    settings = load(tmp_path, 'redis_url = "redis://:hunter2@host"\nlake_options = "key=hunter2"')
    shown = {row["name"]: row for row in settings.shown()}
    assert list(shown) == [setting.name for setting in SETTINGS]
    assert shown["redis_url"]["value"] == "(hidden)"
    assert "hunter2" not in str(shown)
    assert shown["database_url"]["value"] == ""
    assert shown["port"] == {
        "name": "port",
        "value": "8321",
        "origin": "default",
        "variable": "STEEK_PORT",
        "help": "Port of the console and the control API.",
    }


@pytest.mark.covers("N3")
@pytest.mark.parametrize(
    ("toml", "environment", "message"),
    [
        ("serving_prot = 1", {}, r"steek.toml: no setting named 'serving_prot'(.|\n)*Did you mean 'serving_port'\?"),
        ("", {"STEEK_ENGIN": "ray"}, r"environment: no setting named 'engin'(.|\n)*Did you mean 'engine'\?"),
        ('engine = "spark"', {}, "steek.toml: setting engine is 'spark'; allowed: local, ray"),
        ('port = "eighty"', {}, "steek.toml: setting port is 'eighty', which is not a valid value"),
        ("", {"STEEK_DAY_STARTS_AT": "26:00"}, "environment: setting day_starts_at is '26:00'"),
        ("port = ", {}, "steek.toml is not valid TOML"),
        ("[serving]\nport = 1", {}, "setting 'serving' in steek.toml must be text, a whole number or a list, not dict"),
        ("port = 1.5", {}, "must be text, a whole number or a list, not float"),
    ],
)
def test_wrong_settings_are_told_with_place_value_and_what_is_allowed(
    tmp_path: Path, toml: str, environment: dict[str, str], message: str
) -> None:
    with pytest.raises(SettingsError, match=message) as raised:
        load(tmp_path, toml, environment=environment)
    assert raised.value.message


@pytest.mark.covers("N3")
def test_a_file_that_is_not_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "steek.toml").write_bytes(b"\xff\xfe name")
    with pytest.raises(SettingsError, match=r"steek\.toml is not valid TOML"):
        load_settings(tmp_path, environment={})


def test_a_project_is_found_from_below(tmp_path: Path) -> None:
    (tmp_path / "steek.toml").touch()
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert find_project(tmp_path / "a" / "b") == tmp_path


@pytest.mark.covers("N3")
def test_outside_of_a_project_the_way_in_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"no steek\.toml in") as raised:
        find_project(tmp_path)
    assert raised.value.next_step == "Run 'steek init' here, or give --project FOLDER."


def test_every_default_is_a_valid_value_and_there_are_fewer_than_sixty(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert set(settings.values) == {setting.name for setting in SETTINGS}
    assert len(SETTINGS) < 60


@pytest.mark.covers("N3", "O11")
@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("notify = 1", r"notify in steek\.toml must be a table, not int"),
        (
            "[notify.target.x]\nkind = 'webhook'",
            r"no table in \[notify\] named 'target'(.|\n)*Did you mean 'targets'\?",
        ),
        ("[notify.targets]\nx = 1", r"notify\.targets\.x in steek\.toml must be a table, not int"),
    ],
)
def test_targets_are_tables_below_their_own_name(tmp_path: Path, toml: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        load(tmp_path, toml)


@pytest.mark.covers("O11")
def test_what_a_target_takes_from_the_environment_is_a_secret(tmp_path: Path) -> None:
    toml = "[notify.targets.pager]\nkind = 'pagerduty'\nrouting_key = 'env:PAGER_KEY'"
    settings = load(tmp_path, toml, environment={"PAGER_KEY": "hunter2"})
    assert settings.notify_targets["pager"]["kind"] == "pagerduty"
    assert "hunter2" not in f"{settings!r} {settings.notify_targets} {settings.shown()}"
