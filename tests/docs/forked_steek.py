"""`steek` on a reader's path whose commands are forked after the imports: as fresh as `python -m steek`, and faster."""

import socket
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

ZYGOTE = Path(__file__).parent.parent / "platform" / "zygote.py"
# Runs without site packages: it only says what to run, and prints what came of it.
CLIENT = """#!{python} -IS
import json, os, socket, sys, tempfile

with tempfile.TemporaryDirectory() as scratch, socket.create_connection(("127.0.0.1", {port})) as server:
    out, error = (os.path.join(scratch, name) for name in ("stdout", "stderr"))
    order = dict(words=sys.argv[1:], folder=os.getcwd(), environment=dict(os.environ), most_file_bytes=None)
    server.sendall((json.dumps(order | dict(stdout=out, stderr=error)) + "\\n").encode())
    status = int(server.makefile().readline())
    for path, stream in ((out, sys.stdout), (error, sys.stderr)):
        with open(path, "rb") as said:
            stream.buffer.write(said.read())
sys.exit(status)
"""


@contextmanager
def forked_steek(script: Path, environment: Mapping[str, str]) -> Generator[None]:
    """Write the command, and answer it until the block ends."""
    command = [sys.executable, str(ZYGOTE)]
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(environment)
        ) as zygote,
    ):
        port: int = listening.getsockname()[1]
        script.write_text(CLIENT.format(python=sys.executable, port=port), encoding="utf-8")
        script.chmod(0o755)
        Thread(target=_answer, args=(listening, zygote), daemon=True).start()
        try:
            yield
        finally:
            with socket.create_connection(("127.0.0.1", port)) as ending:
                ending.sendall(b"\n")
                ending.recv(1)


def _answer(listening: socket.socket, zygote: "subprocess.Popen[str]") -> None:
    """One command after the other, as a reader types them; an empty line ends it."""
    assert zygote.stdin is not None
    assert zygote.stdout is not None
    while True:
        caller, _ = listening.accept()
        with caller, caller.makefile("rw", encoding="utf-8") as talk:
            line = talk.readline()
            if not line.strip():
                return
            zygote.stdin.write(line)
            zygote.stdin.flush()
            talk.write(zygote.stdout.readline())
            talk.flush()
