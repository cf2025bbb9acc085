//! The one way of a request to Vault and back.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::header::LOCATION;
use http::{HeaderValue, StatusCode};
use rustify::endpoint::Endpoint;
use tokio::sync::{Semaphore, SemaphorePermit};
use url::Url;

use super::ask::Ask;
use super::envelope::Envelope;
use super::fault::{
    Operation, Refused, fault, no_reply, redirected_away, redirected_to_the_dead, redirected_twice,
    retry_after, unusable,
};
use super::name::Namespace;
use super::nodes::{Nodes, Target};
use super::pace::Pace;
use super::senders::senders;
use crate::context::{Context, HttpOptions, HttpRequest, HttpResponse, HttpSend};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Event, EventHub, EventKind};
use crate::refresh::{Allowance, Class, Fault};
use crate::secret::SecretString;
use crate::time::BootInstant;

const IN_FLIGHT: usize = 4;
const BODY_CAP: usize = 1024 * 1024;

/// Where a cluster is and how it is asked.
#[derive(Clone)]
pub(crate) struct ClusterOptions {
    /// The nodes, one at least, as `Config::addresses` judges them. A base path is allowed.
    pub(crate) addresses: Vec<Url>,
    pub(crate) namespace: Option<Namespace>,
    pub(crate) http: HttpOptions,
    /// The name that certificates must have, where it is not the address's.
    pub(crate) server_name: Option<String>,
    /// How long one attempt may take, all nodes together.
    pub(crate) deadline: Duration,
    /// How many further nodes one attempt may ask.
    pub(crate) max_retries: u8,
    /// Requests a second, and the burst before that.
    pub(crate) rate_limit: Option<(f64, u32)>,
    /// Whether a redirect to another configured node is followed.
    pub(crate) follow_redirects: bool,
    /// The value of `X-Vault-MFA`.
    pub(crate) mfa: Option<SecretString>,
}

/// A cluster's client. Clones share connections, the last good node and the limits.
#[derive(Clone)]
pub(crate) struct VaultClient(Arc<Inner>);

struct Inner {
    context: Context,
    hub: EventHub,
    // One for each node, or one for all.
    senders: Vec<Arc<dyn HttpSend>>,
    unverified: bool,
    nodes: Nodes,
    namespace: Option<Namespace>,
    deadline: Duration,
    max_retries: u8,
    follow_redirects: bool,
    mfa: Option<HeaderValue>,
    permits: Semaphore,
    pace: Option<Pace>,
    lagging: AtomicBool,
    // Whether the last attempt found no node that leads.
    leaderless: AtomicBool,
}

struct Reply {
    node: usize,
    started: BootInstant,
    rtt: Duration,
    response: HttpResponse,
}

impl VaultClient {
    /// A client for these nodes; connects to none of them yet.
    ///
    /// # Errors
    /// `LK-0101` without an address, `LK-0116` for a setting that cannot be used, `LK-0104` for a
    /// certificate or key that cannot be read.
    pub(crate) fn open(context: &Context, options: ClusterOptions) -> Result<Self> {
        let mfa = options.mfa.as_ref().map(|mfa| super::ask::header_text(mfa, "VAULT_MFA")).transpose()?;
        let uses_tls = options.addresses.iter().any(|address| address.scheme() == "https");
        let http = HttpOptions { uses_tls, ..options.http };
        let senders = senders(context, &options.addresses, &http, options.server_name.as_deref())?;
        let unverified = uses_tls && http.tls.skip_verify;
        let pace = options.rate_limit.map(|(rate, burst)| Pace::new(context, rate, burst)).transpose()?;
        Ok(Self(Arc::new(Inner {
            context: context.clone(),
            nodes: Nodes::new(options.addresses)?,
            hub: EventHub::default(),
            senders,
            unverified,
            namespace: options.namespace,
            deadline: options.deadline,
            max_retries: options.max_retries,
            follow_redirects: options.follow_redirects,
            mfa,
            permits: Semaphore::new(IN_FLIGHT),
            pace,
            lagging: AtomicBool::new(false),
            leaderless: AtomicBool::new(false),
        })))
    }

    /// The outside world that the client lives in.
    pub(crate) fn context(&self) -> &Context {
        &self.0.context
    }

    /// Where what befalls the nodes is told, and whatever else happens under this client.
    pub(crate) fn hub(&self) -> &EventHub {
        &self.0.hub
    }

    /// Whether servers are asked over TLS and not verified.
    pub(crate) fn is_unverified(&self) -> bool {
        self.0.unverified
    }

    /// Asks the cluster once: node after node until one answers, within one deadline and the allowance.
    ///
    /// # Errors
    /// The fault that tells most of the cluster; it may have acted if any node asked may have.
    pub(crate) async fn call<E: Endpoint>(
        &self,
        operation: Operation<'_>,
        endpoint: &E,
        token: Option<&SecretString>,
        allowance: &Allowance,
    ) -> Result<Envelope, Fault> {
        let inner = &*self.0;
        let ask = Ask::new(operation, endpoint, token, inner.namespace.as_ref(), inner.mfa.as_ref())?;
        let _permit = match inner.permits.try_acquire() {
            Ok(permit) => permit,
            Err(_) => inner.turn().await?,
        };
        if let Some(pace) = &inner.pace {
            pace.turn().await;
        }
        inner.attempt(&ask, allowance).await
    }
}

impl Inner {
    async fn turn(&self) -> Result<SemaphorePermit<'_>, Fault> {
        let too_long = self.context.sleep.sleep(self.deadline);
        tokio::select! {
            biased;
            permit = self.permits.acquire() => permit.map_err(|_| self.no_turn()),
            () = too_long => Err(self.no_turn()),
        }
    }

    // Others wait for a server that does not answer, so this request would, too.
    fn no_turn(&self) -> Fault {
        let what = format!(
            "Vault at {} keeps {IN_FLIGHT} requests waiting; this one was not sent within {} s",
            self.nodes.origins().join(", "),
            self.deadline.as_secs()
        );
        Fault::new(Class::Node, Error::new(ErrorKind::VaultUnavailable, what))
    }

    async fn attempt(&self, ask: &Ask<'_>, allowance: &Allowance) -> Result<Envelope, Fault> {
        let began = self.context.time.boot();
        let end = began.plus(self.deadline);
        let order = self.nodes.order(self.max_retries, began);
        let rested: Vec<bool> = order.iter().map(|node| self.nodes.rests(*node, began)).collect();
        let mut told: Option<Fault> = None;
        for (turn, (node, rested)) in order.iter().zip(rested).enumerate() {
            let now = self.context.time.boot();
            // A redirect led there in vain, within this attempt.
            if !rested && self.nodes.rests(*node, now) {
                continue;
            }
            let left = end.since(now);
            if left.is_zero() || !allowance.take() {
                break;
            }
            // A node that hangs leaves time for the next; the last one may use all that is left.
            let share = if turn + 1 == order.len() { left } else { left / 2 };
            match self.ask_node(*node, share, ask, allowance).await {
                Ok(mut envelope) => {
                    envelope.lost_reply = told.is_some_and(|fault| fault.may_have_acted);
                    self.leaderless.store(false, Ordering::Relaxed);
                    return Ok(envelope);
                }
                Err(fault) => {
                    let goes_on = self.may_go_on(*node, ask, &fault);
                    if goes_on && order.len() > 1 {
                        self.hub.emit(self.passed_over(*node, &fault));
                    }
                    told = Some(more_telling(told, fault));
                    if !goes_on {
                        break;
                    }
                }
            }
        }
        let fault = told.ok_or_else(overdrawn)?;
        self.leaderless.store(fault.class == Class::NotReady, Ordering::Relaxed);
        Err(fault)
    }

    // Whether the next node may be asked; the next attempt begins elsewhere if this node is at fault.
    fn may_go_on(&self, node: usize, ask: &Ask<'_>, fault: &Fault) -> bool {
        let tls = fault.error.kind() == ErrorKind::Tls;
        let node_at_fault = tls
            || matches!(fault.class, Class::Node | Class::NotReady | Class::Protocol)
            || fault.error.kind() == ErrorKind::RedirectRefused;
        if node_at_fault {
            self.nodes.failed(node);
        }
        match fault.class {
            Class::Lag => {
                self.lagging.store(true, Ordering::Relaxed);
                false
            }
            // While a cluster elects, one node speaks for all: requests are kept for when it has elected.
            Class::NotReady => !self.leaderless.load(Ordering::Relaxed),
            Class::Node => ask.operation.is_repeatable() || !fault.may_have_acted,
            _ => tls,
        }
    }

    fn passed_over(&self, node: usize, fault: &Fault) -> Event {
        let tls = fault.error.kind() == ErrorKind::Tls;
        let kind = if tls { EventKind::Security } else { EventKind::NodeFailed };
        Event {
            code: Some(fault.error.code()),
            reason: Some(fault.error.message().into()),
            ..Event::new(kind, self.context.time.wall(), self.nodes.origin(node).into())
        }
    }

    // Asks one node, following one redirect to another.
    async fn ask_node(
        &self,
        node: usize,
        share: Duration,
        ask: &Ask<'_>,
        allowance: &Allowance,
    ) -> Result<Envelope, Fault> {
        let end = self.context.time.boot().plus(share);
        let reply = self.send(node, share, ask).await?;
        let Some(next) = self.moved(&reply, ask)? else {
            return self.judge(reply, ask);
        };
        let now = self.context.time.boot();
        let left = end.since(now);
        let origin = (self.nodes.origin(node), self.nodes.origin(next));
        if self.nodes.rests(next, now) {
            return Err(redirected_to_the_dead(&origin.0, &origin.1));
        }
        if !self.follow_redirects || left.is_zero() || !allowance.take() {
            return Err(redirected_twice(&origin.0, &origin.1));
        }
        let reply = match self.send(next, left, ask).await {
            Err(fault) if fault.class == Class::Node && !fault.may_have_acted => {
                return Err(redirected_to_the_dead(&origin.0, &origin.1));
            }
            sent => sent?,
        };
        match self.moved(&reply, ask)? {
            None => self.judge(reply, ask),
            Some(third) => Err(redirected_twice(&origin.1, &self.nodes.origin(third))),
        }
    }

    async fn send(&self, node: usize, deadline: Duration, ask: &Ask<'_>) -> Result<Reply, Fault> {
        let url = self.nodes.url(node, &ask.path).ok_or_else(overdrawn)?;
        let mut headers = ask.headers.clone();
        if self.lagging.swap(false, Ordering::Relaxed) {
            headers.insert("x-vault-inconsistent", HeaderValue::from_static("forward-active-node"));
        }
        let (method, body) = (ask.method.clone(), ask.body.clone());
        let request = HttpRequest { method, url, headers, body, deadline, body_cap: BODY_CAP };
        let started = self.context.time.boot();
        let sender = self.senders.get(node).or(self.senders.first()).ok_or_else(overdrawn)?;
        let sent = sender.send(request).await;
        let now = self.context.time.boot();
        let rtt = now.since(started);
        let response = sent.map_err(|fault| {
            self.nodes.unreached(node, now);
            no_reply(fault, &self.nodes.origin(node))
        })?;
        Ok(Reply { node, started, rtt, response })
    }

    // Where the reply redirects to, if it does.
    fn moved(&self, reply: &Reply, ask: &Ask<'_>) -> Result<Option<usize>, Fault> {
        let location = match (reply.response.status, reply.response.headers.get(LOCATION)) {
            (301 | 302 | 303 | 307 | 308, Some(location)) => location.to_str().unwrap_or_default(),
            _ => return Ok(None),
        };
        let asked = self.nodes.url(reply.node, &ask.path).ok_or_else(overdrawn)?;
        match self.nodes.target(&asked, location) {
            Target::Node(node) => Ok(Some(node)),
            Target::Elsewhere(place) => Err(redirected_away(&self.nodes.origin(reply.node), &place)),
        }
    }

    fn judge(&self, reply: Reply, ask: &Ask<'_>) -> Result<Envelope, Fault> {
        let Reply { node, started, rtt, response } = reply;
        let origin = self.nodes.origin(node);
        if StatusCode::from_u16(response.status).is_ok_and(|status| status.is_success()) {
            self.nodes.answered(node);
            let mut envelope = Envelope::read(response.body, &response.headers)
                .map_err(|why| unusable(&origin, &why, None))?;
            (envelope.started, envelope.rtt, envelope.origin) = (started, rtt, origin);
            return Ok(envelope);
        }
        let refused = Refused {
            status: response.status,
            retry_after: retry_after(&response.headers, self.context.time.wall()),
            origin: &origin,
            namespace: self.namespace.as_ref().map(Namespace::as_str),
            path: &ask.path,
            capability: ask.capability(),
            ..Refused::default()
        };
        Err(fault(ask.operation, &refused.listing(response.body.expose(), |text| ask.hide(text))))
    }
}

// Of two nodes' faults the one that says more of the cluster; what one may have done stays.
fn more_telling(before: Option<Fault>, fault: Fault) -> Fault {
    let weight = |fault: &Fault| match fault.class {
        _ if fault.error.kind() == ErrorKind::Tls => 0,
        Class::Node => 1,
        Class::NotReady => 2,
        // Ends the attempt.
        _ => 3,
    };
    let Some(before) = before else { return fault };
    let acted = before.may_have_acted || fault.may_have_acted;
    let fault = if weight(&before) > weight(&fault) { before } else { fault };
    if acted { fault.acted() } else { fault }
}

fn overdrawn() -> Fault {
    let what = "no request was sent: the budget of requests or of time is used up";
    Fault::new(Class::Node, Error::new(ErrorKind::VaultUnavailable, what))
}

impl fmt::Debug for VaultClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VaultClient")
            .field("nodes", &self.0.nodes.origins())
            .field("namespace", &self.0.namespace)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
