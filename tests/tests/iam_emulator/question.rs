//! Whether a case can be put to the emulator as it stands: as a real request of a real caller, with every condition
//! key that its policies speak of as the case has it.

use std::collections::BTreeSet;

use serde_json::Value;

/// Why a case cannot be asked.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Why {
    Layer,
    Partial,
    Caller,
    SecondFactor,
    Action,
    Resources,
    Name,
    Key,
    Slot,
}

impl Why {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Layer => "an SCP, an RCP or the policy of a VPC endpoint: the emulator has none",
            Self::Partial => "a context that is known in part: a request has a whole one",
            Self::Caller => "a caller without a key: a service, an identity provider, a role by its own ARN",
            Self::SecondFactor => "a second factor: the emulator has none",
            Self::Action => "an action that the emulator does not know",
            Self::Resources => "a resource that no request of the action names alone",
            Self::Name => "a name or a partition that the emulator cannot have",
            Self::Key => {
                "a condition key that a request cannot have so: a time, an address, a service's own key"
            }
            Self::Slot => {
                "a policy where none can be put: of the root user, a second boundary, an empty list"
            }
        }
    }
}

/// A caller that a key can be had for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Anonymous,
    Federated,
    Role,
    Root,
    SessionToken,
    User,
}

/// A case that can be asked.
#[derive(Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) case: &'a Value,
    pub(crate) kind: Kind,
}

impl<'a> Question<'a> {
    pub(crate) fn of(case: &'a Value) -> Result<Self, Why> {
        let request = &case["request"];
        for layer in ["scp", "rcp", "vpc_endpoint"] {
            refuse_if(!items(&case["policies"][layer]).is_empty(), Why::Layer)?;
        }
        refuse_if(request["partial_context"] == true, Why::Partial)?;
        refuse_if(request["mfa"] == true, Why::SecondFactor)?;
        let question = Self { case, kind: kind(request)? };
        refuse_if(!ACTIONS.contains(&question.action()), Why::Action)?;
        refuse_if(question.kind == Kind::Anonymous && question.service() != "s3", Why::Caller)?;
        question.resource_is_named()?;
        question.keys_can_be_had()?;
        question.policies_can_be_put()?;
        Ok(question)
    }

    pub(crate) fn request(&self, part: &str) -> &'a str {
        self.case["request"][part].as_str().unwrap_or_default()
    }

    pub(crate) fn action(&self) -> &'a str {
        self.request("action")
    }

    pub(crate) fn service(&self) -> &'a str {
        self.action().split(':').next().unwrap_or_default()
    }

    /// A part of the caller's ARN.
    fn part(&self, part: usize) -> &'a str {
        self.request("principal").split(':').nth(part).unwrap_or_default()
    }

    pub(crate) fn account(&self) -> &'a str {
        self.part(4)
    }

    /// `/pay/` and `ann` of a user, `orders` and `s1` of a role's session.
    pub(crate) fn path_and_name(&self) -> (&'a str, &'a str) {
        let whole = self.part(5);
        let rest = whole.find('/').map_or("", |at| &whole[at..]);
        rest.rfind('/').map_or(("", rest), |at| (&rest[..=at], &rest[at + 1..]))
    }

    /// The account that owns the resource.
    pub(crate) fn owner(&self) -> &'a str {
        let in_arn = self.request("resource").split(':').nth(4).unwrap_or_default();
        [self.request("resource_account"), in_arn]
            .into_iter()
            .find(|id| !id.is_empty())
            .unwrap_or(self.account())
    }

    /// The region to sign for.
    pub(crate) fn region(&self) -> &'a str {
        let in_arn = self.request("resource").split(':').nth(3).unwrap_or_default();
        let asked = self.context("aws:RequestedRegion").and_then(Value::as_str);
        asked.or((!in_arn.is_empty()).then_some(in_arn)).unwrap_or(HOME_REGION)
    }

    /// What follows the fifth colon of the resource's ARN.
    pub(crate) fn name(&self) -> &'a str {
        self.request("resource").splitn(6, ':').nth(5).unwrap_or("*")
    }

    pub(crate) fn context(&self, key: &str) -> Option<&'a Value> {
        let context = self.case["request"]["context"].as_object()?;
        context.iter().find(|(known, _)| known.eq_ignore_ascii_case(key)).map(|(_, value)| value)
    }

    pub(crate) fn policies(&self, layer: &str) -> &'a [Value] {
        items(&self.case["policies"][layer])
    }

    fn has(&self, layer: &str) -> bool {
        !self.case["policies"][layer].is_null()
    }

    fn resource_is_named(&self) -> Result<(), Why> {
        refuse_if(!self.case["request"]["resource"].is_string(), Why::Resources)?;
        let resource = self.request("resource");
        // Where every policy is about any resource, any will do.
        let any = resource == "*" && self.texts(&["Resource", "NotResource"]).iter().all(|text| text == "*");
        refuse_if(resource == "*" && !any && !WITHOUT_RESOURCE.contains(&self.action()), Why::Resources)?;
        refuse_if(resource != "*" && !resource.starts_with("arn:aws:"), Why::Name)?;
        refuse_if(!self.request("principal").is_empty() && self.part(1) != "aws", Why::Name)?;
        let name = self.name();
        let plain =
            |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        let wrong = match self.service() {
            "s3" => !(3..64).contains(&name.split('/').next().unwrap_or_default().len()) && name != "*",
            "sqs" => !plain(name),
            _ => false,
        };
        refuse_if(wrong, Why::Name)
    }

    fn keys_can_be_had(&self) -> Result<(), Why> {
        let wrong = self.keys().into_iter().any(|key| !self.has_as_given(&key));
        refuse_if(wrong, Why::Key)
    }

    /// Whether the request has this key, given in lower case, as the case says.
    fn has_as_given(&self, key: &str) -> bool {
        let given = self.context(key);
        let is = |value: &str| given.is_some_and(|given| given == value);
        let some = given.and_then(Value::as_str).is_some_and(|text| !text.is_empty());
        let listing = self.action() == "s3:ListBucket";
        let assuming = self.action() == "sts:AssumeRole";
        let session = !matches!(self.kind, Kind::User | Kind::Root | Kind::Anonymous);
        match key {
            "aws:principalarn" => given.is_none(),
            "aws:principalaccount" => is(self.account()),
            "aws:username" if matches!(self.kind, Kind::User | Kind::SessionToken) => {
                is(self.path_and_name().1)
            }
            "aws:securetransport" | "aws:viaawsservice" | "aws:principalisawsservice" => is("false"),
            "aws:multifactorauthpresent" if session => is("false"),
            "aws:requestedregion" => some,
            "aws:tagkeys" if self.action() == "ec2:CreateTags" => {
                given.is_none_or(|given| !items(given).is_empty() && given != "")
            }
            "s3:prefix" | "s3:delimiter" | "s3:max-keys" if listing => given.is_none() || some,
            "sts:externalid" if assuming => given.is_none() || some,
            "sts:rolesessionname" if assuming => some,
            "aws:tokenissuetime" if !session => given.is_none(),
            _ if ALWAYS_THERE.contains(&key) => false,
            _ if key.starts_with("aws:principaltag/")
                && !matches!(self.kind, Kind::Root | Kind::Anonymous) =>
            {
                given.is_none() || some
            }
            _ => given.is_none(),
        }
    }

    fn policies_can_be_put(&self) -> Result<(), Why> {
        let nobody = matches!(self.kind, Kind::Root | Kind::Anonymous);
        refuse_if(nobody && (!self.policies("identity").is_empty() || self.has("boundary")), Why::Slot)?;
        refuse_if(self.has("boundary") && self.policies("boundary").len() != 1, Why::Slot)?;
        let takes_session = matches!(self.kind, Kind::Role | Kind::Federated);
        let session = self.policies("session");
        refuse_if(self.has("session") && (session.is_empty() || !takes_session), Why::Slot)?;
        let kept = match self.action() {
            "kms:Decrypt" | "s3:GetObject" | "s3:ListBucket" | "s3:PutObject" | "sqs:SendMessage" => true,
            "sts:AssumeRole" => true,
            _ => !self.has("resource"),
        };
        refuse_if(!kept || self.has("resource") && self.request("resource") == "*", Why::Slot)?;
        // Keys and roles always have one.
        refuse_if(
            !self.has("resource") && matches!(self.action(), "kms:Decrypt" | "sts:AssumeRole"),
            Why::Slot,
        )
    }

    /// The condition keys that the policies speak of, in lower case.
    fn keys(&self) -> BTreeSet<String> {
        let mut keys = BTreeSet::new();
        for statement in self.statements() {
            for clauses in statement["Condition"].as_object().into_iter().flat_map(serde_json::Map::values) {
                keys.extend(
                    clauses
                        .as_object()
                        .into_iter()
                        .flat_map(serde_json::Map::keys)
                        .map(|key| key.to_lowercase()),
                );
            }
        }
        let all = self.case["policies"].to_string();
        let variables = all.split("${").skip(1).filter_map(|rest| rest.split(['}', ',']).next());
        keys.extend(variables.map(|name| name.trim().to_lowercase()).filter(|name| name.contains(':')));
        keys
    }

    fn texts(&self, elements: &[&str]) -> BTreeSet<String> {
        let each =
            self.statements().flat_map(|statement| elements.iter().flat_map(|name| items(&statement[*name])));
        each.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    fn statements(&self) -> impl Iterator<Item = &'a Value> {
        let layers = ["identity", "resource", "boundary", "session"].into_iter();
        layers.flat_map(|layer| self.policies(layer)).flat_map(|document| items(&document["Statement"]))
    }
}

/// Where buckets are made without more ado.
pub(crate) const HOME_REGION: &str = "us-east-1";

const ACTIONS: &[&str] = &[
    "ec2:CreateTags",
    "ec2:RunInstances",
    "ec2:StopInstances",
    "iam:CreateAccessKey",
    "iam:CreateUser",
    "iam:DeleteAccessKey",
    "iam:GetRole",
    "iam:GetUser",
    "iam:ListUsers",
    "kms:Decrypt",
    "kms:ListKeys",
    "s3:GetObject",
    "s3:ListAllMyBuckets",
    "s3:ListBucket",
    "s3:PutObject",
    "sqs:SendMessage",
    "sts:AssumeRole",
    "sts:GetAccessKeyInfo",
    "sts:GetCallerIdentity",
    "sts:GetFederationToken",
    "sts:GetSessionToken",
];

const WITHOUT_RESOURCE: &[&str] = &[
    "iam:ListUsers",
    "kms:ListKeys",
    "s3:ListAllMyBuckets",
    "sts:GetAccessKeyInfo",
    "sts:GetCallerIdentity",
    "sts:GetFederationToken",
    "sts:GetSessionToken",
];

/// Keys that every request has, with a value that nobody chooses.
const ALWAYS_THERE: &[&str] = &[
    "aws:currenttime",
    "aws:epochtime",
    "aws:principaltype",
    "aws:resourceaccount",
    "aws:sourceip",
    "aws:tokenissuetime",
    "aws:useragent",
    "aws:userid",
];

fn kind(request: &Value) -> Result<Kind, Why> {
    if request["principal"]["anonymous"] == true {
        return Ok(Kind::Anonymous);
    }
    let arn = request["principal"].as_str().ok_or(Why::Caller)?;
    let whole = arn.splitn(6, ':').nth(5).unwrap_or_default();
    let kind = match whole.split('/').next() {
        Some("assumed-role") => Kind::Role,
        Some("federated-user") => Kind::Federated,
        Some("root") => Kind::Root,
        Some("user") => Kind::User,
        _ => return Err(Why::Caller),
    };
    match (request["session_kind"].as_str(), kind) {
        (None, kind) => Ok(kind),
        (Some("session_token"), Kind::User) => Ok(Kind::SessionToken),
        _ => Err(Why::Caller),
    }
}

/// One value as a list of one, nothing as none.
pub(crate) fn items(value: &Value) -> &[Value] {
    match value {
        Value::Null => &[],
        Value::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}

fn refuse_if(wrong: bool, why: Why) -> Result<(), Why> {
    if wrong { Err(why) } else { Ok(()) }
}
