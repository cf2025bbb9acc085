//! The nodes of one cluster: which is asked first, and where a redirect may lead.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use url::Url;

use crate::error::{Error, ErrorKind, Result, printable};
use crate::time::BootInstant;

// A node that could not be reached is asked after the others for this long.
const REST: Duration = Duration::from_secs(10);

/// The configured addresses. A token is sent to these origins and to no other.
#[derive(Debug)]
pub(super) struct Nodes {
    all: Vec<Node>,
    first: AtomicUsize,
}

#[derive(Debug)]
struct Node {
    address: Url,
    // Until when it rests, on the boot clock.
    rests_until: AtomicU64,
}

/// Where a redirect leads.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Target {
    /// To the node of this number.
    Node(usize),
    /// Out of the configured origins, to what can be printed of it.
    Elsewhere(String),
}

impl Nodes {
    pub(super) fn new(addresses: Vec<Url>) -> Result<Self> {
        if addresses.is_empty() {
            return Err(Error::new(ErrorKind::NotConfigured, "no Vault address"));
        }
        let node = |address| Node { address, rests_until: AtomicU64::new(0) };
        Ok(Self { all: addresses.into_iter().map(node).collect(), first: AtomicUsize::new(0) })
    }

    /// The nodes to try in one attempt: the last good one first, `most` others after it, and last those that
    /// could not be reached a moment ago.
    pub(super) fn order(&self, most: u8, now: BootInstant) -> Vec<usize> {
        let (first, count) = (self.first.load(Ordering::Relaxed), self.all.len());
        let mut order: Vec<usize> = (0..count).map(|turn| (first + turn) % count).collect();
        order.sort_by_key(|node| self.rests(*node, now));
        order.truncate(usize::from(most) + 1);
        if let Some(head) = order.first() {
            let _ = self.first.compare_exchange(first, *head, Ordering::Relaxed, Ordering::Relaxed);
        }
        order
    }

    /// The node answered: the next attempt begins with it.
    pub(super) fn answered(&self, node: usize) {
        self.first.store(node, Ordering::Relaxed);
        self.rest_until(node, BootInstant::default());
    }

    /// The node failed: the next attempt begins with the one after it.
    pub(super) fn failed(&self, node: usize) {
        let next = (node + 1) % self.all.len();
        let _ = self.first.compare_exchange(node, next, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// The node could not be reached.
    pub(super) fn unreached(&self, node: usize, now: BootInstant) {
        self.rest_until(node, now.plus(REST));
    }

    /// Whether the node could not be reached a moment ago.
    pub(super) fn rests(&self, node: usize, now: BootInstant) -> bool {
        self.all.get(node).is_some_and(|node| now.as_nanos() < node.rests_until.load(Ordering::Relaxed))
    }

    fn rest_until(&self, node: usize, until: BootInstant) {
        if let Some(node) = self.all.get(node) {
            node.rests_until.store(until.as_nanos(), Ordering::Relaxed);
        }
    }

    /// The node's origin, as messages name it.
    pub(super) fn origin(&self, node: usize) -> String {
        self.all.get(node).map(|node| origin(&node.address)).unwrap_or_default()
    }

    /// All origins, as messages name them.
    pub(super) fn origins(&self) -> Vec<String> {
        self.all.iter().map(|node| origin(&node.address)).collect()
    }

    /// The address of `path` at the node; the path's segments are escaped, so they stay segments.
    pub(super) fn url(&self, node: usize, path: &str) -> Option<Url> {
        let mut url = self.all.get(node)?.address.clone();
        url.path_segments_mut().ok()?.pop_if_empty().push("v1").extend(path.split('/'));
        Some(url)
    }

    /// Where `location`, found in a reply to `asked`, leads.
    pub(super) fn target(&self, asked: &Url, location: &str) -> Target {
        let Ok(url) = asked.join(location) else {
            return Target::Elsewhere("what is no address".into());
        };
        match self.all.iter().position(|node| node.address.origin() == url.origin()) {
            Some(node) if url.username().is_empty() && url.password().is_none() => Target::Node(node),
            _ => Target::Elsewhere(printable(&origin(&url))),
        }
    }
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(addresses: &[&str]) -> Nodes {
        Nodes::new(addresses.iter().map(|a| a.parse().unwrap()).collect()).unwrap()
    }

    #[test]
    fn an_attempt_begins_with_the_last_good_node() {
        let (nodes, now) = (nodes(&["https://a", "https://b", "https://c"]), BootInstant::default());
        assert_eq!(nodes.order(2, now), [0, 1, 2]);
        nodes.answered(2);
        assert_eq!(nodes.order(2, now), [2, 0, 1]);
        nodes.failed(2);
        assert_eq!(nodes.order(1, now), [0, 1]);
        nodes.failed(2);
        assert_eq!(nodes.order(0, now), [0]);
    }

    #[test]
    fn a_node_that_could_not_be_reached_is_asked_last_for_10_s() {
        let nodes = nodes(&["https://a", "https://b", "https://c"]);
        let now = BootInstant::default().plus(REST);
        nodes.unreached(0, now);
        assert_eq!(nodes.order(2, now.plus(Duration::from_secs(2))), [1, 2, 0]);
        nodes.failed(1);
        assert_eq!(nodes.order(0, now), [2]);
        assert_eq!(nodes.order(2, now.plus(REST)), [2, 0, 1]);
        nodes.answered(0);
        assert_eq!(nodes.order(2, now), [0, 1, 2]);
    }

    #[test]
    fn paths_stay_under_the_base_path_and_stay_segments() {
        let nodes = nodes(&["https://a/vault/", "https://b"]);
        assert_eq!(nodes.url(0, "aws/creds/r").unwrap().as_str(), "https://a/vault/v1/aws/creds/r");
        assert_eq!(nodes.url(1, "aws/creds/r?x#y%2f").unwrap().path(), "/v1/aws/creds/r%3Fx%23y%252f");
        assert!(nodes.url(2, "x").is_none());
    }

    #[test]
    fn a_redirect_leads_to_a_node_only_if_scheme_host_and_port_agree() {
        let nodes = nodes(&["https://a:8200", "https://b:8200/base"]);
        let asked = nodes.url(0, "aws/creds/r").unwrap();
        let target = |location: &str| nodes.target(&asked, location);
        assert_eq!(target("https://b:8200/v1/aws/creds/r"), Target::Node(1));
        assert_eq!(target("/v1/other"), Target::Node(0));
        assert_eq!(target("//b:8200/"), Target::Node(1));
        for location in [
            "https://b/v1",
            "http://b:8200/",
            "https://b:8200.evil/",
            "https://b:8200@evil/",
            "https://u:p@b:8200/",
            "http://169.254.169.254/latest",
            "file:///etc/passwd",
            "//evil",
            "https://[",
            "javascript:1",
            "https:\\\\evil",
        ] {
            assert!(matches!(target(location), Target::Elsewhere(_)), "{location}");
        }
    }

    #[test]
    fn there_must_be_a_node() {
        assert_eq!(Nodes::new(Vec::new()).unwrap_err().code(), "LK-0101");
    }
}
