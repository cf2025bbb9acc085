"""What can go wrong. Every error is a `LeasekeyError`, says what, where and why, and what to do next.

There is one class for each code of Leasekey; `leasekey explain LK-0106` and docs/errors.md tell more.
"""

from __future__ import annotations

import functools
import sys

# As in provider.py.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from leasekey import _native


class LeasekeyError(Exception):
    """The base of all errors of Leasekey. No message holds a secret.

    Attributes:
        code: The stable code, `"LK-0106"`.
        message: What happened, where and why.
        hint: What to do next.
        vault_request_id: The `request.id` of Vault's audit log, when Vault answered.
        is_retryable: Whether the same call may succeed later with nothing changed.
    """

    code: str = "LK-0199"
    hint: str = ""

    def __init__(
        self,
        message: str,
        hint: str | None = None,
        vault_request_id: str | None = None,
        is_retryable: bool = False,
    ) -> None:
        self.message = message
        self.hint = type(self).hint if hint is None else hint
        self.vault_request_id = vault_request_id
        self.is_retryable = is_retryable
        Exception.__init__(self, message)

    def __str__(self) -> str:
        return f"{self.code}: {self.message}. {self.hint}" if self.hint else f"{self.code}: {self.message}"

    def __repr__(self) -> str:
        return f"<{_plain(type(self)).__name__} {self}>"

    def __reduce__(self) -> tuple[Any, ...]:
        told = (self.message, self.hint, self.vault_request_id, self.is_retryable)
        return _remade, (_plain(type(self)), told, issubclass(type(self), _Retrieval))


class ConfigError(LeasekeyError, ValueError):
    """A setting is missing or wrong. Correct what the message names."""

    code = "LK-0116"


class NotConfigured(ConfigError):
    """No Vault address is configured: set one. The only error after which a credential chain goes on."""

    code = "LK-0101"


class NoAuth(ConfigError):
    """No way to log in is configured: set AppRole variables, a token, or name an auth method."""

    code = "LK-0102"


class TokenRefused(LeasekeyError):
    """Vault refused the token, or the token cannot be one: log in again."""

    code = "LK-0103"


class TlsError(LeasekeyError):
    """TLS failed: name the right CA, server name or scheme. Never downgraded."""

    code = "LK-0104"


class RoleNotFound(LeasekeyError):
    """The mount, namespace or role does not exist: correct the name."""

    code = "LK-0105"


class PermissionDenied(LeasekeyError):
    """The token's policies lack a path: extend the policy."""

    code = "LK-0106"


class AwsRefused(LeasekeyError):
    """AWS refused what Vault asked of it: correct the role's trust policy or Vault's own rights."""

    code = "LK-0107"


class TtlOutOfRange(ConfigError):
    """The ttl is out of range for this kind or role: ask for one in range."""

    code = "LK-0108"


class VaultUnavailable(LeasekeyError):
    """Vault is sealed, a standby, down or limiting rates: Leasekey goes on trying by itself."""

    code = "LK-0109"


class ClockSkew(LeasekeyError):
    """The clocks differ by more than AWS accepts: correct the clock."""

    code = "LK-0110"


class KeyNotYetUsable(LeasekeyError):
    """A new IAM user's key is not usable yet: wait, or use assumed_role."""

    code = "LK-0111"


class Forked(LeasekeyError):
    """A forked process holds single-use login material: give the child its own."""

    code = "LK-0112"


class UnusableReply(LeasekeyError):
    """Vault's reply cannot be used; the set in hand is kept."""

    code = "LK-0113"


class RedirectRefused(LeasekeyError):
    """A redirect left the configured addresses; the token was not sent there."""

    code = "LK-0114"


class InvalidName(ConfigError):
    """A mount, role or session name has characters that are not allowed."""

    code = "LK-0115"


class InvalidSetting(ConfigError):
    """A setting cannot be read: correct the variable, keyword or file named."""

    code = "LK-0116"


class WrongType(InvalidSetting, TypeError):
    """An argument is of a type that it cannot be."""


class MissingPackage(InvalidSetting, ImportError):
    """A package that this needs is not installed, or is too old: install the extra that the hint names."""


class Expired(LeasekeyError):
    """The last set has expired and no new one could be had; Leasekey goes on trying."""

    code = "LK-0117"


class Closed(LeasekeyError):
    """The provider was closed: make a new one."""

    code = "LK-0118"


class Wrapping(LeasekeyError):
    """A response-wrapping token was used before, or comes from another path: treat it as stolen."""

    code = "LK-0119"


class IdentityPin(LeasekeyError):
    """AWS says that the new set belongs to another account or role than the pin expects."""

    code = "LK-0120"


class MfaRequired(LeasekeyError):
    """The method needs a second factor."""

    code = "LK-0121"


class AuthRejected(LeasekeyError):
    """Vault refused the login itself: correct or renew the login material."""

    code = "LK-0122"


class NotReady(LeasekeyError, TimeoutError):
    """No set yet within the caller's own deadline; the attempt goes on."""

    code = "LK-0123"


class LeaseLost(LeasekeyError):
    """The lease is gone from Vault, revoked or expired: a new set is asked for at once."""

    code = "LK-0124"


class NotRotated(LeasekeyError):
    """A new set was asked for and the one in hand came again: something on the way caches replies."""

    code = "LK-0125"


class Bug(LeasekeyError):
    """A fault in Leasekey; the set in hand is kept."""

    code = "LK-0199"


class InvalidPolicy(LeasekeyError):
    """A policy is no JSON, or breaks the grammar of policies; the place is named."""

    code = "LK-0201"


class InvalidRequest(LeasekeyError):
    """A request, or a case of a file of cases, cannot be decided; what is wrong with it is named."""

    code = "LK-0202"


class _Retrieval:
    """Marks the twin of an error that botocore's own errors include."""


def _tree(base: type[LeasekeyError]) -> list[type[LeasekeyError]]:
    return [base, *(error for child in base.__subclasses__() for error in _tree(child))]


@functools.cache
def _class_of(code: str) -> type[LeasekeyError]:
    direct = [error for error in _tree(LeasekeyError) if vars(error).get("code") == code]
    # The most special one: ConfigError is the base of InvalidSetting, whose code it has.
    return direct[-1] if direct else LeasekeyError


def _raised(failure: _native.Failure) -> LeasekeyError:
    """The exception of a failure of the core, with its causes."""
    told = (failure.code, failure.message, failure.hint, failure.vault_request_id, failure.is_retryable)
    error, cause = _of(*told), failure.cause
    if cause is not None:
        error.__cause__ = Exception(cause) if isinstance(cause, str) else _raised(cause)
    return error


def _of(
    code: str, message: str, hint: str, vault_request_id: str | None, is_retryable: bool
) -> LeasekeyError:
    error_class = _class_of(code)
    wrong_type = error_class is InvalidSetting and "= is of type " in message
    error = (WrongType if wrong_type else error_class)(message, hint, vault_request_id, is_retryable)
    if error.code != code:
        error.code = code
    return error


def _unpicklable(what: str) -> BaseException:
    hint = "Make a provider in the other process; a forked one inherits it"
    return _Unpicklable(f"{what} must not leave this process, and cannot be pickled", hint)


class _Unpicklable(WrongType):
    """Pickling was asked of what holds secrets."""


def _plain(error_class: type[BaseException]) -> type[LeasekeyError]:
    for plain in error_class.__mro__:
        if issubclass(plain, LeasekeyError) and not issubclass(plain, _Retrieval):
            return plain
    return LeasekeyError


def _remade(error_class: type[LeasekeyError], told: tuple[Any, ...], retrieval: bool) -> LeasekeyError:
    error = error_class(*told)
    return _under_botocore(error) if retrieval else error


@functools.cache
def _twin(error_class: type[LeasekeyError]) -> type[LeasekeyError]:
    from botocore.exceptions import CredentialRetrievalError

    class Twin(error_class, _Retrieval, CredentialRetrievalError):  # type: ignore[valid-type,misc]
        pass

    Twin.__name__, Twin.__qualname__ = error_class.__name__, error_class.__qualname__
    Twin.__module__, Twin.__doc__ = error_class.__module__, error_class.__doc__
    return Twin


def _under_botocore(error: LeasekeyError) -> LeasekeyError:
    """The same error, which is a `CredentialRetrievalError` too where botocore is loaded."""
    if "botocore" not in sys.modules or isinstance(error, _Retrieval):
        return error
    error_class: Any = type(error)
    twin = _twin(error_class)(error.message, error.hint, error.vault_request_id, error.is_retryable)
    twin.__cause__ = error.__cause__
    twin.kwargs = {"provider": "leasekey", "error_msg": str(error)}  # type: ignore[attr-defined]
    return twin
