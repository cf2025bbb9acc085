"""Short-lived AWS credentials, leased from HashiCorp Vault or OpenBao and kept fresh in the background.

>>> import leasekey                              # doctest: +SKIP
>>> session = leasekey.Session(role="orders")    # a boto3.Session
>>> leasekey.install(role="orders")              # then boto3.client("s3") anywhere in the process

Nothing starts at import, and boto3 is imported when it is first needed.
"""

from __future__ import annotations

import importlib
import sys

if sys.version_info < (3, 12):
    # Later ones refuse it themselves.
    _interpreters: Any = importlib.import_module("_xxsubinterpreters")

    if _interpreters.get_current() != _interpreters.get_main():
        raise ImportError("leasekey does not support loading in subinterpreters: import it in the main interpreter")

from leasekey._native import AwsCredentials, __version__
from leasekey.errors import LeasekeyError
from leasekey.provider import Event, Events, VaultCredentialsProvider, credentials
from leasekey.session import Session, install

# As in provider.py.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    # By the name itself: to a type checker that is what a module offers.
    from leasekey import aio as aio
    from leasekey import botocore as botocore
    from leasekey import errors
    from leasekey import iam as iam
    from leasekey import obstore as obstore
    from leasekey import polars as polars
    from leasekey._facts import Lease, Stats

__all__ = [
    "AwsCredentials",
    "Event",
    "Events",
    "Lease",
    "LeasekeyError",
    "Session",
    "Stats",
    "VaultCredentialsProvider",
    "__version__",
    "credentials",
    "errors",
    "iam",
    "install",
]


def __getattr__(name: str) -> Any:
    # What needs time, or what is not there everywhere, is imported when somebody asks for it.
    if name in ("Lease", "Stats"):
        return getattr(importlib.import_module("leasekey._facts"), name)
    if name in ("aio", "botocore", "iam", "obstore", "polars"):
        return importlib.import_module(f"leasekey.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
