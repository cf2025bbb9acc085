//! What lint finds.

use std::collections::BTreeMap;

use leasekey::Result;
use leasekey::iam;
use leasekey::iam::lint::{Finding as Found, Options};
use napi_derive::napi;

use super::{Documents, told};

/// What a rule found in a policy.
#[napi(object, object_from_js = false)]
pub(crate) struct Finding {
    /// The rule.
    pub rule: &'static str,
    /// How much it matters here.
    pub severity: &'static str,
    /// The name of the document.
    pub policy: Option<String>,
    /// Where in the text.
    pub place: Place,
    /// Where in the document.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub fix: String,
    /// A request that shows it.
    pub witness: Option<Witness>,
    /// The same for the same fault.
    pub fingerprint: String,
}

/// A place in a text.
#[napi(object, object_from_js = false)]
pub(crate) struct Place {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

/// A request that a policy allows.
#[napi(object, object_from_js = false)]
pub(crate) struct Witness {
    /// The key that a case file has for such a principal; none for an ARN.
    pub form: Option<&'static str>,
    /// The principal's ARN or name.
    pub principal: Option<String>,
    /// The action.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// The account of the resource.
    pub resource_account: String,
    /// The condition keys.
    pub context: BTreeMap<String, String>,
    /// All of it in a sentence.
    pub text: String,
}

impl From<&iam::Witness> for Witness {
    fn from(witness: &iam::Witness) -> Self {
        Self {
            form: witness.caller.form(),
            principal: witness.caller.name().map(Into::into),
            action: witness.action.clone(),
            resource: witness.resource.clone(),
            resource_account: witness.resource_account.clone(),
            context: witness.whole_context(),
            text: witness.to_string(),
        }
    }
}

impl Finding {
    fn new(policy: Option<&str>, found: Found) -> Self {
        Self {
            rule: found.rule.id,
            severity: found.severity.name(),
            policy: policy.map(Into::into),
            place: Place { line: found.place.line, column: found.place.column },
            witness: found.witness.as_ref().map(Into::into),
            fingerprint: found.fingerprint(),
            pointer: found.pointer,
            message: found.message,
            fix: found.fix,
        }
    }
}

/// Looks at each document with every rule.
#[napi]
pub(crate) fn lint(
    documents: Documents,
    kind: Option<String>,
    own_accounts: Vec<String>,
    own_organizations: Vec<String>,
) -> napi::Result<Vec<Finding>> {
    told(options(kind, own_accounts, own_organizations).and_then(|options| {
        let mut all = Vec::new();
        for document in &documents {
            let found = iam::lint::lint(&document.0, &options)?.into_iter();
            all.extend(found.map(|finding| Finding::new(document.0.name(), finding)));
        }
        Ok(all)
    }))
}

fn options(
    kind: Option<String>,
    own_accounts: Vec<String>,
    own_organizations: Vec<String>,
) -> Result<Options> {
    let mut options = Options::default();
    options.kind = kind.map(|kind| kind.parse()).transpose()?;
    options.own_accounts = own_accounts;
    options.own_organizations = own_organizations;
    Ok(options)
}
