//! What is asked: who, what, on which resources, in which context.

use std::str::FromStr;

use super::arn::{Arn, is_account};
use super::principal::{Caller, Identity, Kind, Principal};
use crate::error::{Error, ErrorKind, Result, printable};

/// The kind of session that signs a request, where it limits what may be asked at all.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum SessionKind {
    /// `GetFederationToken`: nothing of IAM, of STS only `GetCallerIdentity`, and no permission at all without a
    /// session policy.
    Federation,
    /// Long-term keys, or nobody's.
    None,
    /// `AssumeRole` and its kin: neither `GetFederationToken` nor `GetSessionToken`.
    Role,
    /// `GetSessionToken`: nothing of IAM without a second factor, of STS only `AssumeRole` and `GetCallerIdentity`.
    SessionToken,
}

impl SessionKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Role, Self::Federation, Self::SessionToken, Self::None];

    /// The name in a case file, `session_token`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Federation => "federation",
            Self::None => "none",
            Self::Role => "role",
            Self::SessionToken => "session_token",
        }
    }
}

impl FromStr for SessionKind {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            invalid(format!("the session kind \"{}\" is none of {names}", printable(name)))
        })
    }
}

/// A request to decide.
///
/// Keys of the context that are not given are absent, unless [`partial_context`](Self::partial_context) says that
/// they are unknown. Only `aws:PrincipalArn` is filled in, from the principal, where it is not given: of a session of a
/// role, the role's ARN without a path, which a session's ARN does not tell. In a partial context nothing is certain
/// that another path would turn.
///
/// ```
/// use leasekey::iam::{Principal, Request};
///
/// let ann = Principal::parse("arn:aws:iam::111122223333:user/ann")?;
/// let request = Request::new(ann, "s3:GetObject", "arn:aws:s3:::orders/1")?
///     .context("aws:SourceIp", "203.0.113.7")
///     .resource_account("111122223333")?;
/// # Ok::<(), leasekey::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Request {
    principal: Principal,
    action: String,
    /// The action in lower case, and where its service ends.
    lower: String,
    colon: usize,
    resources: Vec<String>,
    resource_account: Option<String>,
    in_management_account: bool,
    session_kind: SessionKind,
    mfa: Option<String>,
    /// The values of `aws:PrincipalArn`: one or none.
    principal_arn: Vec<String>,
    /// What it may be besides, as a pattern: the role of a session may have a path.
    roles_with_path: Option<String>,
    /// By key in lower case, in order.
    given: Vec<(String, Vec<String>)>,
    partial: bool,
}

/// What is known of a context key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fact<'a> {
    Values(&'a [String]),
    Absent,
    Unknown,
}

impl Request {
    /// A request for one action on one resource; `"*"` is the resource of actions that have none.
    ///
    /// # Errors
    /// `LK-0202` where the action is not one action of one service, or the resource neither an ARN nor `"*"`.
    pub fn new(principal: Principal, action: &str, resource: &str) -> Result<Self> {
        let (action, lower) = (action.to_owned(), action.to_ascii_lowercase());
        let colon = service_length(&lower)?;
        let session_kind = told_kind(&principal);
        let principal_arn = principal.identity().map(Identity::principal_arn).into_iter().collect();
        let roles_with_path = principal.identity().and_then(Identity::roles_with_path);
        Ok(Self {
            principal,
            action,
            lower,
            colon,
            resources: vec![checked_resource(resource)?],
            resource_account: None,
            in_management_account: false,
            session_kind,
            mfa: None,
            principal_arn,
            roles_with_path,
            given: Vec::new(),
            partial: false,
        })
    }

    /// A request of a user of whom nothing is known but the account: this one, or else the resource's.
    #[cfg(feature = "cli")]
    pub(crate) fn of_somebody(account: Option<&str>, action: &str, resource: &str) -> Result<Self> {
        let of_resource =
            || Arn::parse(resource).map(|arn| arn.account).filter(|account| is_account(account));
        let account = account.or_else(of_resource).unwrap_or("000000000000");
        let somebody = Principal::parse(&format!("arn:aws:iam::{account}:user/-"))?;
        let mut request = Self::new(somebody, action, resource)?;
        request.principal_arn.clear();
        Ok(request)
    }

    /// Asks for one more resource. A request for several is allowed only if it is for each of them.
    ///
    /// # Errors
    /// `LK-0202` where it is neither an ARN nor `"*"`.
    pub fn and_resource(mut self, resource: &str) -> Result<Self> {
        self.resources.push(checked_resource(resource)?);
        Ok(self)
    }

    /// The account that owns the resources. Without it, the account in each ARN; where an ARN has none, as those of
    /// Amazon S3, the caller's own.
    ///
    /// # Errors
    /// `LK-0202` where it is not twelve digits.
    pub fn resource_account(mut self, account: &str) -> Result<Self> {
        if !is_account(account) {
            return Err(invalid(format!("the account \"{}\" is not twelve digits", printable(account))));
        }
        self.resource_account = Some(account.to_owned());
        Ok(self)
    }

    /// Says that the organisation's management account is meant, which neither SCPs nor RCPs limit.
    #[must_use]
    pub fn management_account(mut self) -> Self {
        self.in_management_account = true;
        self
    }

    /// Sets a context key with one value.
    #[must_use]
    pub fn context(self, key: &str, value: impl Into<String>) -> Self {
        self.context_values(key, [value.into()])
    }

    /// Sets a context key with any number of values.
    #[must_use]
    pub fn context_values(mut self, key: &str, values: impl IntoIterator<Item = String>) -> Self {
        put(&mut self.given, key, values.into_iter().collect());
        self
    }

    /// Sets condition keys, each with its values.
    ///
    /// # Errors
    /// `LK-0202` where a key is set already, in whatever case it is written: one of the two would be passed over.
    pub fn context_of<K: AsRef<str>>(
        mut self,
        keys: impl IntoIterator<Item = (K, Vec<String>)>,
    ) -> Result<Self> {
        for (key, values) in keys {
            let known = self.given.len();
            self = self.context_values(key.as_ref(), values);
            if self.given.len() == known {
                return Err(invalid(format!(
                    "the key \"{}\" is in the context twice",
                    printable(key.as_ref())
                )));
            }
        }
        Ok(self)
    }

    /// Says that keys which are not given are unknown, and not absent.
    #[must_use]
    pub fn partial_context(mut self) -> Self {
        self.partial = true;
        self
    }

    /// The kind of session. Without it, what the ARN tells, and a plain user counts as one with long-term keys. A role
    /// counts as `Role` even if `None` is given: nothing but sessions acts as one.
    ///
    /// # Errors
    /// `LK-0202` where the principal's ARN tells that it is of another kind, which would lift the limits of its own.
    ///
    /// ```
    /// use leasekey::iam::{Principal, Request, SessionKind};
    ///
    /// let asks = |arn| Request::new(Principal::parse(arn)?, "s3:GetObject", "arn:aws:s3:::orders/1");
    /// assert!(asks("arn:aws:iam::111122223333:user/ann")?.session_kind(SessionKind::SessionToken).is_ok());
    /// assert!(asks("arn:aws:sts::111122223333:federated-user/ann")?.session_kind(SessionKind::None).is_err());
    /// # Ok::<(), leasekey::Error>(())
    /// ```
    pub fn session_kind(mut self, kind: SessionKind) -> Result<Self> {
        let told = told_kind(&self.principal);
        let is_role = matches!(self.principal.identity().map(|one| &one.kind), Some(Kind::Role(_)));
        let kind = if is_role && kind == SessionKind::None { told } else { kind };
        if told != SessionKind::None && kind != told {
            let (kind, told) = (kind.name(), told.name());
            let what =
                format!("the session kind \"{kind}\" contradicts the principal, which is of kind \"{told}\"");
            return Err(invalid(what).with_hint("Leave the kind out, or correct the principal"));
        }
        self.session_kind = kind;
        Ok(self)
    }

    /// Whether the session was made with a second factor. Of a session, `aws:MultiFactorAuthPresent` tells it too.
    #[must_use]
    pub fn mfa(mut self, present: bool) -> Self {
        self.mfa = Some(present.to_string());
        self
    }

    /// Who asks.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The action, as it was asked for.
    pub fn action(&self) -> &str {
        &self.action
    }

    /// The resources.
    pub fn resources(&self) -> impl Iterator<Item = &str> {
        self.resources.iter().map(String::as_str)
    }

    pub(super) fn resource(&self, index: usize) -> &str {
        self.resources.get(index).map_or("*", String::as_str)
    }

    pub(super) fn resource_count(&self) -> usize {
        self.resources.len()
    }

    /// Whether the action is this one, given in lower case.
    pub(super) fn is_for(&self, action: &str) -> bool {
        self.lower == action
    }

    /// The service of the action, `s3`.
    pub(super) fn service(&self) -> &str {
        self.lower.get(..self.colon).unwrap_or_default()
    }

    /// The action without its service, `getobject`.
    pub(super) fn action_name(&self) -> &str {
        self.lower.get(self.colon + 1..).unwrap_or_default()
    }

    pub(super) fn kind(&self) -> SessionKind {
        self.session_kind
    }

    pub(super) fn is_in_management_account(&self) -> bool {
        self.in_management_account
    }

    pub(super) fn is_partial(&self) -> bool {
        self.partial
    }

    /// The account that owns the resource of this index; none where only the caller's own can be meant.
    pub(super) fn owner(&self, resource: usize) -> Option<&str> {
        let account =
            || Arn::parse(self.resource(resource)).map(|arn| arn.account).filter(|id| is_account(id));
        self.resource_account.as_deref().or_else(account)
    }

    /// Whether a second factor was used; none where that is not known.
    pub(super) fn has_mfa(&self) -> Option<bool> {
        match (&self.mfa, self.fact(MFA)) {
            (Some(present), _) => Some(present == "true"),
            (None, Fact::Values([value])) => Some(value.eq_ignore_ascii_case("true")),
            (None, Fact::Unknown) => None,
            (None, Fact::Values(_) | Fact::Absent) => Some(false),
        }
    }

    /// What `aws:PrincipalArn` may be where only the path of the caller's role is not known: the ARN without a path,
    /// and a pattern of those with one.
    pub(super) fn open_role(&self) -> Option<(&[String], &str)> {
        let open = self.fact(PRINCIPAL_ARN) == Fact::Unknown;
        self.roles_with_path.as_deref().filter(|_| open).map(|roles| (self.principal_arn.as_slice(), roles))
    }

    /// What is known of a key, given in lower case.
    pub(super) fn fact(&self, key: &str) -> Fact<'_> {
        let given = self.given.binary_search_by(|(known, _)| known.as_str().cmp(key));
        let given = given.ok().and_then(|at| self.given.get(at));
        // Every caller of AWS has an ARN: that it is given without a value does not take it away.
        if let Some((_, values)) = given.filter(|(_, values)| key != PRINCIPAL_ARN || !values.is_empty()) {
            return Fact::Values(values);
        }
        match (key, &self.mfa) {
            (PRINCIPAL_ARN, _) if self.partial && self.roles_with_path.is_some() => Fact::Unknown,
            (PRINCIPAL_ARN, _) if !self.principal_arn.is_empty() => Fact::Values(&self.principal_arn),
            (PRINCIPAL_ARN, _) if self.principal.identity().is_none() => Fact::Absent,
            // Somebody of whom it is not told.
            (PRINCIPAL_ARN, _) => Fact::Unknown,
            (MFA, Some(present)) if self.session_kind != SessionKind::None => {
                Fact::Values(std::slice::from_ref(present))
            }
            _ if self.partial => Fact::Unknown,
            _ => Fact::Absent,
        }
    }
}

/// The key for the caller's ARN, in lower case.
pub(super) const PRINCIPAL_ARN: &str = "aws:principalarn";

/// The key for the second factor, in lower case.
const MFA: &str = "aws:multifactorauthpresent";

fn put(context: &mut Vec<(String, Vec<String>)>, key: &str, values: Vec<String>) {
    let key = key.to_lowercase();
    match context.binary_search_by(|(known, _)| known.cmp(&key)) {
        Ok(at) => {
            if let Some(place) = context.get_mut(at) {
                place.1 = values;
            }
        }
        Err(at) => context.insert(at, (key, values)),
    }
}

/// The kind that the principal itself tells.
fn told_kind(principal: &Principal) -> SessionKind {
    match &principal.0 {
        Caller::Iam(identity) => match identity.kind {
            // Only sessions act as a role.
            Kind::Role(_) | Kind::RoleSession(_) => SessionKind::Role,
            Kind::FederatedUser(_) => SessionKind::Federation,
            Kind::Root | Kind::User(_) => SessionKind::None,
        },
        Caller::Anonymous | Caller::Federated(_) | Caller::Service(_) => SessionKind::None,
    }
}

fn service_length(action: &str) -> Result<usize> {
    let word = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    match action.split_once(':') {
        Some((service, name)) if word(service) && word(name) => Ok(service.len()),
        _ => Err(invalid(format!("\"{}\" is not one action of one service", printable(action)))
            .with_hint("Write it as s3:GetObject; a request has one action, and no wildcards")),
    }
}

fn checked_resource(resource: &str) -> Result<String> {
    if resource == "*" || Arn::parse(resource).is_some() {
        return Ok(resource.to_owned());
    }
    Err(invalid(format!("the resource \"{}\" is neither an ARN nor \"*\"", printable(resource))))
}

fn invalid(what: String) -> Error {
    Error::new(ErrorKind::InvalidRequest, what)
}
