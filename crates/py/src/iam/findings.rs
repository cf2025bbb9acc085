//! What lint finds.

use std::collections::BTreeMap;

use leasekey::iam::lint::{Finding, Options};
use leasekey::iam::{self, Witness};
use leasekey::{ErrorKind, Result};
use pyo3::prelude::*;

use super::given::text;
use super::{PolicyDocument, told};

/// The principal as a case file has it: the key of its form, unless it is an ARN, and its name.
type Who<'a> = (Option<&'static str>, Option<&'a str>);

/// The principal, the action, the resource, the context, all of it in words, and the resource's account.
type Shown<'a> = (Who<'a>, &'a str, &'a str, BTreeMap<String, String>, String, &'a str);

/// Rule, severity, policy, line and column, pointer, message, fix, witness and fingerprint.
type Found<'a> = (
    &'static str,
    &'static str,
    Option<&'a str>,
    (u32, u32),
    &'a str,
    &'a str,
    &'a str,
    Option<Shown<'a>>,
    String,
);

/// Looks at each of these with every rule.
#[pyfunction]
pub(crate) fn lint<'py>(
    py: Python<'py>,
    documents: Vec<Bound<'py, PolicyDocument>>,
    kind: &Bound<'py, PyAny>,
    own_accounts: Vec<Bound<'py, PyAny>>,
    own_organizations: Vec<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let documents: Vec<_> = documents.iter().map(|document| &document.get().0).collect();
    let options = options(kind, &own_accounts, &own_organizations);
    let looked = options.and_then(|options| py.detach(|| look(&documents, &options)));
    let found = looked.as_ref().map_err(Clone::clone);
    told(
        py,
        found.map(|found| found.iter().map(|(policy, finding)| row(*policy, finding)).collect::<Vec<_>>()),
    )
}

fn options(
    kind: &Bound<'_, PyAny>,
    own_accounts: &[Bound<'_, PyAny>],
    own_organizations: &[Bound<'_, PyAny>],
) -> Result<Options> {
    fn setting(name: &str, value: &Bound<'_, PyAny>) -> Result<String> {
        text(ErrorKind::InvalidSetting, name, value)
    }
    let mut options = Options::default();
    if !kind.is_none() {
        options.kind = Some(setting("type", kind)?.parse()?);
    }
    let own = |name, ids: &[_]| ids.iter().map(|id| setting(name, id)).collect::<Result<_>>();
    options.own_accounts = own("own_accounts", own_accounts)?;
    options.own_organizations = own("own_organizations", own_organizations)?;
    Ok(options)
}

fn look<'a>(
    documents: &[&'a iam::PolicyDocument],
    options: &Options,
) -> Result<Vec<(Option<&'a str>, Finding)>> {
    let mut all = Vec::new();
    for document in documents {
        let found = iam::lint::lint(document, options)?;
        all.extend(found.into_iter().map(|finding| (document.name(), finding)));
    }
    Ok(all)
}

fn row<'a>(policy: Option<&'a str>, finding: &'a Finding) -> Found<'a> {
    (
        finding.rule.id,
        finding.severity.name(),
        policy,
        (finding.place.line, finding.place.column),
        &finding.pointer,
        &finding.message,
        &finding.fix,
        finding.witness.as_ref().map(shown),
        finding.fingerprint(),
    )
}

fn shown(witness: &Witness) -> Shown<'_> {
    let context = witness.whole_context();
    let who = (witness.caller.form(), witness.caller.name());
    (who, &witness.action, &witness.resource, context, witness.to_string(), &witness.resource_account)
}
