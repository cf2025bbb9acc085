"""aiobotocore on the real stack, in an environment of its own: its botocore is older than boto3's."""

from __future__ import annotations

import asyncio
import pickle
from typing import Any

import leasekey
import pytest
from leasekey.errors import Closed, LeasekeyError, PermissionDenied

pytestmark = pytest.mark.aio


def test_a_client_lists_a_bucket(orders: str) -> None:
    async def lists() -> None:
        async with leasekey.aio.get_session(role=orders).create_client("s3") as s3:
            await s3.list_objects_v2(Bucket="orders")

    asyncio.run(lists())


def test_a_thousand_cold_tasks_are_one_lease(orders: str) -> None:
    async def waits() -> leasekey.Stats:
        async with leasekey.credentials(role=orders, session_name="herd") as provider:
            held = await asyncio.gather(*(provider.get_async() for _ in range(1000)))
            assert len({one.access_key_id for one in held}) == 1
            stats = provider.stats
            assert (await provider.refresh_async()).access_key_id != held[0].access_key_id
            assert (await provider.valid_for_async(60)).access_key_id == (await provider.get_async()).access_key_id
        with pytest.raises(Closed):
            await provider.get_async()
        return stats

    assert asyncio.run(waits()).issues == 1


def test_a_refused_key_is_replaced_and_the_call_made_once_more(orders: str) -> None:
    async def heals() -> None:
        async with leasekey.credentials(role=orders, session_name="heals") as provider:
            session = leasekey.aio.get_session(credentials=provider)
            async with session.create_client("s3") as s3:
                await s3.list_objects_v2(Bucket="orders")
                first, refused = provider.get().access_key_id, []

                def refuse(parsed_response: Any = None, **_: Any) -> None:
                    if not refused:
                        refused.append(first)
                        parsed_response["Error"] = {"Code": "ExpiredToken", "Message": "It has expired."}

                s3.meta.events.register("response-received", refuse)
                await s3.list_objects_v2(Bucket="orders")
                for _ in range(300):
                    if provider.get().access_key_id != first:
                        break
                    await asyncio.sleep(0.1)
                assert refused and provider.get().access_key_id != first
                assert provider.stats.heals == 1

    asyncio.run(heals())


def test_a_task_that_gives_up_stops_nothing(orders: str) -> None:
    async def gives_up() -> None:
        async with leasekey.credentials(role=orders, session_name="gives-up") as provider:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(provider.get_async(), 0.001)
            await provider.get_async()
            assert provider.stats.issues == 1

    asyncio.run(gives_up())


def test_errors_are_botocores_too_and_no_secret_is_shown(orders: str) -> None:
    from botocore.exceptions import CredentialRetrievalError

    async def fails() -> None:
        async with leasekey.credentials(role="no-such-role") as provider:
            session = leasekey.aio.get_session(credentials=provider)
            async with session.create_client("s3") as s3:
                with pytest.raises(CredentialRetrievalError) as told:
                    await s3.list_buckets()
                assert isinstance(told.value, PermissionDenied)
            credentials = await session.get_credentials()
            assert "vars" not in repr(credentials)
            with pytest.raises(LeasekeyError):
                pickle.dumps(credentials)

    asyncio.run(fails())


def test_events_are_awaited(orders: str) -> None:
    async def hears() -> list[str]:
        async with leasekey.credentials(role=orders, session_name="awaited") as provider:
            events = provider.events()
            await provider.get_async()
            async for event in events:
                if event.kind == "credentials.issued":
                    return [event.kind]
        return []

    assert asyncio.run(hears()) == ["credentials.issued"]
