//! The known ways from some rights to more of them.
//!
//! Each is a set of actions; whoever may do all of them can get the rights of another principal. The request to
//! judge each action by is on something that no careful policy names: any role, any user, any function.

mod data;
mod function;
mod identity;
mod infrastructure;
mod machine;

/// Every way, those of identities first.
pub(super) fn paths() -> impl Iterator<Item = &'static Path> {
    [identity::PATHS, machine::PATHS, function::PATHS, infrastructure::PATHS, data::PATHS]
        .into_iter()
        .flatten()
}

/// A way to more rights.
#[derive(Debug)]
pub(super) struct Path {
    /// Its name, stable: the actions that matter, without their services where one says enough.
    pub(super) id: &'static str,
    pub(super) how: &'static str,
    pub(super) steps: &'static [Step],
}

/// An action that the way needs.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) action: &'static str,
    pub(super) on: On,
}

/// What the action is applied to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum On {
    /// Whatever it can be applied to.
    Anything,
    /// The principal itself, as a user.
    OwnUser,
    /// A user with more rights.
    StrongerUser,
    /// A role, which the principal runs as or can assume.
    AnyRole,
    /// A group, of which the principal is a member.
    AnyGroup,
    /// A policy of the account's own, which is attached to the principal.
    AnyPolicy,
    /// A role with more rights, handed to this service.
    PassedTo(&'static str),
}

const fn any(action: &'static str) -> Step {
    Step { action, on: On::Anything }
}

const fn on(action: &'static str, on: On) -> Step {
    Step { action, on }
}

const fn pass(service: &'static str) -> Step {
    Step { action: "iam:PassRole", on: On::PassedTo(service) }
}

const fn path(id: &'static str, how: &'static str, steps: &'static [Step]) -> Path {
    Path { id, how, steps }
}
