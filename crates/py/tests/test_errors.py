"""Errors: one tree, one class for each code of the core, and the same under botocore."""

from __future__ import annotations

import copy
import pickle

import leasekey
import pytest
from botocore.exceptions import BotoCoreError, CredentialRetrievalError
from leasekey import _native, errors
from leasekey.errors import LeasekeyError, _class_of, _of, _under_botocore


def tree(base: type[LeasekeyError]) -> list[type[LeasekeyError]]:
    return [base, *(error for child in base.__subclasses__() for error in tree(child))]


def test_every_error_of_the_module_inherits_from_one_base() -> None:
    found = [error for error in vars(errors).values() if isinstance(error, type) and issubclass(error, Exception)]
    assert len(found) > 25
    assert all(issubclass(error, LeasekeyError) for error in found)
    assert set(found) <= set(tree(LeasekeyError))


@pytest.mark.parametrize(("code", "name", "hint"), _native.ERRORS)
def test_each_code_of_the_core_has_its_own_class(code: str, name: str, hint: str) -> None:
    error = _of(code, "what", hint, "request-1", True)
    assert type(error).code == code
    assert type(error).__name__ in (name, f"{name}Error")
    assert (error.code, error.message, error.hint) == (code, "what", hint)
    assert (error.vault_request_id, error.is_retryable) == ("request-1", True)
    assert str(error) == f"{code}: what. {hint}"


def test_a_code_that_is_not_known_here_is_still_an_error_of_leasekey() -> None:
    error = _of("LK-9999", "what", "hint", None, False)
    assert (type(error), error.code) == (LeasekeyError, "LK-9999")


@pytest.mark.parametrize(("code", "name", "hint"), _native.ERRORS)
def test_under_botocore_each_error_is_botocores_too(code: str, name: str, hint: str) -> None:
    plain = _of(code, "what", hint, None, False)
    plain.__cause__ = OSError("why")
    twin = _under_botocore(plain)
    assert isinstance(twin, (type(plain), CredentialRetrievalError))
    assert isinstance(twin, BotoCoreError) and isinstance(twin, LeasekeyError)
    assert (str(twin), twin.code, twin.__cause__) == (str(plain), code, plain.__cause__)
    assert _under_botocore(twin) is twin


def test_errors_cross_processes_and_are_copied() -> None:
    for error in (_of("LK-0123", "late", "wait", "r", True), _under_botocore(_of("LK-0106", "no", "do", None, False))):
        for other in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
            assert type(other) is type(error)
            assert (str(other), other.vault_request_id) == (str(error), error.vault_request_id)


def test_errors_are_pythons_own_where_python_has_one() -> None:
    assert issubclass(errors.ConfigError, ValueError)
    assert issubclass(errors.NotReady, TimeoutError)
    assert issubclass(errors.WrongType, TypeError)
    assert issubclass(errors.MissingPackage, ImportError)
    assert _class_of("LK-0116") is errors.InvalidSetting
    assert leasekey.LeasekeyError is LeasekeyError
