/** The format of a scenario: tests/scenarios/refresh/README.md. */
export interface Scenario {
  about: string;
  settings?: Record<string, string>;
  deadline?: string;
  tokens?: object;
  steps: Step[];
}

export type Count = number | { at_least?: number; at_most?: number };

export interface Call {
  callers?: number;
  cancelled_after?: string;
  valid_for?: string;
  key?: Count;
  error?: string[];
  says?: string[];
  takes_at_most?: string;
  expires_in?: [string, string];
}

export interface Poll {
  every: string;
  for: string;
  errors?: Count;
  codes?: string[];
  takes_at_most?: string;
}

export interface Expect {
  asked?: Record<string, Count>;
  issued?: Count;
  phase?: string;
  events?: Record<string, Count>;
  stats?: Record<string, Count>;
}

/** One of these, named by its only key. */
export type Step =
  | "close"
  | "revoke_tokens"
  | { get: Call }
  | { refresh: Call }
  | { poll: Poll }
  | { wait: string }
  | { aws_refuses: { key: number; code: string; region?: string } }
  | { expect: Expect }
  | { vault: object }
  | { fields: object }
  | { suspend: string }
  | { wall: string };

const UNITS: Record<string, number> = {
  ns: 1e-6, us: 1e-3, ms: 1, s: 1e3, sec: 1e3, m: 6e4, min: 6e4, h: 3.6e6, d: 8.64e7, day: 8.64e7, days: 8.64e7,
  year: 3.15576e10, years: 3.15576e10,
};

/** The milliseconds of `"1h 30m"`. */
export function span(text: string): number {
  const parts = [...text.matchAll(/(\d+)\s*([a-z]+)/g)];
  return parts.reduce((sum, [, number, unit]) => {
    const length = UNITS[unit as string];
    if (length === undefined) {
      throw new Error(`${unit} is no unit`);
    }
    return sum + Number(number) * length;
  }, 0);
}

/** Whether a number is as expected. */
export function counts(expected: Count | undefined, number: number): boolean {
  if (expected === undefined) {
    return true;
  }
  const { at_least = 0, at_most = Number.POSITIVE_INFINITY } =
    typeof expected === "number" ? { at_least: expected, at_most: expected } : expected;
  return number >= at_least && number <= at_most;
}
