//! Identity providers that sign tokens for everybody, and trust in all of them.

use super::callers::is_no_limit_to_callers;
use super::finding::{Findings, Rule, Severity};
use super::subject::{Stated, Subject};
use crate::error::printable;
use crate::iam::document::PrincipalKind;
use crate::iam::kind::PolicyKind;
use crate::iam::witness::{Caller, EXAMPLE};

pub(super) const RULE: Rule = Rule {
    id: "shared-identity-provider",
    severity: Severity::Error,
    about: "A role trusts all customers of an identity provider that signs tokens for many, strangers included",
};

/// The providers of AWS's page on shared OIDC providers, each with the claim that tells its customers apart, and what
/// stands before the customer's name there. Two of the page are left out: one changes its address, and of the other the
/// session's name is what tells.
const SHARED: &[(&str, &str, &str)] = &[
    ("agent.buildkite.com", "sub", "organization:"),
    ("api.pulumi.com/oidc", "aud", ""),
    ("app.terraform.io", "sub", "organization:"),
    ("cognito-identity.amazonaws.com", "aud", ""),
    ("gitlab.com", "sub", "project_path:"),
    ("oidc-configuration.audit-log.githubusercontent.com", "sub", "https://github.com/"),
    ("oidc.codefresh.io", "sub", "account:"),
    ("oidc.vercel.com", "aud", ""),
    ("proidc.upbound.io", "sub", "mcp:"),
    ("sandboxes.cloud", "aud", ""),
    ("scalr.io", "sub", "account:"),
    ("studio.datachain.ai/api", "sub", ""),
    ("token.actions.githubusercontent.com", "sub", "repo:"),
    ("tokens.cloud.shisho.dev", "sub", ""),
    ("vstoken.actions.githubusercontent.com", "sub", "repo:"),
];

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.kind != PolicyKind::Trust {
        return;
    }
    for stated in subject.allowing() {
        let providers = stated.principals().filter(|(kind, ..)| *kind == PrincipalKind::Federated);
        for (_, _, text) in providers {
            let name = text.value.split_once(":oidc-provider/").map_or(text.value.as_str(), |(_, name)| name);
            let Some((_, claim, before)) = SHARED.iter().find(|(known, ..)| *known == name) else { continue };
            let key = format!("{name}:{claim}");
            let caller = || Caller::Federated(text.value.clone());
            let witness = strangers(stated, &key, before)
                .into_iter()
                .find_map(|stranger| subject.ask(stated, caller(), &[(&key, &stranger)], is_free));
            let Some(witness) = witness else { continue };
            let message = format!("{} signs tokens for everybody, and strangers get in", printable(name));
            let fix =
                format!("Ask for {key}, with a value that begins with your own name there: {before}NAME");
            findings.shown(stated.principal_spot(), message, fix, witness);
        }
    }
}

/// What the claim may be of a stranger: any name, and what fits those patterns that leave the name open.
fn strangers(stated: &Stated<'_>, key: &str, before: &str) -> Vec<String> {
    let patterns = stated.values_of(key).filter_map(|pattern| {
        let (plain, rest) = pattern.split_at_checked(pattern.find(['*', '?'])?)?;
        // A name that goes on is another's.
        let is_open = match plain.strip_prefix(before) {
            Some(name) => !name.contains(['/', ':']),
            None => before.starts_with(plain),
        };
        let begun = if plain.len() < before.len() { before } else { plain };
        let rest = rest.trim_start_matches(['*', '?']).replace(['*', '?'], EXAMPLE);
        is_open.then(|| format!("{begun}stranger{rest}"))
    });
    patterns.chain([format!("{before}stranger")]).collect()
}

/// Whether a stranger's token has what is asked for: any audience, but none of the other claims.
fn is_free(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let is_of_token = key.starts_with("aws:requesttag/") || key == "sts:rolesessionname";
    key.ends_with(":aud") || is_no_limit_to_callers(&key) && !is_of_token
}
