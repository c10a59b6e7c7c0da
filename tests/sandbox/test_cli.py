"""The sandbox by hand."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).resolve().parents[2]


def start(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "dubadmin.sandbox", *arguments],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_interrupted(tmp_path, number):
    path = tmp_path / "var" / "dub.sqlite3"
    with start("--port", "0", "--customers", "40", f"--path={path}", "--key=dub_k") as process:
        line = process.stdout.readline()
        url = re.search(r"http://127\.0\.0\.1:\d+", line)[0]
        assert "dub_k" in line
        headers = {"Authorization": "Bearer dub_k"}
        answer = requests.get(f"{url}/customers/count", headers=headers, timeout=5)
        assert answer.json() == 40
        process.send_signal(number)
        assert process.wait(5) == 0
        assert process.stderr.read() == ""
    assert path.exists()


def test_a_taken_port_is_one_line_and_exit_1():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with start("--port", str(port)) as process:
            assert process.wait(5) == 1
            lines = process.stderr.read().splitlines()
    assert len(lines) == 1
    assert f"cannot start on port {port}" in lines[0]
