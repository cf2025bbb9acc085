"""What the tests share: the real stack's variables, and logs that are searched for secrets."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import pytest

SECRETS = ("LEASEKEY_SECRET_ID", "LEASEKEY_STACK_ROOT_TOKEN")


@pytest.fixture(autouse=True)
def _logs_without_secrets(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.DEBUG)
    yield
    secrets = ["c4nary-5f0c1e", *(os.environ[name] for name in SECRETS if name in os.environ)]
    for record in caplog.records:
        assert not any(secret in record.getMessage() for secret in secrets), "a secret was logged"


@pytest.fixture
def orders() -> str:
    """The role that the stack has."""
    if "LEASEKEY_ROLE" not in os.environ:
        pytest.fail("this test needs real servers. Run it with `cargo xtask test`, which starts them")
    return os.environ["LEASEKEY_ROLE"]
