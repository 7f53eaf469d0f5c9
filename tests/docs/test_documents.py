"""Documents: links lead somewhere, commands exist, code compiles, the changelog knows the version."""

import ast
import re
import tomllib
from pathlib import Path

import yaml

from steek.cli.root import NOUNS

ROOT = Path(__file__).parent.parent.parent
DOCUMENTS = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_every_link_between_files_leads_somewhere() -> None:
    dead = [
        f"{document.relative_to(ROOT)}: {target}"
        for document in DOCUMENTS
        for target in LINK.findall(document.read_text(encoding="utf-8"))
        if not target.startswith(("http://", "https://", "#", "mailto:"))
        if not (document.parent / target.partition("#")[0]).exists()
    ]
    assert not dead, "\n".join(dead)


def test_every_command_that_a_document_names_exists() -> None:
    unknown = [
        f"{document.relative_to(ROOT)}: steek {noun}"
        for document in DOCUMENTS
        for noun in re.findall(r"[`$] ?steek ([a-z-]+)", document.read_text(encoding="utf-8"))
        if noun not in NOUNS
    ]
    assert not unknown, "\n".join(unknown)


def test_every_make_target_that_a_document_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {
        target
        for document in DOCUMENTS
        for target in re.findall(r"(?:`|^)make ([a-z]+)", document.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert named <= targets


def test_examples_of_python_compile() -> None:
    for document in DOCUMENTS:
        for language, code in FENCE.findall(document.read_text(encoding="utf-8")):
            if language == "python":
                ast.parse(code, filename=str(document))


def test_the_changelog_begins_with_the_version_of_the_package() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    releases = re.findall(r"^## \[([\d.]+)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert releases[0] == version


def test_every_decision_has_its_number_and_its_parts() -> None:
    pages = sorted((ROOT / "docs" / "adr").glob("*.md"))
    for number, page in enumerate(pages, start=1):
        text = page.read_text(encoding="utf-8")
        assert page.name.startswith(f"{number:04}-")
        assert text.startswith(f"# {number}. ")
        assert re.findall(r"^## (\w+)", text, re.MULTILINE) == ["Situation", "Decision", "Consequences"]


def test_hooks_are_local_and_call_nothing_that_has_to_be_fetched() -> None:
    repositories = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert [repository["repo"] for repository in repositories] == ["local"]
    assert {hook["language"] for hook in repositories[0]["hooks"]} == {"system"}


def test_pictures_serve_light_and_dark_and_say_what_they_show() -> None:
    for picture in (ROOT / "docs" / "pictures").glob("*.svg"):
        text = picture.read_text(encoding="utf-8")
        assert "prefers-color-scheme: dark" in text
        assert "<title" in text
        assert "<desc" in text
