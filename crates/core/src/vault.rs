//! Vault's and OpenBao's HTTP API: one request path, typed replies, classified failures. The only importer
//! of vaultrs and rustify, which serve as vocabulary; no type of theirs leaves this module.

mod ask;
mod aws_engine;
mod client;
mod endpoint;
mod envelope;
#[cfg(test)]
pub(crate) mod fake;
mod fault;
mod json;
mod lease;
mod name;
mod nodes;
mod pace;
mod senders;
mod token;
mod wrapping;

pub(crate) use ask::header_text;
pub(crate) use aws_engine::{IssueFault, IssuePath, IssueRequest, Issued, issue, rotation_period};
pub(crate) use client::{ClusterOptions, VaultClient};
pub(crate) use endpoint::{Post, exposed};
pub(crate) use fault::{Refusal, refusal};
pub(crate) use lease::{LeaseInfo, lookup, renew, revoke};
pub(crate) use name::{MountPath, Namespace, RoleName, SessionName};
pub(crate) use token::{LoginReply, TokenInfo, lookup_self, renew_self, revoke_self};
pub(crate) use wrapping::{CreationPath, unwrap_secret_id};
