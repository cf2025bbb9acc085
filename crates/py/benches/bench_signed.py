"""The leases of 1,000 signed calls at a ttl of 900 s, as the server's audit log tells of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import by_hand
import leasekey
from botocore.credentials import RefreshableCredentials
from conftest import Rows

CALLS = 1000


def issues() -> int:
    """How often the server's audit log tells of an issue."""
    lines = Path(os.environ["LEASEKEY_STACK_AUDIT_LOG"]).read_text().splitlines()
    return sum('"type":"request"' in line and '"path":"aws/creds/' in line for line in lines)


def cost(session: boto3.Session) -> int:
    """The issues that the calls of one client cost."""
    before = issues()
    s3 = session.client("s3")
    for _ in range(CALLS):
        s3.list_objects_v2(Bucket="orders")
    return issues() - before


def bench_signed(rows: Rows) -> None:
    vault: Any = leasekey.credentials(role="orders", ttl="15m", session_name="signed")
    with vault:
        ours = cost(leasekey.Session(credentials=vault))
    session = botocore.session.Session()
    session._credentials = RefreshableCredentials.create_from_metadata(by_hand.lease(), by_hand.lease, "bench")
    theirs = cost(boto3.Session(botocore_session=session))
    rows.beside("signed_issues", ours, "issues", (by_hand.PEER, theirs), ours / theirs, "= 1", ours == 1)
