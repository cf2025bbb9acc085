"""A provider of AWS credentials that are leased from Vault or OpenBao and kept fresh."""

from __future__ import annotations

import datetime
import sys
from collections.abc import AsyncIterator, Iterator

from leasekey import _native
from leasekey._native import AwsCredentials
from leasekey.errors import WrongType, _raised, _unpicklable

# Importing `typing` would take longer than all the rest of an import.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any

    from typing_extensions import Self, Unpack

    from leasekey._facts import Lease, Stats
    from leasekey._lifecycle import _Lifecycle
    from leasekey._settings import Settings


# A wait looks up this often: for signals, and for the end of the interpreter.
SLICE = 0.05


class Event:
    """Something that happened, without secrets. A field that does not apply is None; docs/events.md lists all."""

    __slots__ = ("_line", "at", "fields", "kind", "severity", "subject")

    def __init__(self, told: _native.EventDict) -> None:
        self.kind: str = told["kind"]
        self.severity: str = told["severity"]
        self.at: datetime.datetime = told["at"]
        self.subject: str = told["subject"]
        self.fields: dict[str, Any] = told["fields"]
        self._line = told["line"]

    def __getattr__(self, name: str) -> Any:
        if name in _EVENT_FIELDS:
            return self.fields.get(name)
        raise AttributeError(f"an event has no field {name!r}")

    def __str__(self) -> str:
        return self._line

    def __repr__(self) -> str:
        return f"<leasekey.Event {self._line}>"


_EVENT_FIELDS = frozenset(name for name, _ in _native.EVENT_FIELDS)


class Events(Iterator[Event], AsyncIterator[Event]):
    """The events of a provider from when this was made, as they happen: for `for` and for `async for`.

    The last 256 are held; a slow reader loses the oldest. It ends when the provider is closed.
    """

    def __init__(self, provider: VaultCredentialsProvider) -> None:
        self._provider = provider
        self._queue = provider._native.events()

    @property
    def missed(self) -> int:
        """How many were lost because they were read too slowly."""
        return self._queue.missed

    def next_for(self, seconds: float) -> Event | None:
        """The next event; None when there is none within `seconds`."""
        left = seconds
        while True:
            told = self._queue.next(min(left, SLICE))
            if told:
                return Event(told)
            left -= SLICE
            if told is False or left <= 0:
                return None

    def __next__(self) -> Event:
        while True:
            told = self._queue.next(SLICE)
            if told:
                return Event(told)
            if told is False or self._provider.phase == "closed":
                raise StopIteration

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        while True:
            told = self._queue.next(0.0)
            if told:
                return Event(told)
            if told is False or self._provider.phase == "closed":
                raise StopAsyncIteration
            await _sleep(SLICE)


class VaultCredentialsProvider:
    """Keeps AWS credentials fresh. Make one with `leasekey.credentials`, and let many threads and tasks use it.

    Once the first set is there nobody waits for Vault while a set lives, and no set is served at or after its
    end. After a fork the child serves what its parent had, and takes its own lease in its own time.
    """

    __slots__ = ("__weakref__", "_facts", "_native", "_role")

    def __init__(self, native: _native.Provider, role: str | None) -> None:
        # Not when it is asked for: at the end of the interpreter nothing can be imported.
        from leasekey import _facts

        self._facts = _facts
        self._native = native
        self._role = role

    def get(self) -> AwsCredentials:
        """The set in hand, at once; before the first, as soon as it is there.

        Raises:
            LeasekeyError: That of the first attempt; `NotReady` after the deadline, 10 s unless `deadline=` says
                otherwise; `Expired` when the last set is dead; `Closed` after a close.
        """
        return self._native.now() or _wait(self._heard().get())

    async def get_async(self) -> AwsCredentials:
        """`get`, awaited: under asyncio and under trio."""
        return self._native.now() or await _waited(self._heard().get())

    def valid_for(self, seconds: float) -> AwsCredentials:
        """A set that lives for at least `seconds` from now, such as for a presigned address.

        Raises:
            LeasekeyError: As `get`, and `TtlOutOfRange` if no set lives that long.
        """
        held: AwsCredentials = _wait(self._heard().valid_for(_seconds(seconds, "seconds")))
        return held

    async def valid_for_async(self, seconds: float) -> AwsCredentials:
        """`valid_for`, awaited."""
        held: AwsCredentials = await _waited(self._heard().valid_for(_seconds(seconds, "seconds")))
        return held

    def refresh(self) -> AwsCredentials:
        """A newer set than the one in hand, with which others go on until it is there.

        Raises:
            LeasekeyError: As `get`; `NotRotated` if the same set came again.
        """
        held: AwsCredentials = _wait(self._heard().refresh())
        return held

    async def refresh_async(self) -> AwsCredentials:
        """`refresh`, awaited."""
        held: AwsCredentials = await _waited(self._heard().refresh())
        return held

    def close(self) -> None:
        """Ends this provider within 2 s. A second close does nothing.

        With the last provider of a login the token that Leasekey logged in for is revoked. AWS lets a temporary
        set that is in hand live to its end.
        """
        if self.phase != "closed":
            _wait(self._native.close())

    async def close_async(self) -> None:
        """`close`, awaited."""
        if self.phase != "closed":
            await _waited(self._native.close())

    @property
    def stats(self) -> Stats:
        """What was done so far."""
        return self._facts.Stats(**self._native.stats)

    @property
    def lease(self) -> Lease | None:
        """The lease in hand, without its secrets; None before the first and after the last."""
        told = self._native.lease
        return None if told is None else self._facts.Lease(**told)

    @property
    def phase(self) -> str:
        """How the lease is: `fresh`, `due`, `degraded`, `inherited` after a fork, ..."""
        return self._native.phase

    def events(self) -> Events:
        """The events from now on: every issue, swap, failure and close, without secrets."""
        return Events(self)

    def as_dict(self) -> dict[str, str]:
        """The set of `get` under boto3's names: `boto3.client("s3", **provider.as_dict())`. It is not kept fresh."""
        held = self.get()
        named = {
            "aws_access_key_id": held.access_key_id,
            "aws_secret_access_key": held.secret_access_key,
            "aws_session_token": held.session_token,
        }
        return {name: value for name, value in named.items() if value is not None}

    def _heard(self) -> _native.Provider:
        # In a forked child nobody has told `logging` of it so far.
        _lifecycle().hear(self._native)
        return self._native

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error_class: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        error_class: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close_async()

    def __repr__(self) -> str:
        return f"<leasekey.VaultCredentialsProvider role={self._role!r} phase={self.phase}>"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise _unpicklable("a provider")


def credentials(
    role: str | None = None,
    *,
    deadline: float | datetime.timedelta | None = None,
    **settings: Unpack[Settings],
) -> VaultCredentialsProvider:
    """A provider that asks for its first set when somebody first needs one.

    Args:
        role: The role of the AWS secrets engine; unset, `LEASEKEY_ROLE` or that of a settings file.
        deadline: How many seconds a caller waits for the first set, and for a refresh: 10, and 30 where
            `kind="iam_user"`.
        settings: Any setting of docs/settings.md by its keyword. It wins over the environment, which wins over
            the settings files. A duration is a text such as `"15m"`, whole seconds or a `timedelta`.

    Raises:
        ConfigError: `NotConfigured` without an address, `NoAuth` without a login, and others for values that
            cannot be. Nothing is sent.
    """
    return _provider({"role": role, **settings}, deadline)


def _provider(
    settings: dict[str, Any], deadline: float | datetime.timedelta | None, *stage: Any
) -> VaultCredentialsProvider:
    within = None if deadline is None else _seconds(deadline, "deadline")
    native = _native.Provider.build(settings, within, *stage)
    if isinstance(native, _native.Failure):
        raise _raised(native)
    if not stage:
        _lifecycle().watch(native)
    return VaultCredentialsProvider(native, settings.get("role"))


def _lifecycle() -> _Lifecycle:
    # Not before it is needed: an import shall cost next to nothing.
    from leasekey._lifecycle import LIFECYCLE

    return LIFECYCLE


def _seconds(value: Any, name: str) -> float:
    if isinstance(value, datetime.timedelta):
        value = value.total_seconds()
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise WrongType(f"{name}= is of type {type(value).__name__}", "Allowed is a number of seconds or a timedelta")
    if not 0 <= value < float("inf"):
        raise WrongType(f"{name}= is {value}", "Allowed is a number of seconds from 0")
    return float(value)


def _wait(pending: _native.Pending) -> Any:
    # Between two slices Python looks for signals: Ctrl-C ends the wait.
    while (answer := pending.wait(SLICE)) is None:
        pass
    return _answer(answer)


async def _waited(pending: _native.Pending) -> Any:
    pause = 0.001
    while (answer := pending.wait(0.0)) is None:
        await _sleep(pause)
        pause = min(2 * pause, 0.02)
    return _answer(answer)


def _answer(answer: Any) -> Any:
    # Raised here and not in Rust: see errors.rs.
    if isinstance(answer, _native.Failure):
        raise _raised(answer)
    return answer


async def _sleep(seconds: float) -> None:
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        trio = sys.modules["trio"]
        await trio.sleep(seconds)
    else:
        await asyncio.sleep(seconds)
