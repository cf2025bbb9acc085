import { invalidSetting, native } from "./errors.ts";
import type { NativeFinding, NativeWitness } from "./iam-native.ts";
import { documents, type Documents } from "./iam-policies.ts";
import type { Principal } from "./iam-request.ts";
import { load } from "./native.ts";

/** What a policy is attached to. It decides what its elements mean. */
export type PolicyKind = "identity" | "resource" | "trust" | "scp" | "session" | "boundary";

/** How much a finding matters. */
export type Severity = "note" | "warning" | "error";

/** A place in a text, both from 1; columns count characters. */
export interface Place {
  /** The line. */
  readonly line: number;
  /** The column. */
  readonly column: number;
}

/** A request that the policy allows, to be decided by other policies too. It is judged by the policy alone. */
export interface Witness {
  /** Who asks. */
  readonly principal: Principal;
  /** What for, `"s3:GetObject"`. */
  readonly action: string;
  /** Of what, an ARN or `*`. */
  readonly resource: string;
  /** The account of the resource. */
  readonly resourceAccount: string;
  /** The condition keys that the request has. */
  readonly context: Readonly<Record<string, string>>;
}

/** What a rule of lint found in a policy. */
export interface Finding {
  /** The stable name of the rule, `"unknown-action"`. */
  readonly rule: string;
  /** How much it matters here. */
  readonly severity: Severity;
  /** The name of the document. */
  readonly policy: string | undefined;
  /** Where in the text. */
  readonly place: Place;
  /** Where in the document, a JSON pointer: `/Statement/0/Action/1`. */
  readonly pointer: string;
  /** What is wrong, in a sentence without a full stop. */
  readonly message: string;
  /** What to do about it. */
  readonly fix: string;
  /** A request that the policy allows and that shows it. */
  readonly witness: Witness | undefined;
  /** The same for the same fault at the same place in the document, whatever line it is on. */
  readonly fingerprint: string;
}

/** What lint is told besides the policies. */
export interface LintOptions {
  /** What they are attached to; left out, it is told from their elements. */
  readonly type?: PolicyKind | undefined;
  /** The account ids that are your own: no finding takes them for strangers. */
  readonly ownAccounts?: readonly string[] | undefined;
  /**
   * The ids of your own organizations, `o-a1b2c3d4e5`. Where one is given, a condition that lets in another one is no
   * limit: its accounts are strangers.
   */
  readonly ownOrganizations?: readonly string[] | undefined;
}

const OPTIONS = ["type", "ownAccounts", "ownOrganizations"];

/**
 * Looks at each document with every rule. Findings are in the order of their places.
 *
 * @throws LeasekeyError `LK-0201` where something else than documents is given, `LK-0116` where there is no such type, an
 * account is not twelve digits, or an organization's id is none.
 */
export function lint(given: Documents, options: LintOptions = {}): Finding[] {
  const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined) {
    throw invalidSetting(`lint has no option ${JSON.stringify(unknown)}`, `There are ${OPTIONS.join(", ")}`);
  }
  const { type, ownAccounts = [], ownOrganizations = [] } = options;
  const looked = documents("documents", given);
  const [accounts, organizations] = [ownAccounts, ownOrganizations].map((own) => [...own].map(String)) as [string[], string[]];
  const kind = type === undefined ? type : String(type);
  return native(() => load().lint(looked, kind, accounts, organizations)).map(finding);
}

function finding(found: NativeFinding): Finding {
  const { witness, policy } = found;
  return { ...found, policy, witness: witness && shown(witness) };
}

function shown({ form, principal, action, resource, resourceAccount, context }: NativeWitness): Witness {
  const who = form === undefined ? principal : { [form]: principal ?? true };
  return { principal: who as Principal, action, resource, resourceAccount, context };
}
