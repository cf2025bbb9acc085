"""What a provider tells of itself. Imported with the first provider: see provider.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import datetime


class Lease(NamedTuple):
    """The lease in hand, without its secrets."""

    kind: str
    generation: int
    access_key_id: str
    arn: str | None
    account_id: str | None
    session_name: str | None
    lease_id: str | None
    vault_request_id: str
    vault_entity_id: str | None
    issued_at: datetime.datetime
    expires_at: datetime.datetime


class Stats(NamedTuple):
    """What a provider did since it was made, counted. A forked child counts from when it took over."""

    issues: int
    logins: int
    renewals: int
    revocations: int
    failures: int
    heals: int
