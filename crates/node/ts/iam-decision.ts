import { native } from "./errors.ts";
import type { NativeVerdict } from "./iam-native.ts";

/** What a decision comes out at. */
export type Outcome = "allow" | "depends" | "implicit_deny" | "explicit_deny";

/** A kind of policy that takes part in a decision; `service` is what AWS decides without any policy. */
export type Layer = "boundary" | "identity" | "rcp" | "resource" | "scp" | "service" | "session" | "vpc_endpoint";

/** Whether a statement applies to a request, and if not, the first reason why. */
export type Applies = "yes" | "depends" | "other_action" | "other_principal" | "other_resource" | "unmet";

/** Where a statement stands in a set. */
export interface StatementAt {
  /** The layer. */
  readonly layer: Layer;
  /** The index of the level, of SCPs and RCPs. */
  readonly level?: number;
  /** The index of the document in its layer. */
  readonly policy: number;
  /** The index of the statement in its document. */
  readonly statement: number;
}

/** What became of one statement. */
export interface StatementResult {
  /** Which statement it is. */
  readonly at: StatementAt;
  /** What it does where it applies. */
  readonly effect: "Allow" | "Deny";
  /** Whether it applies, and if not, the first reason why. */
  readonly applies: Applies;
  /** The index of the condition that is not met, where `applies` is `unmet`. */
  readonly condition?: number;
}

/** What is not known, and what would make the difference. */
export interface Missing {
  /** The context key, as the policy writes it. */
  readonly key: string;
  /** What its value must be for the request to be allowed: `must meet StringEquals "blue"`. */
  readonly constraint: string;
  /**
   * The values of the statement's condition, if the key is one of a condition: of an Allow those that may help, of a
   * Deny those that it takes.
   */
  readonly values: readonly string[];
  /** The statement that asks for it. */
  readonly at?: StatementAt;
}

/** A decision in words. */
export interface Explanation {
  /** What was decided, in which layer, and by which statement. */
  readonly summary: string;
  /** The nearest changes that would turn the decision. Each was tried: with it, the same engine decides otherwise. */
  readonly changes: readonly string[];
  /** Why each other statement did not apply: the first reason. */
  readonly others: readonly string[];
  /** All of it, a line each. */
  readonly text: string;
}

/** A decision. */
export interface Decision {
  /** What it comes out at. */
  readonly outcome: Outcome;
  /** The layer that decided: the one that denies; the first that does not allow; or the one that grants. */
  readonly layer: Layer;
  /** The index of the level that decided, of SCPs and RCPs. */
  readonly level: number | undefined;
  /** The statement that decided: the one that denies or grants. None of an implicit deny. */
  readonly decidedBy: StatementAt | undefined;
  /** The resource that decided, by its index: the first on which the outcome is this one. */
  readonly resource: number;
  /** What became of every statement that takes part, in the order of their layers. */
  readonly statements: readonly StatementResult[];
  /** What is not known and would decide; empty unless the outcome is `depends`. */
  readonly missing: readonly Missing[];
}

/** What tells the rest of a decision when it is asked for: the same request to the same policies. */
export interface Rest {
  statements(): StatementResult[];
  missing(): Missing[];
}

/** A decision that tells at once what is cheap to tell. */
export class Decided implements Decision {
  readonly outcome: Outcome;
  readonly layer: Layer;
  readonly level: number | undefined;
  readonly decidedBy: StatementAt | undefined;
  readonly resource: number;
  readonly #rest: Rest;

  constructor(verdict: NativeVerdict, rest: Rest) {
    this.outcome = verdict.outcome;
    this.layer = verdict.layer;
    this.level = verdict.level;
    this.decidedBy = verdict.decidedBy;
    this.resource = verdict.resource;
    this.#rest = rest;
  }

  get statements(): readonly StatementResult[] {
    return native(() => this.#rest.statements());
  }

  get missing(): readonly Missing[] {
    return native(() => this.#rest.missing());
  }

  toJSON(): object {
    return { ...this, statements: this.statements, missing: this.missing };
  }
}
