//! Findings for people and, as JSON, for programs.

use clap::builder::styling::{AnsiColor, Style};
use serde_json::{Map, Value, json};

use crate::cli::table::{self, Wrap};
use crate::cli::{Console, Outcome};
use crate::error::printable;
use crate::iam::lint::{Finding, Severity};
use crate::iam::{Layer, Witness};

/// A finding in a file, and why it is not to be told if it is not.
pub(super) struct Linted {
    pub(super) policy: String,
    pub(super) finding: Finding,
    pub(super) suppressed: Option<String>,
}

const PLACE: Style = Style::new().bold();

fn style(severity: Severity) -> Style {
    match severity {
        Severity::Note => AnsiColor::Cyan.on_default(),
        Severity::Warning => AnsiColor::Yellow.on_default(),
        Severity::Error => AnsiColor::Red.on_default().bold(),
    }
}

pub(super) fn text(linted: &[Linted], files: usize, console: &mut Console<'_>) -> Outcome {
    let told: Vec<_> = linted.iter().filter(|one| one.suppressed.is_none()).collect();
    for one in &told {
        block(one, console)?;
    }
    let count = |severity| told.iter().filter(|one| one.finding.severity == severity).count();
    let (errors, warnings, notes) = (count(Severity::Error), count(Severity::Warning), count(Severity::Note));
    let suppressed = linted.len() - told.len();
    let files = plural(files, "policy", "policies");
    let mut line = match told.len() {
        0 => format!("{files}: nothing found"),
        _ => {
            let [errors, warnings, notes] = [(errors, "error"), (warnings, "warning"), (notes, "note")]
                .map(|(count, one)| plural(count, one, &format!("{one}s")));
            format!("{files}: {errors}, {warnings}, {notes}")
        }
    };
    if suppressed > 0 {
        line += &format!("; {suppressed} suppressed");
    }
    writeln!(console.out, "{line}")?;
    Ok(())
}

fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn block(one: &Linted, console: &mut Console<'_>) -> Outcome {
    let Linted { policy, finding, .. } = one;
    let style = style(finding.severity);
    let (line, column) = (finding.place.line, finding.place.column);
    let (severity, rule) = (finding.severity.name(), finding.rule.id);
    writeln!(
        console.out,
        "{PLACE}{}:{line}:{column}{PLACE:#} {style}{severity}{style:#} {rule}",
        printable(policy)
    )?;
    let wrap = if console.terminal { Wrap::Columns } else { Wrap::Nothing };
    let mut facts = vec![
        ("", finding.message.clone()),
        ("at", printable(&finding.pointer)),
        ("fix", finding.fix.clone()),
    ];
    facts.extend(finding.witness.as_ref().map(|witness| ("e.g.", printable(&witness.to_string()))));
    let facts = facts.into_iter().filter(|(_, fact)| !fact.is_empty());
    table::facts(console.out, wrap, facts)?;
    Ok(writeln!(console.out)?)
}

pub(super) fn json(linted: &[Linted], console: &mut Console<'_>) -> Outcome {
    let findings: Vec<_> = linted.iter().map(value).collect();
    Ok(writeln!(console.out, "{:#}", Value::Array(findings))?)
}

fn value(one: &Linted) -> Value {
    let Linted { policy, finding, suppressed } = one;
    json!({
        "rule": finding.rule.id,
        "severity": finding.severity.name(),
        "policy": policy,
        "line": finding.place.line,
        "column": finding.place.column,
        "pointer": finding.pointer,
        "message": finding.message,
        "fix": finding.fix,
        "witness": finding.witness.as_ref().map(request),
        "witness_policies": finding.witness.as_ref().and_then(beside),
        "suppressed": suppressed,
        "fingerprint": finding.fingerprint(),
    })
}

/// A witness as a request of a case file.
pub(in crate::cli::iam) fn request(witness: &Witness) -> Value {
    let name = witness.caller.name().map_or_else(|| json!(true), |name| json!(name));
    let principal = match witness.caller.form() {
        Some(form) => json!({ form: name }),
        None => name,
    };
    let context: Map<_, _> =
        witness.whole_context().into_iter().map(|(key, value)| (key, json!(value))).collect();
    json!({
        "principal": principal,
        "action": witness.action,
        "resource": witness.resource,
        "resource_account": witness.resource_account,
        "context": context,
    })
}

/// What a witness needs besides the policy that it shows, in its place among the policies of a case file.
pub(in crate::cli::iam) fn beside(witness: &Witness) -> Option<Value> {
    let policies = witness.beside_policies().map(|(layer, policy)| {
        let policy: Value = serde_json::from_str(&policy).unwrap_or_default();
        (layer.name().to_owned(), if layer == Layer::Identity { json!([policy]) } else { policy })
    });
    let policies: Map<_, _> = policies.collect();
    (!policies.is_empty()).then_some(Value::Object(policies))
}
