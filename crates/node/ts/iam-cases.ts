import { native } from "./errors.ts";
import { Decided, type Decision, type Explanation } from "./iam-decision.ts";
import type { NativeCase } from "./iam-native.ts";
import { load } from "./native.ts";

/** A case of a case file: a request, the policies that it meets, and what is expected. */
export interface Case {
  /** What the case is called by programs. */
  readonly id: string;
  /** What the case is about. */
  readonly name: string;
  /** What is expected: an outcome, or just `deny`. */
  readonly expected: string;
  /** Whether it comes out as expected. */
  readonly agrees: boolean;

  /**
   * Decides the case.
   *
   * @throws LeasekeyError `LK-0201` where a policy cannot be read, `LK-0202` where the request cannot.
   */
  decide(): Decision;

  /** Decides the case, and puts the decision into words. */
  explain(): Explanation;
}

class OfFile implements Case {
  readonly #native: NativeCase;
  readonly id: string;
  readonly name: string;
  readonly expected: string;

  constructor(native: NativeCase) {
    this.#native = native;
    this.id = native.id;
    this.name = native.name;
    this.expected = native.expected;
  }

  get agrees(): boolean {
    return native(() => this.#native.agrees());
  }

  decide(): Decision {
    return new Decided(native(() => this.#native.decide()), this.#native);
  }

  explain(): Explanation {
    return native(() => this.#native.explain());
  }
}

/**
 * Reads a case file; `name` is what its policies are shown under.
 *
 * @throws LeasekeyError `LK-0202` where the text is no list of cases. What is wrong with one case is told by that case.
 */
export function readCases(text: string, options: { name?: string | undefined } = {}): Case[] {
  return native(() => load().readCases(String(text), options.name ?? "cases")).map((one) => new OfFile(one));
}
