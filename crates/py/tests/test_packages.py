"""What is told where a package is missing or too old."""

from __future__ import annotations

import importlib
import sys

import leasekey
import pytest
from leasekey.errors import MissingPackage


def test_aiobotocore_missing_is_told_with_the_extra() -> None:
    with pytest.raises(MissingPackage, match=r"pip install 'leasekey\[aio\]'"):
        _ = leasekey.aio.get_session
    with pytest.raises(ImportError):
        importlib.import_module("leasekey.aio")


def test_boto3_missing_or_too_old_is_told_with_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    import boto3

    monkeypatch.setattr(boto3, "__version__", "1.20.3")
    with pytest.raises(MissingPackage, match=r"boto3 1.20.3 is too old"):
        leasekey.Session(role="orders")
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(MissingPackage, match=r"pip install 'leasekey\[boto3\]'"):
        leasekey.install(role="orders")
