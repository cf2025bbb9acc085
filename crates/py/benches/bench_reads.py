"""The read of every signature, in turns with that of a RefreshableCredentials that need not refresh."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from typing import Any

import by_hand
import leasekey
import pytest
from botocore.credentials import RefreshableCredentials
from conftest import Rows
from leasekey.botocore import LeasekeyCredentials

TURNS = 31
CALLS = {"ours": 20_000, "theirs": 2_000}


@pytest.fixture(scope="module")
def contestants() -> Iterator[dict[str, Callable[[], Any]]]:
    """Whose read is measured, both of a set that need not be refreshed."""
    held = by_hand.lease() | {"expiry_time": "2100-01-01T00:00:00Z"}
    theirs = RefreshableCredentials.create_from_metadata(held, lambda: held, "bench")
    with leasekey.credentials(role="orders") as vault:
        vault.get()
        ours = LeasekeyCredentials(vault)
        yield {"ours": ours.get_frozen_credentials, "theirs": theirs.get_frozen_credentials}


@pytest.fixture(scope="module")
def taken(rows: Rows) -> Iterator[dict[str, list[float]]]:
    """The nanoseconds of each turn; after the last they are a row."""
    taken: dict[str, list[float]] = {"ours": [], "theirs": []}
    yield taken
    value, theirs = (statistics.median(taken[who]) for who in ("ours", "theirs"))
    ratio = statistics.median(own / peer for own, peer in zip(taken["ours"], taken["theirs"], strict=True))
    met = value <= 500 and ratio <= 1 / 15
    rows.beside("frozen", value, "ns", (by_hand.PEER, theirs), ratio, "<= 500 ns and <= 1/15 x peer", met)


# The uppermost changes first: ours and theirs in turns.
@pytest.mark.parametrize("who", ["ours", "theirs"])
@pytest.mark.parametrize("turn", range(TURNS))
def bench_frozen(
    benchmark: Any, who: str, turn: int, contestants: dict[str, Callable[[], Any]], taken: dict[str, list[float]]
) -> None:
    benchmark.pedantic(contestants[who], rounds=1, iterations=CALLS[who], warmup_rounds=1 if turn == 0 else 0)
    taken[who].append(benchmark.stats.stats.median * 1e9)
