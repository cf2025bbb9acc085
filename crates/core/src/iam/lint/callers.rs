//! Callers of the policies that name principals, and what they may choose in their requests.

use super::others::{Facts, arn_of, of_caller};
use super::subject::{Stated, Subject};
use crate::iam::arn::Arn;
use crate::iam::catalog::Action;
use crate::iam::document::PrincipalKind;
use crate::iam::kind::PolicyKind;
use crate::iam::witness::{Ask, Caller, EXAMPLE, Witness, account, concrete_arn, find};

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
                let found = find(&self.judge, &ask);
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    /// The same, of a caller without anything that tells who it is, and then with its own.
    pub(super) fn ask_with(
        &self,
        stated: &Stated<'_>,
        caller: &Caller,
        facts: &Facts<'_>,
        chosen: fn(&str) -> bool,
    ) -> Option<Witness> {
        let fixed: Vec<_> = facts.iter().map(|(key, value)| (*key, value.as_str())).collect();
        // An address every caller has.
        let (address, _): (Vec<_>, Vec<_>) =
            fixed.iter().partition(|(key, _)| key.eq_ignore_ascii_case("aws:SourceIp"));
        let without = self.ask(stated, caller.clone(), &address, chosen);
        without.or_else(|| self.ask(stated, caller.clone(), &fixed, chosen))
    }

    /// A request of somebody who has nothing to do with the account.
    pub(super) fn strangers_witness(&self, stated: &Stated<'_>) -> Option<Witness> {
        let account = self.strangers_account();
        let named = stated.values_of("aws:PrincipalArn").filter_map(|pattern| arn_of(pattern, &account));
        let each = principals_of(&account).into_iter().chain(named);
        each.into_iter().find_map(|arn| {
            let facts = of_caller(stated, &arn, &account);
            self.ask_with(stated, &Caller::Arn(arn), &facts, is_free_to_strangers)
        })
    }

    /// An account that the policy does not name.
    pub(super) fn strangers_account(&self) -> String {
        let is_named = |account: &String| {
            let texts = self.statements.iter().flat_map(Stated::texts);
            texts.into_iter().any(|text| text.contains(account))
        };
        let accounts = (0..=9).rev().map(|digit| digit.to_string().repeat(12));
        accounts.into_iter().find(|account| !is_named(account)).unwrap_or_default()
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
        let is_whole = text.value == of || text.value.ends_with(":root");
        let callers = if is_whole { principals_of(of).to_vec() } else { vec![text.value.clone()] };
        callers.into_iter().find_map(|arn| {
            let facts = of_caller(stated, &arn, of);
            self.ask_with(stated, &Caller::Arn(arn), &facts, is_no_limit_to_callers)
        })
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
            let free = known.iter().find(|action| !self.is_denied(**action));
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

/// A role and a user of the account.
fn principals_of(account: &str) -> [String; 2] {
    ["role", "user"].map(|kind| format!("arn:aws:iam::{account}:{kind}/{EXAMPLE}"))
}

/// Whether a stranger can have any value of this key: what the request says, and not where or who it comes from.
fn is_free_to_strangers(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    is_no_limit_to_callers(&key)
        || key == "aws:multifactorauthpresent"
        || key == "aws:multifactorauthage"
        // Every account gives its own principals what tags it likes.
        || key.starts_with("aws:principaltag/")
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
