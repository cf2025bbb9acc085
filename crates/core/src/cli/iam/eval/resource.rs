//! Whether the action is asked of what AWS asks it of, as far as the catalogue knows. The engine, which has none, takes
//! any resource: on a wrong one a policy may allow what no request can be.

use crate::cli::{Console, Failure, Outcome};
use crate::error::{Error, ErrorKind, printable};
use crate::iam::{Action, Catalog, Request};

/// Warns of `*` in the place of a resource, and of a resource of another type.
///
/// # Errors
/// `LK-0202` where the request cannot be: a resource for an action that has none; none, or of another type, for one that
/// always names a key or a role, whose own policy must allow it.
pub(super) fn check(request: &Request, console: &mut Console<'_>) -> Outcome {
    let catalog = Catalog::bundled()?;
    let Some(action) = catalog.action(request.action()) else { return Ok(()) };
    let (mut wild, mut named) = (None, None);
    for resource in request.resources() {
        *(if resource == "*" { &mut wild } else { &mut named }) = Some(resource);
    }
    let name = action.full_name();
    if let Some(other) = request.resources().find(|one| *one != "*" && !takes(action, one)) {
        let what = format!("{name} is never asked of {}", printable(other));
        if policy_must_allow(action) {
            return Err(refused(what, again(action)));
        }
        writeln!(console.err, "warning: {what}. {}", again(action))?;
    }
    match (named, wild, action.resource_types().next()) {
        (Some(resource), _, None) => {
            let resource = printable(resource);
            let what =
                format!("{name} is of no resource in the data of {}, not of {resource}", catalog.date());
            Err(refused(what, "Run it again with --resource '*'"))
        }
        (_, Some(_), Some(_)) if policy_must_allow(action) => {
            let what =
                format!("{name} always names a resource, whose own policy must allow it, and * is none");
            Err(refused(what, again(action)))
        }
        (_, Some(_), Some(_)) => {
            let again = again(action);
            let what = format!("{name} is asked of a resource, and * is only what is allowed on all of them");
            Ok(writeln!(console.err, "warning: {what}. {again}")?)
        }
        _ => Ok(()),
    }
}

/// Whether the resource is of a type that the action is asked of, if it is asked of any.
fn takes(action: Action<'_>, resource: &str) -> bool {
    action.is_wildcard_only() || action.takes(resource)
}

fn refused(what: String, hint: impl Into<String>) -> Failure {
    Error::new(ErrorKind::InvalidRequest, what).with_hint(hint).into()
}

/// Whether it is asked of a key or a role: nothing is allowed that their policies do not allow or delegate.
fn policy_must_allow(action: Action<'_>) -> bool {
    ["kms", "sts"].contains(&action.service().prefix()) && action.resource_types().any(|(_, always)| always)
}

fn again(action: Action<'_>) -> String {
    let forms: Vec<_> = action.resource_types().map(|(kind, _)| kind.arn()).take(2).collect();
    format!("Run it again with an ARN: --resource {}", forms.join(" or "))
}
