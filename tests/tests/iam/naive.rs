//! A second evaluator, written from AWS's rules in the plainest way: it works on the JSON of a case, tries every
//! way a pattern can match, knows only complete contexts, and shares no code with the engine.

mod condition;
mod glob;
mod value;

use serde_json::Value;

use self::glob::{Sign, bounded_by_colons, glob};
use crate::coverage::hit;

/// Decides a case on one resource.
pub(crate) fn decide(case: &Value) -> &'static str {
    let request = &case["request"];
    let resources = items(&request["resource"]);
    let outcomes: Vec<_> =
        resources.iter().map(|resource| Naive { case, resource: text(resource) }.decide()).collect();
    ["explicit_deny", "implicit_deny"]
        .into_iter()
        .find(|outcome| outcomes.contains(outcome))
        .unwrap_or("allow")
}

struct Naive<'a> {
    case: &'a Value,
    resource: &'a str,
}

/// Who a statement's principal is to the caller.
#[derive(Clone, Copy, PartialEq)]
enum As {
    Account,
    RoleOrEveryone,
    Itself,
}

impl Naive<'_> {
    fn request(&self, part: &str) -> &Value {
        &self.case["request"][part]
    }

    fn action(&self) -> String {
        text(self.request("action")).to_lowercase()
    }

    fn arn(&self) -> Option<&str> {
        self.request("principal").as_str()
    }

    fn account(&self) -> &str {
        self.arn().and_then(|arn| arn.split(':').nth(4)).unwrap_or("")
    }

    fn is(&self, part: &str) -> bool {
        self.arn().is_some_and(|arn| arn.split(':').nth(5).unwrap_or("").starts_with(part))
    }

    /// `orders` of `assumed-role/orders/s`, and the last name of others.
    fn name(&self) -> &str {
        let resource = self.arn().and_then(|arn| arn.split(':').nth(5)).unwrap_or("");
        match resource.strip_prefix("assumed-role/") {
            Some(rest) => rest.split('/').next().unwrap_or(""),
            None => resource.rsplit('/').next().unwrap_or(""),
        }
    }

    fn session_kind(&self) -> &str {
        match self.request("session_kind").as_str() {
            Some(kind) => kind,
            None if self.is("assumed-role/") || self.is("role/") => "role",
            None if self.is("federated-user/") => "federation",
            None => "none",
        }
    }

    fn decide(&self) -> &'static str {
        let action = self.action();
        let nobody = self.arn().is_none();
        let root = self.is("root");
        let policies = &self.case["policies"];
        let caller_side = !nobody && !root;
        let (scp_lifted, rcp_lifted) = self.lifted_by_management_account();
        let mut denied = false;
        let mut allowed_by = |layer: &str, documents: &Value, levels: bool| {
            let mut all = true;
            let lists: Vec<&Value> = if levels {
                items(documents).iter().map(|l| &l["policies"]).collect()
            } else {
                vec![documents]
            };
            for list in lists {
                let mut any = false;
                for statement in items(list).iter().flat_map(statements) {
                    if self.applies(&statement) {
                        hit(layer, statement.effect);
                        denied |= statement.effect == "Deny";
                        any |= statement.effect == "Allow";
                    }
                }
                all &= any;
            }
            all
        };
        if action == "sts:getcalleridentity" && !nobody {
            let through = allowed_by("vpc_endpoint", &policies["vpc_endpoint"], false);
            return match through || policies["vpc_endpoint"].is_null() {
                _ if denied => "explicit_deny",
                true => "allow",
                false => "implicit_deny",
            };
        }
        let linked = self.is_service_linked();
        let scp = nobody || linked || scp_lifted || allowed_by("scp", &policies["scp"], true);
        if self.rcp_applies() && !linked && !rcp_lifted {
            allowed_by("rcp", &policies["rcp"], true);
        }
        let endpoint = allowed_by("vpc_endpoint", &policies["vpc_endpoint"], false)
            || policies["vpc_endpoint"].is_null();
        let mut identity = root;
        let (mut boundary, mut session) = (true, true);
        if caller_side {
            identity = allowed_by("identity", &policies["identity"], false);
            boundary = allowed_by("boundary", &policies["boundary"], false) || policies["boundary"].is_null();
            session = allowed_by("session", &policies["session"], false)
                || (policies["session"].is_null() && self.session_kind() != "federation");
        }
        let mut grants = Vec::new();
        for statement in items(&policies["resource"]).iter().flat_map(statements) {
            if self.applies(&statement) {
                hit("resource", statement.effect);
                denied |= statement.effect == "Deny";
                if statement.effect == "Allow" {
                    grants.push(self.worth(&statement));
                }
            }
        }
        if denied {
            return "explicit_deny";
        }
        let caller = identity && boundary && session;
        let direct = grants.contains(&As::Itself);
        let limited = grants.contains(&As::RoleOrEveryone) && boundary && session;
        let (rule, granted) = if nobody {
            ("nobody's", !grants.is_empty())
        } else if self.owner().is_some_and(|owner| owner != self.account()) {
            ("across accounts", caller && !grants.is_empty())
        } else if self.resource_must_allow() {
            ("a resource that must allow", direct || limited || (caller && !grants.is_empty()))
        } else {
            ("within the account", caller || direct || limited)
        };
        hit(rule, if granted { "granted" } else { "not granted" });
        let may = nobody || self.service_allows();
        for (limit, holds) in [("scp", scp), ("vpc_endpoint", endpoint), ("the kind of session", may)] {
            if granted && !holds {
                hit(limit, "limits what is granted");
            }
        }
        for (limit, holds) in [("boundary", boundary), ("session", session)] {
            if !granted && !holds && (identity || !grants.is_empty()) {
                hit(limit, "limits what is granted");
            }
        }
        if granted && !caller {
            hit("a grant", if direct { "to the caller itself" } else { "to the role or to everyone" });
        }
        if granted && scp && endpoint && may { "allow" } else { "implicit_deny" }
    }

    /// The account of the resource; none where only the caller's own can be meant.
    fn owner(&self) -> Option<&str> {
        let in_arn = || self.resource.split(':').nth(4).filter(|id| id.len() == 12);
        self.request("resource_account").as_str().or_else(in_arn)
    }

    /// Whether the management account is meant, for SCPs and for RCPs: of two accounts the one with policies.
    fn lifted_by_management_account(&self) -> (bool, bool) {
        let policies = &self.case["policies"];
        if self.request("management_account") != &Value::Bool(true) {
            return (false, false);
        }
        let same = self.arn().is_some() && self.owner().is_none_or(|owner| owner == self.account());
        let has_scp = !items(&policies["scp"]).is_empty();
        (same || has_scp, same || !has_scp)
    }

    fn is_service_linked(&self) -> bool {
        let told = self.context("aws:PrincipalArn").unwrap_or_default();
        match told.as_slice() {
            _ if self.is("role/") => self.is("role/aws-service-role/"),
            [told] if self.is("assumed-role/") => {
                told.contains(":role/aws-service-role/")
                    || (*told == self.principal_arn() && self.name().starts_with("AWSServiceRoleFor"))
            }
            _ => false,
        }
    }

    fn principal_arn(&self) -> String {
        if self.is("assumed-role/") {
            format!("arn:aws:iam::{}:role/{}", self.account(), self.name())
        } else {
            self.arn().unwrap_or_default().to_owned()
        }
    }

    fn service_allows(&self) -> bool {
        let action = self.action();
        let (iam, sts) = (action.starts_with("iam:"), action.starts_with("sts:"));
        if self.is("root") && action == "sts:assumerole" {
            return false;
        }
        match self.session_kind() {
            "federation" => !iam && !sts,
            "session_token" if iam => self.has_mfa(),
            "session_token" if sts => action == "sts:assumerole",
            "role" => action != "sts:getsessiontoken" && action != "sts:getfederationtoken",
            _ => true,
        }
    }

    fn has_mfa(&self) -> bool {
        let told = || self.context("aws:MultiFactorAuthPresent").is_some_and(|told| told == ["true"]);
        self.request("mfa").as_bool().unwrap_or_else(told)
    }

    fn resource_must_allow(&self) -> bool {
        let key = self.resource.starts_with("arn:aws:kms:") && self.resource.contains(":key/");
        let role = self.resource.starts_with("arn:aws:iam:") && self.resource.contains(":role/");
        (key && self.action().starts_with("kms:")) || (role && self.action().starts_with("sts:"))
    }

    fn rcp_applies(&self) -> bool {
        let covered =
            ["s3:", "sqs:", "kms:", "sts:"].iter().any(|service| self.action().starts_with(service));
        covered && self.action() != "kms:retiregrant" && !self.resource.contains(":alias/aws/")
    }

    fn applies(&self, statement: &Statement<'_>) -> bool {
        let has = |name: &str| statement.json.get(name).is_some();
        let seen = |names: [&'static str; 2], fits: bool| {
            if let Some(name) = names.into_iter().find(|name| has(name)) {
                hit(name, if fits { "fits" } else { "does not fit" });
            }
            fits
        };
        seen(["Principal", "NotPrincipal"], self.principal_fits(statement))
            && seen(["Action", "NotAction"], self.action_fits(statement))
            && seen(["Resource", "NotResource"], self.resource_fits(statement))
            && self.conditions_hold(statement)
    }

    // ---- principals ----

    fn principal_fits(&self, statement: &Statement<'_>) -> bool {
        if let Some(named) = statement.json.get("NotPrincipal") {
            if statement.effect == "Allow" {
                return false;
            }
            let bounded = !self.case["policies"]["boundary"].is_null();
            let names = names(named);
            let has = |name: &str| names.iter().any(|(_, known)| *known == name);
            let account = has(self.account()) || has(&format!("arn:aws:iam::{}:root", self.account()));
            let role = names.iter().any(|(kind, name)| *kind == "AWS" && self.is_called("role", name));
            let listed = match self.arn() {
                None => names.iter().any(|(kind, name)| self.is_other(kind, name)),
                Some(_) if bounded && !self.is("root") => false,
                Some(_) if self.is("root") => account,
                Some(arn) if self.is("assumed-role/") => account && has(arn) && role,
                Some(arn) => account && has(arn),
            };
            return !(listed
                || names.contains(&("AWS", "*")) && !(bounded && self.arn().is_some() && !self.is("root")));
        }
        let Some(named) = statement.json.get("Principal") else { return true };
        names(named).iter().any(|(kind, name)| self.named_as(kind, name).is_some())
    }

    fn is_other(&self, kind: &str, name: &str) -> bool {
        let principal = self.request("principal");
        (kind == "Service" && principal["service"] == name)
            || (kind == "Federated" && principal["federated"] == name)
    }

    fn named_as(&self, kind: &str, name: &str) -> Option<As> {
        if (kind, name) == ("AWS", "*") {
            return Some(As::RoleOrEveryone);
        }
        if kind != "AWS" {
            return self.is_other(kind, name).then_some(As::Itself);
        }
        let arn = self.arn()?;
        if name == self.account() || name == format!("arn:aws:iam::{}:root", self.account()) {
            return Some(if self.is("root") { As::Itself } else { As::Account });
        }
        if ["AIDA", "AROA"].iter().any(|id| name.starts_with(id)) {
            let known = self.context("aws:userid");
            let own = known.is_some_and(|ids| ids.len() == 1 && ids[0].split(':').next() == Some(name));
            let worth = if name.starts_with("AROA") { As::RoleOrEveryone } else { As::Itself };
            return own.then_some(worth);
        }
        match () {
            () if self.is("assumed-role/") && self.is_called("role", name) => Some(As::RoleOrEveryone),
            () if self.is("role/") && name == arn => Some(As::RoleOrEveryone),
            () if self.is("federated-user/") && self.is_called("user", name) => Some(As::RoleOrEveryone),
            () if self.is("user/") && name == arn && self.request("session_kind") == "federation" => {
                Some(As::RoleOrEveryone)
            }
            () if name == arn => Some(As::Itself),
            () => None,
        }
    }

    /// Whether this ARN is of the caller's role or user, whatever its path.
    fn is_called(&self, kind: &str, arn: &str) -> bool {
        let named = arn.strip_prefix(&format!("arn:aws:iam::{}:{kind}/", self.account()));
        named.is_some_and(|path| path.rsplit('/').next() == Some(self.name()))
    }

    fn worth(&self, statement: &Statement<'_>) -> As {
        let Some(named) = statement.json.get("Principal") else { return As::Account };
        let names = names(named);
        let all: Vec<_> = names.iter().filter_map(|(kind, name)| self.named_as(kind, name)).collect();
        let by_condition = names.contains(&("AWS", "*"))
            && statement.conditions().any(|(operator, key, _)| {
                let operator = operator.to_lowercase();
                let positive =
                    !operator.contains("not") && operator != "null" && !operator.ends_with("ifexists");
                key.eq_ignore_ascii_case("aws:PrincipalArn")
                    && positive
                    && !operator.starts_with("forallvalues")
            });
        match () {
            () if all.contains(&As::Itself) || by_condition => As::Itself,
            () if all.contains(&As::RoleOrEveryone) => As::RoleOrEveryone,
            () => As::Account,
        }
    }

    // ---- actions and resources ----

    fn action_fits(&self, statement: &Statement<'_>) -> bool {
        let fits = |element: &Value| {
            items(element).iter().any(|pattern| {
                let pattern: Vec<_> = text(pattern).to_lowercase().chars().map(Sign::of).collect();
                glob(&pattern, &self.action().chars().collect::<Vec<_>>())
            })
        };
        match statement.json.get("NotAction") {
            Some(element) => !fits(element),
            None => fits(&statement.json["Action"]),
        }
    }

    fn resource_fits(&self, statement: &Statement<'_>) -> bool {
        if let Some(element) = statement.json.get("NotResource") {
            let unresolved =
                items(element).iter().any(|pattern| self.is_unresolved(text(pattern), statement));
            let fits = items(element).iter().any(|pattern| self.one_resource(text(pattern), statement));
            return !(fits || unresolved && statement.effect == "Allow");
        }
        let Some(element) = statement.json.get("Resource") else { return true };
        items(element).iter().any(|pattern| self.one_resource(text(pattern), statement))
    }

    fn is_unresolved(&self, pattern: &str, statement: &Statement<'_>) -> bool {
        statement.variables
            && (has_variable_before_resource(pattern) || self.pattern(pattern, true, true).is_none())
    }

    fn one_resource(&self, pattern: &str, statement: &Statement<'_>) -> bool {
        if statement.variables && has_variable_before_resource(pattern) {
            return false;
        }
        let signs = self.pattern(pattern, statement.variables, true);
        let text: Vec<_> = self.resource.chars().collect();
        signs.is_some_and(|signs| pattern == "*" || glob(&bounded_by_colons(signs), &text))
    }
}

struct Statement<'a> {
    json: &'a Value,
    effect: &'a str,
    variables: bool,
}

impl<'a> Statement<'a> {
    fn conditions(&self) -> impl Iterator<Item = (&'a str, &'a str, &'a Value)> {
        let blocks = self.json.get("Condition").and_then(Value::as_object).into_iter().flatten();
        blocks.flat_map(|(operator, keys)| {
            keys.as_object()
                .into_iter()
                .flatten()
                .map(move |(key, values)| (operator.as_str(), key.as_str(), values))
        })
    }
}

fn statements(document: &Value) -> Vec<Statement<'_>> {
    let variables = document["Version"] == "2012-10-17";
    let statement = |json| Statement { json, effect: text(&json["Effect"]), variables };
    items(&document["Statement"]).iter().map(statement).collect()
}

/// There a variable is never filled in.
fn has_variable_before_resource(pattern: &str) -> bool {
    let pieces = pattern.split("${").map(|piece| piece.split_once('}').map_or(piece, |(_, after)| after));
    let plain = pieces.collect::<Vec<_>>().join("$");
    let parts: Vec<_> = plain.splitn(6, ':').collect();
    parts[..parts.len() - 1].iter().any(|part| part.contains('$'))
}

fn names(principal: &Value) -> Vec<(&str, &str)> {
    match principal {
        Value::String(_) => vec![("AWS", "*")],
        _ => {
            let kinds = principal.as_object().unwrap().iter();
            kinds
                .flat_map(|(kind, names)| items(names).iter().map(move |name| (kind.as_str(), text(name))))
                .collect()
        }
    }
}

/// One value as a list of one, nothing as none.
fn items(value: &Value) -> &[Value] {
    match value {
        Value::Null => &[],
        Value::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}

fn text(value: &Value) -> &str {
    match value {
        Value::Bool(true) => "true",
        Value::Bool(false) => "false",
        value => value.as_str().unwrap(),
    }
}
