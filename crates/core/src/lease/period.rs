//! How often a static role's key is looked at: Vault rotates it by itself, and keeps no lease of it.
//!
//! Source: the AWS secrets engine's API documentation, `aws/static-roles`: `rotation_period` is a minute at least;
//! a rotation deletes the older of two keys, so that the one before lasts for one more period.

use std::sync::OnceLock;
use std::time::Duration;

use super::{CredentialKind, LeaseSpec};
use crate::auth::LiveToken;
use crate::refresh::{Allowance, Class};
use crate::vault::{Issued, VaultClient, rotation_period};

const SHORTEST: Duration = Duration::from_secs(60);
// Where neither the next rotation nor the period is told.
const USUAL: Duration = Duration::from_secs(20 * 60);

/// What is known of a static role's rotations.
#[derive(Debug, Default)]
pub(super) struct Period(OnceLock<Option<Duration>>);

/// When a static key is looked at again, and when it is taken for dead.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Times {
    pub(super) lifetime: Duration,
    pub(super) poll_after: Duration,
}

impl Period {
    /// The times of this key. Where the reply names no next rotation, the role is asked for its period, once;
    /// a policy need not allow that.
    pub(super) async fn of(
        &self,
        client: &VaultClient,
        token: &LiveToken,
        spec: &LeaseSpec,
        issued: &Issued,
        allowance: &Allowance,
    ) -> Times {
        if issued.lifetime.is_none() && self.0.get().is_none() {
            // What a policy refuses it refuses for good; anything else may pass.
            match rotation_period(client, token.secret(), &spec.mount, &spec.role, allowance).await {
                Ok(period) => drop(self.0.set(period)),
                Err(fault) if fault.class == Class::Denied => drop(self.0.set(None)),
                Err(_) => {}
            }
        }
        times(issued.lifetime, self.0.get().copied().flatten())
    }
}

fn times(until_rotation: Option<Duration>, period: Option<Duration>) -> Times {
    let longest = CredentialKind::Static.plan().max_lifetime;
    let quarter = until_rotation.or(period).unwrap_or(USUAL) / 4;
    Times {
        lifetime: until_rotation.map_or(longest, |left| left.saturating_add(SHORTEST).min(longest)),
        poll_after: quarter.clamp(SHORTEST / 4, USUAL / 4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn a_key_is_looked_at_four_times_in_a_period_and_every_five_minutes_at_least() {
        let poll = |left, period| times(left, period).poll_after.as_secs();
        assert_eq!(poll(None, Some(Duration::from_secs(60))), 15);
        assert_eq!(poll(None, Some(10 * SHORTEST)), 150);
        assert_eq!(poll(None, Some(24 * HOUR)), 300);
        assert_eq!(poll(None, None), 300);
        assert_eq!(poll(Some(HOUR), None), 300);
        assert_eq!(poll(Some(Duration::from_secs(3)), None), 15);
    }

    #[test]
    fn a_key_outlives_its_rotation_by_the_shortest_period() {
        assert_eq!(times(Some(HOUR), None).lifetime, HOUR + SHORTEST);
        assert_eq!(times(None, None).lifetime, CredentialKind::Static.plan().max_lifetime);
        assert_eq!(times(Some(Duration::MAX), None).lifetime, CredentialKind::Static.plan().max_lifetime);
    }
}
