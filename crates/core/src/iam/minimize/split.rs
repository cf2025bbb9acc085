//! What AWS takes: policies of a size, and so many of them.

use std::collections::BTreeSet;

use super::MinimalPolicy;
use super::draft::{Draft, policy};
use super::grant::Grant;
use super::grid::stands_for;
use crate::error::{Error, ErrorKind, Result, printable};
use crate::iam::document::PolicyDocument;
use crate::iam::kind::PolicyKind;

/// The policies that AWS attaches to a user, a group or a role, unless the quota was raised.
const ATTACHED: usize = 10;

/// What a policy takes besides its statements: `{"Version":"2012-10-17","Statement":[]}`.
const FRAME: usize = 39;

/// The characters that a statement is given for its Sid, `"Sid":"",` included.
const SID: usize = 64;

/// Resources that are compared to patterns: of more pairs than these the list is too long.
const PAIRS: usize = 20_000_000;

/// What there is room for.
pub(super) struct Room {
    most: usize,
    what: &'static str,
    policies: usize,
    in_lines: bool,
}

impl Room {
    pub(super) fn of(kind: PolicyKind) -> Result<Self> {
        let policies = match kind {
            PolicyKind::Identity => ATTACHED,
            PolicyKind::Boundary | PolicyKind::Session => 1,
            PolicyKind::Resource | PolicyKind::Scp | PolicyKind::Trust => {
                let what = format!("a {} policy grants nothing to a list of requests alone", kind.name());
                let error = Error::new(ErrorKind::InvalidRequest, what);
                return Err(error.with_hint("Pass identity, session or boundary"));
            }
        };
        let limit = kind.made_limit();
        let (most, what) = limit.map_or((0, "a policy"), |limit| (limit.most, limit.what));
        // Of a session policy white space counts.
        Ok(Self { most, what, policies, in_lines: kind != PolicyKind::Session })
    }

    /// Refuses a list whose resources alone are too long, before anything is made of it.
    pub(super) fn may_hold(&self, grants: &BTreeSet<Grant>) -> Result<()> {
        let resources: BTreeSet<_> = grants.iter().map(|grant| grant.resource.as_str()).collect();
        let patterns: Vec<_> = resources.iter().filter(|resource| resource.contains(['*', '?'])).collect();
        if patterns.len().saturating_mul(resources.len()) > PAIRS {
            return Err(self.too_much(&format!("the list has {} resources", resources.len())));
        }
        let stands_alone =
            |resource: &&&str| !patterns.iter().any(|wide| wide != resource && stands_for(wide, resource));
        let sizes = resources.iter().filter(stands_alone).map(|resource| resource.chars().count() + 3);
        let least: usize = sizes.sum();
        if least > self.most * self.policies {
            return Err(self.too_much(&format!("the resources of the list alone are {least} characters")));
        }
        Ok(())
    }

    /// The statements, those that no policy has room for cut in two.
    pub(super) fn cut(&self, drafts: Vec<Draft>) -> Result<Vec<Draft>> {
        let mut left: Vec<_> = drafts.into_iter().rev().collect();
        let mut cut = Vec::new();
        while let Some(mut draft) = left.pop() {
            if draft.size()? + FRAME + SID <= self.most {
                cut.push(draft);
                continue;
            }
            let mut rest = draft.clone();
            let over = (draft.size()? + FRAME + SID).saturating_sub(self.most);
            let is_cut = shorten(&mut draft.resources, &mut rest.resources, over)
                || shorten(&mut draft.actions, &mut rest.actions, over);
            if !is_cut {
                let resource =
                    draft.resources.first().map_or_else(String::new, |resource| printable(resource));
                return Err(self.too_much(&format!("a statement for {resource} alone is larger")));
            }
            left.extend([rest, draft]);
        }
        Ok(cut)
    }

    /// The statements in as many policies as it takes.
    pub(super) fn pack(&self, drafts: &[Draft]) -> Result<Vec<MinimalPolicy>> {
        let mut packed: Vec<(usize, Vec<&Draft>)> = Vec::new();
        for draft in drafts {
            let size = draft.size()? + 1;
            match packed.iter_mut().find(|(used, _)| used + size <= self.most) {
                Some((used, policy)) => {
                    *used += size;
                    policy.push(draft);
                }
                None => packed.push((FRAME + size, vec![draft])),
            }
        }
        if packed.len() > self.policies {
            return Err(self.too_much(&format!("the list takes {} policies", packed.len())));
        }
        let policies = packed.into_iter().map(|(_, drafts)| {
            let text = policy(drafts, self.in_lines)?;
            let document = PolicyDocument::parse(&text)?;
            Ok(MinimalPolicy { text, document })
        });
        policies.collect()
    }

    fn too_much(&self, what: &str) -> Error {
        let Self { most, what: of, policies, .. } = self;
        let what = match policies {
            1 => format!("{what}, and AWS takes {most} characters of {of}"),
            _ => format!("{what}, and AWS takes {most} characters of {of} and attaches {policies} of them"),
        };
        let error = Error::new(ErrorKind::InvalidRequest, what);
        error.with_hint("Put patterns of resources into the list, or cut it into lists for several roles")
    }
}

/// Leaves as many of the texts to the first as it takes to be shorter by so many characters, and one at least, and the
/// others to the second; nothing where there is but one.
fn shorten(first: &mut Vec<String>, second: &mut Vec<String>, over: usize) -> bool {
    let mut left = first.len();
    let mut less = 0;
    while left > 1 && less < over {
        left -= 1;
        less += first.get(left).map_or(0, |text| text.chars().count() + 3);
    }
    let is_shorter = left < first.len();
    if is_shorter {
        *second = first.split_off(left);
    }
    is_shorter
}
