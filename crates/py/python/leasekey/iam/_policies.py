"""Documents and the sets that they make."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Union

from leasekey import _native
from leasekey.errors import InvalidPolicy
from leasekey.iam._decision import Decision, Explanation, Outcome
from leasekey.iam._request import Request, _asked
from leasekey.provider import _answer

if TYPE_CHECKING:
    from typing_extensions import Self


class PolicyDocument:
    """A policy document that was read in full: nothing in it was passed over."""

    __slots__ = ("_native",)
    _native: _native.PolicyDocument

    def __init__(self) -> None:
        raise InvalidPolicy("a policy document is read from its text", "Call PolicyDocument.parse(text)")

    @classmethod
    def parse(cls, text: str, name: str | None = None) -> Self:
        """Reads a document.

        Args:
            text: Its JSON.
            name: What it is called where it is shown, its file for example.

        Raises:
            InvalidPolicy: With the line, the column and the JSON pointer of what cannot be read.
        """
        document = object.__new__(cls)
        document._native = _answer(_native.PolicyDocument.parse(text, name))
        return document

    @property
    def name(self) -> str | None:
        """What it is called where it is shown."""
        return self._native.name

    @property
    def version(self) -> str | None:
        """The version that it names; None is the older one, which knows no variables."""
        return self._native.version

    @property
    def id(self) -> str | None:
        """Its `Id`."""
        return self._native.id

    @property
    def size(self) -> int:
        """Its characters without the white space between them, which is what AWS's limits count."""
        return self._native.size

    def __repr__(self) -> str:
        return f"<leasekey.iam.PolicyDocument {self.name or 'without a name'}, {self.size} characters>"


Documents = Union[PolicyDocument, Iterable[PolicyDocument]]
Levels = Iterable[tuple[str, Documents]]


class PolicySet:
    """All policies of a decision, made once and asked often."""

    __slots__ = ("_native",)
    _native: _native.PolicySet

    def __init__(
        self,
        *,
        identity: Documents = (),
        resource: PolicyDocument | None = None,
        boundary: Documents | None = None,
        session: Documents | None = None,
        scp: Levels = (),
        rcp: Levels = (),
        vpc_endpoint: Documents | None = None,
    ) -> None:
        """A set of a slot for each layer. One that is left out has no policy; a boundary, a session policy and an
        endpoint policy that are an empty list are there and allow nothing.

        Args:
            identity: The policies of the user or the role: managed, inline, and those of its groups.
            resource: The policy of the resource.
            boundary: The permissions boundary.
            session: The session policies: what one allows, the session may.
            scp: The service control policies of each level by its name, the root first: `[("root", [document])]`.
            rcp: The resource control policies in the same way; `RCPFullAWSAccess` need not be given.
            vpc_endpoint: The policy of the VPC endpoint that requests come through.

        Raises:
            InvalidPolicy: Where a document has what its slot does not allow, or compares with something that is not
                understood.
        """
        layers = {
            "identity": _documents("identity", identity),
            "resource": None if resource is None else _document("resource", resource),
            "boundary": None if boundary is None else _documents("boundary", boundary),
            "session": None if session is None else _documents("session", session),
            "scp": _levels("scp", scp),
            "rcp": _levels("rcp", rcp),
            "vpc_endpoint": None if vpc_endpoint is None else _documents("vpc_endpoint", vpc_endpoint),
        }
        self._native = _answer(_native.PolicySet.build(layers))

    def outcome(self, request: Request) -> Outcome:
        """Decides a request, and says nothing but how it comes out."""
        return self._native.outcome(_asked(request))

    def evaluate(self, request: Request) -> Decision:
        """Decides a request, and says what decided and what became of every statement.

        Of a request for several resources it is the decision on the resource that decides: the first that is denied
        explicitly, or else implicitly, or else depends.
        """
        return Decision(self._native.evaluate(_asked(request)))

    def explain(self, request: Request) -> Explanation:
        """Decides a request, and puts the decision into words."""
        summary, changes, others, text = self._native.explain(_asked(request))
        return Explanation(summary, tuple(changes), tuple(others), text)

    def __repr__(self) -> str:
        return "<leasekey.iam.PolicySet>"


def _document(name: str, document: object) -> _native.PolicyDocument:
    if not isinstance(document, PolicyDocument):
        hint = "Allowed is what PolicyDocument.parse reads"
        raise InvalidPolicy(f"{name}= is of type {type(document).__name__}", hint)
    return document._native


def _documents(name: str, documents: Documents) -> list[_native.PolicyDocument]:
    several = [documents] if isinstance(documents, (PolicyDocument, str)) or not hasattr(documents, "__iter__") else documents
    return [_document(name, document) for document in several]


def _levels(name: str, levels: Levels) -> list[tuple[str, list[_native.PolicyDocument]]]:
    try:
        return [(level, _documents(name, documents)) for level, documents in levels]
    except (TypeError, ValueError) as error:
        hint = "Allowed are pairs of a level's name and its documents, the root first"
        raise InvalidPolicy(f"{name}= has something else than levels", hint) from error
