//! Actions and resources that never meet.

use std::collections::BTreeMap;

use super::finding::{Findings, Rule, Severity};
use super::subject::{Stated, Subject, some};
use crate::error::printable;
use crate::iam::catalog::{Action, ResourceType};
use crate::iam::overlap::overlap;

pub(super) const RULE: Rule = Rule {
    id: "resource-never-matches",
    severity: Severity::Warning,
    about: "An action is never asked for with any resource of its statement",
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    for stated in &subject.statements {
        let Some(element) = stated.statement.resource.as_ref().filter(|element| !element.negated) else {
            continue;
        };
        let resources: Vec<&str> = element.texts.values.iter().map(|text| text.value.as_str()).collect();
        if resources.contains(&"*") {
            continue;
        }
        let mut met =
            Met { resources: &resources, kinds: BTreeMap::new(), used: vec![false; resources.len()] };
        for (at, text, known) in stated.actions() {
            let Some(known) = known.filter(|known| !known.is_empty()) else { continue };
            if known.iter().filter(|action| met.by(**action)).count() > 0 {
                continue;
            }
            let (name, date) = (printable(&text.value), subject.catalog.date());
            let message = format!("{name} never meets {} (data of {date})", some(&resources));
            findings.add(stated.action_spot(at), message, fix(known));
        }
        unused(stated, &met, subject.catalog.date(), findings);
    }
}

// Resources that none of the actions takes, where the actions are all known.
fn unused(stated: &Stated<'_>, met: &Met<'_>, date: &str, findings: &mut Findings) {
    let is_known = |known: &Option<Vec<Action<'_>>>| known.as_ref().is_some_and(|known| !known.is_empty());
    let all_known = !stated.statement.action.negated && stated.expanded.iter().all(is_known);
    if !all_known || !met.used.contains(&true) {
        return;
    }
    for ((at, text), _) in stated.resources().zip(&met.used).filter(|(_, used)| !**used) {
        let message = format!(
            "No action of the statement is asked for with {} (data of {date})",
            printable(&text.value)
        );
        findings.add(stated.resource_spot(at), message, "Take it out, or correct it");
    }
}

/// Which types of resources meet the resources of a statement: asked once for each type.
struct Met<'a> {
    resources: &'a [&'a str],
    kinds: BTreeMap<usize, bool>,
    /// The resources that were met.
    used: Vec<bool>,
}

impl Met<'_> {
    /// Whether a request for the action can name one of the resources. What is asked for without a resource is
    /// asked for with `*`, or with all of the service's: AWS's own policies grant it on `arn:aws:s3:::*`.
    fn by(&mut self, action: Action<'_>) -> bool {
        if action.is_wildcard_only() {
            let is_all = |resource: &str| matches!(resource.rsplit(':').next(), Some("*" | "*/*"));
            let all = self.resources.iter().zip(&mut self.used).filter(|(resource, _)| is_all(resource));
            return all.map(|(_, used)| *used = true).count() > 0;
        }
        action.resource_types().filter(|(kind, _)| self.by_kind(*kind)).count() > 0
    }

    fn by_kind(&mut self, kind: ResourceType<'_>) -> bool {
        if let Some(known) = self.kinds.get(&kind.row()) {
            return *known;
        }
        let mut meets = false;
        for (resource, used) in self.resources.iter().zip(&mut self.used) {
            if overlap(kind.arn(), resource) {
                (meets, *used) = (true, true);
            }
        }
        self.kinds.insert(kind.row(), meets);
        meets
    }
}

fn fix(known: &[Action<'_>]) -> String {
    let Some(action) = known.first() else { return String::new() };
    let types: Vec<_> = action.resource_types().map(|(kind, _)| kind.arn()).collect();
    if types.is_empty() {
        return format!("{} cannot be limited to resources: write \"Resource\": \"*\"", action.full_name());
    }
    format!("{} takes {}", action.full_name(), some(&types))
}
