"""aiobotocore with leased credentials.

>>> async with leasekey.aio.get_session(role="orders").create_client("s3") as s3:    # doctest: +SKIP
...     await s3.list_buckets()
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leasekey.errors import LeasekeyError, MissingPackage, _under_botocore, _unpicklable

try:
    from aiobotocore.credentials import AioCredentialResolver, AioCredentials
    from aiobotocore.session import AioSession
except ImportError as error:
    raise MissingPackage("aiobotocore is not installed", "Run: pip install 'leasekey[aio]'") from error

from leasekey.botocore import METHOD, LeasekeyCredentials, LeasekeyProvider, _tell_aws, heal
from leasekey.session import _one_of

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable

    from typing_extensions import Unpack

    from leasekey._native import AwsCredentials
    from leasekey._settings import Settings
    from leasekey.provider import VaultCredentialsProvider


class AioLeasekeyCredentials(AioCredentials):
    """Credentials of aiobotocore that are always those in hand, without a lock of asyncio's or anyio's."""

    def __init__(self, provider: VaultCredentialsProvider) -> None:
        self.method = METHOD
        self._provider = provider
        self._now = provider._native.now

    async def get_frozen_credentials(self) -> AwsCredentials:  # type: ignore[override]
        """The set in hand; before the first, awaited."""
        held = self._now()
        if held is not None:
            return held
        try:
            return await self._provider.get_async()
        except LeasekeyError as error:
            raise _under_botocore(error) from error.__cause__

    # A single field cannot be awaited: it is that of the set in hand, else waited for.
    def _held(self) -> AwsCredentials:
        return LeasekeyCredentials(self._provider).get_frozen_credentials()

    @property
    def access_key(self) -> str:  # type: ignore[override]
        """The id of the key in hand."""
        return self._held().access_key_id

    @property
    def secret_key(self) -> str:  # type: ignore[override]
        """The secret of the key in hand."""
        return self._held().secret_access_key

    @property
    def token(self) -> str | None:  # type: ignore[override]
        """The session token in hand."""
        return self._held().session_token

    @property
    def account_id(self) -> str | None:
        """The account of the set in hand."""
        return self._held().account_id

    def get_deferred_property(self, property_name: str) -> Callable[[], Any]:
        """What gives a property when it is needed."""

        async def deferred() -> Any:
            return getattr(await self.get_frozen_credentials(), property_name, None)

        return deferred

    def __repr__(self) -> str:
        return f"<leasekey.aio.{type(self).__name__} of {self._provider!r}>"

    def __copy__(self) -> AioLeasekeyCredentials:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> AioLeasekeyCredentials:
        return self

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise _unpicklable("credentials")


class AioLeasekeyProvider(LeasekeyProvider):
    """The link of aiobotocore's chain that comes first."""

    async def load(self) -> AioLeasekeyCredentials:  # type: ignore[override]
        """The credentials. Vault is asked when somebody first signs a call."""
        return AioLeasekeyCredentials(self._provider)


def get_session(
    role: str | None = None,
    *,
    credentials: VaultCredentialsProvider | None = None,
    vault_only: bool = False,
    deadline: float | datetime.timedelta | None = None,
    **settings: Unpack[Settings],
) -> AioSession:
    """A session of aiobotocore's with leased credentials: as `leasekey.Session`.

    Raises:
        ConfigError: As `leasekey.Session`.
    """
    provider = _one_of(credentials, {"role": role, **settings}, deadline, vault_only=vault_only)
    session = AioSession()
    if provider is not None:
        attach(session, provider, vault_only=vault_only)
    return session


def attach(session: AioSession, provider: VaultCredentialsProvider, *, vault_only: bool = False) -> None:
    """Makes `provider` the first source of credentials of a session, or the only one, and heals its clients."""
    link = AioLeasekeyProvider(provider)
    if vault_only:
        session.register_component("credential_provider", AioCredentialResolver([link]))
    else:
        session.get_component("credential_provider").providers.insert(0, link)
    _tell_aws(session)
    heal(session, provider)
