"""boto3 on the real stack: OpenBao or Vault, and an AWS emulator that enforces IAM and signatures."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import boto3
import botocore.session
import leasekey
import pytest
from botocore.exceptions import ClientError, CredentialRetrievalError
from leasekey.botocore import LeasekeyCredentials, attach
from leasekey.errors import Closed, ConfigError, LeasekeyError, NotReady, PermissionDenied


@pytest.fixture
def provider(orders: str) -> Iterator[leasekey.VaultCredentialsProvider]:
    # A lease of its own: what other tests asked for does not count against its budget.
    with leasekey.credentials(role=orders, session_name=f"test-{next(_numbers)}", deadline=30) as provider:
        yield provider


_numbers = itertools.count()


def test_a_session_lists_a_bucket(orders: str) -> None:
    session = leasekey.Session(role=orders)
    assert isinstance(session, boto3.Session)
    s3 = session.client("s3")
    s3.list_objects_v2(Bucket="orders")
    assert session.get_credentials().method == "custom-leasekey"


def test_what_the_policy_does_not_allow_is_refused_by_aws(orders: str) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        leasekey.Session(role=orders).client("s3").delete_bucket(Bucket="orders")


def test_many_calls_are_one_lease(orders: str) -> None:
    with leasekey.credentials(role=orders, session_name="many") as provider:
        s3 = leasekey.Session(credentials=provider).client("s3")
        for _ in range(50):
            s3.list_objects_v2(Bucket="orders")
        assert provider.stats.issues == 1


def test_a_client_signs_with_the_new_set_as_soon_as_it_is_there(provider: leasekey.VaultCredentialsProvider) -> None:
    s3 = leasekey.Session(credentials=provider).client("s3")
    keys: list[str] = []
    s3.meta.events.register("before-send", lambda request, **_: keys.append(key_of(request)))
    s3.list_objects_v2(Bucket="orders")
    provider.refresh()
    s3.list_objects_v2(Bucket="orders")
    assert keys[0] != keys[1] and keys[1] == provider.get().access_key_id


def key_of(request: Any) -> str:
    authorization = request.headers["Authorization"]
    text = authorization.decode() if isinstance(authorization, bytes) else authorization
    return text.split("Credential=")[1].split("/")[0]


def test_a_key_that_aws_calls_dead_is_replaced_and_the_call_made_once_more(
    provider: leasekey.VaultCredentialsProvider,
) -> None:
    session = leasekey.Session(credentials=provider)
    s3 = session.client("s3")
    first, refused = provider.get().access_key_id, []

    # AWS answers the first call as it answers a key that has expired.
    def refuse(parsed_response: Any = None, **_: Any) -> None:
        if not refused:
            refused.append(first)
            parsed_response["Error"] = {"Code": "ExpiredToken", "Message": "The provided token has expired."}

    s3.meta.events.register("response-received", refuse)
    s3.list_objects_v2(Bucket="orders")
    assert refused == [first]
    # The new set is waited for for 2 s; on a busy machine it may come later.
    until = time.monotonic() + 30
    while provider.get().access_key_id == first and time.monotonic() < until:
        time.sleep(0.1)
    assert provider.get().access_key_id != first
    assert provider.stats.heals == 1


def test_access_denied_never_heals(provider: leasekey.VaultCredentialsProvider) -> None:
    s3 = leasekey.Session(credentials=provider).client("s3")
    with pytest.raises(ClientError):
        s3.delete_bucket(Bucket="orders")
    assert provider.stats.heals == 0


def test_a_profile_does_not_keep_vault_out_of_the_chain(
    provider: leasekey.VaultCredentialsProvider, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text("[profile here]\nregion = eu-central-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    session = botocore.session.Session(profile="here")
    attach(session, provider)
    assert isinstance(session.get_credentials(), LeasekeyCredentials)
    only = botocore.session.Session()
    attach(only, provider, vault_only=True)
    assert [link.METHOD for link in only.get_component("credential_provider").providers] == ["custom-leasekey"]


def test_cloudtrail_is_told_who_calls(provider: leasekey.VaultCredentialsProvider) -> None:
    s3 = leasekey.Session(credentials=provider).client("s3")
    assert f"lib/leasekey#{leasekey.__version__}" in s3.meta.config.user_agent


def test_an_error_of_vault_is_botocores_error_too(orders: str) -> None:
    with leasekey.credentials(role="no-such-role") as provider:
        s3 = leasekey.Session(credentials=provider).client("s3")
        with pytest.raises(CredentialRetrievalError) as told:
            s3.list_buckets()
        assert isinstance(told.value, PermissionDenied)
        assert told.value.code == "LK-0106" and "policy" in told.value.hint
        with pytest.raises(PermissionDenied):
            provider.get()


def test_a_lease_is_told_without_secrets(provider: leasekey.VaultCredentialsProvider) -> None:
    assert provider.lease is None
    held = provider.get()
    lease = provider.lease
    assert lease is not None and lease.access_key_id == held.access_key_id
    assert lease.vault_request_id and lease.kind == "assumed_role" and lease.generation >= 1 and lease.expires_at.tzinfo is not None
    assert held.secret_access_key not in repr(lease)


def test_a_set_lasts_as_long_as_was_asked_for(provider: leasekey.VaultCredentialsProvider) -> None:
    held = provider.valid_for(600)
    lease = provider.lease
    assert held.expires_at is not None and lease is not None
    assert provider.valid_for(60).access_key_id == held.access_key_id
    with pytest.raises(LeasekeyError) as told:
        provider.valid_for(100 * 3600)
    assert told.value.code == "LK-0108"


def test_after_a_close_nothing_is_served_and_another_close_is_quiet(orders: str) -> None:
    provider = leasekey.credentials(role=orders)
    s3 = leasekey.Session(credentials=provider).client("s3")
    s3.list_objects_v2(Bucket="orders")
    provider.close()
    provider.close()
    assert provider.phase == "closed"
    with pytest.raises(Closed):
        provider.get()
    with pytest.raises(CredentialRetrievalError, match="LK-0118"):
        s3.list_objects_v2(Bucket="orders")


def test_events_are_told_as_they_happen_and_end_with_the_provider(orders: str) -> None:
    provider = leasekey.credentials(role=orders, session_name="events")
    events, heard = provider.events(), []
    listening = threading.Thread(target=lambda: heard.extend(events))
    listening.start()
    provider.get()
    provider.close()
    listening.join(10)
    assert not listening.is_alive()
    kinds = [event.kind for event in heard]
    assert "credentials.issued" in kinds and "credentials.closed" in kinds
    issued = next(event for event in heard if event.kind == "credentials.issued")
    assert issued.access_key_id.startswith("ASIA") and issued.subject == f"aws/creds/{orders}"
    with pytest.raises(AttributeError):
        _ = issued.no_such_field


def test_what_happens_is_logged_under_its_own_names(orders: str, caplog: pytest.LogCaptureFixture) -> None:
    with leasekey.credentials(role=orders, session_name="logs") as provider:
        provider.get()
    deadline = threading.Event()
    for _ in range(100):
        names = {record.name for record in caplog.records}
        if {"leasekey.refresh", "leasekey.vault"} <= names:
            break
        deadline.wait(0.05)
    assert {"leasekey.refresh", "leasekey.vault"} <= names


def test_vault_down_at_first_use_is_an_error_within_the_callers_deadline() -> None:
    provider = leasekey.credentials(
        role="orders", address="http://127.0.0.1:9", role_id="r", secret_id="c4nary-5f0c1e", deadline=0.5
    )
    began = time.monotonic()
    with pytest.raises((NotReady, leasekey.errors.VaultUnavailable)):
        provider.get()
    # As far from 0.5 s as a busy machine may be, and from the 10 s that there are without a deadline.
    assert time.monotonic() - began < 5


def test_both_a_role_and_credentials_are_refused(provider: leasekey.VaultCredentialsProvider) -> None:
    with pytest.raises(ConfigError, match="both credentials and role"):
        leasekey.Session(role="orders", credentials=provider)


INSTALL = """
import boto3, leasekey
vault = leasekey.install(role="orders")
boto3.client("s3").list_objects_v2(Bucket="orders")
assert leasekey.install(role="orders") is vault
try:
    leasekey.install(role="billing")
except leasekey.errors.ConfigError as error:
    assert "another role" in str(error), error
else:
    raise SystemExit("a second install with other settings passed")
assert vault.stats.issues == 1
"""


def test_install_serves_the_whole_process_once(orders: str) -> None:
    subprocess.run([sys.executable, "-c", INSTALL], check=True, timeout=60)


def test_a_set_can_be_given_to_a_client_by_hand(provider: leasekey.VaultCredentialsProvider) -> None:
    boto3.client("s3", **provider.as_dict()).list_objects_v2(Bucket="orders")
