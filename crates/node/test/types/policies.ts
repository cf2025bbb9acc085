// Compiled, never run: what a program may ask about policies, and what it may not.
import { type Decision, type Finding, lint, type Outcome, PolicyDocument, PolicySet, readCases, type Request } from "leasekey/iam";

const policy: PolicyDocument = PolicyDocument.parse("{}", { name: "orders.json" });
const set = new PolicySet({ identity: policy, boundary: [policy], scp: [{ level: "root", policies: [policy] }] });
const asked: Request = {
  principal: { service: "sns.amazonaws.com" },
  action: "s3:GetObject",
  resource: ["*"],
  context: { "aws:TagKeys": ["a", "b"], "aws:SecureTransport": true },
  sessionKind: "none",
  mfa: undefined,
};
export const outcome: Outcome = set.outcome(asked);
export const decision: Decision = set.evaluate(asked);
export const findings: Finding[] = lint([policy], { type: "trust", ownAccounts: ["111122223333"], ownOrganizations: ["o-abcdefghij"] });
export const again: Outcome[] = findings.flatMap(({ witness }) => (witness === undefined ? [] : [set.outcome(witness)]));
export const cases: Decision[] = readCases("[]").map((one) => one.decide());

// @ts-expect-error there is no such outcome
export const never: boolean = set.outcome(asked) === "deny";
// @ts-expect-error a document is read from its text
new PolicyDocument();
// @ts-expect-error a set is made of documents
new PolicySet({ identity: "{}" });
// @ts-expect-error there is no such layer
new PolicySet({ identities: policy });
// @ts-expect-error there is no such key
set.evaluate({ ...asked, contxt: {} });
// @ts-expect-error there is no such principal
set.evaluate({ ...asked, principal: { root: "a" } });
// @ts-expect-error there is no such type
lint(policy, { type: "role" });
// @ts-expect-error a decision is read only
decision.outcome = "allow";
