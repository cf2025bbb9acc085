"""What a user's type checker sees of policies: checked by pyright, never run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from leasekey import iam

if TYPE_CHECKING:
    from typing_extensions import assert_type


def decided(text: str, keys: dict[str, str]) -> None:
    policy = iam.PolicyDocument.parse(text, name="orders.json")
    assert_type(policy, iam.PolicyDocument)
    policies = iam.PolicySet(identity=policy, boundary=[policy], scp=[("root", [policy]), ("orders", policy)])
    request = iam.Request({"service": "sns.amazonaws.com"}, "s3:GetObject", "*", context=keys, session_kind="none")
    iam.Request("arn", "s3:GetObject", ["*"], context={"aws:TagKeys": ["a", "b"], "aws:SecureTransport": True}, mfa=None)
    assert_type(policies.outcome(request), Literal["allow", "depends", "implicit_deny", "explicit_deny"])
    decision = policies.evaluate(request)
    assert_type(decision, iam.Decision)
    assert_type(decision.decided_by, "iam.StatementAt | None")
    for result in decision.statements:
        assert_type(result.effect, Literal["Allow", "Deny"])
        assert_type(result.at.level, "int | None")
    assert_type(decision.missing, "tuple[iam.Missing, ...]")
    assert_type(policies.explain(request).changes, "tuple[str, ...]")


def looked(policy: iam.PolicyDocument, file: str) -> None:
    for finding in iam.lint(policy, type="trust", own_accounts=["111122223333"], own_organizations=["o-abcdefghij"]):
        assert_type(finding, iam.Finding)
        assert_type(finding.severity, Literal["note", "warning", "error"])
        if finding.witness is not None:
            assert_type(finding.witness.request(), iam.Request)
    for case in iam.read_cases(file):
        assert_type(case.question(), "tuple[iam.Request, iam.PolicySet]")


def refused(policy: iam.PolicyDocument) -> None:
    iam.lint(policy, type="role")  # pyright: ignore[reportArgumentType]
    iam.Request("arn", "s3:GetObject", "*", contxt={})  # pyright: ignore[reportCallIssue]
    iam.Request({"root": "arn"}, "s3:GetObject", "*")  # pyright: ignore[reportArgumentType]
    iam.PolicySet(identity="text")  # pyright: ignore[reportArgumentType]
