//! `leasekey iam eval`: one request against policies, or a file of cases.

mod cases;
mod resource;

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Style};
use clap::{Args, ValueEnum};

use super::file;
use crate::cli::{Console, Failure, Outcome};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result, printable};
use crate::iam::{self, PolicyDocument, PolicySet, Principal, Request, SessionKind};

const DENIED: u8 = 1;
const DEPENDS: u8 = 3;

/// Exit code 0: allowed, 1: denied, 3: it depends on what the request does not tell, 2: wrong input.
#[derive(Args)]
#[command(after_help = "Exit code: 0 allowed, 1 denied, 3 depends, 2 wrong input.")]
pub(super) struct Arguments {
    /// A policy of the user or the role; may be given several times
    #[arg(long, value_name = "FILE", required_unless_present = "cases")]
    policy: Vec<PathBuf>,
    /// The permissions boundary
    #[arg(long, value_name = "FILE")]
    boundary: Option<PathBuf>,
    /// A session policy; may be given several times
    #[arg(long, value_name = "FILE")]
    session: Vec<PathBuf>,
    /// The policy of the resource
    #[arg(long, value_name = "FILE", requires = "principal")]
    resource_policy: Option<PathBuf>,
    /// A service control policy; each one more level, the root first
    #[arg(long, value_name = "FILE")]
    scp: Vec<PathBuf>,
    /// A resource control policy; each one more level, the root first
    #[arg(long, value_name = "FILE", requires = "principal")]
    rcp: Vec<PathBuf>,
    /// The policy of the VPC endpoint
    #[arg(long, value_name = "FILE", requires = "principal")]
    vpc_endpoint: Option<PathBuf>,
    /// Who asks: the ARN of a user, a role or a session; a user of the resource's account if left out
    #[arg(long, value_name = "ARN")]
    principal: Option<String>,
    /// The kind of session, where the ARN does not tell it
    #[arg(long, value_enum, value_name = "KIND")]
    session_kind: Option<Kind>,
    /// The session was made with a second factor
    #[arg(long)]
    mfa: bool,
    /// What is asked for, s3:GetObject for example
    #[arg(long, required_unless_present = "cases")]
    action: Option<String>,
    /// On what: an ARN, or * for actions without a resource; several must all be allowed
    #[arg(long, value_name = "ARN", required_unless_present = "cases")]
    resource: Vec<String>,
    /// The account that owns the resource, where its ARN does not tell it
    #[arg(long, value_name = "ACCOUNT")]
    resource_account: Option<String>,
    /// A context key and its value; a key given several times has several values
    #[arg(long, value_name = "KEY=VALUE")]
    context: Vec<String>,
    /// Keys that are not given are absent, and not unknown; without --principal its ARN stays unknown
    #[arg(long)]
    full_context: bool,
    /// Decide the cases of this file instead, and end with 0 only if all agree
    #[arg(long, value_name = "FILE", conflicts_with_all = ["policy", "boundary", "session", "resource_policy", "scp",
        "rcp", "vpc_endpoint", "principal", "session_kind", "mfa", "action", "resource", "resource_account", "context",
        "full_context"])]
    cases: Option<PathBuf>,
    /// Where the results of the cases go, as JSON; printed if left out
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Role,
    Federation,
    SessionToken,
    None,
}

impl From<Kind> for SessionKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Role => Self::Role,
            Kind::Federation => Self::Federation,
            Kind::SessionToken => Self::SessionToken,
            Kind::None => Self::None,
        }
    }
}

pub(super) fn run(arguments: &Arguments, context: &Context, console: &mut Console<'_>) -> Outcome {
    if let (None, Some(out)) = (&arguments.cases, &arguments.out) {
        let what = format!("--out {} is for the results of cases", printable(&out.to_string_lossy()));
        return Err(Error::new(ErrorKind::InvalidSetting, what)
            .with_hint("Add --cases, or leave it out")
            .into());
    }
    if let Some(cases) = &arguments.cases {
        return cases::run(cases, arguments.out.as_deref(), context, console);
    }
    let request = request(arguments)?;
    resource::check(&request, console)?;
    let set = set(arguments, context)?;
    let decision = set.evaluate(&request);
    print(&set.explain(&request, &decision).to_string(), decision.outcome, console)?;
    match decision.outcome {
        iam::Outcome::Allow => Ok(()),
        iam::Outcome::Depends => Err(Failure::Answered(DEPENDS)),
        iam::Outcome::ExplicitDeny | iam::Outcome::ImplicitDeny => Err(Failure::Answered(DENIED)),
    }
}

/// The answer's first word is coloured.
fn print(text: &str, outcome: iam::Outcome, console: &mut Console<'_>) -> std::io::Result<()> {
    let colour = match outcome {
        iam::Outcome::Allow => AnsiColor::Green,
        iam::Outcome::Depends => AnsiColor::Yellow,
        iam::Outcome::ExplicitDeny | iam::Outcome::ImplicitDeny => AnsiColor::Red,
    };
    let style: Style = colour.on_default().bold();
    let (word, rest) = text.split_at(text.find([' ', ':']).unwrap_or(text.len()));
    write!(console.out, "{style}{word}{style:#}{rest}")
}

fn request(arguments: &Arguments) -> Result<Request> {
    let mut resources = arguments.resource.iter();
    let action = arguments.action.as_deref().unwrap_or_default();
    let first = resources.next().map_or("", String::as_str);
    let mut request = match &arguments.principal {
        Some(principal) => Request::new(Principal::parse(principal)?, action, first)?,
        None => Request::of_somebody(arguments.resource_account.as_deref(), action, first)?,
    };
    for resource in resources {
        request = request.and_resource(resource)?;
    }
    if let Some(account) = &arguments.resource_account {
        request = request.resource_account(account)?;
    }
    if let Some(kind) = arguments.session_kind {
        request = request.session_kind(kind.into())?;
    }
    if arguments.mfa {
        request = request.mfa(true);
    }
    if !arguments.full_context {
        request = request.partial_context();
    }
    with_context(request, &arguments.context)
}

fn with_context(mut request: Request, pairs: &[String]) -> Result<Request> {
    let mut keys: Vec<(&str, Vec<String>)> = Vec::new();
    for pair in pairs {
        let (key, value) = pair.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or_else(|| {
            let what = format!("the context \"{}\" is no key=value", printable(pair));
            Error::new(ErrorKind::InvalidRequest, what).with_hint("Write it as aws:SourceIp=203.0.113.7")
        })?;
        match keys.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(key)) {
            Some((_, values)) => values.push(value.to_owned()),
            None => keys.push((key, vec![value.to_owned()])),
        }
    }
    for (key, values) in keys {
        request = request.context_values(key, values);
    }
    Ok(request)
}

fn set(arguments: &Arguments, context: &Context) -> Result<PolicySet> {
    let documents = |paths: &[PathBuf]| -> Result<Vec<PolicyDocument>> {
        paths.iter().map(|path| file::policy(path, context)).collect()
    };
    let mut set = PolicySet::builder().identity(documents(&arguments.policy)?);
    if let Some(path) = &arguments.boundary {
        set = set.boundary([file::policy(path, context)?]);
    }
    if !arguments.session.is_empty() {
        set = set.session(documents(&arguments.session)?);
    }
    if let Some(path) = &arguments.resource_policy {
        set = set.resource(file::policy(path, context)?);
    }
    if let Some(path) = &arguments.vpc_endpoint {
        set = set.vpc_endpoint([file::policy(path, context)?]);
    }
    for path in &arguments.scp {
        set = set.scp(path.to_string_lossy(), [file::policy(path, context)?]);
    }
    for path in &arguments.rcp {
        set = set.rcp(path.to_string_lossy(), [file::policy(path, context)?]);
    }
    set.build()
}
