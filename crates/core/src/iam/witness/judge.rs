//! The engine's answer to a request, with the policy that is looked at in its place.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeSet;

use super::{Beside, Caller, Context, EVERYTHING, Home, Witness, account, delegating};
use crate::error::Result;
use crate::iam::decision::Outcome;
use crate::iam::document::{Effect, PolicyDocument, Statement};
use crate::iam::index::{Index, patterns};
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
    /// Which statements are about what; made when the first request is looked for.
    index: OnceCell<Index>,
    /// The policy with none, one and both of what it may need besides; each made when it is first asked, and none of a
    /// policy that the engine refuses.
    sets: [OnceCell<Option<PolicySet>>; 4],
}

impl<'a> Judge<'a> {
    pub(in crate::iam) fn new(document: &'a PolicyDocument, kind: PolicyKind) -> Self {
        Self::at(document, kind, Home::of(&[document]))
    }

    /// The same, with requests made where another policy speaks of too.
    pub(in crate::iam) fn at(document: &'a PolicyDocument, kind: PolicyKind, home: Home) -> Self {
        Self { document, kind, home, index: OnceCell::new(), sets: [const { OnceCell::new() }; 4] }
    }

    pub(in crate::iam) fn home(&self) -> &Home {
        &self.home
    }

    /// The statements of this effect that may be about this action on this resource.
    pub(in crate::iam) fn about(
        &self,
        effect: Effect,
        action: &str,
        resource: &str,
    ) -> impl Iterator<Item = &'a Statement> + use<'a> {
        let statements = self.document.statements();
        let about = self.index().about(action, resource).into_iter();
        about.filter_map(|at| statements.get(at)).filter(move |statement| statement.effect == effect)
    }

    /// The statements that may be about this action on one of these resources, by their numbers; no others are.
    pub(in crate::iam) fn about_any(&self, action: &str, resources: &[String]) -> BTreeSet<usize> {
        resources.iter().flat_map(|resource| self.index().about(action, resource)).collect()
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::of(self.document.statements().iter().enumerate()))
    }

    /// Whether it is a service control policy that only denies: another one allows what it does not.
    fn only_limits(&self) -> bool {
        let denies = |statement: &Statement| statement.effect == Effect::Deny;
        self.kind == PolicyKind::Scp && self.document.statements().iter().all(denies)
    }

    /// What the engine does not take of the policy; where there is any, it allows no request.
    pub(in crate::iam) fn refusals(&self) -> Vec<Refusal> {
        if self.whole(&[]).is_some() {
            return Vec::new();
        }
        let shape = if self.kind.names_principals() { Shape::Resource } else { Shape::Caller };
        refusals(self.document, shape)
    }

    /// The error of a policy that the engine does not take.
    pub(in crate::iam) fn check(&self) -> Result<()> {
        self.set(self.document, &[]).map(drop)
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
        let beside = self.beside(&caller, &action);
        Witness { caller, action, resource, resource_account, context, beside }
    }

    fn beside(&self, caller: &Caller, action: &str) -> Vec<Beside> {
        let service = action.split(':').next().unwrap_or_default();
        let is_of_both = ["sts", "kms"].iter().any(|one| service.eq_ignore_ascii_case(one));
        if !self.kind.names_principals() {
            let trusted = self.only_limits().then_some(Beside::CallerMayEverything);
            let delegated = is_of_both.then_some(Beside::ResourceDelegates);
            return trusted.into_iter().chain(delegated).collect();
        }
        // Within an account the caller's own policy would be enough by itself, and show nothing of the resource's.
        let Caller::Arn(arn) = caller else { return Vec::new() };
        let is_own = account(arn) == Some(self.home.account.as_str());
        let trusted = (is_of_both || !is_own).then_some(Beside::CallerMayEverything);
        trusted.into_iter().collect()
    }

    /// Whether the policy allows the request. What the engine does not take is not allowed.
    pub(in crate::iam) fn allows(&self, witness: &Witness) -> bool {
        self.allows_with(witness, &[])
    }

    /// The same for a request in which these keys have several values.
    pub(in crate::iam) fn allows_with(&self, witness: &Witness, several: &[(String, Vec<String>)]) -> bool {
        let Some(set) = self.set_for(witness) else { return false };
        let Ok(request) = request(witness) else { return false };
        let request = several
            .iter()
            .fold(request, |request, (key, values)| request.context_values(key, values.iter().cloned()));
        set.outcome(&request) == Outcome::Allow
    }

    /// What decides requests like this one in whatever context.
    pub(in crate::iam) fn ready(&self, witness: &Witness) -> Ready<'_> {
        Ready(self.set_for(witness))
    }

    /// What decides the request: of many statements those that may be about it, for no other one changes how it comes out.
    fn set_for(&self, witness: &Witness) -> Option<Cow<'_, PolicySet>> {
        /// To make a pattern ready takes as long as to ask so many statements.
        const WORTH: usize = 20;
        self.whole(&[])?;
        // One of two policies may need what the other one does not.
        let beside = match self.kind {
            PolicyKind::Scp => Cow::Owned(self.beside(&witness.caller, &witness.action)),
            _ => Cow::Borrowed(&witness.beside),
        };
        let statements = self.document.statements();
        let about = self.index().about(&witness.action, &witness.resource);
        let effort: usize = about.iter().filter_map(|at| statements.get(*at)).map(patterns).sum();
        if effort * WORTH < statements.len() {
            return self.set(&self.document.only(&about), &beside).ok().map(Cow::Owned);
        }
        self.whole(&beside).map(Cow::Borrowed)
    }

    /// The whole policy, with what it needs besides.
    fn whole(&self, beside: &[Beside]) -> Option<&PolicySet> {
        let trusted = usize::from(beside.contains(&Beside::CallerMayEverything));
        let delegated = usize::from(beside.contains(&Beside::ResourceDelegates));
        let set = self.sets.get(trusted + 2 * delegated)?;
        set.get_or_init(|| self.set(self.document, beside).ok()).as_ref()
    }

    fn set(&self, document: &PolicyDocument, beside: &[Beside]) -> Result<PolicySet> {
        let document = document.clone();
        let mut builder = match self.kind.names_principals() {
            true => PolicySet::builder().resource(document),
            false => PolicySet::builder().identity([document]),
        };
        for one in beside {
            builder = match one {
                Beside::CallerMayEverything => builder.identity([PolicyDocument::parse(EVERYTHING)?]),
                Beside::ResourceDelegates => {
                    builder.resource(PolicyDocument::parse(&delegating(&self.home.account))?)
                }
            };
        }
        builder.build()
    }
}

/// What decides requests that differ in their context only.
pub(in crate::iam) struct Ready<'a>(Option<Cow<'a, PolicySet>>);

impl Ready<'_> {
    /// Whether the policy allows the request. What the engine does not take is not allowed.
    pub(in crate::iam) fn allows(&self, witness: &Witness) -> bool {
        let set_and_request = self.0.as_ref().zip(request(witness).ok());
        set_and_request.is_some_and(|(set, request)| set.outcome(&request) == Outcome::Allow)
    }
}

fn request(witness: &Witness) -> Result<Request> {
    let principal = match &witness.caller {
        Caller::Anonymous => Principal::anonymous(),
        Caller::Arn(arn) => Principal::parse(arn)?,
        Caller::Federated(provider) => Principal::federated(provider),
        Caller::Service(service) => Principal::service(service),
    };
    let request = Request::new(principal, &witness.action, &witness.resource)?;
    let request = request.resource_account(&witness.resource_account)?;
    Ok(witness.facts().fold(request, |request, (key, value)| request.context(key, value)))
}
