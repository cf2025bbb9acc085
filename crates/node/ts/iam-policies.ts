import { LeasekeyError, native } from "./errors.ts";
import { Decided, type Decision, type Explanation, type Outcome } from "./iam-decision.ts";
import type { NativeDocument, NativeLevel, NativeSet } from "./iam-native.ts";
import { asked, type Request } from "./iam-request.ts";
import { load } from "./native.ts";
import { describe } from "./options.ts";

let nativeOf: (name: string, document: unknown) => NativeDocument;

/** A policy document that was read in full: nothing in it was passed over. */
export class PolicyDocument {
  readonly #native: NativeDocument;

  private constructor(native: NativeDocument) {
    this.#native = native;
  }

  /**
   * Reads a document, and gives it the name under which it is shown, its file for example.
   *
   * @throws LeasekeyError `LK-0201` with the line, the column and the JSON pointer of what cannot be read.
   */
  static parse(text: string, options: { name?: string | undefined } = {}): PolicyDocument {
    const { name } = options;
    for (const [part, value] of Object.entries({ text, name: name ?? "" })) {
      if (typeof value !== "string") {
        throw invalid(`${part} is ${describe(value)}`, "Allowed is a text");
      }
    }
    return new PolicyDocument(native(() => load().PolicyDocument.parse(text, name)));
  }

  /** What it is called where it is shown. */
  get name(): string | undefined {
    return this.#native.name ?? undefined;
  }

  /** The version that it names; undefined is the older one, which knows no variables. */
  get version(): string | undefined {
    return this.#native.version ?? undefined;
  }

  /** Its `Id`. */
  get id(): string | undefined {
    return this.#native.id ?? undefined;
  }

  /** Its characters without the white space between them, which is what AWS's limits count. */
  get size(): number {
    return this.#native.size;
  }

  static {
    nativeOf = (name, document) => {
      if (typeof document === "object" && document !== null && #native in document) {
        return document.#native;
      }
      throw invalid(`${name} is ${describe(document)}`, "Allowed is what PolicyDocument.parse reads");
    };
  }
}

/** A document, or several. */
export type Documents = PolicyDocument | readonly PolicyDocument[];

/** What is attached to the root, to one organisational unit or to the account. */
export interface Level {
  /** What it is called where it is shown. */
  readonly level: string;
  /** Its policies. */
  readonly policies: Documents;
}

/**
 * The policies of a set, a slot for each layer. One that is left out has no policy; a boundary, a session policy and an
 * endpoint policy that are an empty list are there and allow nothing.
 */
export interface PolicyLayers {
  /** The policies of the user or the role: managed, inline, and those of its groups. */
  readonly identity?: Documents | undefined;
  /** The policy of the resource: a bucket policy, a key policy, a trust policy. */
  readonly resource?: PolicyDocument | undefined;
  /** The permissions boundary. */
  readonly boundary?: Documents | undefined;
  /** The session policies: what one allows, the session may. */
  readonly session?: Documents | undefined;
  /** The service control policies, the root first. */
  readonly scp?: readonly Level[] | undefined;
  /** The resource control policies, the root first; `RCPFullAWSAccess` need not be given. */
  readonly rcp?: readonly Level[] | undefined;
  /** The policy of the VPC endpoint that requests come through. */
  readonly vpcEndpoint?: Documents | undefined;
}

const LAYERS = new Set(["identity", "resource", "boundary", "session", "scp", "rcp", "vpcEndpoint"]);

/** All policies of a decision, made once and asked often. */
export class PolicySet {
  readonly #native: NativeSet;

  /**
   * Makes a set.
   *
   * @throws LeasekeyError `LK-0201` where a document has what its slot does not allow, or compares with something that is
   * not understood.
   */
  constructor(layers: PolicyLayers) {
    const unknown = Object.keys(layers).find((name) => !LAYERS.has(name));
    if (unknown !== undefined) {
      throw invalid(`a set has no layer ${JSON.stringify(unknown)}`, `There are ${[...LAYERS].join(", ")}`);
    }
    const { identity, resource, boundary, session, scp, rcp, vpcEndpoint } = layers;
    this.#native = native(
      () =>
        new (load().PolicySet)(
          optional("identity", identity) ?? [],
          resource === undefined ? undefined : nativeOf("resource", resource),
          optional("boundary", boundary),
          optional("session", session),
          levels("scp", scp),
          levels("rcp", rcp),
          optional("vpcEndpoint", vpcEndpoint),
        ),
    );
  }

  /** Decides a request, and says nothing but how it comes out. */
  outcome(request: Request): Outcome {
    const told = asked(request);
    return native(() => this.#native.outcome(told));
  }

  /**
   * Decides a request, and says what decided and what became of every statement.
   *
   * Of a request for several resources it is the decision on the resource that decides: the first that is denied
   * explicitly, or else implicitly, or else depends.
   *
   * @throws LeasekeyError `LK-0202` where the request cannot be decided.
   */
  evaluate(request: Request): Decision {
    const [told, set] = [asked(request), this.#native];
    const rest = { statements: () => set.statements(told), missing: () => set.missing(told) };
    return new Decided(native(() => set.evaluate(told)), rest);
  }

  /** Decides a request, and puts the decision into words. */
  explain(request: Request): Explanation {
    const told = asked(request);
    return native(() => this.#native.explain(told));
  }
}

/** The documents that are given, as the native side has them. */
export function documents(name: string, given: Documents): NativeDocument[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  return list.map((document) => nativeOf(name, document));
}

function optional(name: string, given: Documents | undefined): NativeDocument[] | undefined {
  return given === undefined ? undefined : documents(name, given);
}

function levels(name: string, given: readonly Level[] | undefined): NativeLevel[] {
  const list: readonly unknown[] = given === undefined || Array.isArray(given) ? (given ?? []) : [given];
  return list.map((one) => {
    const { level, policies } = (one ?? {}) as Partial<Level>;
    if (typeof level !== "string" || policies === undefined) {
      throw invalid(`${name} has something else than levels`, "Allowed are objects of level and policies, the root first");
    }
    return [level, documents(name, policies)];
  });
}

function invalid(message: string, hint: string): LeasekeyError {
  return new LeasekeyError({ code: "LK-0201", message, hint, retryable: false, causes: [] });
}
