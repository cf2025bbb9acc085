"""The console script and `python -m leasekey` are the command line of Rust."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from importlib.metadata import entry_points

import leasekey


def leasekey_line(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "leasekey", *words]
    env = {**os.environ, **environment}
    return subprocess.run(line, env=env, timeout=60, capture_output=True, text=True, check=False)


def test_one_set_is_printed_for_programs(orders: str) -> None:
    printed = leasekey_line("creds", "--role", orders, "--format", "credential-process")
    assert (printed.returncode, printed.stderr) == (0, "")
    told = json.loads(printed.stdout)
    assert told["Version"] == 1 and told["AccessKeyId"].startswith("ASIA")


def test_exit_codes_and_streams_are_those_of_the_binary() -> None:
    version = leasekey_line("--version")
    assert (version.returncode, version.stdout) == (0, f"leasekey {leasekey.__version__}\n")
    assert leasekey_line("explain", "LK-0106").returncode == 0
    wrong = leasekey_line("explain", "LK-9999")
    assert wrong.returncode == 2 and wrong.stdout == "" and wrong.stderr


def test_the_console_script_is_installed() -> None:
    scripts = [script for script in entry_points(group="console_scripts") if script.name == "leasekey"]
    assert [script.value for script in scripts] == ["leasekey.__main__:main"]


def test_an_interrupt_ends_the_command() -> None:
    line = [sys.executable, "-m", "leasekey", "creds", "--role", "orders"]
    silent = {"VAULT_ADDR": "http://127.0.0.1:9", "LEASEKEY_ROLE_ID": "r", "LEASEKEY_SECRET_ID": "c4nary-5f0c1e"}
    with subprocess.Popen(line, env={**os.environ, **silent}, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as command:
        time.sleep(0.3)
        command.send_signal(signal.SIGINT)
        assert command.wait(10) in (-signal.SIGINT, 1)
