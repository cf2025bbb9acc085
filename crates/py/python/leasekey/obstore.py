"""obstore with leased credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from leasekey.provider import VaultCredentialsProvider


def credential_provider(provider: VaultCredentialsProvider) -> Any:
    """What an `obstore.store.S3Store` takes as its `credential_provider`: it tells the true end of each set.

    >>> store = S3Store("orders", credential_provider=credential_provider(provider))    # doctest: +SKIP
    """

    def credentials() -> dict[str, Any]:
        held = provider.get()
        return {
            "access_key_id": held.access_key_id,
            "secret_access_key": held.secret_access_key,
            "token": held.session_token,
            "expires_at": held.expires_at,
        }

    return credentials
