//! Which layers take part in a decision, and which rules of AWS's own.

use crate::iam::arn::Arn;
use crate::iam::principal::{Caller, Identity, Kind};
use crate::iam::request::{Request, SessionKind};
use crate::iam::role_path::is_service_linked;
use crate::iam::set::PolicySet;
use crate::iam::suppose::Settled;
use crate::iam::truth::Truth;

/// What the caller, the action and the resource alone decide.
#[derive(Debug)]
pub(super) struct Scope {
    /// Allowed whatever any policy says, but for that of the VPC endpoint.
    pub(super) always: bool,
    /// Whether AWS lets this kind of caller ask for this at all.
    pub(super) service: Truth,
    /// The caller is the root user, whom no identity policy limits.
    pub(super) root: bool,
    /// Identity policies, boundary and session policies take part.
    pub(super) identity: bool,
    /// The caller has a permissions boundary.
    pub(super) bounded: bool,
    /// Without a session policy the session has no permission of its own.
    pub(super) needs_session: bool,
    /// The caller is of no account, so only the resource policy can grant.
    pub(super) only_resource: bool,
    /// Caller and resource are of different accounts.
    pub(super) cross_account: bool,
    /// The resource policy must allow, or delegate, even within the account.
    pub(super) resource_must_allow: bool,
    /// Service control policies take part.
    pub(super) scp: Truth,
    /// Resource control policies take part.
    pub(super) rcp: Truth,
}

impl Scope {
    pub(super) fn new(set: &PolicySet, request: &Request, resource: usize) -> Self {
        let name = request.resource(resource);
        let Caller::Iam(caller) = &request.principal().0 else {
            let rcp = !set.rcp.is_empty() && !excused(set, request, false).1 && rcp(request, name);
            return Self { rcp: rcp.into(), ..Self::of_nobody() };
        };
        let root = caller.kind == Kind::Root;
        let cross_account = request.owner(resource).is_some_and(|owner| owner != caller.account);
        let organised = !set.scp.is_empty() || !set.rcp.is_empty();
        let linked = if organised { is_service_linked(request) } else { Truth::No };
        let (scp_excused, rcp_excused) = excused(set, request, !cross_account);
        let always = request.is_for("sts:getcalleridentity");
        Self {
            always,
            service: if always { Truth::Yes } else { service(caller, request) },
            root,
            identity: !root,
            bounded: set.is_bounding(request),
            needs_session: request.kind() == SessionKind::Federation,
            only_resource: false,
            cross_account,
            resource_must_allow: resource_must_allow(request, name),
            scp: (!linked).and((!scp_excused && !always).into()),
            rcp: (!linked).and((!always && !set.rcp.is_empty() && !rcp_excused && rcp(request, name)).into()),
        }
    }

    /// Takes what is not known as it is supposed.
    pub(super) fn settle(&mut self, settled: Settled) {
        for limit in [&mut self.scp, &mut self.rcp] {
            if *limit == Truth::Unknown {
                *limit = (!settled.linked).into();
            }
        }
        self.service = if self.service == Truth::No { Truth::No } else { Truth::Yes };
    }

    fn of_nobody() -> Self {
        Self {
            always: false,
            service: Truth::Yes,
            root: false,
            identity: false,
            bounded: false,
            needs_session: false,
            only_resource: true,
            cross_account: true,
            resource_must_allow: true,
            scp: Truth::No,
            rcp: Truth::No,
        }
    }
}

impl PolicySet {
    /// Whether the caller has a permissions boundary, which the root user never has.
    pub(in crate::iam) fn is_bounding(&self, request: &Request) -> bool {
        let is_limited = |caller: &Identity| caller.kind != Kind::Root;
        self.boundary.is_some() && request.principal().identity().is_some_and(is_limited)
    }
}

/// Whether the management account excuses the request from SCPs and from RCPs.
///
/// The caller's account and the resource's can be it only both or one of them. Of two accounts it is the one whose
/// policies are given, and the caller's where both are.
fn excused(set: &PolicySet, request: &Request, same_account: bool) -> (bool, bool) {
    if !request.is_in_management_account() {
        return (false, false);
    }
    match (set.scp.is_empty(), set.rcp.is_empty()) {
        _ if same_account => (true, true),
        (true, _) => (false, true),
        (false, _) => (true, false),
    }
}

/// What a session of this kind may never do, whatever its policies say, and the root user neither.
fn service(caller: &Identity, request: &Request) -> Truth {
    let (service, action) = (request.service(), request.action_name());
    match (request.kind(), service) {
        // Whichever way its keys were had.
        (_, "sts") if caller.kind == Kind::Root && action == "assumerole" => Truth::No,
        (SessionKind::Federation, "iam" | "sts") => Truth::No,
        (SessionKind::SessionToken, "sts") => (action == "assumerole").into(),
        (SessionKind::SessionToken, "iam") => request.has_mfa().map_or(Truth::Unknown, Truth::from),
        (SessionKind::Role, "sts") => (!matches!(action, "getfederationtoken" | "getsessiontoken")).into(),
        _ => Truth::Yes,
    }
}

/// Key policies and trust policies: nothing is allowed that they do not allow or delegate.
fn resource_must_allow(request: &Request, resource: &str) -> bool {
    let is = |service, kind| {
        Arn::parse(resource).is_some_and(|arn| arn.service == service && arn.resource.starts_with(kind))
    };
    match request.service() {
        "kms" => is("kms", "key/"),
        "sts" => is("iam", "role/"),
        _ => false,
    }
}

/// Whether resource control policies cover the request.
fn rcp(request: &Request, resource: &str) -> bool {
    let covered = RCP_SERVICES.binary_search(&request.service()).is_ok();
    covered && !request.is_for("kms:retiregrant") && !is_managed_key(resource)
}

/// Keys that AWS manages, as far as their alias tells.
fn is_managed_key(resource: &str) -> bool {
    Arn::parse(resource).is_some_and(|arn| arn.service == "kms" && arn.resource.starts_with("alias/aws/"))
}

/// The services whose resources RCPs cover, in order; `cargo xtask update-iam-data` writes them.
const RCP_SERVICES: &[&str] = &include!("../data/rcp_services.json");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_in_the_order_that_they_are_looked_up_in() {
        assert!(RCP_SERVICES.is_sorted());
    }
}
