"""What is wrong in policies, or wider than it need be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

from leasekey import _native
from leasekey.iam._policies import Documents, _documents
from leasekey.iam._request import Principal, Request
from leasekey.provider import _answer

PolicyKind = Literal["identity", "resource", "trust", "scp", "session", "boundary"]
Severity = Literal["note", "warning", "error"]


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
    resource_account: str
    """The account of the resource."""

    def request(self) -> Request:
        """The same to be decided, by other policies too."""
        of = self.resource_account
        return Request(self.principal, self.action, self.resource, resource_account=of, context={**self.context})

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
    documents: Documents,
    *,
    type: PolicyKind | None = None,
    own_accounts: Iterable[str] = (),
    own_organizations: Iterable[str] = (),
) -> list[Finding]:
    """Looks at each document with every rule. Findings are in the order of their places.

    Args:
        documents: A document, or several.
        type: What they are attached to; unset, it is told from their elements.
        own_accounts: The account ids that are your own: no finding takes them for strangers.
        own_organizations: The ids of your own organizations, `o-a1b2c3d4e5`. Where one is given, a condition that lets in
            another one is no limit: its accounts are strangers.

    Raises:
        InvalidPolicy: Where something else than documents is given.
        InvalidSetting: Where there is no such type, an account is not twelve digits, or an organization's id is none.
    """
    looked = _documents("documents", documents)
    found = _answer(_native.lint(looked, type, _all(own_accounts), _all(own_organizations)))
    return [_finding(*told) for told in found]


def _all(own: Iterable[str]) -> list[str]:
    return [own] if isinstance(own, str) else list(own)


def _finding(*told: Any) -> Finding:
    rule, severity, policy, place, pointer, message, fix, witness, fingerprint = told
    shown = None if witness is None else _witness(*witness)
    return Finding(rule, severity, policy, Place(*place), pointer, message, fix, shown, fingerprint)


def _witness(who: tuple[str | None, str | None], *told: Any) -> Witness:
    form, name = who
    principal: Any = name if form is None else {form: True if name is None else name}
    return Witness(principal, *told)
