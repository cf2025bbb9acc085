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

from leasekey.iam._cases import Case, read_cases
from leasekey.iam._decision import (
    Applies,
    Decision,
    Explanation,
    Layer,
    Missing,
    Outcome,
    StatementAt,
    StatementResult,
)
from leasekey.iam._lint import Finding, Place, PolicyKind, Severity, Witness, lint
from leasekey.iam._policies import PolicyDocument, PolicySet
from leasekey.iam._request import Context, Facts, Principal, Request, SessionKind

__all__ = [
    "Applies",
    "Case",
    "Context",
    "Decision",
    "Explanation",
    "Facts",
    "Finding",
    "Layer",
    "Missing",
    "Outcome",
    "Place",
    "PolicyDocument",
    "PolicyKind",
    "PolicySet",
    "Principal",
    "Request",
    "SessionKind",
    "Severity",
    "StatementAt",
    "StatementResult",
    "Witness",
    "lint",
    "read_cases",
]
