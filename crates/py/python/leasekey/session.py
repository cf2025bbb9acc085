"""boto3 sessions whose credentials are leased: one session, or the process's default."""

from __future__ import annotations

import threading

from leasekey.errors import ConfigError, MissingPackage, NotConfigured
from leasekey.provider import VaultCredentialsProvider, _provider

# As in provider.py.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime
    from typing import Any

    import boto3
    from typing_extensions import Unpack

    from leasekey._settings import Settings

_OLDEST = (1, 35)

_lock = threading.Lock()
_installed: tuple[dict[str, Any], VaultCredentialsProvider] | None = None


def Session(  # noqa: N802  as boto3 calls it
    role: str | None = None,
    *,
    credentials: VaultCredentialsProvider | None = None,
    region_name: str | None = None,
    profile_name: str | None = None,
    vault_only: bool = False,
    deadline: float | datetime.timedelta | None = None,
    **settings: Unpack[Settings],
) -> boto3.Session:
    """A `boto3.Session` with leased credentials, which every client of it signs each call with.

    A call that AWS refuses as if its key were dead is made once more, with a new key.

    Args:
        role: The role of the AWS secrets engine; unset, `LEASEKEY_ROLE` or that of a settings file.
        credentials: A provider that is there already, in place of `role` and settings.
        region_name: As boto3's own.
        profile_name: As boto3's own.
        vault_only: Ask nobody but Vault. Otherwise boto3's own chain goes on where no address of a Vault is
            configured (LK-0101), and only then.
        deadline: As that of `leasekey.credentials`.
        settings: As those of `leasekey.credentials`.

    Raises:
        ConfigError: For settings that cannot be, for both a role and credentials, and `MissingPackage` where
            boto3 is missing or too old.
    """
    _needs_boto3()
    import boto3

    from leasekey.botocore import attach, new_session

    provider = _one_of(credentials, {"role": role, **settings}, deadline, vault_only=vault_only)
    session = new_session(profile_name)
    if provider is not None:
        attach(session, provider, vault_only=vault_only)
    return boto3.Session(botocore_session=session, region_name=region_name)


def install(
    role: str | None = None,
    *,
    credentials: VaultCredentialsProvider | None = None,
    region_name: str | None = None,
    profile_name: str | None = None,
    vault_only: bool = False,
    deadline: float | datetime.timedelta | None = None,
    **settings: Unpack[Settings],
) -> VaultCredentialsProvider | None:
    """Makes leased credentials those of `boto3.client` and of every library that uses boto3's default session.

    The same call once more changes nothing.

    Args:
        role: As that of `Session`; so are the others.

    Returns:
        The provider; None where no Vault is configured, so that boto3's own chain goes on.

    Raises:
        ConfigError: As `Session`, and when it was called before with other settings.
    """
    global _installed
    _needs_boto3()
    import boto3

    from leasekey.botocore import attach, new_session

    asked: dict[str, Any] = {"role": role, "credentials": credentials, "region_name": region_name}
    asked |= {"profile_name": profile_name, "vault_only": vault_only, "deadline": deadline, **settings}
    with _lock:
        if _installed is not None:
            if _installed[0] == asked and _installed[1].phase != "closed":
                return _installed[1]
            if _installed[1].phase != "closed":
                other = sorted(name for name in asked if asked[name] != _installed[0].get(name))
                what = f"leasekey.install was called before with another {', '.join(other) or 'set of settings'}"
                raise ConfigError(what, "Call it once, or make a leasekey.Session for the other settings")
        provider = _one_of(credentials, {"role": role, **settings}, deadline, vault_only=vault_only)
        session = new_session(profile_name)
        if provider is not None:
            attach(session, provider, vault_only=vault_only)
        boto3.setup_default_session(botocore_session=session, region_name=region_name)
        if provider is not None:
            _installed = (asked, provider)
        return provider


def _one_of(
    credentials: VaultCredentialsProvider | None,
    settings: dict[str, Any],
    deadline: float | datetime.timedelta | None,
    *,
    vault_only: bool,
) -> VaultCredentialsProvider | None:
    given = sorted(name for name, value in settings.items() if value is not None)
    if credentials is None:
        try:
            return _provider(settings, deadline)
        except NotConfigured:
            if vault_only:
                raise
            return None
    if given:
        what = f"both credentials and {', '.join(given)} are given"
        raise ConfigError(what, "Give credentials alone, or settings alone")
    return credentials


def _needs_boto3() -> None:
    try:
        import boto3
    except ImportError as error:
        raise MissingPackage("boto3 is not installed", "Run: pip install 'leasekey[boto3]'") from error
    version = tuple(int(part) for part in boto3.__version__.split(".")[:2])
    if version < _OLDEST:
        oldest = ".".join(map(str, _OLDEST))
        what = f"boto3 {boto3.__version__} is too old; leasekey needs {oldest} or later"
        raise MissingPackage(what, "Run: pip install --upgrade 'leasekey[boto3]'")
