"""What a user's type checker sees: checked by pyright and mypy, never run."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

import leasekey

if TYPE_CHECKING:
    import boto3
    from aiobotocore.session import AioSession
    from mypy_boto3_s3 import S3Client
    from types_aiobotocore_s3.client import S3Client as AioS3Client
    from typing_extensions import assert_type


def told() -> None:
    provider = leasekey.credentials("orders", ttl=datetime.timedelta(minutes=15), max_retries=1, skip_verify=False)
    held = provider.get()
    assert_type(held, leasekey.AwsCredentials)
    assert_type(held.session_token, "str | None")
    assert_type(held.expires_at, "datetime.datetime | None")
    assert_type(provider.lease, "leasekey.Lease | None")
    assert_type(provider.stats.issues, int)
    assert_type(provider.as_dict(), "dict[str, str]")
    for event in provider.events():
        assert_type(event, leasekey.Event)
    session = leasekey.Session(role="orders", region_name="eu-central-1")
    assert_type(session, boto3.Session)
    assert_type(session.client("s3"), S3Client)
    assert_type(leasekey.install(role="orders"), "leasekey.VaultCredentialsProvider | None")
    with provider as same:
        assert_type(same, leasekey.VaultCredentialsProvider)


async def awaited() -> None:
    async with leasekey.credentials(role="orders") as provider:
        assert_type(await provider.get_async(), leasekey.AwsCredentials)
        async for event in provider.events():
            assert_type(event, leasekey.Event)
    session = leasekey.aio.get_session(role="orders")
    assert_type(session, AioSession)
    async with session.create_client("s3") as s3:
        assert_type(s3, AioS3Client)
