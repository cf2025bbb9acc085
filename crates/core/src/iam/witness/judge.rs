//! The engine's answer to a request, with the policy that is looked at in its place.

use std::cell::OnceCell;

use super::{Beside, Caller, Context, EVERYTHING, Home, Witness, delegating};
use crate::error::Result;
use crate::iam::decision::Outcome;
use crate::iam::document::PolicyDocument;
use crate::iam::json::Refusal;
use crate::iam::kind::PolicyKind;
use crate::iam::principal::Principal;
use crate::iam::request::Request;
use crate::iam::set::{PolicySet, refusals};
use crate::iam::statement::Shape;

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

    /// A request to be judged.
    pub(in crate::iam) fn witness(
        &self,
        caller: Caller,
        action: &str,
        resource: &str,
        context: Context,
    ) -> Witness {
        let (action, resource) = (action.to_owned(), resource.to_owned());
        let resource_account = self.home.account.clone();
        let beside = self.beside(&action);
        Witness { caller, action, resource, resource_account, context, beside }
    }

    fn beside(&self, action: &str) -> Option<Beside> {
        if self.kind.names_principals() {
            return Some(Beside::CallerMayEverything);
        }
        let service = action.split(':').next().unwrap_or_default();
        let delegates = ["sts", "kms"].iter().any(|one| service.eq_ignore_ascii_case(one));
        delegates.then_some(Beside::ResourceDelegates)
    }

    /// Whether the policy allows the request. What the engine does not take is not allowed.
    pub(in crate::iam) fn allows(&self, witness: &Witness) -> bool {
        self.allows_with(witness, &[])
    }

    /// The same for a request in which these keys have several values.
    pub(in crate::iam) fn allows_with(&self, witness: &Witness, several: &[(String, Vec<String>)]) -> bool {
        let set = match witness.beside {
            Some(Beside::ResourceDelegates) => self.delegated.get_or_init(|| self.delegated().ok()).as_ref(),
            _ => self.whole(),
        };
        let Some(set) = set else { return false };
        let Ok(request) = self.request(witness) else { return false };
        let request = several
            .iter()
            .fold(request, |request, (key, values)| request.context_values(key, values.iter().cloned()));
        set.outcome(&request) == Outcome::Allow
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
        let request = request.resource_account(&witness.resource_account)?;
        Ok(witness
            .whole_context()
            .into_iter()
            .fold(request, |request, (key, value)| request.context(&key, value)))
    }
}
