"""The real Prometheus and the real Alertmanager, as users run them."""

import shutil
import subprocess
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from shop_world import free_port, wait_for


@contextmanager
def prometheus_server(folder: Path, target: str) -> Generator[str]:
    """A Prometheus that scrapes `target` five times a second; gives its address."""
    port = free_port()
    scraped = f"{{job_name: steek, static_configs: [{{targets: ['{target}']}}]}}"
    config = folder / "prometheus.yml"
    config.write_text(f"global: {{scrape_interval: 200ms, scrape_timeout: 200ms}}\nscrape_configs: [{scraped}]\n")
    words = [
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with _running("prometheus", words, f"http://127.0.0.1:{port}/-/ready") as address:
        yield address


@contextmanager
def alertmanager_server(folder: Path, webhook: str) -> Generator[str]:
    """An Alertmanager that tells a webhook of everything at once; gives its address."""
    port = free_port()
    config = folder / "alertmanager.yml"
    waits = "group_wait: 100ms, group_interval: 200ms, repeat_interval: 1s, group_by: ['...']"
    receiver = f"{{name: steek, webhook_configs: [{{url: '{webhook}', send_resolved: true}}]}}"
    config.write_text(f"route: {{receiver: steek, {waits}}}\nreceivers: [{receiver}]\n")
    words = [
        f"--config.file={config}",
        f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    with _running("prometheus-alertmanager", words, f"http://127.0.0.1:{port}/-/ready") as address:
        yield address


@contextmanager
def _running(binary: str, words: Sequence[str], ready: str) -> Generator[str]:
    program = shutil.which(binary)
    if program is None:
        pytest.skip(f"{binary} is not installed: apt-get install {binary}")
    with subprocess.Popen([program, *words, "--log.level=error"], stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(ready, process)
            yield ready.removesuffix("/-/ready")
        finally:
            process.terminate()
            process.wait(10)
