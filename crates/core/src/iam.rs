//! AWS IAM policies: read, decide, explain, look at. Pure: no network, no clock, no file.

mod arn;
mod arn_pattern;
mod bits;
mod case;
mod catalog;
mod condition;
mod cover;
mod decision;
mod diff;
mod document;
mod evaluate;
mod explain;
mod index;
mod json;
mod kind;
pub mod lint;
#[cfg(feature = "managed-policies")]
mod managed;
mod minimize;
mod missing;
mod named;
mod operator;
mod overlap;
mod part;
mod principal;
mod request;
mod role_path;
mod set;
mod statement;
mod stored;
mod suppose;
mod truth;
mod value;
mod variable;
mod wildcard;
mod witness;

pub use arn::Arn;
pub use case::{Case, read_cases};
pub use catalog::{AccessLevel, Action, Catalog, ConditionKey, ResourceType, Service, Source};
pub use decision::{Decision, Missing, Outcome, StatementAt, StatementResult};
pub use diff::{Change, Difference, difference};
pub use document::{
    Condition, Effect, Element, PolicyDocument, PrincipalElement, PrincipalKind, PrincipalNames, Statement,
    Text, Texts, Version,
};
pub use explain::Explanation;
pub use json::Place;
pub use kind::PolicyKind;
#[cfg(feature = "managed-policies")]
pub use managed::{ManagedPolicies, ManagedPolicy};
pub use minimize::{AllowedRequest, MinimalPolicy, Minimized, Wider, minimal_policy, read_allowed};
pub use operator::{Comparison, Operator, Quantifier};
pub use principal::Principal;
pub use request::{Request, SessionKind};
pub use set::{Layer, PolicySet, PolicySetBuilder};
pub use statement::Applies;
pub use witness::{Beside, Caller, Witness};
