"""What botocore plugs in: credentials, a provider of them for its chain, and the healing of refused calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.credentials import CredentialProvider, CredentialResolver, Credentials

from leasekey import _native
from leasekey.errors import LeasekeyError, _under_botocore, _unpicklable
from leasekey.provider import VaultCredentialsProvider

if TYPE_CHECKING:
    from collections.abc import Callable

    from leasekey._native import AwsCredentials

METHOD = "custom-leasekey"

_ANSWERED = "leasekey_healed"
_SIGNED = "leasekey_signed"


class LeasekeyCredentials(Credentials):
    """Credentials of botocore that are always those in hand: no lock and no refresh of botocore's own."""

    def __init__(self, provider: VaultCredentialsProvider) -> None:
        # Not the base's, which would keep one set.
        self.method = METHOD
        self._provider = provider
        self._now = provider._native.now

    def get_frozen_credentials(self) -> AwsCredentials:  # type: ignore[override]
        """The set in hand."""
        return self._now() or self._get()

    def _get(self) -> AwsCredentials:
        try:
            return self._provider.get()
        except LeasekeyError as error:
            raise _under_botocore(error) from error.__cause__

    @property
    def access_key(self) -> str:  # type: ignore[override]
        """The id of the key in hand."""
        return self.get_frozen_credentials().access_key_id

    @property
    def secret_key(self) -> str:  # type: ignore[override]
        """The secret of the key in hand."""
        return self.get_frozen_credentials().secret_access_key

    @property
    def token(self) -> str | None:  # type: ignore[override]
        """The session token in hand."""
        return self.get_frozen_credentials().session_token

    @property
    def account_id(self) -> str | None:
        """The account of the set in hand."""
        return self.get_frozen_credentials().account_id

    def get_deferred_property(self, property_name: str) -> Callable[[], Any]:
        """What gives a property when it is needed."""
        return lambda: getattr(self, property_name, None)

    def __repr__(self) -> str:
        return f"<leasekey.botocore.{type(self).__name__} of {self._provider!r}>"

    def __copy__(self) -> LeasekeyCredentials:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> LeasekeyCredentials:
        return self

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise _unpicklable("credentials")


class LeasekeyProvider(CredentialProvider):
    """The link of botocore's chain that comes first."""

    METHOD = METHOD
    CANONICAL_NAME = METHOD

    def __init__(self, provider: VaultCredentialsProvider) -> None:
        super().__init__()
        self._provider = provider

    def load(self) -> LeasekeyCredentials:
        """The credentials. Vault is asked when somebody first signs a call."""
        return LeasekeyCredentials(self._provider)


def new_session(profile_name: str | None = None) -> botocore.session.Session:
    """A session of botocore's with this profile."""
    return botocore.session.Session(profile=profile_name)


def attach(
    session: botocore.session.Session, provider: VaultCredentialsProvider, *, vault_only: bool = False
) -> None:
    """Makes `provider` the first source of credentials of a session, or the only one, and heals its clients.

    Call it before the session's credentials are first used.
    """
    link = LeasekeyProvider(provider)
    if vault_only:
        session.register_component("credential_provider", CredentialResolver([link]))
    else:
        # `insert_before("env", ...)` fails where a profile has taken "env" out of the chain.
        session.get_component("credential_provider").providers.insert(0, link)
    _tell_aws(session)
    heal(session, provider)


def heal(session: botocore.session.Session, provider: VaultCredentialsProvider) -> None:
    """Makes a call that AWS refuses as if its key were dead once more, with a new key: clients made from now on."""
    native = provider._native

    def remember(request: Any, **_: Any) -> None:
        # After the signing: which key the call was made with.
        authorization = request.headers.get("Authorization")
        if isinstance(authorization, bytes):
            authorization = authorization.decode("latin-1")
        request.context[_SIGNED] = authorization

    def again(response: Any, request_dict: Any = None, **_: Any) -> int | None:
        asked: dict[str, Any] = request_dict or {}
        context: dict[str, Any] = asked.get("context", {})
        if response is None or context.get(_ANSWERED) or not _can_be_sent_again(asked.get("body")):
            return None
        code = response[1].get("Error", {}).get("Code")
        signed = context.get(_SIGNED)
        if not code or not signed or not native.refused(signed, str(code)):
            return None
        context[_ANSWERED] = True
        return 0

    events = session.get_component("event_emitter")
    events.register_last("request-created", remember, unique_id="leasekey-signed")
    events.register_last("needs-retry", again, unique_id="leasekey-heal")


def _can_be_sent_again(body: Any) -> bool:
    if body is None or isinstance(body, (bytes, bytearray, str)):
        return True
    seekable = getattr(body, "seekable", None)
    return bool(seekable()) if seekable is not None else hasattr(body, "seek")


def _tell_aws(session: botocore.session.Session) -> None:
    # CloudTrail shows who uses it.
    told = f"lib/leasekey#{_native.__version__}"
    extra = session.user_agent_extra
    if told not in extra:
        session.user_agent_extra = f"{extra} {told}".strip()
