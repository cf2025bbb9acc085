"""What was decided, and by what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from leasekey import _native

Outcome = Literal["allow", "depends", "implicit_deny", "explicit_deny"]
Layer = Literal["boundary", "identity", "rcp", "resource", "scp", "service", "session", "vpc_endpoint"]
Applies = Literal["yes", "depends", "other_action", "other_principal", "other_resource", "unmet"]


class StatementAt(NamedTuple):
    """Where a statement stands in a set."""

    layer: Layer
    """The layer."""
    level: int | None
    """The index of the level, of SCPs and RCPs."""
    policy: int
    """The index of the document in its layer."""
    statement: int
    """The index of the statement in its document."""


class StatementResult(NamedTuple):
    """What became of one statement."""

    at: StatementAt
    """Which statement it is."""
    effect: Literal["Allow", "Deny"]
    """What it does where it applies."""
    applies: Applies
    """Whether it applies, and if not, the first reason why."""
    condition: int | None
    """The index of the condition that is not met, where `applies` is `unmet`."""


class Missing(NamedTuple):
    """What is not known, and what would make the difference."""

    key: str
    """The context key, as the policy writes it."""
    constraint: str
    """What its value must be for the request to be allowed: `must meet StringEquals "blue"`."""
    values: tuple[str, ...]
    """The values of the statement's condition, if the key is one of a condition: of an Allow those that may help, of a
    Deny those that it takes."""
    at: StatementAt | None
    """The statement that asks for it."""


class Decision:
    """A decision."""

    __slots__ = ("_native",)

    def __init__(self, native: _native.Decision) -> None:
        self._native = native

    @property
    def outcome(self) -> Outcome:
        """What it comes out at."""
        return self._native.outcome

    @property
    def layer(self) -> Layer:
        """The layer that decided: the one that denies; the first that does not allow; or the one that grants."""
        return self._native.layer

    @property
    def level(self) -> int | None:
        """The index of the level that decided, of SCPs and RCPs."""
        return self._native.level

    @property
    def decided_by(self) -> StatementAt | None:
        """The statement that decided: the one that denies or grants. None of an implicit deny."""
        return _at(self._native.decided_by)

    @property
    def resource(self) -> int:
        """The resource that decided, by its index: the first on which the outcome is this one."""
        return self._native.resource

    @property
    def statements(self) -> tuple[StatementResult, ...]:
        """What became of every statement that takes part, in the order of their layers."""
        told = self._native.statements
        return tuple(
            StatementResult(StatementAt(*at), effect, applies, condition) for at, effect, applies, condition in told
        )

    @property
    def missing(self) -> tuple[Missing, ...]:
        """What is not known and would decide; empty unless the outcome is `depends`."""
        told = self._native.missing
        return tuple(Missing(key, constraint, tuple(values), _at(at)) for key, constraint, values, at in told)

    def __repr__(self) -> str:
        return f"<leasekey.iam.Decision {self.outcome} by {self.layer}>"


class Explanation(NamedTuple):
    """A decision in words. As a text it is the whole, a line each."""

    summary: str
    """What was decided, in which layer, and by which statement."""
    changes: tuple[str, ...]
    """The nearest changes that would turn the decision. Each was tried: with it, the same engine decides otherwise."""
    others: tuple[str, ...]
    """Why each other statement did not apply: the first reason."""
    text: str
    """All of it."""

    def __str__(self) -> str:
        return self.text


def _at(told: tuple[Layer, int | None, int, int] | None) -> StatementAt | None:
    return None if told is None else StatementAt(*told)
