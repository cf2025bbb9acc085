//! Requests, as `ts/iam-request.ts` hands them over: as one text, because Node asks a price for each value that is
//! taken out of an object.

use leasekey::iam::{Principal, Request};
use leasekey::{Error, ErrorKind, Result};
use serde::Deserialize;

/// A request.
#[derive(Deserialize)]
struct Asked {
    /// The principal's ARN or name.
    principal: String,
    /// The key that a case file has for such a principal; none for an ARN.
    form: Option<String>,
    /// The action.
    action: String,
    /// The resources, one at least.
    resources: Vec<String>,
    /// Each condition key and its values.
    context: Option<Vec<Vec<String>>>,
    /// What few requests tell.
    facts: Option<Facts>,
}

/// What few requests tell.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Facts {
    /// The account that owns the resources.
    resource_account: Option<String>,
    /// Whether the organisation's management account is meant.
    management_account: Option<bool>,
    /// The kind of session.
    session_kind: Option<String>,
    /// Whether the session was made with a second factor.
    mfa: Option<bool>,
    /// Whether keys that are not given are unknown.
    partial_context: Option<bool>,
}

/// The request of such a text.
pub(super) fn request(text: &str) -> Result<Request> {
    let asked: Asked = serde_json::from_str(text).map_err(|error| {
        let what = "a request holds text that is no Unicode";
        Error::new(ErrorKind::InvalidRequest, what).with_source(error)
    })?;
    asked.request()
}

impl Asked {
    fn request(self) -> Result<Request> {
        let principal = match self.form.as_deref() {
            None => Principal::parse(&self.principal)?,
            Some("anonymous") => Principal::anonymous(),
            Some("federated") => Principal::federated(self.principal),
            Some(_) => Principal::service(self.principal),
        };
        let mut resources = self.resources.into_iter();
        let nothing = || Error::new(ErrorKind::InvalidRequest, "a request asks for a resource, or for \"*\"");
        let mut request = Request::new(principal, &self.action, &resources.next().ok_or_else(nothing)?)?;
        for more in resources {
            request = request.and_resource(&more)?;
        }
        let keys = self.context.unwrap_or_default().into_iter().filter_map(|key| {
            let mut values = key.into_iter();
            Some((values.next()?, values.collect()))
        });
        request = request.context_of(keys)?;
        match self.facts {
            Some(facts) => facts.told(request),
            None => Ok(request),
        }
    }
}

impl Facts {
    fn told(self, mut request: Request) -> Result<Request> {
        if let Some(account) = self.resource_account {
            request = request.resource_account(&account)?;
        }
        if let Some(kind) = self.session_kind {
            request = request.session_kind(kind.parse()?)?;
        }
        if let Some(present) = self.mfa {
            request = request.mfa(present);
        }
        if self.management_account == Some(true) {
            request = request.management_account();
        }
        if self.partial_context == Some(true) {
            request = request.partial_context();
        }
        Ok(request)
    }
}
