//! Callers of the policies that name principals, and what they may choose in their requests.

use super::reach::is_denied;
use super::subject::{Stated, Subject};
use crate::iam::arn::Arn;
use crate::iam::catalog::Action;
use crate::iam::document::PrincipalKind;
use crate::iam::kind::PolicyKind;
use crate::iam::witness::{Ask, Caller, EXAMPLE, Witness, account, concrete_arn, find, somebody_of};

/// An address of the range that is kept for documentation.
const ELSEWHERE: &str = "198.51.100.7";

impl Subject<'_> {
    /// A request of this caller that the statement lets through.
    pub(super) fn ask(
        &self,
        stated: &Stated<'_>,
        caller: Caller,
        fixed: &[(&str, &str)],
        chosen: fn(&str) -> bool,
    ) -> Option<Witness> {
        for action in self.actions_of(stated) {
            for resource in self.resources_of(stated, &action) {
                let ask = Ask { caller: caller.clone(), action: &action, resource: &resource, fixed, chosen };
                let found = find(&self.judge, self.document, &ask);
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    /// A request of somebody who has nothing to do with the account.
    pub(super) fn strangers_witness(&self, stated: &Stated<'_>) -> Option<Witness> {
        let from: &[(&str, &str)] =
            if stated.asks_for("aws:SourceIp") { &[("aws:SourceIp", ELSEWHERE)] } else { &[] };
        self.ask(stated, Caller::stranger(), from, is_free_to_strangers)
    }

    /// The accounts that the statement names and that are not known to be the reader's own.
    pub(super) fn foreign_accounts(&self, stated: &Stated<'_>) -> Vec<String> {
        let aws = stated.principals().filter(|(kind, ..)| *kind == PrincipalKind::Aws);
        let mut accounts: Vec<_> =
            aws.filter_map(|(_, _, text)| account(&text.value)).map(str::to_owned).collect();
        accounts.sort_unstable();
        accounts.dedup();
        accounts.retain(|account| self.is_foreign(account) && !self.is_account_of_resources(account));
        accounts
    }

    /// A request of another account that no condition narrows.
    pub(super) fn foreign_witness(&self, stated: &Stated<'_>, of: &str) -> Option<Witness> {
        let mut named_there = stated.principals().filter(|(_, _, text)| account(&text.value) == Some(of));
        let (_, _, text) = named_there.next()?;
        self.ask(stated, Caller::Arn(somebody_of(&text.value)), &[], is_no_limit_to_callers)
    }

    fn is_account_of_resources(&self, account: &str) -> bool {
        let resources = self.statements.iter().flat_map(Stated::resources);
        resources
            .into_iter()
            .any(|(_, text)| Arn::parse(&text.value).is_some_and(|arn| arn.account == account))
    }

    fn actions_of(&self, stated: &Stated<'_>) -> Vec<String> {
        const FEW: usize = 6;
        let of_pattern = |known: &[Action<'_>]| {
            let free = known.iter().find(|action| !is_denied(self, **action));
            let mut two: Vec<_> = known.first().into_iter().chain(free).map(|one| one.full_name()).collect();
            two.dedup();
            two
        };
        let known = stated.actions().filter_map(|(_, _, known)| known).flat_map(of_pattern);
        let mut actions: Vec<_> = known.take(FEW).collect();
        if actions.is_empty() {
            let any = if self.kind == PolicyKind::Trust { "sts:AssumeRole" } else { "s3:GetObject" };
            actions.push(any.to_owned());
        }
        actions
    }

    fn resources_of(&self, stated: &Stated<'_>, action: &str) -> Vec<String> {
        const FEW: usize = 3;
        let of_trust = self.kind == PolicyKind::Trust;
        let named = stated.resources().filter(|(_, text)| text.value != "*");
        let mut resources: Vec<_> = named.map(|(_, text)| concrete_arn(&text.value)).take(FEW).collect();
        if resources.is_empty() && of_trust {
            resources.push(self.judge.home().iam("role", EXAMPLE));
        } else if resources.is_empty() {
            let known = self.catalog.action(action);
            resources.extend(
                known.into_iter().flat_map(|action| self.judge.home().groups(action)).flatten().take(FEW),
            );
        }
        resources
    }
}

/// Whether a stranger can have any value of this key: what the request says, and not where or who it comes from.
fn is_free_to_strangers(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    is_no_limit_to_callers(&key) || key == "aws:multifactorauthpresent" || key == "aws:multifactorauthage"
}

/// Whether a key says nothing of who asks or where from.
pub(super) fn is_no_limit_to_callers(key: &str) -> bool {
    const LIMITS: [&str; 12] = [
        "aws:principal",
        "aws:source",
        "aws:vpc",
        "aws:userid",
        "aws:username",
        "aws:federatedprovider",
        "aws:multifactorauth",
        "aws:viaawsservice",
        "aws:calledvia",
        "aws:ec2instance",
        "sts:externalid",
        "kms:calleraccount",
    ];
    let key = key.to_ascii_lowercase();
    let is_of_provider =
        key.rsplit_once(':').is_some_and(|(prefix, _)| prefix.contains('.') || prefix == "saml");
    !is_of_provider && !LIMITS.iter().any(|limit| key.starts_with(limit)) && !key.ends_with(":viaservice")
}
