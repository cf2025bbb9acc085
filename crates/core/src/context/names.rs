//! The addresses of hosts. Those that were found last serve while a name cannot be looked up: an outage of DNS
//! need not be one of Vault.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

/// The addresses that each host had when it was last looked up.
#[derive(Debug, Default)]
pub(super) struct LastAddresses(Mutex<HashMap<String, Vec<SocketAddr>>>);

impl LastAddresses {
    /// What was found, kept for the next time; or what was found last, if nothing was found now.
    ///
    /// # Errors
    /// The look-up's, of a host that was never found.
    pub(super) fn or_last(
        &self,
        host: &str,
        found: io::Result<Vec<SocketAddr>>,
    ) -> io::Result<Vec<SocketAddr>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match found {
            Ok(found) if !found.is_empty() => {
                known.insert(host.into(), found.clone());
                Ok(found)
            }
            failed => known.get(host).cloned().map_or(failed, Ok),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(addresses: &[&str]) -> Vec<SocketAddr> {
        addresses.iter().map(|address| format!("{address}:0").parse().unwrap()).collect()
    }

    fn failure() -> io::Result<Vec<SocketAddr>> {
        Err(io::Error::other("no name server answers"))
    }

    #[test]
    fn row_10_a_name_that_cannot_be_looked_up_any_more_is_asked_where_it_was() {
        let last = LastAddresses::default();
        let two = at(&["10.0.0.1", "10.0.0.2"]);
        assert_eq!(last.or_last("vault", Ok(two.clone())).unwrap(), two);
        assert_eq!(last.or_last("vault", failure()).unwrap(), two);
        assert_eq!(last.or_last("vault", Ok(Vec::new())).unwrap(), two);
    }

    #[test]
    fn row_10_a_name_that_moves_is_followed() {
        let last = LastAddresses::default();
        for addresses in [at(&["10.0.0.1"]), at(&["10.0.0.2"])] {
            assert_eq!(last.or_last("vault", Ok(addresses.clone())).unwrap(), addresses);
            assert_eq!(last.or_last("vault", failure()).unwrap(), addresses);
        }
    }

    #[test]
    fn row_10_a_name_that_never_was_found_is_an_error() {
        let last = LastAddresses::default();
        last.or_last("vault", Ok(at(&["10.0.0.1"]))).unwrap();
        assert!(last.or_last("other", failure()).unwrap_err().to_string().contains("no name server"));
    }
}
