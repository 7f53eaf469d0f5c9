"""A project that is wrong is told where, by every command, and nothing is made of it."""

from pathlib import Path

import pytest
from shop_world import Shell, new_shop


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A terminal in a new shop without any data."""
    return Shell(new_shop(tmp_path / "shop"))


def append(shell: Shell, file: str, text: str) -> int:
    """Add text to a file of the project; the number of its first line."""
    path = shell.folder / file
    before = path.read_text()
    path.write_text(before + text)
    return before.count("\n") + 1


def declare(shell: Shell, line: str) -> None:
    """Add a line to the settings, above the first table, where settings of the project stand."""
    path = shell.folder / "steek.toml"
    before, table, after = path.read_text().partition("\n[")
    path.write_text(f"{before}\n{line}\n{table}{after}")


def refuse(shell: Shell, status: int, code: str, what: str, next_step: str) -> None:
    done = shell.steek("status", "--json")
    assert done.status == status, done.stderr
    problem = done.problem
    assert problem["error"] == code
    assert what in problem["message"]
    assert next_step in problem["next_step"]
    assert [path.name for path in (shell.folder / ".steek").iterdir()] == ["clock"]


@pytest.mark.covers("N3")
def test_an_unknown_setting_names_the_nearest(shell: Shell) -> None:
    declare(shell, "servin_port = 8400")
    refuse(shell, 3, "settings", "steek.toml: no setting named 'servin_port'", "Did you mean 'serving_port'?")


@pytest.mark.covers("N3")
@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('port = "web"', "steek.toml: setting port is 'web', which is not a valid value"),
        ('online_store = "memory"', "setting online_store is 'memory'; allowed: sqlite, redis"),
        ('day_starts_at = "6 am"', "setting day_starts_at is '6 am'"),
        ("[serving]\nport = 1", "setting 'serving' in steek.toml must be text"),
        ("port = ", "steek.toml is not valid TOML"),
    ],
)
def test_a_setting_of_the_wrong_form_is_named_with_its_value(shell: Shell, line: str, what: str) -> None:
    declare(shell, line)
    refuse(shell, 3, "settings", what, "")


@pytest.mark.covers("N3")
def test_an_unknown_variable_of_the_environment_is_named(shell: Shell) -> None:
    done = shell.steek("status", "--json", STEEK_PROT="8400")
    assert (done.status, done.problem["next_step"]) == (3, "Did you mean 'port'?")


@pytest.mark.covers("N3")
def test_a_module_that_raises_is_named_with_its_line(shell: Shell) -> None:
    line = append(shell, "storefront.py", "\nassert OWNER == 'nobody', 'who owns it?'\n") + 1
    what = "the project's module 'storefront' cannot be imported: AssertionError: who owns it?"
    refuse(shell, 3, "declaration", what, f"{shell.folder}/storefront.py, line {line}")


@pytest.mark.covers("N3")
def test_a_module_that_python_cannot_read_is_named_with_its_line(shell: Shell) -> None:
    line = append(shell, "storefront.py", "def (:\n")
    refuse(shell, 3, "declaration", "SyntaxError", f"{shell.folder}/storefront.py, line {line}")


@pytest.mark.covers("N3")
def test_a_module_that_imports_what_is_not_there_is_named_with_its_line(shell: Shell) -> None:
    line = append(shell, "storefront.py", "import no_such_library\n")
    what = "ModuleNotFoundError: No module named 'no_such_library'"
    refuse(shell, 3, "declaration", what, f"{shell.folder}/storefront.py, line {line}")


@pytest.mark.covers("N3")
def test_a_module_that_does_not_exist_points_to_the_setting(shell: Shell) -> None:
    (shell.folder / "storefront.py").rename(shell.folder / "front.py")
    refuse(shell, 3, "settings", "module 'storefront' does not exist", "Correct 'modules' in steek.toml")


@pytest.mark.covers("N3")
def test_a_contract_that_is_missing_is_named_with_its_path(shell: Shell) -> None:
    (shell.folder / "contracts" / "sales.yaml").unlink()
    refuse(shell, 4, "not_found", f"no contract at {shell.folder}/contracts/sales.yaml", "mend the path")


TWICE = {
    "datasets": 'again = sk.Dataset("sales", contract="contracts/sales.yaml", owner=OWNER)',
    "models": "again = dataclasses.replace(shop_demand, seed=8)",
    "datasets of both kinds": """
@sk.derived_dataset(event_time="sold_at", owner=OWNER)
def products(sales: pl.LazyFrame) -> pl.LazyFrame:
    return sales
other = sk.Dataset("products", contract="contracts/products.yaml", mode="replace", owner=OWNER)
""",
    "feature declarations": """
other = shop_recent
@sk.moment_features(owner=OWNER)
def shop_recent(moment: pl.Expr) -> dict[str, pl.Expr]:
    return {}
""",
}


@pytest.mark.covers("N3")
@pytest.mark.parametrize("what", TWICE)
def test_two_declarations_of_one_name_are_refused(shell: Shell, what: str) -> None:
    append(shell, "storefront.py", f"import dataclasses\n{TWICE[what]}\n")
    kind = what.removesuffix(" of both kinds")
    refuse(shell, 3, "declaration", f"two {kind} are named", "Rename one of them")
