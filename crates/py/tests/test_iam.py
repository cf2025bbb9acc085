"""Policies: the cases of AWS's documentation give in Python what they give in Rust, and what is wrong is told."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import types
from pathlib import Path
from typing import Any

import leasekey
import pytest
from leasekey.errors import InvalidPolicy, InvalidRequest, InvalidSetting, LeasekeyError
from leasekey.iam import PolicyDocument, PolicySet, Request, StatementAt, lint, read_cases

REPOSITORY = Path(__file__).parents[3]
SCENARIOS = sorted((REPOSITORY / "tests/scenarios/iam").glob("*.json"))
BLOCKS = re.findall(r"^```python\n(.*?)^```$", (REPOSITORY / "docs/iam.md").read_text(), re.MULTILINE | re.DOTALL)

ANN = "arn:aws:iam::111122223333:user/ann"
ORDER = "arn:aws:s3:::orders/1"
READ = '{"Version": "2012-10-17", "Statement": [{"Sid": "Read", "Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}'
EAST = READ.replace("}]}", ', "Condition": {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}}]}')


def document(text: str = READ, name: str | None = None) -> PolicyDocument:
    return PolicyDocument.parse(text, name)


def in_rust(cases: Path) -> list[dict[str, str]]:
    """What the command line, which is Rust's, says of each case."""
    line = [sys.executable, "-m", "leasekey", "iam", "eval", "--cases", cases]
    return json.loads(subprocess.run(line, timeout=60, capture_output=True, check=True).stdout)


def documents(given: Any) -> list[PolicyDocument] | None:
    if given is None:
        return None
    return [document(json.dumps(one)) for one in (given if isinstance(given, list) else [given])]


def policies(case: Any) -> PolicySet:
    """The policies of a case, made one by one."""
    given = case["policies"]
    layers: dict[str, Any] = {name: documents(given.get(name)) for name in ("boundary", "session", "vpc_endpoint")}
    for name in ("scp", "rcp"):
        layers[name] = [(level.get("level", ""), documents(level["policies"])) for level in given.get(name) or []]
    resource = documents(given.get("resource"))
    return PolicySet(
        identity=documents(given.get("identity")) or [], resource=resource[0] if resource else None, **layers
    )


def without_places(text: str) -> str:
    return re.sub(r" \((?:\S+, )?line \d+, column \d+, [^)]*\)", "", text).rstrip()


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_case_is_decided_and_explained_as_in_rust(path: Path) -> None:
    cases = read_cases(path.read_text(), str(path))
    rows = in_rust(path)
    assert len(cases) == len(rows) > 0
    for case, row in zip(cases, rows):
        request, policy_set = case.question()
        decision = case.decide()
        assert (case.id, case.expected, decision.outcome) == (row["id"], row["expected"], row["got"])
        assert case.expects(decision)
        assert policy_set.outcome(request) == decision.outcome
        assert str(policy_set.explain(request)).rstrip() == row["explain"], case.id


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_case_made_of_objects_gives_the_same(path: Path) -> None:
    for case, row in zip(json.loads(path.read_text()), in_rust(path)):
        request, policy_set = Request(**case["request"]), policies(case)
        explanation = policy_set.explain(request)
        assert policy_set.evaluate(request).outcome == row["got"], case["id"]
        assert without_places(str(explanation)) == without_places(row["explain"]), case["id"]


def test_there_are_as_many_cases_as_are_asked_for() -> None:
    assert sum(len(read_cases(path.read_text())) for path in SCENARIOS) >= 400


def test_a_decision_says_what_decided_and_what_became_of_every_statement() -> None:
    policy_set = PolicySet(identity=document(), scp=[("root", document(READ.replace("s3:Get*", "*")))])
    decision = policy_set.evaluate(Request(ANN, "s3:GetObject", ORDER))
    assert (decision.outcome, decision.layer, decision.level, decision.resource) == ("allow", "identity", None, 0)
    assert decision.decided_by == StatementAt("identity", None, 0, 0)
    told = [(result.at.layer, result.at.level, result.effect, result.applies) for result in decision.statements]
    assert told == [("scp", 0, "Allow", "yes"), ("identity", None, "Allow", "yes")]
    assert decision.missing == ()


def test_a_key_that_is_not_known_is_named_with_what_it_must_be() -> None:
    policy_set = PolicySet(identity=document(EAST))
    decision = policy_set.evaluate(Request(ANN, "s3:GetObject", ORDER, partial_context=True))
    assert decision.outcome == "depends"
    (missing,) = decision.missing
    assert (missing.key, missing.values) == ("aws:RequestedRegion", ("us-east-1",))
    assert missing.constraint == 'must meet StringEquals "us-east-1"'
    absent = policy_set.evaluate(Request(ANN, "s3:GetObject", ORDER))
    assert [(result.applies, result.condition) for result in absent.statements] == [("unmet", 0)]


def test_an_explanation_tells_the_nearest_change_apart() -> None:
    explanation = PolicySet(identity=document(name="p.json")).explain(Request(ANN, "s3:PutObject", ORDER))
    assert explanation.summary == "denied implicitly: the identity policy does not allow it"
    (change,) = explanation.changes
    assert change.startswith('It would be allowed if statement "Read" (p.json, line 1, column ')
    assert str(explanation).splitlines() == [
        explanation.summary,
        f"  {change}",
        *(f"  - {other}" for other in explanation.others),
    ]


def test_a_context_has_texts_and_what_json_writes_without_quotes() -> None:
    asks = READ.replace("}]}", ', "Condition": {"Bool": {"aws:SecureTransport": "true"}, "NumericLessThan": {"s3:max-keys": 10}}}]}')
    policy_set = PolicySet(identity=document(asks))
    for keys in (9, 9.5, "9", ["9"], (9,)):
        context = {"aws:SecureTransport": True, "s3:max-keys": keys}
        assert policy_set.outcome(Request(ANN, "s3:GetObject", ORDER, context=context)) == "allow"
    frozen = types.MappingProxyType({"aws:SecureTransport": False, "s3:max-keys": 9})
    assert policy_set.outcome(Request(ANN, "s3:GetObject", ORDER, context=frozen)) == "implicit_deny"


def test_principals_have_the_forms_of_a_case_file() -> None:
    for principal in ({"anonymous": True}, {"service": "sns.amazonaws.com"}, {"federated": "cognito-identity.amazonaws.com"}):
        request = Request(principal, "s3:GetObject", [ORDER, "*"])
        assert (request.action, request.resources) == ("s3:GetObject", (ORDER, "*"))


def test_lint_tells_rule_place_fix_and_a_request_that_is_allowed() -> None:
    wide = document(READ.replace('"Sid": "Read", ', "\n").replace("s3:Get*", "sqs:*"), "ci.json")
    findings = lint([wide, document()], own_accounts=["111122223333"])
    found = next(finding for finding in findings if finding.rule == "service-wildcard")
    assert (found.policy, found.severity, found.pointer) == ("ci.json", "warning", "/Statement/0/Action")
    assert (found.place.line, len(found.fingerprint)) == (2, 16)
    assert found.message and found.fix
    assert found.witness is not None
    assert str(found.witness) == f"{found.witness.principal} may {found.witness.action} on {found.witness.resource}"
    assert PolicySet(identity=wide).outcome(found.witness.request()) == "allow"
    assert {finding.policy for finding in findings} == {"ci.json", None}


def test_lint_knows_what_a_policy_is_attached_to() -> None:
    assert lint(document(), type="trust") != lint(document(), type="identity")


def test_a_policy_that_cannot_be_read_is_told_with_its_place() -> None:
    for text, place in [
        ("{", "line 1, column 2"),
        ('{"Statement": [{"Effect": "allow"}]}', "line 1, column 27 (/Statement/0/Effect)"),
        ('{\n"Statement": [],\n"Statement": []}', "line 3, column 1"),
        ("[" * 100_000, "line 1"),
    ]:
        with pytest.raises(InvalidPolicy) as caught:
            document(text)
        assert caught.value.code == "LK-0201" and caught.value.message.startswith(place), caught.value
    with pytest.raises(InvalidPolicy, match="Principal"):
        PolicySet(identity=document('{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}'))


@pytest.mark.parametrize(
    "given",
    [
        {"principal": "ann"},
        {"principal": 7},
        {"principal": {"anonymous": False}},
        {"principal": {"service": "a", "federated": "b"}},
        {"principal": {"root": "a"}},
        {"action": "s3:*"},
        {"action": None},
        {"action": "s3:Get\udc80"},
        {"resource": "orders"},
        {"resource": []},
        {"resource": [ORDER, 7]},
        {"resource_account": "1111"},
        {"session_kind": "user"},
        {"mfa": "yes"},
        {"partial_context": 1},
        {"context": ["aws:SourceIp"]},
        {"context": {"aws:SourceIp": None}},
        {"context": {"aws:SourceIp": "10.0.0.1", "AWS:SOURCEIP": "203.0.113.7"}},
        {"context": {"aws:SourceIp": [["a"]]}},
        {"context": {7: "a"}},
        {"contxt": {}},
    ],
    ids=str,
)
def test_a_request_that_cannot_be_is_told(given: Any) -> None:
    asked = {"principal": ANN, "action": "s3:GetObject", "resource": ORDER, **given}
    with pytest.raises(InvalidRequest) as caught:
        Request(**asked)
    assert (caught.value.code, bool(caught.value.hint)) == ("LK-0202", True)


def test_what_is_no_document_no_level_and_no_request_is_told() -> None:
    policy_set = PolicySet(identity=document())
    for wrong in (READ, None, 7, [READ]):
        for call in (lambda wrong=wrong: PolicySet(identity=wrong), lambda wrong=wrong: lint(wrong)):
            with pytest.raises(InvalidPolicy):
                call()
    for levels in ([document()], ["root"], 7, [("root", READ)], [(7, document())]):
        with pytest.raises(InvalidPolicy):
            PolicySet(scp=levels)  # type: ignore[arg-type]
    for call in (policy_set.outcome, policy_set.evaluate, policy_set.explain):
        with pytest.raises(InvalidRequest):
            call({"action": "s3:GetObject"})  # type: ignore[arg-type,operator]
    with pytest.raises(InvalidPolicy):
        PolicyDocument.parse(READ.encode())  # type: ignore[arg-type]
    with pytest.raises(InvalidPolicy):
        PolicyDocument()


def test_lint_knows_the_own_organizations() -> None:
    condition = ', "Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}}]}'
    shared = document(READ.replace("}]}", condition))
    own, other = (lint(shared, own_organizations=[id]) for id in ("o-abcdefghij", "o-1234567890"))
    assert {finding.rule for finding in other} > {finding.rule for finding in own}


def test_lint_is_told_what_there_is() -> None:
    for wrong in ({"type": "role"}, {"type": 7}, {"own_accounts": ["1"]}, {"own_accounts": [7]}, {"own_organizations": ["o-1"]}):
        with pytest.raises(InvalidSetting):
            lint(document(), **wrong)  # type: ignore[arg-type]


def test_a_file_that_is_no_list_of_cases_is_refused_and_a_wrong_case_tells_itself() -> None:
    for text in ("", "{}", '[{"id": "a"}]'):
        with pytest.raises(InvalidRequest):
            read_cases(text)
    (case,) = read_cases('[{"id": "a", "expected": "allow", "request": {}, "policies": {}}]')
    with pytest.raises(LeasekeyError):
        case.decide()


def test_nothing_can_be_changed() -> None:
    request = Request(ANN, "s3:GetObject", ORDER)
    decision = PolicySet(identity=document()).evaluate(request)
    for made, name in [(request, "action"), (decision, "outcome"), (document(), "name"), (request, "more")]:
        with pytest.raises(AttributeError):
            setattr(made, name, "other")


def test_other_threads_run_while_much_is_looked_at() -> None:
    statement = '{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket-%d/*"}'
    large = document('{"Statement": [%s]}' % ", ".join(statement % number for number in range(100)))
    ended, turns = threading.Event(), 0

    def look() -> None:
        lint(large)
        ended.set()

    interval = sys.getswitchinterval()
    # A thread that holds the interpreter is never asked to give it up.
    sys.setswitchinterval(100)
    try:
        thread = threading.Thread(target=look)
        thread.start()
        while not ended.wait(0.001):
            turns += 1
        thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert turns > 0


def test_it_is_an_attribute_of_the_package() -> None:
    assert leasekey.iam.PolicyDocument is PolicyDocument


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_of_the_page_on_policies_runs(block: str) -> None:
    done = subprocess.run([sys.executable, "-c", block], timeout=60, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), block
