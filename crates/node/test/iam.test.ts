import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import { LeasekeyError } from "leasekey";
import * as esm from "leasekey/iam";
import { lint, type PolicyLayers, PolicyDocument, PolicySet, type Principal, readCases, type Request } from "leasekey/iam";
import { describe, expect, test } from "vitest";

import { camelCase } from "../ts/names.ts";
import { PACKAGE, run } from "./support/program.ts";

const SCENARIOS = join(PACKAGE, "../../tests/scenarios/iam");
const FILES = readdirSync(SCENARIOS).filter((name) => name.endsWith(".json"));

const ANN = "arn:aws:iam::111122223333:user/ann";
const ORDER = "arn:aws:s3:::orders/1";
const READ = '{"Version": "2012-10-17", "Statement": [{"Sid": "Read", "Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}';
const ask: Request = { principal: ANN, action: "s3:GetObject", resource: ORDER };

interface Row {
  id: string;
  got: string;
  expected: string;
  explain: string;
}

/** What the command line, which is Rust's, says of each case. */
async function inRust(file: string): Promise<Row[]> {
  const ended = await run(process.execPath, [`${PACKAGE}/bin/leasekey.js`, "iam", "eval", "--cases", file]);
  expect(ended.code, ended.err).toBe(0);
  return JSON.parse(ended.out) as Row[];
}

function document(value: unknown = READ): PolicyDocument {
  return PolicyDocument.parse(typeof value === "string" ? value : JSON.stringify(value));
}

type Given = Record<string, unknown>;

/** What stands in a case file, made one by one. */
function made(policies: Given): PolicySet {
  const all = (value: unknown): PolicyDocument[] => (Array.isArray(value) ? value : [value]).map(document);
  const layers: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(policies)) {
    if (value === null) {
      continue;
    }
    if (name === "scp" || name === "rcp") {
      const levels = value as { level?: string; policies: unknown }[];
      layers[name] = levels.map((level) => ({ level: level.level ?? "", policies: all(level.policies) }));
    } else {
      layers[camelCase(name)] = name === "resource" ? document(value) : all(value);
    }
  }
  return new PolicySet(layers as PolicyLayers);
}

function asked(request: Given): Request {
  return Object.fromEntries(Object.entries(request).map(([name, value]) => [camelCase(name), value])) as unknown as Request;
}

function withoutPlaces(text: string): string {
  return text.replaceAll(/ \((?:\S+, )?line \d+, column \d+, [^)]*\)/g, "").trimEnd();
}

describe("the cases of AWS's documentation", () => {
  test.each(FILES)("%s comes out, and is explained, as in Rust", async (name) => {
    const file = join(SCENARIOS, name);
    const text = readFileSync(file, "utf8");
    const rows = await inRust(file);
    const cases = readCases(text, { name: file });
    expect(cases.length).toBe(rows.length);
    cases.forEach((one, number) => {
      const told = { id: one.id, got: one.decide().outcome, expected: one.expected, explain: one.explain().text.trimEnd() };
      expect(told).toEqual(rows[number]);
      expect(one.agrees).toBe(true);
    });
    (JSON.parse(text) as { request: Given; policies: Given }[]).forEach((one, number) => {
      const [set, request] = [made(one.policies), asked(one.request)];
      const row = rows[number] as Row;
      expect([row.id, set.outcome(request), set.evaluate(request).outcome]).toEqual([row.id, row.got, row.got]);
      expect(withoutPlaces(set.explain(request).text)).toBe(withoutPlaces(row.explain));
    });
  });

  test("are 400 at least", () => {
    const counts = FILES.map((name) => readCases(readFileSync(join(SCENARIOS, name), "utf8")).length);
    expect(counts.reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(400);
  });
});

describe("a decision", () => {
  test("says what decided and what became of every statement", () => {
    const all = document(READ.replace("s3:Get*", "*"));
    const decision = new PolicySet({ identity: document(), scp: [{ level: "root", policies: all }] }).evaluate(ask);
    const at = { layer: "identity", policy: 0, statement: 0 };
    expect(decision).toMatchObject({ outcome: "allow", layer: "identity", level: undefined, resource: 0 });
    expect(decision.decidedBy).toEqual(at);
    expect(decision.statements).toEqual([
      { at: { layer: "scp", level: 0, policy: 0, statement: 0 }, effect: "Allow", applies: "yes" },
      { at, effect: "Allow", applies: "yes" },
    ]);
    expect(JSON.parse(JSON.stringify(decision))).toMatchObject({ outcome: "allow", statements: [{}, {}], missing: [] });
  });

  test("names the keys that are not known, and what they must be", () => {
    const condition = ', "Condition": {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}}]}';
    const set = new PolicySet({ identity: document(READ.replace("}]}", condition)) });
    const { outcome, missing } = set.evaluate({ ...ask, partialContext: true });
    expect(outcome).toBe("depends");
    expect(missing).toMatchObject([
      { key: "aws:RequestedRegion", constraint: 'must meet StringEquals "us-east-1"', values: ["us-east-1"] },
    ]);
    expect(set.evaluate(ask).statements).toMatchObject([{ applies: "unmet", condition: 0 }]);
  });

  test("stays what it was when its request is changed", () => {
    const request = { ...ask, action: "s3:PutObject" };
    const decision = new PolicySet({ identity: document() }).evaluate(request);
    request.action = "s3:GetObject";
    expect(decision).toMatchObject({ outcome: "implicit_deny", statements: [{ applies: "other_action" }] });
  });

  test("is explained with the nearest change apart", () => {
    const named = PolicyDocument.parse(READ, { name: "p.json" });
    const { summary, changes, others, text } = new PolicySet({ identity: named }).explain({ ...ask, action: "s3:PutObject" });
    expect(summary).toBe("denied implicitly: the identity policy does not allow it");
    expect(changes).toEqual([expect.stringContaining('It would be allowed if statement "Read" (p.json, line 1, column ')]);
    const lines = [summary, ...changes.map((one) => `  ${one}`), ...others.map((one) => `  - ${one}`), ""];
    expect(text.split("\n")).toEqual(lines);
  });

  test("takes texts and what JSON writes without quotes in the context", () => {
    const condition = ', "Condition": {"Bool": {"aws:SecureTransport": "true"}, "NumericLessThan": {"s3:max-keys": 10}}}]}';
    const set = new PolicySet({ identity: document(READ.replace("}]}", condition)) });
    for (const keys of [9, 9.5, "9", ["9"]]) {
      expect(set.outcome({ ...ask, context: { "aws:SecureTransport": true, "s3:max-keys": keys } })).toBe("allow");
    }
  });
});

describe("lint", () => {
  const wide = PolicyDocument.parse(READ.replace('"Sid": "Read", ', "\n").replace("s3:Get*", "sqs:*"), { name: "ci.json" });

  test("tells rule, place, fix and a request that is allowed", () => {
    const findings = lint([wide, document()], { ownAccounts: ["111122223333"] });
    const found = findings.find(({ rule }) => rule === "service-wildcard");
    expect(found).toMatchObject({ policy: "ci.json", severity: "warning", pointer: "/Statement/0/Action", place: { line: 2 } });
    expect([found?.message, found?.fix, found?.fingerprint.length]).toEqual([expect.any(String), expect.any(String), 16]);
    expect(new PolicySet({ identity: wide }).outcome(found?.witness as Request)).toBe("allow");
    expect(new Set(findings.map(({ policy }) => policy))).toEqual(new Set(["ci.json", undefined]));
  });

  test("knows what a policy is attached to", () => {
    expect(lint(document(), { type: "trust" })).not.toEqual(lint(document(), { type: "identity" }));
  });

  test("knows the own organizations", () => {
    const condition = ', "Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}}]}';
    const shared = document(READ.replace("}]}", condition));
    const [own = 0, other = 0] = ["o-abcdefghij", "o-1234567890"].map((id) => lint(shared, { ownOrganizations: [id] }).length);
    expect(other).toBeGreaterThan(own);
  });

  test("is told what there is", () => {
    for (const wrong of [{ type: "role" }, { type: 7 }, { ownAccounts: ["1"] }, { ownAccounts: [7] }, { ownOrganizations: ["o-1"] }, { own: [] }]) {
      expect(() => lint(document(), wrong as object)).toThrow(expect.objectContaining({ code: "LK-0116" }));
    }
  });
});

describe("bad input", () => {
  test.each([
    ["{", "line 1, column 2"],
    ['{"Statement": [{"Effect": "allow"}]}', "line 1, column 27 (/Statement/0/Effect)"],
    ['{\n"Statement": [],\n"Statement": []}', "line 3, column 1"],
    ["[".repeat(100_000), "line 1"],
  ])("a policy that cannot be read is told with its place (%#)", (text, place) => {
    const read = () => PolicyDocument.parse(text);
    expect(read).toThrow(LeasekeyError);
    expect(read).toThrow(`LK-0201: ${place}`);
  });

  test("a policy in a slot that it does not fit is told", () => {
    const open = document('{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}');
    expect(() => new PolicySet({ identity: open })).toThrow(/^LK-0201: .*Principal/);
  });

  test.each([
    { principal: "ann" },
    { principal: 7 },
    { principal: { anonymous: false } },
    { principal: { service: "a", federated: "b" } },
    { principal: { root: "a" } },
    { action: "s3:*" },
    { action: undefined },
    { resource: "orders" },
    { resource: [] },
    { resource: [ORDER, 7] },
    { resourceAccount: "1111" },
    { sessionKind: "user" },
    { mfa: "yes" },
    { partialContext: 1 },
    { context: ["aws:SourceIp"] },
    { context: { "aws:SourceIp": null } },
    { context: { "aws:SourceIp": "10.0.0.1", "AWS:SOURCEIP": "203.0.113.7" } },
    { context: new Map([["aws:SourceIp", "10.0.0.1"]]) },
    { context: new URLSearchParams({ "aws:SourceIp": "10.0.0.1" }) },
    { context: Object.create({ "aws:SourceIp": "10.0.0.1" }) },
    { context: { "aws:SourceIp": [["a"]] } },
    { contxt: {} },
  ])("a request that cannot be is told: %j", (wrong) => {
    const request = { ...ask, ...wrong } as unknown as Request;
    const set = new PolicySet({ identity: document() });
    for (const call of [() => set.outcome(request), () => set.evaluate(request), () => set.explain(request)]) {
      expect(call).toThrow(expect.objectContaining({ code: "LK-0202", hint: expect.stringMatching(/./) }));
    }
  });

  test("what is no document, no layer and no level is told", () => {
    for (const layers of [
      { identity: READ },
      { identity: null },
      { identity: [7] },
      { identities: [] },
      { resource: [document()] },
      { scp: [document()] },
      { scp: [{ level: "root" }] },
      { scp: 7 },
    ]) {
      expect(() => new PolicySet(layers as PolicyLayers)).toThrow(expect.objectContaining({ code: "LK-0201" }));
    }
    expect(() => lint(READ as unknown as PolicyDocument)).toThrow(expect.objectContaining({ code: "LK-0201" }));
    expect(() => PolicyDocument.parse(Buffer.from(READ) as unknown as string)).toThrow(expect.objectContaining({ code: "LK-0201" }));
  });

  test("a file that is no list of cases is refused, and a wrong case tells itself", () => {
    for (const text of ["", "{}", '[{"id": "a"}]']) {
      expect(() => readCases(text)).toThrow(expect.objectContaining({ code: "LK-0202" }));
    }
    const [one] = readCases('[{"id": "a", "expected": "allow", "request": {}, "policies": {}}]');
    expect(() => one?.decide()).toThrow(LeasekeyError);
  });
});

test("principals have the forms of a case file", () => {
  const set = new PolicySet({ identity: document() });
  const forms: Principal[] = [{ anonymous: true }, { service: "sns.amazonaws.com" }, { federated: "cognito-identity.amazonaws.com" }];
  for (const principal of forms) {
    expect(set.outcome({ ...ask, principal, resource: [ORDER, "*"] })).toBe("implicit_deny");
  }
});

test("import and require give the same names of policies", () => {
  const cjs = createRequire(import.meta.url)("leasekey/iam") as object;
  expect(Object.keys(cjs).sort()).toEqual(Object.keys(esm).sort());
  expect(Object.keys(esm).sort()).toEqual(["PolicyDocument", "PolicySet", "lint", "readCases"]);
});
