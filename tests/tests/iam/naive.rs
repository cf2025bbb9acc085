//! A second evaluator, written from AWS's rules in the plainest way: it works on the JSON of a case, tries every
//! way a pattern can match, knows only complete contexts, and shares no code with the engine.

use serde_json::Value;

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
        if action == "sts:getcalleridentity" && !nobody {
            return "allow";
        }
        let policies = &self.case["policies"];
        let caller_side = !nobody && !root;
        let linked = self.is("role/aws-service-role/");
        let mut denied = false;
        let mut allowed_by = |documents: &Value, levels: bool| {
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
                        denied |= statement.effect == "Deny";
                        any |= statement.effect == "Allow";
                    }
                }
                all &= any;
            }
            all
        };
        let scp = nobody || linked || allowed_by(&policies["scp"], true);
        if self.rcp_applies() && !linked {
            allowed_by(&policies["rcp"], true);
        }
        let endpoint = allowed_by(&policies["vpc_endpoint"], false) || policies["vpc_endpoint"].is_null();
        let mut identity = root;
        let (mut boundary, mut session) = (true, true);
        if caller_side {
            identity = allowed_by(&policies["identity"], false);
            boundary = allowed_by(&policies["boundary"], false) || policies["boundary"].is_null();
            session = allowed_by(&policies["session"], false)
                || (policies["session"].is_null() && self.session_kind() != "federation");
        }
        let mut grants = Vec::new();
        for statement in items(&policies["resource"]).iter().flat_map(statements) {
            if self.applies(&statement) {
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
        let granted = if nobody {
            !grants.is_empty()
        } else if self.request("resource_account").as_str().is_some_and(|owner| owner != self.account()) {
            caller && !grants.is_empty()
        } else if self.resource_must_allow() {
            direct || limited || (caller && !grants.is_empty())
        } else {
            caller || direct || limited
        };
        let may = nobody || self.service_allows();
        if granted && scp && endpoint && may { "allow" } else { "implicit_deny" }
    }

    fn service_allows(&self) -> bool {
        let action = self.action();
        let (iam, sts) = (action.starts_with("iam:"), action.starts_with("sts:"));
        if self.is("root") && action == "sts:assumerole" {
            return false;
        }
        match self.session_kind() {
            "federation" => !iam && !sts,
            "session_token" if iam => self.request("mfa") == &Value::Bool(true),
            "session_token" if sts => action == "sts:assumerole",
            "role" => action != "sts:getsessiontoken" && action != "sts:getfederationtoken",
            _ => true,
        }
    }

    fn resource_must_allow(&self) -> bool {
        let key = self.resource.starts_with("arn:aws:kms:") && self.resource.contains(":key/");
        let role = self.resource.starts_with("arn:aws:iam:") && self.resource.contains(":role/");
        (key && self.action().starts_with("kms:")) || (role && self.action().starts_with("sts:"))
    }

    fn rcp_applies(&self) -> bool {
        ["s3:", "sqs:", "kms:", "sts:"].iter().any(|service| self.action().starts_with(service))
    }

    fn applies(&self, statement: &Statement<'_>) -> bool {
        self.principal_fits(statement)
            && self.action_fits(statement)
            && self.resource_fits(statement)
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
            let role = format!("arn:aws:iam::{}:role/{}", self.account(), self.name());
            let listed = match self.arn() {
                None => names.iter().any(|(kind, name)| self.is_other(kind, name)),
                Some(_) if bounded && !self.is("root") => false,
                Some(_) if self.is("root") => account,
                Some(arn) if self.is("assumed-role/") => account && has(arn) && has(&role),
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
        let own = |kind: &str| {
            let named = name.strip_prefix(&format!("arn:aws:iam::{}:{kind}/", self.account()));
            named.is_some_and(|path| path.rsplit('/').next() == Some(self.name()))
        };
        match () {
            () if self.is("assumed-role/") && own("role") => Some(As::RoleOrEveryone),
            () if self.is("role/") && name == arn => Some(As::RoleOrEveryone),
            () if self.is("federated-user/") && own("user") => Some(As::RoleOrEveryone),
            () if name == arn => Some(As::Itself),
            () => None,
        }
    }

    fn worth(&self, statement: &Statement<'_>) -> As {
        let Some(named) = statement.json.get("Principal") else { return As::Account };
        let names = names(named);
        let all: Vec<_> = names.iter().filter_map(|(kind, name)| self.named_as(kind, name)).collect();
        let by_condition = names.contains(&("AWS", "*"))
            && statement.conditions().any(|(operator, key, _)| {
                let positive =
                    !operator.contains("Not") && operator != "Null" && !operator.ends_with("IfExists");
                key.eq_ignore_ascii_case("aws:PrincipalArn")
                    && positive
                    && !operator.starts_with("ForAllValues")
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
                items(element).iter().any(|p| self.pattern(text(p), statement.variables, true).is_none());
            let fits = items(element).iter().any(|pattern| self.one_resource(text(pattern), statement));
            return !(fits || unresolved && statement.effect == "Allow");
        }
        let Some(element) = statement.json.get("Resource") else { return true };
        items(element).iter().any(|pattern| self.one_resource(text(pattern), statement))
    }

    fn one_resource(&self, pattern: &str, statement: &Statement<'_>) -> bool {
        let signs = self.pattern(pattern, statement.variables, true);
        let text: Vec<_> = self.resource.chars().collect();
        signs.is_some_and(|signs| pattern == "*" || glob(&bounded_by_colons(signs), &text))
    }

    /// The signs of a text of a policy; none where a variable stands for nothing.
    fn pattern(&self, pattern: &str, variables: bool, wildcards: bool) -> Option<Vec<Sign>> {
        let mut signs = Vec::new();
        let mut rest = pattern;
        while let Some(c) = rest.chars().next() {
            if variables && rest.starts_with("${") {
                let (inside, after) = rest[2..].split_once('}').unwrap();
                let value = match inside {
                    "*" | "?" | "$" => inside.to_owned(),
                    _ => self.variable(inside)?,
                };
                signs.extend(value.chars().map(Sign::One));
                rest = after;
                continue;
            }
            signs.push(if wildcards { Sign::of(c) } else { Sign::One(c) });
            rest = &rest[c.len_utf8()..];
        }
        Some(signs)
    }

    fn variable(&self, inside: &str) -> Option<String> {
        let (key, default) = match inside.split_once(',') {
            Some((key, default)) => (key, Some(default.trim().trim_matches('\'').to_owned())),
            None => (inside, None),
        };
        match self.context(key) {
            Some(values) if values.len() == 1 => Some(values[0].clone()),
            Some(_) => None,
            None => default,
        }
    }

    // ---- conditions ----

    fn context(&self, key: &str) -> Option<Vec<String>> {
        let context = self.request("context").as_object();
        let found =
            context.and_then(|context| context.iter().find(|(known, _)| known.eq_ignore_ascii_case(key)));
        if let Some((_, value)) = found {
            return Some(items(value).iter().map(|value| text(value).to_owned()).collect());
        }
        let arn = self.arn().filter(|_| key.eq_ignore_ascii_case("aws:PrincipalArn"))?;
        Some(vec![if self.is("assumed-role/") {
            format!("arn:aws:iam::{}:role/{}", self.account(), self.name())
        } else {
            arn.to_owned()
        }])
    }

    fn conditions_hold(&self, statement: &Statement<'_>) -> bool {
        statement.conditions().all(|(operator, key, values)| self.condition(operator, key, values, statement))
    }

    fn condition(&self, operator: &str, key: &str, wanted: &Value, statement: &Statement<'_>) -> bool {
        let found = self.context(key);
        let (set, base) = operator.split_once(':').map_or(("", operator), |(set, base)| (set, base));
        let (base, if_exists) = base.strip_suffix("IfExists").map_or((base, false), |base| (base, true));
        let empty = found.as_ref().is_none_or(|values| values.iter().all(String::is_empty));
        if base == "Null" {
            return items(wanted).iter().any(|wanted| (text(wanted) == "true") == empty);
        }
        let negated = base.contains("Not");
        let positive = base.replacen("Not", "", 1);
        let one = |value: &String| {
            let any =
                items(wanted).iter().any(|wanted| self.compares(&positive, value, text(wanted), statement));
            any != negated
        };
        match (set, found) {
            ("ForAllValues", _) if empty => true,
            ("ForAllValues", Some(values)) => values.iter().all(one),
            ("ForAnyValue", _) if empty => if_exists && statement.effect == "Deny",
            ("ForAnyValue", Some(values)) => values.iter().any(one),
            (_, None) => if_exists || negated,
            (_, Some(values)) if values.is_empty() => if_exists || negated,
            (_, Some(values)) => values.len() == 1 && one(&values[0]),
        }
    }

    fn compares(&self, operator: &str, value: &str, wanted: &str, statement: &Statement<'_>) -> bool {
        let wildcards = matches!(operator, "StringLike" | "ArnLike" | "ArnEquals");
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        if operator.starts_with("String") || operator.starts_with("Arn") {
            let Some(signs) = self.pattern(wanted, statement.variables, wildcards) else { return false };
            if operator.starts_with("Arn") {
                let parts: Vec<_> = value.splitn(6, ':').collect();
                let wanted = arn_parts(&signs);
                return parts.len() == 6
                    && wanted.len() == 6
                    && parts.iter().zip(&wanted).all(|(part, wanted)| glob(wanted, &chars(part)));
            }
            if operator == "StringEqualsIgnoreCase" {
                let wanted: String =
                    signs.iter().map(|sign| if let Sign::One(c) = sign { *c } else { '*' }).collect();
                return wanted.to_lowercase() == value.to_lowercase();
            }
            return glob(&signs, &chars(value));
        }
        let number = |text: &str| text.parse::<f64>().unwrap();
        match operator {
            "Bool" => value == wanted,
            "NumericEquals" => number(value) == number(wanted),
            "NumericLessThan" => number(value) < number(wanted),
            "NumericLessThanEquals" => number(value) <= number(wanted),
            "NumericGreaterThan" => number(value) > number(wanted),
            "NumericGreaterThanEquals" => number(value) >= number(wanted),
            // All dates of the random cases have one form, in which they sort as texts.
            "DateEquals" => value == wanted,
            "DateLessThan" => value < wanted,
            "DateGreaterThan" => value > wanted,
            // All ranges of the random cases end at a dot.
            "IpAddress" => value.starts_with(wanted.split_once("0/").map_or(wanted, |(prefix, _)| prefix)),
            _ => panic!("{operator}"),
        }
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

#[derive(Clone, Copy, PartialEq)]
enum Sign {
    One(char),
    Any,
    Star,
    /// A star that ends at a colon.
    StarInPart,
    AnyInPart,
}

impl Sign {
    fn of(c: char) -> Self {
        match c {
            '*' => Self::Star,
            '?' => Self::Any,
            c => Self::One(c),
        }
    }
}

fn glob(signs: &[Sign], text: &[char]) -> bool {
    match (signs, text) {
        ([], rest) => rest.is_empty(),
        ([Sign::Star, after @ ..], _) => (0..=text.len()).any(|skip| glob(after, &text[skip..])),
        ([Sign::StarInPart, after @ ..], _) => {
            let end = text.iter().position(|c| *c == ':').unwrap_or(text.len());
            (0..=end).any(|skip| glob(after, &text[skip..]))
        }
        ([Sign::Any, after @ ..], [_, rest @ ..]) => glob(after, rest),
        ([Sign::AnyInPart, after @ ..], [c, rest @ ..]) => *c != ':' && glob(after, rest),
        ([Sign::One(wanted), after @ ..], [c, rest @ ..]) => wanted == c && glob(after, rest),
        _ => false,
    }
}

/// Before the resource, a star keeps to its part unless it ends the part.
fn bounded_by_colons(signs: Vec<Sign>) -> Vec<Sign> {
    let mut colons = 0;
    let parts = 1 + signs.iter().filter(|sign| **sign == Sign::One(':')).count();
    let mut bounded = Vec::new();
    for (at, sign) in signs.iter().enumerate() {
        let ends_part = matches!(signs.get(at + 1), None | Some(Sign::One(':')));
        let last = colons >= 5 || colons + 1 == parts;
        bounded.push(match sign {
            Sign::Star if !last && !ends_part => Sign::StarInPart,
            Sign::Any if !last => Sign::AnyInPart,
            sign => *sign,
        });
        colons += usize::from(*sign == Sign::One(':'));
    }
    bounded
}

fn arn_parts(signs: &[Sign]) -> Vec<Vec<Sign>> {
    let mut parts = vec![Vec::new()];
    for sign in signs {
        if *sign == Sign::One(':') && parts.len() < 6 {
            parts.push(Vec::new());
        } else {
            parts.last_mut().unwrap().push(*sign);
        }
    }
    parts
}
