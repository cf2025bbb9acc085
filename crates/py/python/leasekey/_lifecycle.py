"""What begins with the first provider and ends with the interpreter. Nothing here runs at import."""

from __future__ import annotations

import atexit
import collections
import logging
import os
import threading
import time
import weakref
from typing import TYPE_CHECKING

from leasekey import _native
from leasekey.provider import SLICE

if TYPE_CHECKING:
    import datetime

    from leasekey._native import EventQueue, Provider

# What a close may take altogether.
CLOSE = 2.0

for _name in ("leasekey", "leasekey.refresh", "leasekey.vault"):
    logging.getLogger(_name).addHandler(logging.NullHandler())

_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "critical": logging.CRITICAL}


class _Lifecycle:
    """The providers that are alive, and the thread that tells `logging` of them."""

    def __init__(self) -> None:
        self.providers: weakref.WeakSet[Provider] = weakref.WeakSet()
        self.queues: list[EventQueue] = []
        self.lock = threading.Lock()
        self.drain: threading.Thread | None = None
        self.told: collections.deque[tuple[datetime.datetime, str]] = collections.deque(maxlen=512)
        self.ending = False
        self.registered = False

    def watch(self, provider: Provider) -> None:
        """Closes `provider` at the end of the interpreter, and logs what happens to it."""
        with self.lock:
            if not self.registered:
                self.registered = True
                atexit.register(self.end)
                os.register_at_fork(after_in_child=self.after_fork)
            self.providers.add(provider)
        self.hear(provider)

    def hear(self, provider: Provider) -> None:
        """Logs what happens to `provider` in this process, which looks after it from now on."""
        queue = provider.events_to_log()
        if queue is None:
            return
        with self.lock:
            self.queues.append(queue)
            if self.drain is None:
                self.drain = threading.Thread(target=self.log, name="leasekey-log", daemon=True)
                self.drain.start()

    def log(self) -> None:
        """Tells `logging` what happened, until there is nobody left whom it happens to."""
        while not self.ending:
            with self.lock:
                queues = list(self.queues)
                if not queues:
                    self.drain = None
                    return
            for queue in queues:
                self.draw(queue, SLICE if len(queues) == 1 else 0.0)
            if len(queues) > 1:
                time.sleep(SLICE)

    def draw(self, queue: EventQueue, seconds: float) -> None:
        """Logs all events of a queue that are there."""
        event = queue.next(seconds)
        while event:
            # Providers of one login hear of it each.
            if (event["at"], event["line"]) not in self.told:
                self.told.append((event["at"], event["line"]))
                _log(event)
            event = queue.next(0.0)
        if event is False:
            with self.lock:
                self.queues.remove(queue)

    def end(self) -> None:
        """Gives back what can be given back, in 2 s at most, and lets no thread of Python wait any longer."""
        self.ending = True
        drain = self.drain
        if drain is not None:
            drain.join(4 * SLICE)
        until = time.monotonic() + CLOSE
        try:
            closing = [provider.close() for provider in self.providers]
            while closing and time.monotonic() < until:
                closing = [close for close in closing if close.wait(SLICE) is None]
            for queue in list(self.queues):
                self.draw(queue, 0.0)
        finally:
            _native.end_waits()

    def after_fork(self) -> None:
        """A child has none of its parent's threads, and whoever held a lock may not be in it."""
        _native.after_fork()
        providers = list(self.providers)
        # No thread in their place: a child that only reads what it inherited needs none.
        self.lock, self.drain, self.queues = threading.Lock(), None, []
        self.providers = weakref.WeakSet(providers)


def _log(event: _native.EventDict) -> None:
    part = {"vault": ".vault", "credentials": ".refresh", "lease": ".refresh"}
    name = "leasekey" + part.get(event["kind"].split(".")[0], "")
    logging.getLogger(name).log(_LEVELS[event["severity"]], "%s", event["line"])


LIFECYCLE = _Lifecycle()
