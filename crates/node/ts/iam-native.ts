import type { Explanation, Layer, Missing, Outcome, StatementAt, StatementResult } from "./iam-decision.ts";
import type { Place, Severity } from "./iam-lint.ts";

/** What the native side has for policies. */
export interface NativeIam {
  PolicyDocument: { parse(text: string, name?: string): NativeDocument };
  PolicySet: new (
    identity: NativeDocument[],
    resource: NativeDocument | undefined,
    boundary: NativeDocument[] | undefined,
    session: NativeDocument[] | undefined,
    scp: NativeLevel[],
    rcp: NativeLevel[],
    vpcEndpoint: NativeDocument[] | undefined,
  ) => NativeSet;
  lint(
    documents: NativeDocument[],
    kind: string | undefined,
    ownAccounts: string[],
    ownOrganizations: string[],
  ): NativeFinding[];
  readCases(text: string, name: string): NativeCase[];
}

/** A document of the native side. */
export interface NativeDocument {
  readonly name: string | null;
  readonly version: string | null;
  readonly id: string | null;
  readonly size: number;
}

/** A level's name, and its documents. */
export type NativeLevel = [level: string, documents: NativeDocument[]];

/** A set of the native side. */
export interface NativeSet {
  outcome(asked: string): Outcome;
  evaluate(asked: string): NativeVerdict;
  statements(asked: string): StatementResult[];
  missing(asked: string): Missing[];
  explain(asked: string): Explanation;
}

/** A case of the native side. */
export interface NativeCase {
  readonly id: string;
  readonly name: string;
  readonly expected: string;
  agrees(): boolean;
  decide(): NativeVerdict;
  statements(): StatementResult[];
  missing(): Missing[];
  explain(): Explanation;
}

/** How a request comes out, and what decided. */
export interface NativeVerdict {
  outcome: Outcome;
  layer: Layer;
  level?: number;
  decidedBy?: StatementAt;
  resource: number;
}

/** A finding of the native side. */
export interface NativeFinding {
  rule: string;
  severity: Severity;
  policy?: string;
  place: Place;
  pointer: string;
  message: string;
  fix: string;
  witness?: NativeWitness;
  fingerprint: string;
}

/** A witness of the native side. */
export interface NativeWitness {
  form?: string;
  principal?: string;
  action: string;
  resource: string;
  resourceAccount: string;
  context: Record<string, string>;
  text: string;
}
