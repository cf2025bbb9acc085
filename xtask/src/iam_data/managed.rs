//! The AWS managed policies, from the emulator that carries them as data.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::Source;
use super::packages::text;
use crate::failure::{Doing, Failure, Result};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Policy {
    #[serde(skip)]
    arn: String,
    path: String,
    default_version_id: String,
    document: Box<RawValue>,
    update_date: String,
}

/// Every policy, by ARN.
pub(super) fn read(moto: &Path) -> Result<Vec<Policy>> {
    let code = text(&moto.join("moto/iam/aws_managed_policies.py"))?;
    let json = code.split("\"\"\"").nth(1);
    let json =
        json.ok_or_else(|| Failure::new("the managed policies cannot be found", "no text in the module"))?;
    let all: BTreeMap<String, Policy> =
        serde_json::from_str(json).doing(|| "cannot read the managed policies".into())?;
    let named = all.into_iter().map(|(name, policy)| {
        let arn = format!("arn:aws:iam::aws:policy{}{name}", policy.path);
        Policy { arn, ..policy }
    });
    let mut policies: Vec<_> = named.collect();
    policies.sort_by(|a, b| a.arn.cmp(&b.arn));
    Ok(policies)
}

/// The day of the newest change that AWS made.
pub(super) fn date(policies: &[Policy]) -> String {
    policies.iter().filter_map(|policy| policy.update_date.get(..10)).max().unwrap_or_default().to_owned()
}

/// A line each: ARN, version and document, after a line of the date.
pub(super) fn encode(source: &Source, policies: &[Policy]) -> Vec<u8> {
    let mut lines = format!("{}\n", source.date);
    for policy in policies {
        let document: Value = serde_json::from_str(policy.document.get()).unwrap_or_default();
        lines += &format!("{} {} {document}\n", policy.arn, policy.default_version_id);
    }
    lines.into_bytes()
}
