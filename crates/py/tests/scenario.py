"""Runs a refresh scenario of the repository through the public objects. tests/scenarios/refresh/README.md tells
the format."""

from __future__ import annotations

import datetime
import json
import re
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from leasekey import _native
from leasekey.botocore import heal
from leasekey.errors import LeasekeyError
from leasekey.provider import VaultCredentialsProvider, _answer, _provider, _wait

CANARY = "c4nary-5f0c1e"
KEY = "ASIASCRIPTED"

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "min": 60, "h": 3600, "day": 86400, "days": 86400}


def seconds(span: str) -> float:
    """`1h 30m` in seconds."""
    parts = re.findall(r"(\d+)\s*([a-z]+)", span)
    return sum(int(number) * _UNITS[unit] for number, unit in parts)


def holds(count: Any, number: int) -> bool:
    """Whether a number is what a scenario expects."""
    if isinstance(count, dict):
        return count.get("at_least", 0) <= number <= count.get("at_most", 2**64)
    return number == count


def is_clean(shown: Any) -> None:
    """Nothing that is shown holds a secret."""
    for text in (str(shown), repr(shown), repr(getattr(shown, "__dict__", ""))):
        assert CANARY not in text, "a secret is shown"


class Runner:
    """A provider in a scripted world, and what its callers see."""

    def __init__(self, scenario: dict[str, Any]) -> None:
        self.stage = _native.Stage()
        if "tokens" in scenario:
            self.stage.happen(json.dumps({"tokens": scenario["tokens"]}))
        settings = {
            "role": "orders",
            "address": "https://vault.example:8200",
            "role_id": "role-id",
            "secret_id": f"{CANARY}-secret-id",
            **scenario.get("settings", {}),
        }
        deadline = seconds(scenario["deadline"]) if "deadline" in scenario else None
        self.provider: VaultCredentialsProvider = _provider(settings, deadline, self.stage)
        self.events = self.provider.events()
        self.counted: dict[str, int] = {}
        self.session = botocore.session.Session()
        heal(self.session, self.provider)

    def step(self, step: Any) -> None:
        """One step; what happens to the world is the stage's."""
        name, told = (step, None) if isinstance(step, str) else next(iter(step.items()))
        if name in ("get", "refresh"):
            self.call(told, refresh=name == "refresh")
        elif name in ("poll", "expect", "aws_refuses", "wait", "close"):
            getattr(self, name)(told)
        else:
            self.stage.happen(json.dumps(step))
        self.hear()

    def wait(self, span: str) -> None:
        self.stage.wait(seconds(span))

    def close(self, _: None) -> None:
        self.provider.close()

    # ---- callers ----

    def begin(self, told: dict[str, Any], *, refresh: bool) -> Any:
        native = self.provider._native
        if refresh:
            pending = native.refresh()
        elif "valid_for" in told:
            pending = native.valid_for(seconds(told["valid_for"]))
        else:
            held = native.now()
            if held is not None:
                return held
            pending = native.get()
        return pending.wait(0.0) or pending

    def end(self, begun: Any) -> Any:
        try:
            return _wait(begun) if isinstance(begun, _native.Pending) else _answer(begun)
        except LeasekeyError as error:
            return error

    def call(self, told: dict[str, Any], *, refresh: bool) -> None:
        began = self.stage.passed
        callers = [self.begin(told, refresh=refresh) for _ in range(told.get("callers", 1))]
        if "cancelled_after" in told:
            return self.wait(told["cancelled_after"])
        for caller in callers:
            self.judge(told, self.end(caller))
        self.took(began, told)

    def judge(self, told: dict[str, Any], answer: Any) -> None:
        is_clean(answer)
        codes = told.get("error", [])
        if isinstance(answer, LeasekeyError):
            is_clean(answer.__cause__)
            assert answer.code in codes, answer
            for says in told.get("says", []):
                assert says in str(answer)
            return
        assert not codes, f"got {answer!r}, not an error"
        if "key" in told:
            assert holds(told["key"], int(answer.access_key_id.removeprefix(KEY))), answer
        ahead = self.left(answer.expires_at)
        assert ahead > 0, "the set is dead"
        if "expires_in" in told:
            least, most = map(seconds, told["expires_in"])
            assert least - 0.001 <= ahead <= most + 0.001, ahead

    def left(self, expires_at: datetime.datetime | None) -> float:
        assert expires_at is not None
        if expires_at.year == datetime.MAXYEAR:
            return 1.0
        return expires_at.timestamp() - self.stage.wall

    def took(self, began: float, told: dict[str, Any]) -> None:
        if "takes_at_most" in told:
            took = self.stage.passed - began
            assert took <= seconds(told["takes_at_most"]) + 1e-6, took

    def poll(self, told: dict[str, Any]) -> None:
        began, errors = self.stage.passed, 0
        while self.stage.passed - began < seconds(told["for"]):
            asked = self.stage.passed
            answer = self.end(self.begin({}, refresh=False))
            failed = isinstance(answer, LeasekeyError)
            errors += failed
            self.judge({"error": told.get("codes", [])} if failed else {}, answer)
            self.took(asked, told)
            self.hear()
            self.wait(told["every"])
        assert holds(told.get("errors", 0), errors), errors

    def aws_refuses(self, told: dict[str, Any]) -> None:
        scope = f"{KEY}{told['key']:08}/20260101/{told.get('region', 'eu-central-1')}/s3/aws4_request"
        request = AWSRequest("GET", "https://s3.amazonaws.com/")
        request.headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        events = self.session.get_component("event_emitter")
        events.emit("request-created.s3.ListBuckets", request=request, operation_name="ListBuckets")
        request_dict = {"context": request.context, "body": b""}
        reply = AWSResponse(request.url, 403, {}, None)
        response = (reply, {"Error": {"Code": told["code"]}, "ResponseMetadata": {}})
        events.emit("needs-retry.s3.ListBuckets", response=response, request_dict=request_dict, attempts=1)

    # ---- what is seen ----

    def hear(self) -> None:
        while (event := self.events.next_for(0.0)) is not None:
            is_clean(event)
            self.counted[event.kind] = self.counted.get(event.kind, 0) + 1
        assert self.events.missed == 0

    def expect(self, told: dict[str, Any]) -> None:
        self.hear()
        for kind, count in told.get("asked", {}).items():
            assert holds(count, self.stage.asked(kind)), (kind, self.stage.asked(kind))
        if "issued" in told:
            assert holds(told["issued"], self.stage.issued), self.stage.issued
        for name, count in told.get("events", {}).items():
            assert holds(count, self.counted.get(name, 0)), (name, self.counted)
        for name, count in told.get("stats", {}).items():
            assert holds(count, getattr(self.provider.stats, name)), self.provider.stats
        assert self.provider.phase == told.get("phase", self.provider.phase)
        is_clean(self.provider)
        is_clean(self.provider.lease)


def run(path: Path) -> None:
    """Runs the scenario of this file; a failure names the step."""
    scenario = json.loads(path.read_text())
    runner = Runner(scenario)
    for place, step in enumerate(scenario["steps"], 1):
        try:
            runner.step(step)
        except AssertionError as failure:
            pytest.fail(f"{path.name}: step {place} ({step}): {failure}\n  in: {scenario['about']}")
