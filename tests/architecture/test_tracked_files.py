"""What is under version control is about steek alone: no paths or hosts of the machine it was written on."""

import re
from pathlib import Path

from house import ROOT, tracked_files

TEXT = {
    ".py",
    ".pyi",
    ".md",
    ".toml",
    ".txt",
    ".yaml",
    ".yml",
    ".html",
    ".css",
    ".js",
    ".svg",
    ".json",
    ".cfg",
    ".ini",
    "",
}
MACHINE_PATHS = re.compile(r"/(work|root|tmp|home|Users)/")
REGISTRIES = re.compile(r"--(extra-)?index-url|--trusted-host|//[\w.-]*(pythonhosted|artifactory|nexus|devpi|/simple/)")


def found(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number} {line.strip()[:100]}"
        for path in tracked_files()
        if path.suffix in TEXT and path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_file_names_a_path_of_one_machine() -> None:
    assert found(MACHINE_PATHS) == []


def test_no_file_names_a_package_registry() -> None:
    assert found(REGISTRIES) == []


def test_no_file_is_large() -> None:
    large = [
        f"{path.relative_to(ROOT)}: {path.stat().st_size}"
        for path in tracked_files()
        if path.stat().st_size > 1_500_000
    ]
    assert not large, "\n".join(large)
