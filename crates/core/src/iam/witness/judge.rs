//! The engine's answer to a request, with the policy that is looked at in its place.

use std::cell::OnceCell;

use super::{Caller, Home, Witness};
use crate::error::Result;
use crate::iam::decision::Outcome;
use crate::iam::document::PolicyDocument;
use crate::iam::json::Refusal;
use crate::iam::kind::PolicyKind;
use crate::iam::principal::Principal;
use crate::iam::request::Request;
use crate::iam::set::{PolicySet, refusals};
use crate::iam::statement::Shape;

/// The trust policy or key policy of what the caller's own account has: it leaves the decision to the caller's
/// policies, which nothing but it can.
fn delegating(account: &str) -> String {
    format!(
        r#"{{"Statement": {{"Effect": "Allow", "Principal": {{"AWS": "{account}"}}, "Action": ["sts:*", "kms:*"], "Resource": "*"}}}}"#
    )
}

/// What a caller has who is limited by the resource's policy alone.
const EVERYTHING: &str = r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;

pub(in crate::iam) struct Judge<'a> {
    document: &'a PolicyDocument,
    kind: PolicyKind,
    home: Home,
    /// Made when the first request is judged; none of a policy that the engine refuses.
    set: OnceCell<Option<PolicySet>>,
    /// The same for requests that a trust policy or a key policy must allow too.
    delegated: OnceCell<Option<PolicySet>>,
}

impl<'a> Judge<'a> {
    pub(in crate::iam) fn new(document: &'a PolicyDocument, kind: PolicyKind) -> Self {
        Self { document, kind, home: Home::of(document), set: OnceCell::new(), delegated: OnceCell::new() }
    }

    pub(in crate::iam) fn home(&self) -> &Home {
        &self.home
    }

    /// What the engine does not take of the policy; where there is any, it allows no request.
    pub(in crate::iam) fn refusals(&self) -> Vec<Refusal> {
        if self.whole().is_some() {
            return Vec::new();
        }
        let shape = if self.kind.names_principals() { Shape::Resource } else { Shape::Caller };
        refusals(self.document, shape)
    }

    /// The error of a policy that the engine does not take.
    pub(in crate::iam) fn check(&self) -> Result<()> {
        self.set().map(drop)
    }

    /// Whether the policy allows the request. What the engine does not take is not allowed.
    pub(in crate::iam) fn allows(&self, witness: &Witness) -> bool {
        self.allows_with(witness, &[])
    }

    /// The same for a request in which these keys have several values.
    pub(in crate::iam) fn allows_with(&self, witness: &Witness, several: &[(String, Vec<String>)]) -> bool {
        let Some(set) = self.set_for(&witness.action) else { return false };
        let Ok(request) = self.request(witness) else { return false };
        let request = several
            .iter()
            .fold(request, |request, (key, values)| request.context_values(key, values.iter().cloned()));
        set.outcome(&request) == Outcome::Allow
    }

    fn set_for(&self, action: &str) -> Option<&PolicySet> {
        let set = match action.split_once(':') {
            Some(("sts" | "kms", _)) if !self.kind.names_principals() => {
                self.delegated.get_or_init(|| self.delegated().ok())
            }
            _ => return self.whole(),
        };
        set.as_ref()
    }

    fn whole(&self) -> Option<&PolicySet> {
        self.set.get_or_init(|| self.set().ok()).as_ref()
    }

    fn set(&self) -> Result<PolicySet> {
        let builder = PolicySet::builder();
        let document = self.document.clone();
        if self.kind.names_principals() {
            return builder.identity([PolicyDocument::parse(EVERYTHING)?]).resource(document).build();
        }
        builder.identity([document]).build()
    }

    fn delegated(&self) -> Result<PolicySet> {
        let delegating = PolicyDocument::parse(&delegating(&self.home.account))?;
        PolicySet::builder().identity([self.document.clone()]).resource(delegating).build()
    }

    fn request(&self, witness: &Witness) -> Result<Request> {
        let principal = match &witness.caller {
            Caller::Anonymous => Principal::anonymous(),
            Caller::Arn(arn) => Principal::parse(arn)?,
            Caller::Federated(provider) => Principal::federated(provider),
            Caller::Service(service) => Principal::service(service),
        };
        let request = Request::new(principal, &witness.action, &witness.resource)?;
        let request = request.resource_account(&self.home.account)?;
        Ok(witness
            .whole_context()
            .into_iter()
            .fold(request, |request, (key, value)| request.context(&key, value)))
    }
}
