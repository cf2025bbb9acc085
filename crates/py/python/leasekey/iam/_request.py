"""What is asked: who, what, on which resources, in which context."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, TypedDict, Union

from leasekey import _native
from leasekey.errors import InvalidRequest
from leasekey.provider import _answer

if TYPE_CHECKING:
    from typing_extensions import Unpack

SessionKind = Literal["role", "federation", "session_token", "none"]


class Anonymous(TypedDict):
    """Nobody known: a request without a signature."""

    anonymous: Literal[True]


class Service(TypedDict):
    """A service by its name, `lambda.amazonaws.com`."""

    service: str


class Federated(TypedDict):
    """Somebody whom this identity provider vouches for, by its name or its ARN."""

    federated: str


Principal = Union[str, Anonymous, Service, Federated]
Value = Union[str, bool, int, float]
Context = Mapping[str, Union[Value, Sequence[Value]]]


class Facts(TypedDict, total=False):
    """What a request may tell besides, by its name in a case file. None is as if left out."""

    resource_account: str | None
    """The account that owns the resources; unset, that of each ARN, and the caller's own where an ARN has none."""
    management_account: bool
    """Whether the organisation's management account is meant, which neither SCPs nor RCPs limit."""
    context: Context | None
    """The condition keys, each with a value, or with a list or a tuple of them."""
    session_kind: SessionKind | None
    """The kind of session; unset, what the ARN tells."""
    mfa: bool | None
    """Whether the session was made with a second factor."""
    partial_context: bool
    """Whether keys that are not given are unknown, and not absent."""


class Request:
    """A request to decide: who, what, on which resources, in which context.

    Keys of the context that are not given are absent, unless `partial_context=True`. Only `aws:PrincipalArn` is filled
    in, from the principal, where it is not given.
    """

    __slots__ = ("_native",)

    def __init__(
        self, principal: Principal, action: str, resource: str | Sequence[str], **facts: Unpack[Facts]
    ) -> None:
        """A request.

        Args:
            principal: Who asks: the ARN of a user, a role, a session or the root user, or `{"anonymous": True}`,
                `{"service": "lambda.amazonaws.com"}` or `{"federated": "cognito-identity.amazonaws.com"}`.
            action: One action of one service, `s3:GetObject`.
            resource: An ARN; `"*"` for actions that have none; a list of several, which must all be allowed.
            facts: What it tells besides: see `Facts`.

        Raises:
            InvalidRequest: Where one of these cannot be.
        """
        context = facts.get("context")
        if isinstance(context, Mapping) and not isinstance(context, dict):
            facts["context"] = dict(context)
        self._native: _native.Request = _answer(_native.Request.build(principal, action, resource, facts))

    @property
    def action(self) -> str:
        """The action, as it was asked for."""
        return self._native.action

    @property
    def resources(self) -> tuple[str, ...]:
        """The resources."""
        return tuple(self._native.resources)

    def __repr__(self) -> str:
        return f"<leasekey.iam.Request {self.action} on {', '.join(self.resources)}>"


def _asked(request: object) -> _native.Request:
    if not isinstance(request, Request):
        raise InvalidRequest(f"request= is of type {type(request).__name__}", "Allowed is a Request")
    return request._native
