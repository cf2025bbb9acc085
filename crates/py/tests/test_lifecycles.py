"""Forks, exits, signals, subinterpreters and imports, in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest


def python(program: str, *, timeout: float = 60, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **environment}
    done = subprocess.run(
        [sys.executable, "-c", program], env=env, timeout=timeout, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (done.returncode, done.stdout, done.stderr)
    return done


FORK = """
import os, time, leasekey
vault = leasekey.credentials(role="orders")
inherited = vault.get().access_key_id
before = vault.stats
for number in range(20):
    child = os.fork()
    if child == 0:
        # Of its own time: a busy machine may run it whenever it likes.
        began = time.process_time()
        ok = vault.get().access_key_id == inherited
        took = time.process_time() - began
        ok = ok and vault.phase == "inherited" and len(os.listdir("/proc/self/task")) == 1
        os._exit(0 if ok and took < 0.005 else 1)
    assert os.waitpid(child, 0)[1] == 0, number
assert vault.stats == before
vault.close()
"""


def test_row_45_children_serve_what_they_inherited_at_once(orders: str) -> None:
    python(FORK)


OWN = """
import os, leasekey
vault = leasekey.credentials(role="orders")
inherited = vault.get().access_key_id
read, write = os.pipe()
child = os.fork()
if child == 0:
    own = vault.refresh().access_key_id
    stats = vault.stats
    assert (stats.logins, stats.issues, stats.revocations) == (1, 1, 0), stats
    assert vault.phase == "fresh" and own == vault.get().access_key_id
    vault.close()
    os.write(write, own.encode())
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
own = os.read(read, 100).decode()
assert own and own != inherited
import boto3
assert vault.get().access_key_id == inherited
boto3.client("s3", **vault.as_dict()).list_objects_v2(Bucket="orders")
vault.refresh()
assert vault.stats.logins == 1, "the child has not touched the parent's login"
vault.close()
"""


def test_row_45_a_child_takes_its_own_lease_and_leaves_the_parents_alone(orders: str) -> None:
    python(OWN)


LOGGED = """
import logging, os, sys, time, leasekey
vault = leasekey.credentials(role="orders")
vault.get()
child = os.fork()
if child == 0:
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(process)d %(name)s %(message)s")
    vault.refresh()
    vault.close()
    time.sleep(0.5)
    sys.stdout.flush()
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
"""


def test_row_45_what_a_child_asks_for_is_logged_by_the_child(orders: str) -> None:
    told = python(LOGGED).stdout
    assert "leasekey.vault vault.logged_in" in told and "leasekey.refresh credentials.swapped" in told, told


# Vault, but for leases that are said to end after 12 s: after 9.2 s a reader in a forked child finds the set due.
SHORT = """
import http.server, logging, os, re, sys, threading, time, urllib.request, leasekey

class Short(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = urllib.request.Request(os.environ["VAULT_ADDR"] + self.path, body, dict(self.headers), method="POST")
        with urllib.request.urlopen(asked) as reply:
            told = reply.read()
        if "/aws/creds/" in self.path:
            told = re.sub(rb'"lease_duration": *[0-9]+', b'"lease_duration":12', told)
        self.send_response(200)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)
    do_PUT = do_POST
    def log_message(self, *_): pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Short)
threading.Thread(target=server.serve_forever, daemon=True).start()
vault = leasekey.credentials(role="orders", address=f"http://127.0.0.1:{server.server_port}")
inherited = vault.get().access_key_id
child = os.fork()
if child == 0:
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(process)d %(name)s %(message)s")
    while vault.get().access_key_id == inherited:
        time.sleep(0.02)
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
print("child", child)
"""


def test_row_45_what_happens_to_a_child_that_only_reads_is_logged_by_the_child(orders: str) -> None:
    told = python(SHORT).stdout
    child = told.rsplit(maxsplit=1)[-1]
    assert f"{child} leasekey.vault vault.logged_in" in told, told
    assert f"{child} leasekey.refresh credentials.swapped" in told, told


MID_REFRESH = """
import os, threading, leasekey
vault = leasekey.credentials(role="orders", deadline=5)
vault.get()
for number in range(8):
    refreshing = threading.Thread(target=lambda: quietly(vault.refresh))
    def quietly(call):
        try: call()
        except leasekey.LeasekeyError: pass
    refreshing.start()
    child = os.fork()
    if child == 0:
        vault.get()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0, number
    refreshing.join()
"""


def test_row_45_a_fork_in_the_middle_of_a_refresh_hangs_nobody(orders: str) -> None:
    python(MID_REFRESH, timeout=120)


MULTIPROCESSING = """
import multiprocessing, os, sys, leasekey

def work(number):
    vault = leasekey.credentials(role="orders")
    return vault.get().access_key_id

if __name__ == "__main__":
    method = os.environ["METHOD"]
    vault = leasekey.credentials(role="orders")
    vault.get()
    with multiprocessing.get_context(method).Pool(2) as pool:
        keys = pool.map(work, range(4))
    assert all(key.startswith("ASIA") for key in keys), keys
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_row_45_pools_of_processes_have_credentials(orders: str, method: str, tmp_path: object) -> None:
    program = f"{tmp_path}/pool.py"
    with open(program, "w") as file:
        file.write(MULTIPROCESSING)
    env = {**os.environ, "METHOD": method}
    done = subprocess.run([sys.executable, program], env=env, timeout=60, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


SERVED = """
import os, leasekey
vault = leasekey.credentials(role="orders")
inherited = vault.get().access_key_id
def app(environ, start):
    start("200 OK", [("Content-Type", "text/plain")])
    return [f"{os.getppid()} {vault.get().access_key_id == inherited} {vault.phase}".encode()]
"""


def test_row_45_workers_of_gunicorn_serve_what_was_leased_before_they_were_forked(
    orders: str, tmp_path: Path
) -> None:
    (tmp_path / "served.py").write_text(SERVED)
    line = [sys.executable, "-m", "gunicorn", "--preload", "--workers", "3", "--bind", "127.0.0.1:0", "served:app"]
    with subprocess.Popen(line, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            address = next(words for told in server.stderr for words in told.split() if words.startswith("http://"))
            told = {urllib.request.urlopen(address, timeout=20).read() for _ in range(9)}
        finally:
            server.terminate()
        assert told == {f"{server.pid} True inherited".encode()}
        assert server.wait(20) == 0


WORKED = """
import os, leasekey
from celery import Celery

app = Celery("worked", broker="filesystem://", backend="file://results")
app.conf.broker_transport_options = {"data_folder_in": "queue", "data_folder_out": "queue", "control_folder": "control"}
vault = leasekey.credentials(role="orders")
inherited = vault.get().access_key_id

@app.task
def told():
    return [os.getppid(), vault.get().access_key_id == inherited, vault.phase]
"""

ASK = """
import os, sys
from celery import Celery

app = Celery("asking", broker="filesystem://", backend="file://results")
app.conf.broker_transport_options = {"data_folder_in": "queue", "data_folder_out": "queue", "control_folder": "control"}
asked = [app.send_task("worked.told") for _ in range(4)]
told = [one.get(timeout=30) for one in asked]
assert all(one == [int(sys.argv[1]), True, "inherited"] for one in told), told
"""


def test_row_45_workers_of_celery_serve_what_was_leased_before_they_were_forked(orders: str, tmp_path: Path) -> None:
    (tmp_path / "worked.py").write_text(WORKED)
    for folder in ("queue", "control", "results"):
        (tmp_path / folder).mkdir()
    line = [sys.executable, "-m", "celery", "--app", "worked", "worker", "--pool", "prefork", "--concurrency", "2"]
    with subprocess.Popen(line, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as worker:
        try:
            asking = [sys.executable, "-c", ASK, str(worker.pid)]
            asked = subprocess.run(asking, cwd=tmp_path, timeout=60, capture_output=True, text=True, check=False)
        finally:
            worker.terminate()
        told = worker.communicate(timeout=30)[1]
        assert asked.returncode == 0, asked.stderr + told
        assert worker.returncode == 0, told


EXIT = """
import os, random, sys, threading, time, leasekey
vault = leasekey.credentials(role="orders", deadline=5)
def work():
    while True:
        try: vault.refresh()
        except leasekey.LeasekeyError: pass
for _ in range(4):
    threading.Thread(target=work, daemon=True).start()
time.sleep(random.random() * 0.3)
sys.exit(7)
"""


def test_row_46_an_exit_with_threads_in_flight_keeps_the_exit_code(orders: str) -> None:
    for _ in range(15):
        done = subprocess.run([sys.executable, "-c", EXIT], timeout=30, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (7, "")


def test_row_46_an_exit_gives_the_login_back(orders: str) -> None:
    told = python(
        "import leasekey, logging, sys\n"
        "logging.basicConfig(level=logging.INFO, stream=sys.stdout)\n"
        'vault = leasekey.credentials(role="orders")\n'
        "vault.get()\n"
    )
    assert "vault.token_revoked" in told.stdout


SUBINTERPRETER = """
try:
    import _interpreters as interpreters
    run = interpreters.exec
except ImportError:
    import _xxsubinterpreters as interpreters
    run = interpreters.run_string
code = '''
try:
    import leasekey
except ImportError as error:
    assert "interpreter" in str(error), error
else:
    raise SystemExit("the import passed")
'''
import leasekey
run(interpreters.create(), code)
"""


def test_row_47_a_subinterpreter_is_told_that_it_cannot_import(tmp_path: object) -> None:
    python(SUBINTERPRETER)


FINALIZED = """
import leasekey
class Holder:
    def __init__(self): self.vault = leasekey.credentials(role="orders")
    def __del__(self): repr(self.vault); self.vault.stats
holder = Holder()
holder.vault.get()
holder.circle = holder
"""


def test_row_48_objects_that_die_with_the_interpreter_harm_nobody(orders: str) -> None:
    assert python(FINALIZED).stderr == ""


INTERRUPTED = """
import signal, sys, threading, time, leasekey
vault = leasekey.credentials(role="orders", address="http://127.0.0.1:1", role_id="r", secret_id="s" * 8,
                             client_timeout=30, deadline=30)
def interrupted():
    sent = []
    def interrupt():
        sent.append(time.monotonic())
        signal.raise_signal(signal.SIGINT)
    threading.Timer(0.2, interrupt).start()
    while True:
        try:
            vault.get()
        except KeyboardInterrupt:
            return time.monotonic() - sent[0]
        except leasekey.LeasekeyError:
            pass
# The quickest of several: a busy machine may not run us for as long as it likes.
took = min(interrupted() for _ in range(5))
sys.exit(0 if took < 0.1 else f"{took} s")
"""


def test_an_interrupt_ends_a_wait_within_100_ms() -> None:
    python(INTERRUPTED)


def test_nothing_starts_at_import() -> None:
    python(
        "import sys, threading, leasekey, os\n"
        "assert not {'boto3', 'botocore', 'aiobotocore'} & set(sys.modules)\n"
        "assert threading.active_count() == 1\n"
        "assert len(os.listdir('/proc/self/task')) == 1\n"
    )
