"""obstore and polars on the real stack, in an environment of their own."""

from __future__ import annotations

import os
from collections.abc import Iterator

import leasekey
import pytest

pytestmark = pytest.mark.storage


@pytest.fixture
def provider(orders: str) -> Iterator[leasekey.VaultCredentialsProvider]:
    with leasekey.credentials(role=orders, session_name="storage", deadline=30) as provider:
        yield provider


def test_obstore_reads_a_bucket(provider: leasekey.VaultCredentialsProvider) -> None:
    from obstore.store import S3Store

    store = S3Store(
        "orders", credential_provider=leasekey.obstore.credential_provider(provider), client_options={"allow_http": True}
    )
    listed = [one["path"] for page in store.list() for one in page]
    assert listed and bytes(store.get(listed[0]).bytes())
    provider.refresh()
    assert [one["path"] for page in store.list() for one in page] == listed
    assert provider.stats.issues == 2


def test_obstore_is_told_the_true_end(provider: leasekey.VaultCredentialsProvider) -> None:
    held = provider.get()
    told = leasekey.obstore.credential_provider(provider)()
    assert (told["access_key_id"], told["token"]) == (held.access_key_id, held.session_token)
    assert told["expires_at"] == held.expires_at


def test_polars_scans_a_bucket(provider: leasekey.VaultCredentialsProvider) -> None:
    import polars

    scanned = polars.scan_csv(
        "s3://orders/2026/*.csv",
        credential_provider=leasekey.polars.credential_provider(provider),
        storage_options={"aws_endpoint_url": os.environ["AWS_ENDPOINT_URL"], "aws_allow_http": "true"},
    )
    assert scanned.collect()["amount"].sum() == pytest.approx(816.65)
    assert provider.stats.issues == 1


def test_polars_is_told_the_true_end(provider: leasekey.VaultCredentialsProvider) -> None:
    held = provider.get()
    named, ends = leasekey.polars.credential_provider(provider)()
    assert held.expires_at is not None and ends == int(held.expires_at.timestamp())
    assert named == provider.as_dict()
