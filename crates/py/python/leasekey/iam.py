"""AWS IAM policies: read, decide, explain, look at. No network, no AWS account, nothing of Vault.

>>> from leasekey.iam import PolicyDocument, PolicySet, Request
>>> policy = PolicyDocument.parse('{"Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}}')
>>> ask = Request("arn:aws:iam::111122223333:user/ann", "s3:GetObject", "arn:aws:s3:::orders/1")
>>> PolicySet(identity=policy).outcome(ask)
'allow'

What is not understood is an error, `InvalidPolicy` or `InvalidRequest`, and never allowed. All objects are immutable and
may be shared between threads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypedDict, Union

from leasekey import _native
from leasekey.errors import InvalidPolicy, InvalidRequest
from leasekey.provider import _answer

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

__all__ = [
    "Case",
    "Decision",
    "Explanation",
    "Finding",
    "Missing",
    "Place",
    "PolicyDocument",
    "PolicySet",
    "Request",
    "StatementAt",
    "StatementResult",
    "Witness",
    "lint",
    "read_cases",
]

Outcome = Literal["allow", "depends", "implicit_deny", "explicit_deny"]
Layer = Literal["boundary", "identity", "rcp", "resource", "scp", "service", "session", "vpc_endpoint"]
Applies = Literal["yes", "depends", "other_action", "other_principal", "other_resource", "unmet"]
SessionKind = Literal["role", "federation", "session_token", "none"]
PolicyKind = Literal["identity", "resource", "trust", "scp", "session", "boundary"]
Severity = Literal["note", "warning", "error"]


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
        return _wrapped(cls, _answer(_native.PolicyDocument.parse(text, name)))

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
    """The values of the statement's condition, if the key is one of a condition."""
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


class Place(NamedTuple):
    """A place in a text, both from 1; columns count characters."""

    line: int
    """The line."""
    column: int
    """The column."""


class Witness(NamedTuple):
    """A request that the policy allows. It is judged by the policy alone."""

    principal: Principal
    """Who asks."""
    action: str
    """What for, `s3:GetObject`."""
    resource: str
    """Of what, an ARN or `*`."""
    context: dict[str, str]
    """The condition keys that the request has."""
    text: str
    """All of it in a sentence."""

    def request(self) -> Request:
        """The same to be decided, by other policies too."""
        return Request(self.principal, self.action, self.resource, context={**self.context})

    def __str__(self) -> str:
        return self.text


class Finding(NamedTuple):
    """What a rule of lint found in a policy."""

    rule: str
    """The stable name of the rule, `unknown-action`."""
    severity: Severity
    """How much it matters here."""
    policy: str | None
    """The name of the document."""
    place: Place
    """Where in the text."""
    pointer: str
    """Where in the document, a JSON pointer: `/Statement/0/Action/1`."""
    message: str
    """What is wrong, in a sentence without a full stop."""
    fix: str
    """What to do about it."""
    witness: Witness | None
    """A request that the policy allows and that shows it."""
    fingerprint: str
    """The same for the same fault at the same place in the document, whatever line it is on."""


def lint(
    documents: Documents, *, type: PolicyKind | None = None, own_accounts: Iterable[str] = ()
) -> list[Finding]:
    """Looks at each document with every rule. Findings are in the order of their places.

    Args:
        documents: A document, or several.
        type: What they are attached to; unset, it is told from their elements.
        own_accounts: The account ids that are your own: no finding takes them for strangers.

    Raises:
        InvalidPolicy: Where something else than documents is given.
        InvalidSetting: Where there is no such type, or an account is not twelve digits.
    """
    own = [own_accounts] if isinstance(own_accounts, str) else list(own_accounts)
    found = _answer(_native.lint(_documents("documents", documents), type, own))
    return [_finding(*told) for told in found]


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
        request, policies = _answer(self._native.question())
        return _wrapped(Request, request), _wrapped(PolicySet, policies)

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


def _wrapped(public: Any, native: Any) -> Any:
    made = object.__new__(public)
    made._native = native
    return made


def _asked(request: Request) -> _native.Request:
    if not isinstance(request, Request):
        raise InvalidRequest(f"request= is of type {_type(request)}", "Allowed is a Request")
    return request._native


def _document(name: str, document: PolicyDocument) -> _native.PolicyDocument:
    if not isinstance(document, PolicyDocument):
        raise InvalidPolicy(f"{name}= is of type {_type(document)}", "Allowed is what PolicyDocument.parse reads")
    return document._native


def _documents(name: str, documents: Documents) -> list[_native.PolicyDocument]:
    if isinstance(documents, (list, tuple)) or (not isinstance(documents, str) and hasattr(documents, "__iter__")):
        return [_document(name, document) for document in documents]
    return [_document(name, documents)]


def _levels(name: str, levels: Levels) -> list[tuple[str, list[_native.PolicyDocument]]]:
    try:
        return [(level, _documents(name, documents)) for level, documents in levels]
    except (TypeError, ValueError) as error:
        hint = "Allowed are pairs of a level's name and its documents, the root first"
        raise InvalidPolicy(f"{name}= has something else than levels", hint) from error


def _type(value: object) -> str:
    return type(value).__name__


def _at(told: Any) -> StatementAt | None:
    return None if told is None else StatementAt(*told)


def _finding(*told: Any) -> Finding:
    rule, severity, policy, place, pointer, message, fix, witness, fingerprint = told
    shown = None if witness is None else _witness(*witness)
    return Finding(rule, severity, policy, Place(*place), pointer, message, fix, shown, fingerprint)


def _witness(who: tuple[str | None, str | None], *told: Any) -> Witness:
    form, name = who
    principal: Any = name if form is None else {form: True if name is None else name}
    return Witness(principal, *told)
