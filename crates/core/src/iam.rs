//! AWS IAM policies: read, decide, explain. Pure: no network, no clock, no file.

mod arn;
mod document;
mod json;
mod operator;
mod wildcard;

pub use arn::Arn;
pub use document::{
    Condition, Effect, Element, PolicyDocument, PrincipalElement, PrincipalKind, PrincipalNames, Statement,
    Text, Texts, Version,
};
pub use json::Place;
pub use operator::{Comparison, Operator, Quantifier};
