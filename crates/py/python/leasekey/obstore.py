"""obstore with leased credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable

    from typing_extensions import NotRequired

    from leasekey.provider import VaultCredentialsProvider


class S3Credential(TypedDict):
    """A set as obstore reads it, which has this type for checkers only."""

    access_key_id: str
    secret_access_key: str
    token: NotRequired[str | None]
    expires_at: datetime.datetime | None


def credential_provider(provider: VaultCredentialsProvider) -> Callable[[], S3Credential]:
    """What an `obstore.store.S3Store` takes as its `credential_provider`: it tells the true end of each set.

    obstore asks for the set in hand when the one that it holds has less than 5 minutes left.

    >>> store = S3Store("orders", credential_provider=credential_provider(provider))    # doctest: +SKIP
    """

    def credentials() -> S3Credential:
        held = provider.get()
        return {
            "access_key_id": held.access_key_id,
            "secret_access_key": held.secret_access_key,
            "token": held.session_token,
            "expires_at": held.expires_at,
        }

    return credentials
