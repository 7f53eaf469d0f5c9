"""Pictures of the console for the README, taken in a real browser from a project that has run.

python scripts/screenshots.py examples/grocer/.steek --port 8621
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "pictures"
WIDTH = 1440
MOST_BYTES = 300_000
START_S = 60


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: the first `height` pixels of a page."""

    name: str
    path: str
    height: int


def take(browser: Browser, address: str, folder: Path, *, scheme: str = "light") -> list[Path]:
    """Take overview, newest incident and first model of a console as PNG files; those that exist are replaced.

    Args:
        browser: Chromium.
        address: Of the console, without a slash at its end.
        folder: Where the files go.
        scheme: "light" or "dark".

    Raises:
        RuntimeError: a page holds a broken picture, or a file would be larger than a README should load.
    """
    page = browser.new_page(viewport={"width": WIDTH, "height": 1000}, color_scheme=scheme)  # pyright: ignore[reportArgumentType] - a literal by contract
    taken = [_shoot(page, address, shot, folder) for shot in _shots(page, address)]
    page.close()
    return taken


def _shots(page: Page, address: str) -> list[Shot]:
    page.goto(f"{address}/incidents")
    incidents = re.findall(r'href="(/incidents/[^"/?#]+)"', page.content())
    page.goto(f"{address}/")
    models = re.findall(r'class="name" href="(/models/[^"#]+)"', page.content())
    found = [Shot("overview", "/", 1140)]
    found += [Shot("incident", path, 1120) for path in incidents[:1]]
    found += [Shot("model", path, 1000) for path in models[:1]]
    return found


def _shoot(page: Page, address: str, shot: Shot, folder: Path) -> Path:
    page.set_viewport_size({"width": WIDTH, "height": shot.height})
    page.goto(address + shot.path, wait_until="load")
    page.wait_for_function("[...document.images].every((one) => one.loading === 'lazy' || one.complete)")
    page.evaluate("Promise.all([...document.images].map((one) => { one.loading = 'eager'; return one.decode(); }))")
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{shot.name}.png"
    page.screenshot(path=target, animations="disabled")
    size_bytes = target.stat().st_size
    if size_bytes > MOST_BYTES:
        message = f"{target.name} has {size_bytes:,} bytes; a README should load at most {MOST_BYTES:,}"
        raise RuntimeError(message)
    return target


@contextmanager
def console(project: Path, data: Path, port: int) -> Generator[str]:
    """Serve the console of a project on a folder of data until the block ends; its address."""
    environment = {**os.environ, "STEEK_DATA_PATH": str(data), "STEEK_PORT": str(port)}  # noqa: TID251
    environment["STEEK_SERVING_PORT"] = str(port + 1)
    process = subprocess.Popen([sys.executable, "-m", "steek", "console"], cwd=project, env=environment)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_it_answers(process, address)
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def _wait_until_it_answers(process: subprocess.Popen[bytes], address: str) -> None:
    until_s = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < until_s:
        try:
            httpx.get(address).raise_for_status()
        except httpx.TransportError:
            time.sleep(0.2)
        else:
            return
    message = f"the console does not answer on {address}"
    raise RuntimeError(message)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of data that a project has written")
    parser.add_argument("--project", type=Path, default=ROOT / "examples" / "grocer", help="folder of the project")
    parser.add_argument("--port", type=int, default=8621, help="a free port")
    parser.add_argument("--to", type=Path, default=PICTURES, help="where the pictures go")
    options = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.stderr.write("chromium is not installed: apt-get install chromium\n")
        return 1
    with console(options.project, options.data.resolve(), options.port) as address, sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        for picture in take(browser, address, options.to):
            sys.stdout.write(f"{picture} {picture.stat().st_size:,} bytes\n")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
