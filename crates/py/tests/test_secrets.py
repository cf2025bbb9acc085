"""No way of showing, copying or storing an object shows a secret."""

from __future__ import annotations

import copy
import io
import json
import logging
import pickle
import pprint
import traceback
from typing import Any

import leasekey
import pytest
from leasekey import _native
from leasekey.botocore import LeasekeyCredentials
from leasekey.errors import LeasekeyError
from leasekey.provider import _provider
from rich.console import Console
from rich.traceback import Traceback

CANARY = "c4nary-5f0c1e"


@pytest.fixture
def objects() -> list[Any]:
    settings = {"role": "orders", "address": "https://vault.example:8200", "role_id": "r", "secret_id": CANARY}
    provider = _provider(settings, None, _native.Stage())
    held = provider.get()
    assert CANARY in held.secret_access_key and CANARY in (held.session_token or "")
    credentials = LeasekeyCredentials(provider)
    assert CANARY in credentials.secret_key and CANARY in (credentials.token or "")
    assert [*held] == [credentials.access_key, credentials.secret_key, credentials.token, credentials.account_id]
    events = provider.events()
    provider.refresh()
    event = events.next_for(0.0)
    assert event is not None
    return [provider, held, credentials, events, event, provider.lease, provider.stats, provider._native]


def test_showing_shows_no_secret(objects: list[Any]) -> None:
    for shown in objects:
        texts = [str(shown), repr(shown), f"{shown}", pprint.pformat(shown), ascii(shown)]
        texts += [repr(vars(shown)) if hasattr(shown, "__dict__") else ""]
        assert not any(CANARY in text for text in texts), type(shown)


def test_nothing_with_secrets_is_dumped(objects: list[Any]) -> None:
    provider, held, credentials = objects[:3]
    for secretive in (provider, held, credentials):
        with pytest.raises(TypeError):
            json.dumps(secretive)
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with pytest.raises(TypeError, match="cannot be pickled"):
                pickle.dumps(secretive, protocol)
    assert CANARY not in json.dumps(objects, default=repr)


def test_a_copy_is_the_same_object(objects: list[Any]) -> None:
    for secretive in objects[:3]:
        assert copy.copy(secretive) is secretive
        assert copy.deepcopy(secretive) is secretive


def test_a_traceback_with_its_locals_shows_no_secret(objects: list[Any]) -> None:
    def fails(provider: Any, held: Any, credentials: Any, frozen: Any) -> None:
        raise RuntimeError("planted")

    try:
        fails(*objects[:3], objects[2].get_frozen_credentials())
    except RuntimeError as error:
        told = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
        console = Console(file=io.StringIO(), width=400)
        console.print(Traceback.from_exception(type(error), error, error.__traceback__, show_locals=True))
        assert "planted" in told and "AwsCredentials" in told
        assert CANARY not in told
        assert CANARY not in console.file.getvalue()  # type: ignore[attr-defined]


def test_no_setting_that_is_refused_is_quoted_if_it_is_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(LeasekeyError) as told:
        leasekey.credentials(role="orders", address="https://vault.example:8200", auth="token", token=f"{CANARY}\n")
    assert CANARY not in str(told.value) + repr(told.value) + repr(told.value.__cause__)


def test_equal_sets_are_equal_and_hash_alike(objects: list[Any]) -> None:
    provider, held = objects[:2]
    now = provider.get()
    assert now == provider.get() and hash(now) == hash(provider.get()) and now != held and now != "x"
    with pytest.raises(IndexError):
        now[4]
