"""Case files: requests, the policies that they meet, and what is expected to be decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leasekey import _native
from leasekey.iam._policies import PolicySet
from leasekey.iam._request import Request
from leasekey.provider import _answer

if TYPE_CHECKING:
    from leasekey.iam._decision import Decision


class Case:
    """A case of a case file: a request, the policies that it meets, and what is expected."""

    __slots__ = ("_native",)

    def __init__(self, native: _native.Case) -> None:
        self._native = native

    @property
    def id(self) -> str:
        """What the case is called by programs."""
        return self._native.id

    @property
    def name(self) -> str:
        """What the case is about."""
        return self._native.name

    @property
    def expected(self) -> str:
        """What is expected: an outcome, or just `deny`."""
        return self._native.expected

    def expects(self, decision: Decision) -> bool:
        """Whether this decision comes out as expected."""
        return self._native.expects(decision._native)

    def question(self) -> tuple[Request, PolicySet]:
        """The request and the policies.

        Raises:
            InvalidPolicy: Where a policy cannot be read.
            InvalidRequest: Where the request cannot.
        """
        request, policies = object.__new__(Request), object.__new__(PolicySet)
        request._native, policies._native = _answer(self._native.question())
        return request, policies

    def decide(self) -> Decision:
        """Decides the case.

        Raises:
            LeasekeyError: As `question`.
        """
        request, policies = self.question()
        return policies.evaluate(request)

    def __repr__(self) -> str:
        return f"<leasekey.iam.Case {self.id}>"


def read_cases(text: str, name: str = "cases") -> list[Case]:
    """Reads a case file; `name` is what its policies are shown under.

    Raises:
        InvalidRequest: Where the text is no list of cases. What is wrong with one case is told by that case.
    """
    return [Case(native) for native in _answer(_native.read_cases(text, name))]
