export { readCases } from "./iam-cases.ts";
export type { Case } from "./iam-cases.ts";
export type { Applies, Decision, Explanation, Layer, Missing, Outcome, StatementAt, StatementResult } from "./iam-decision.ts";
export { lint } from "./iam-lint.ts";
export type { Finding, LintOptions, Place, PolicyKind, Severity, Witness } from "./iam-lint.ts";
export { PolicyDocument, PolicySet } from "./iam-policies.ts";
export type { Documents, Level, PolicyLayers } from "./iam-policies.ts";
export type { Context, Principal, Request, SessionKind } from "./iam-request.ts";
