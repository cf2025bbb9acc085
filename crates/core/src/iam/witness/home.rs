//! Where the requests are made that are tried: an account, a Region, and resources that stand for any of their type.

use super::{ACCOUNT, Caller, EXAMPLE};
use crate::iam::arn::is_account;
use crate::iam::catalog::{Action, ResourceType};
use crate::iam::document::PolicyDocument;

/// Where the resources of the requests are.
#[derive(Clone)]
pub(in crate::iam) struct Home {
    partition: String,
    region: String,
    pub(in crate::iam) account: String,
}

impl Home {
    /// Where the policies themselves speak of, the first of them first, as far as they name a place.
    pub(in crate::iam) fn of(documents: &[&PolicyDocument]) -> Self {
        let statements = documents.iter().flat_map(|document| document.statements());
        let texts = statements.filter_map(|statement| statement.resource.as_ref());
        let texts: Vec<_> = texts.flat_map(|element| &element.texts.values).collect();
        let first = |segment: usize, fits: fn(&str) -> bool, otherwise: &str| {
            let mut named = texts.iter().filter_map(|text| text.value.split(':').nth(segment));
            named.find(|part| fits(part)).unwrap_or(otherwise).to_owned()
        };
        let plain = |part: &str| !part.is_empty() && !part.contains(['*', '?', '$']);
        Self {
            partition: first(1, plain, "aws"),
            region: first(3, plain, "us-east-1"),
            // What stands there may be no account: `aws` of the policies that AWS manages.
            account: first(4, is_account, ACCOUNT),
        }
    }

    /// A place that no policy names.
    pub(in crate::iam) fn nowhere() -> Self {
        let [partition, region, account] = ["aws", "any-region-9", "000000000000"].map(str::to_owned);
        Self { partition, region, account }
    }

    /// The user that asks.
    pub(in crate::iam) fn user(&self) -> Caller {
        Caller::Arn(self.iam("user", EXAMPLE))
    }

    /// A session of a role.
    pub(in crate::iam) fn session(&self) -> Caller {
        let Self { partition, account, .. } = self;
        Caller::Arn(format!("arn:{partition}:sts::{account}:assumed-role/{EXAMPLE}/{EXAMPLE}"))
    }

    /// The ARN of something of IAM's.
    pub(in crate::iam) fn iam(&self, kind: &str, name: &str) -> String {
        format!("arn:{}:iam::{}:{kind}/{name}", self.partition, self.account)
    }

    /// An ARN of a resource type, each of its variables replaced.
    pub(in crate::iam) fn resource(&self, pattern: &str) -> String {
        let mut out = String::with_capacity(pattern.len());
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once('$') {
            out += before;
            let variable = after.strip_prefix('{').and_then(|after| after.split_once('}'));
            let Some((name, after)) = variable else {
                out += "$";
                rest = after;
                continue;
            };
            out += match name {
                "Partition" => &self.partition,
                "Region" => &self.region,
                "Account" => &self.account,
                _ => EXAMPLE,
            };
            rest = after;
        }
        out + rest
    }

    /// The resources that a request for the action names: all of a group at once, one group suffices.
    pub(in crate::iam) fn groups(&self, action: Action<'_>) -> Vec<Vec<String>> {
        let (required, optional): (Vec<_>, Vec<_>) =
            action.resource_types().partition(|(_, required)| *required);
        let arn = |kind: ResourceType<'_>| self.resource(kind.arn());
        if !required.is_empty() {
            return vec![required.into_iter().map(|(kind, _)| arn(kind)).collect()];
        }
        let each = optional.into_iter().map(|(kind, _)| vec![arn(kind)]);
        each.chain([vec!["*".to_owned()]]).collect()
    }
}
