"""Forks while nobody answers as Vault, and exits in the middle of anything."""

from __future__ import annotations

import concurrent.futures
import os
import random
import subprocess
import sys
import time
from typing import Any

import leasekey
from conftest import Rows

FORKS = 100
EXITS = 1000
# Seconds: the first login, issue and refresh are done by then.
LATEST = 0.5
# As many as there are cores on the smallest machine: more would wait for each other, not for us.
AT_ONCE = 2

FORWARD = """
import socket, sys, threading
host, port = sys.argv[1].split("//")[1].split(":")
door = socket.create_server(("127.0.0.1", 0))
print(door.getsockname()[1], flush=True)
def pump(a, b):
    try:
        while data := a.recv(65536): b.sendall(data)
    except OSError: pass
    b.close()
while True:
    near, _ = door.accept()
    far = socket.create_connection((host, int(port)))
    for pair in ((near, far), (far, near)):
        threading.Thread(target=pump, args=pair, daemon=True).start()
"""


def on_a_line_that_is_cut() -> Any:
    """A provider with a set in hand, whose Vault is gone."""
    line = [sys.executable, "-c", FORWARD, os.environ["VAULT_ADDR"]]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as forward:
        assert forward.stdout is not None
        address = f"http://127.0.0.1:{forward.stdout.readline().strip()}"
        vault = leasekey.credentials(role="orders", address=address)
        vault.get()
        forward.kill()
    return vault


def child(vault: Any, held: str) -> tuple[float, int]:
    """The milliseconds of a forked child's first get, and the sets that were issued to it."""
    read, write = os.pipe()
    process = os.fork()
    if process == 0:
        began = time.perf_counter()
        same = vault.get().access_key_id == held
        took = (time.perf_counter() - began) * 1000
        # It inherited the count of its parent: one.
        os.write(write, f"{took} {vault.stats.issues - 1 if same else FORKS}".encode())
        os._exit(0)
    os.waitpid(process, 0)
    took, issues = os.read(read, 100).decode().split()
    os.close(read)
    os.close(write)
    return float(took), int(issues)


def bench_fork(rows: Rows) -> None:
    vault = on_a_line_that_is_cut()
    held = vault.get().access_key_id
    told = [child(vault, held) for _ in range(FORKS)]
    slowest, issues = max(took for took, _ in told), sum(issues for _, issues in told)
    rows.alone("fork_first_get", slowest, "ms", "<= 5 ms, the slowest of 100", slowest <= 5)
    rows.alone("fork_issues", issues, "issues", "= 0", issues == 0)


EXIT = """
import sys, threading, time, leasekey
vault = leasekey.credentials(role="orders", deadline=5)
def work():
    while True:
        try: vault.refresh()
        except leasekey.LeasekeyError: pass
for _ in range(2): threading.Thread(target=work, daemon=True).start()
time.sleep(float(sys.argv[1]))
sys.exit(7)
"""


def ended(moment: float) -> int:
    """How a program ended that exits with 7 at this moment: a signal is negative."""
    line = [sys.executable, "-c", EXIT, str(moment)]
    return subprocess.run(line, check=False, stderr=subprocess.DEVNULL).returncode


def bench_exit(rows: Rows) -> None:
    moments = [random.random() * LATEST for _ in range(EXITS)]
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as running:
        codes = list(running.map(ended, moments))
    signals = sum(code < 0 for code in codes)
    changed = sum(code >= 0 and code != 7 for code in codes)
    rows.alone("exit_signals", signals, "exits", "= 0 of 1,000", signals == 0)
    rows.alone("exit_codes_changed", changed, "exits", "= 0 of 1,000", changed == 0)
