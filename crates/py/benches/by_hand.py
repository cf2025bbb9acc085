"""What people write without Leasekey: a lease for botocore's own RefreshableCredentials to refresh by."""

from __future__ import annotations

import datetime
import json
import os
import urllib.request

PEER = "RefreshableCredentials"


def lease() -> dict[str, str]:
    """A new lease of 15 minutes, under the names that botocore refreshes by."""
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
