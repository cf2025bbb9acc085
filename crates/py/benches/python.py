"""Leasekey for Python beside botocore's own way. Run it with `cargo xtask bench --only python`.

It writes rows as benches/result.schema.json says, and prints them.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import random
import statistics
import subprocess
import sys
import time
import timeit
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import leasekey
from botocore.credentials import RefreshableCredentials
from leasekey.botocore import LeasekeyCredentials
from leasekey.iam import PolicyDocument, PolicySet, Request

CALLS = 1000
ROUNDS = 31
FORKS = 100
EXITS = 1000

Row = dict[str, Any]


def row(name: str, value: float, unit: str, target: str, met: bool) -> Row:
    """A figure without a peer."""
    none = {"peer": None, "peer_value": None, "ratio": None}
    return {"name": f"python/{name}", "value": value, "unit": unit, **none, "target": target, "met": met}


def lease_by_hand() -> dict[str, str]:
    """What people write: a lease from Vault for botocore to refresh by."""
    address, token = os.environ["VAULT_ADDR"], os.environ["LEASEKEY_STACK_ROOT_TOKEN"]
    body = json.dumps({"ttl": "900s"}).encode()
    request = urllib.request.Request(f"{address}/v1/aws/creds/orders", body, {"X-Vault-Token": token})
    with urllib.request.urlopen(request) as reply:
        told = json.load(reply)
    ends = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=told["lease_duration"])
    data = told["data"]
    return {
        "access_key": data["access_key"],
        "secret_key": data["secret_key"],
        "token": data.get("session_token") or data["security_token"],
        "expiry_time": ends.isoformat(),
    }


def frozen(ours: LeasekeyCredentials) -> list[Row]:
    """The read of every signature, in turns with a RefreshableCredentials that need not refresh."""
    held = lease_by_hand() | {"expiry_time": "2100-01-01T00:00:00Z"}
    theirs = RefreshableCredentials.create_from_metadata(held, lambda: held, "bench")
    own, peer, ratios = [], [], []
    for _ in range(ROUNDS):
        own.append(timeit.timeit(ours.get_frozen_credentials, number=20_000) / 20_000 * 1e9)
        peer.append(timeit.timeit(theirs.get_frozen_credentials, number=2_000) / 2_000 * 1e9)
        ratios.append(own[-1] / peer[-1])
    value, ratio = statistics.median(own), statistics.median(ratios)
    met = value <= 500 and ratio <= 1 / 15
    told = row("frozen", value, "ns", "<= 500 ns and <= 1/15 x peer", met)
    return [told | {"peer": "RefreshableCredentials", "peer_value": statistics.median(peer), "ratio": ratio}]


def imported() -> list[Row]:
    """The import alone, and whether it brings boto3 with it."""
    program = (
        "import time; began = time.perf_counter(); import leasekey; took = time.perf_counter() - began\n"
        "import sys; print(took * 1000, int('botocore' in sys.modules or 'boto3' in sys.modules))"
    )
    told = [printed(program).split() for _ in range(ROUNDS)]
    took = statistics.median(float(one[0]) for one in told)
    boto3s = sum(int(one[1]) for one in told)
    return [
        row("import", took, "ms", "<= 15 ms", took <= 15),
        row("import_boto3", boto3s, "imports", "= 0", boto3s == 0),
    ]


def printed(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout


def wheel() -> list[Row]:
    """The wheel on the disk."""
    size = Path(os.environ["LEASEKEY_PY_WHEEL"]).stat().st_size / 1e6
    return [row("wheel", size, "MB", "<= 8 MB", size <= 8)]


def statements(count: int) -> PolicySet:
    """A set of which the last statement applies."""
    others = [{"Effect": "Allow", "Action": ["sqs:GetObject", "s3:Put*"], "Resource": f"arn:aws:s3:::bucket-{number}/*"}
              for number in range(count - 1)]
    last = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:Put*"], "Resource": "arn:aws:s3:::orders/*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [*others, last]})
    return PolicySet(identity=PolicyDocument.parse(text))


def evaluated() -> list[Row]:
    """A decision of a request that is made anew, by a set of 1 statement and of 30."""
    rows = []
    for count in (1, 30):
        policies = statements(count)

        def allowed(policies: PolicySet = policies) -> bool:
            context = {"aws:username": "ann", "s3:prefix": "home/ann/x", "aws:SourceIp": "198.51.100.7"}
            user, order = "arn:aws:iam::111122223333:user/ann", "arn:aws:s3:::orders/1"
            return policies.evaluate(Request(user, "s3:GetObject", order, context=context)).outcome == "allow"

        assert allowed()
        took = [timeit.timeit(allowed, number=20_000) / 20_000 * 1e9 for _ in range(ROUNDS)]
        value = statistics.median(took)
        rows.append(row(f"evaluate_{count}", value, "ns", "<= 5000 ns", value <= 5_000))
    return rows


def signed() -> list[Row]:
    """The leases of 1,000 signed calls at a ttl of 900 s."""
    with leasekey.credentials(role="orders", ttl="900s", session_name="bench") as vault:
        s3 = leasekey.Session(credentials=vault).client("s3")
        for _ in range(CALLS):
            s3.list_objects_v2(Bucket="orders")
        ours = vault.stats.issues
    issues = 0

    def again() -> dict[str, str]:
        nonlocal issues
        issues += 1
        return lease_by_hand()

    session = botocore.session.Session()
    session._credentials = RefreshableCredentials.create_from_metadata(again(), again, "bench")
    s3 = boto3.Session(botocore_session=session).client("s3")
    for _ in range(CALLS):
        s3.list_objects_v2(Bucket="orders")
    told = row("signed_issues", ours, "issues", "= 1", ours == 1)
    return [told | {"peer": "RefreshableCredentials", "peer_value": issues, "ratio": ours / issues}]


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


def forked() -> list[Row]:
    """The first set of 100 children, one after another, with nobody left who answers as Vault."""
    line = [sys.executable, "-c", FORWARD, os.environ["VAULT_ADDR"]]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as forward:
        assert forward.stdout is not None
        address = f"http://127.0.0.1:{forward.stdout.readline().strip()}"
        vault = leasekey.credentials(role="orders", address=address)
        held = vault.get().access_key_id
        forward.kill()
    slowest = 0.0
    for _ in range(FORKS):
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            began = time.perf_counter()
            same = vault.get().access_key_id == held
            took = time.perf_counter() - began
            os.write(write, f"{took if same else 1e9}".encode())
            os._exit(0)
        os.waitpid(child, 0)
        slowest = max(slowest, float(os.read(read, 100)) * 1000)
        os.close(read)
        os.close(write)
    issues = vault.stats.issues - 1
    return [
        row("fork_first_get", slowest, "ms", "<= 5 ms, the slowest of 100", slowest <= 5),
        row("fork_issues", issues, "issues", "= 0", issues == 0),
    ]


EXIT = """
import random, sys, threading, time, leasekey
vault = leasekey.credentials(role="orders", deadline=5)
def work():
    while True:
        try: vault.refresh()
        except leasekey.LeasekeyError: pass
for _ in range(2): threading.Thread(target=work, daemon=True).start()
time.sleep(float(sys.argv[1]))
sys.exit(7)
"""


def exits() -> list[Row]:
    """1,000 ends of the interpreter at random moments of a refresh."""
    changed = 0
    for _ in range(EXITS):
        line = [sys.executable, "-c", EXIT, str(random.random() * 0.2)]
        changed += subprocess.run(line, check=False, stderr=subprocess.DEVNULL).returncode != 7
    return [row("exits_changed", changed, "exits", "= 0 of 1,000", changed == 0)]


def main() -> int:
    """Measures all parts, or those whose names hold `--part`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--part", default="")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    with leasekey.credentials(role="orders") as vault:
        vault.get()
        credentials = LeasekeyCredentials(vault)
        parts: dict[str, Callable[[], list[Row]]] = {
            "frozen": lambda: frozen(credentials),
            "import": imported,
            "wheel": wheel,
            "evaluate": evaluated,
            "signed": signed,
        }
        rows = [one for name, part in parts.items() if args.part in name for one in part()]
    for name, part in {"fork": forked, "exit": exits}.items():
        rows += part() if args.part in name else []
    if args.json:
        args.json.write_text(json.dumps(rows, indent=2) + "\n")
    for one in rows:
        peer = "" if one["peer"] is None else f"  {one['peer']} {one['peer_value']:.1f}, ratio {one['ratio']:.4f}"
        met = "yes" if one["met"] else "NO"
        print(f"{one['name']:24} {one['value']:10.2f} {one['unit']:7} {one['target']:32} {met}{peer}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
