//! What Python gives: requests and layers.

use leasekey::iam::{self, PolicySetBuilder, Principal};
use leasekey::{Error, ErrorKind, Result};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

use super::PolicyDocument;

/// A text of this name, or an error of this kind.
pub(super) fn text(kind: ErrorKind, name: &str, value: &Bound<'_, PyAny>) -> Result<String> {
    let text = value.cast::<PyString>().map_err(|_| wrong_type(kind, name, value, "a text"))?;
    text.to_str().map(ToOwned::to_owned).map_err(|_| {
        Error::new(kind, format!("{name}= is not UTF-8")).with_hint("Take the lone surrogates out")
    })
}

fn wrong_type(kind: ErrorKind, name: &str, value: &Bound<'_, PyAny>, allowed: &str) -> Error {
    let found = value.get_type().name().map_or_else(|_| "unknown".into(), |name| name.to_string());
    Error::new(kind, format!("{name}= is of type {found}")).with_hint(format!("Allowed is {allowed}"))
}

/// The request of these, and of the facts by their names in a case file.
pub(super) fn request(
    who: &Bound<'_, PyAny>,
    action: &Bound<'_, PyAny>,
    resource: &Bound<'_, PyAny>,
    facts: &Bound<'_, PyDict>,
) -> Result<iam::Request> {
    let (principal, action) = (principal(who)?, asked("action", action)?);
    let mut resources = texts("resource", resource, asked)?.into_iter();
    let first = resources.next().ok_or_else(|| invalid("a request asks for a resource, or for \"*\""))?;
    let mut request = iam::Request::new(principal, &action, &first)?;
    for more in resources {
        request = request.and_resource(&more)?;
    }
    for (name, value) in facts {
        request = fact(request, &asked("name", &name)?, &value)?;
    }
    Ok(request)
}

/// The request with one fact more; None is no fact.
fn fact(request: iam::Request, name: &str, value: &Bound<'_, PyAny>) -> Result<iam::Request> {
    if value.is_none() {
        return Ok(request);
    }
    Ok(match name {
        "context" => return context(request, value),
        "management_account" if switch(name, value)? => request.management_account(),
        "mfa" => request.mfa(switch(name, value)?),
        "partial_context" if switch(name, value)? => request.partial_context(),
        "management_account" | "partial_context" => request,
        "resource_account" => request.resource_account(&asked(name, value)?)?,
        "session_kind" => request.session_kind(asked(name, value)?.parse()?)?,
        _ => return Err(invalid(&format!("a request has no {name:?}"))),
    })
}

fn context(request: iam::Request, given: &Bound<'_, PyAny>) -> Result<iam::Request> {
    const ALLOWED: &str = "a dict of condition keys and their values";
    let keys = given.cast::<PyDict>();
    let keys = keys.map_err(|_| wrong_type(ErrorKind::InvalidRequest, "context", given, ALLOWED))?;
    let each = keys.iter().map(|(key, values)| {
        let key = asked("context", &key)?;
        let values = texts(&key, &values, scalar)?;
        Ok((key, values))
    });
    request.context_of(each.collect::<Result<Vec<_>>>()?)
}

/// An ARN, or a dict of one of `anonymous`, `service`, `federated`.
fn principal(who: &Bound<'_, PyAny>) -> Result<Principal> {
    const ALLOWED: &str =
        "an ARN, or one of {\"anonymous\": True}, {\"service\": ...} and {\"federated\": ...}";
    let Ok(form) = who.cast::<PyDict>() else {
        let arn = who
            .cast::<PyString>()
            .map_err(|_| wrong_type(ErrorKind::InvalidRequest, "principal", who, ALLOWED))?;
        return Principal::parse(&asked("principal", arn)?);
    };
    let refused =
        || invalid("principal= is none that makes requests").with_hint(format!("Allowed is {ALLOWED}"));
    let mut members = form.iter();
    let (Some((form, value)), None) = (members.next(), members.next()) else { return Err(refused()) };
    match asked("principal", &form)?.as_str() {
        "anonymous" if switch("anonymous", &value)? => Ok(Principal::anonymous()),
        "service" => Ok(Principal::service(asked("service", &value)?)),
        "federated" => Ok(Principal::federated(asked("federated", &value)?)),
        _ => Err(refused()),
    }
}

/// One value, or the values of a list or a tuple.
fn texts(
    name: &str,
    given: &Bound<'_, PyAny>,
    read: fn(&str, &Bound<'_, PyAny>) -> Result<String>,
) -> Result<Vec<String>> {
    if let Ok(list) = given.cast::<PyList>() {
        return list.iter().map(|value| read(name, &value)).collect();
    }
    match given.cast::<PyTuple>() {
        Ok(tuple) => tuple.iter().map(|value| read(name, &value)).collect(),
        Err(_) => Ok(vec![read(name, given)?]),
    }
}

fn asked(name: &str, value: &Bound<'_, PyAny>) -> Result<String> {
    text(ErrorKind::InvalidRequest, name, value)
}

/// The value of a condition key: a text, or what JSON writes without quotes.
fn scalar(key: &str, value: &Bound<'_, PyAny>) -> Result<String> {
    if let Ok(on) = value.cast::<PyBool>() {
        return Ok(on.is_true().to_string());
    }
    if value.is_instance_of::<PyString>() {
        return asked("context", value);
    }
    // Not those derived from them, which may print anything.
    let is_number = value.is_exact_instance_of::<PyInt>() || value.is_exact_instance_of::<PyFloat>();
    let number = is_number.then(|| value.str().ok()).flatten();
    number.map(|number| number.to_string()).ok_or_else(|| {
        let name = format!("context[{key:?}]");
        wrong_type(ErrorKind::InvalidRequest, &name, value, "a text, a number, True or False")
    })
}

fn switch(name: &str, value: &Bound<'_, PyAny>) -> Result<bool> {
    let on = value.cast::<PyBool>().map(|on| on.is_true());
    on.map_err(|_| wrong_type(ErrorKind::InvalidRequest, name, value, "True or False"))
}

fn invalid(what: &str) -> Error {
    Error::new(ErrorKind::InvalidRequest, what)
}

type Documents<'py> = Vec<Bound<'py, PolicyDocument>>;

/// The layers of a set, as `leasekey.iam` hands them over.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(super) struct Layers<'py> {
    identity: Documents<'py>,
    resource: Option<Bound<'py, PolicyDocument>>,
    boundary: Option<Documents<'py>>,
    session: Option<Documents<'py>>,
    scp: Vec<(Bound<'py, PyAny>, Documents<'py>)>,
    rcp: Vec<(Bound<'py, PyAny>, Documents<'py>)>,
    vpc_endpoint: Option<Documents<'py>>,
}

impl Layers<'_> {
    pub(super) fn builder(&self) -> Result<PolicySetBuilder> {
        let mut set = iam::PolicySet::builder().identity(documents(&self.identity));
        if let Some(document) = &self.resource {
            set = set.resource(document.get().0.clone());
        }
        if let Some(boundary) = &self.boundary {
            set = set.boundary(documents(boundary));
        }
        if let Some(session) = &self.session {
            set = set.session(documents(session));
        }
        if let Some(vpc_endpoint) = &self.vpc_endpoint {
            set = set.vpc_endpoint(documents(vpc_endpoint));
        }
        for (level, policies) in &self.scp {
            set = set.scp(text(ErrorKind::InvalidPolicy, "scp", level)?, documents(policies));
        }
        for (level, policies) in &self.rcp {
            set = set.rcp(text(ErrorKind::InvalidPolicy, "rcp", level)?, documents(policies));
        }
        Ok(set)
    }
}

fn documents<'a>(given: &'a [Bound<'_, PolicyDocument>]) -> impl Iterator<Item = iam::PolicyDocument> + 'a {
    given.iter().map(|document| document.get().0.clone())
}
