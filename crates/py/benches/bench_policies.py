"""A decision of a request that is made anew, by a compiled set."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import Rows
from leasekey.iam import PolicyDocument, PolicySet, Request


def statements(count: int) -> PolicySet:
    """A set of which the last statement applies."""
    buckets = [f"bucket-{number}" for number in range(count - 1)]
    allows = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:Put*"]}
    found = [allows | {"Resource": f"arn:aws:s3:::{bucket}/*"} for bucket in [*buckets, "orders"]]
    return PolicySet(identity=PolicyDocument.parse(json.dumps({"Version": "2012-10-17", "Statement": found})))


@pytest.mark.parametrize("count", [1, 30])
def bench_evaluate(benchmark: Any, rows: Rows, count: int) -> None:
    policies = statements(count)
    user, order = "arn:aws:iam::111122223333:user/ann", "arn:aws:s3:::orders/1"

    def decided() -> str:
        context = {"aws:username": "ann", "s3:prefix": "home/ann/x", "aws:SourceIp": "198.51.100.7"}
        return policies.evaluate(Request(user, "s3:GetObject", order, context=context)).outcome

    assert decided() == "allow"
    benchmark.pedantic(decided, rounds=31, iterations=10_000, warmup_rounds=1)
    value = benchmark.stats.stats.median * 1e9
    rows.alone(f"evaluate_{count}", value, "ns", "<= 5000 ns", value <= 5_000)
