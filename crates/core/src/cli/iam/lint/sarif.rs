//! Findings as SARIF 2.1.0, as code scanning reads them.

use serde_json::{Value, json};

use super::report::{Linted, beside, request};
use crate::cli::{Console, Outcome};
use crate::iam::Catalog;
use crate::iam::lint::{Rule, rules};

pub(super) fn print(linted: &[Linted], console: &mut Console<'_>) -> Outcome {
    let known: Vec<_> = rules().collect();
    let results: Vec<_> = linted.iter().map(|one| result(one, &known)).collect();
    let rules: Vec<_> = known.iter().map(|rule| descriptor(rule)).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "leasekey iam lint",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
                "properties": { "dataDate": Catalog::bundled()?.date() },
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    Ok(writeln!(console.out, "{log:#}")?)
}

fn descriptor(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.about },
        "defaultConfiguration": { "level": rule.severity.name() },
    })
}

fn result(one: &Linted, known: &[&Rule]) -> Value {
    let Linted { policy, finding, suppressed } = one;
    let suppressions: Vec<_> =
        suppressed.iter().map(|reason| json!({ "kind": "external", "justification": reason })).collect();
    let shown = finding.witness.as_ref().map(|witness| format!(" Shown by: {witness}.")).unwrap_or_default();
    json!({
        "ruleId": finding.rule.id,
        "ruleIndex": known.iter().position(|rule| rule.id == finding.rule.id),
        "level": finding.severity.name(),
        "message": { "text": format!("{}. {}.{shown}", finding.message, finding.fix) },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": { "uri": uri(policy) },
                "region": { "startLine": finding.place.line, "startColumn": finding.place.column },
            },
            "logicalLocations": [{ "fullyQualifiedName": finding.pointer, "kind": "element" }],
        }],
        "partialFingerprints": { "leasekeyFinding/v1": finding.fingerprint() },
        "suppressions": suppressions,
        "properties": {
            "witness": finding.witness.as_ref().map(request),
            "witnessPolicies": finding.witness.as_ref().and_then(beside),
        },
    })
}

/// A path as a URI reference, relative where the path is.
fn uri(path: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(byte);
    let path = path.strip_prefix("./").unwrap_or(path).replace('\\', "/");
    let escaped = path.as_bytes().iter().map(|byte| match byte {
        byte if plain(byte) => char::from(*byte).to_string(),
        byte => format!("%{byte:02X}"),
    });
    let escaped: String = escaped.collect();
    if escaped.starts_with('/') { format!("file://{escaped}") } else { escaped }
}
