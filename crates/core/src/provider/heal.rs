//! Healing: when AWS refuses a key as if it were dead, get a new one and make the call once more.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextMut, InterceptorContext,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::retries::classifiers::{
    ClassifyRetry, RetryAction, RetryClassifierPriority,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_smithy_types::retry::ErrorKind as RetryKind;

use super::VaultCredentialsProvider;
use crate::time::BootInstant;

// A new set that is refused within this time was refused from the start.
const AT_ONCE: Duration = Duration::from_secs(60);

/// The error codes with which AWS says that a key is dead. AccessDenied is not among them: that key lives,
/// and another would be refused as well.
const DEAD_KEY: [&str; 8] = [
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "RequestExpired",
    "UnrecognizedClientException",
];

/// Heals the calls of one SDK client: add it both as interceptor and as retry classifier.
///
/// When AWS refuses the key of a call as if it were dead, the set is asked for anew at once, at most once per
/// set, and the call is made once more with the new one if its body can be sent again. A report about a set
/// that was replaced meanwhile replaces nothing. If AWS refuses the new set in the same Region in the same
/// way, the cause is another one and healing stops there: a token of the global STS endpoint, for example,
/// is refused by an opt-in Region. Needs the client's retries to be on (two attempts or more).
///
/// ```no_run
/// # async fn example(vault: leasekey::VaultCredentialsProvider, aws: aws_config::SdkConfig) {
/// let heal = vault.heal();
/// let config = aws_sdk_s3::config::Builder::from(&aws).interceptor(heal.clone()).retry_classifier(heal).build();
/// let s3 = aws_sdk_s3::Client::from_conf(config);
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Heal(VaultCredentialsProvider);

/// Which set was doubted last in which Region, and where healing has stopped.
#[derive(Debug, Default)]
pub(super) struct Doubts(Mutex<DoubtsOf>);

#[derive(Debug, Default)]
struct DoubtsOf {
    last: Option<(u64, String, BootInstant)>,
    stopped: HashSet<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Verdict {
    /// The set in hand is doubted for the first time.
    Doubt,
    /// Another set is in hand already.
    Replaced,
    /// The set that came of a doubt is refused as well.
    Stop,
}

// The key and Region that the attempt was signed for.
#[derive(Clone, Debug)]
struct Signed {
    access_key_id: String,
    region: String,
}

impl Storable for Signed {
    type Storer = StoreReplace<Self>;
}

// The call was healed once; it is not healed again.
#[derive(Clone, Debug)]
struct Healed;

impl Storable for Healed {
    type Storer = StoreReplace<Self>;
}

// On a response: the call is to be made once more.
#[derive(Clone, Debug)]
struct Again;

impl Heal {
    pub(super) fn new(provider: VaultCredentialsProvider) -> Self {
        Self(provider)
    }

    /// For clients of other SDKs: AWS answered a call that was signed with this `Authorization` header with this
    /// error code. True: the call is to be made once more, with what
    /// [`credentials`](VaultCredentialsProvider::credentials) gives then: it waits for the new set for a moment.
    pub fn refused(&self, authorization: &str, code: &str) -> bool {
        DEAD_KEY.contains(&short(code)) && signed(authorization).is_some_and(|signed| self.judge(&signed))
    }

    fn judge(&self, signed: &Signed) -> bool {
        let Ok(keeper) = self.0.0.lineage.here() else { return false };
        let kept = keeper.kept();
        let snapshot = kept.snapshot();
        let current = snapshot.value.as_ref().map(|leased| leased.credentials.access_key_id());
        let in_hand = current == Some(signed.access_key_id.as_str());
        match self.0.0.heal.judge(in_hand, snapshot.generation, &signed.region, kept.now()) {
            Verdict::Doubt => {
                kept.doubt(snapshot.generation);
                true
            }
            Verdict::Replaced => true,
            Verdict::Stop => false,
        }
    }
}

impl Doubts {
    fn judge(&self, in_hand: bool, generation: u64, region: &str, now: BootInstant) -> Verdict {
        let mut doubts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if doubts.stopped.contains(region) {
            return Verdict::Stop;
        }
        if !in_hand {
            return Verdict::Replaced;
        }
        match &doubts.last {
            Some((last, place, at))
                if last + 1 == generation && place == region && now.since(*at) < AT_ONCE =>
            {
                tracing::warn!(
                    target: "leasekey",
                    region,
                    "AWS refuses a new set as it refused the one before; healing stops in this Region. Tokens of the \
                     global STS endpoint are refused by opt-in Regions: set sts_endpoint and region in the AWS \
                     engine's config/root"
                );
                doubts.stopped.insert(region.into());
                Verdict::Stop
            }
            _ => {
                doubts.last = Some((generation, region.into(), now));
                Verdict::Doubt
            }
        }
    }
}

impl Intercept for Heal {
    fn name(&self) -> &'static str {
        "LeasekeyHeal"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(signed) = context.request().headers().get("authorization").and_then(signed) {
            cfg.interceptor_state().store_put(signed);
        }
        Ok(())
    }

    fn modify_before_attempt_completion(
        &self,
        context: &mut FinalizerInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(response) = context.response_mut() else { return Ok(()) };
        if !refuses_the_key(response) || cfg.load::<Healed>().is_some() {
            return Ok(());
        }
        let Some(signed) = cfg.load::<Signed>().cloned() else { return Ok(()) };
        if self.judge(&signed) {
            cfg.interceptor_state().store_put(Healed);
            response.add_extension(Again);
        }
        Ok(())
    }
}

impl ClassifyRetry for Heal {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        match context.response().and_then(|response| response.extension::<Again>()) {
            Some(_) => {
                RetryAction::retryable_error_with_explicit_delay(RetryKind::ClientError, Duration::ZERO)
            }
            None => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "LeasekeyHeal"
    }

    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }
}

// `AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-central-1/s3/aws4_request, ...`
fn signed(authorization: &str) -> Option<Signed> {
    let scope = authorization.split_once("Credential=")?.1.split([',', ' ']).next()?;
    let mut parts = scope.split('/');
    let (access_key_id, region) = (parts.next()?.to_owned(), parts.nth(1)?.to_owned());
    Some(Signed { access_key_id, region })
}

fn refuses_the_key(response: &HttpResponse) -> bool {
    if response.status().is_success() {
        return false;
    }
    let header = response.headers().get("x-amzn-errortype").map(short);
    let body = response.body().bytes().and_then(|body| std::str::from_utf8(body).ok());
    header.or_else(|| body.and_then(code)).is_some_and(|code| DEAD_KEY.contains(&code))
}

// The code in a body of any of AWS's protocols: `<Code>X</Code>`, `"__type":"ns#X"`, `"code":"X"`.
fn code(body: &str) -> Option<&str> {
    if let Some((_, after)) = body.split_once("<Code>") {
        return after.split_once("</Code>").map(|(code, _)| code.trim());
    }
    ["\"__type\"", "\"code\"", "\"Code\""].iter().find_map(|name| {
        let after = body.split_once(name)?.1.trim_start().strip_prefix(':')?.trim_start();
        after.strip_prefix('"')?.split_once('"').map(|(code, _)| short(code))
    })
}

// `com.amazonaws.dynamodb#ExpiredTokenException:http://...` is ExpiredTokenException.
fn short(code: &str) -> &str {
    let code = code.split(':').next().unwrap_or(code);
    code.rsplit('#').next().unwrap_or(code).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_in_every_protocol() {
        assert_eq!(code("<Error><Code>ExpiredToken</Code></Error>"), Some("ExpiredToken"));
        assert_eq!(
            code(r#"{"__type" : "com.amazonaws.x#ExpiredTokenException"}"#),
            Some("ExpiredTokenException")
        );
        assert_eq!(code(r#"{"code":"RequestExpired","m":1}"#), Some("RequestExpired"));
        assert_eq!(short("UnrecognizedClientException:http://internal/"), "UnrecognizedClientException");
        assert_eq!(code("no code"), None);
        assert!(!DEAD_KEY.contains(&"AccessDenied"));
    }

    #[test]
    fn key_and_region_come_from_the_signature() {
        let signed = signed(
            "AWS4-HMAC-SHA256 Credential=ASIA1/20260101/eu-central-1/s3/aws4_request, SignedHeaders=host",
        );
        let signed = signed.unwrap();
        assert_eq!((signed.access_key_id.as_str(), signed.region.as_str()), ("ASIA1", "eu-central-1"));
    }

    #[test]
    fn a_set_is_doubted_once_and_a_refused_successor_stops_healing_there() {
        let (doubts, now) = (Doubts::default(), BootInstant::from_nanos(1));
        assert_eq!(doubts.judge(true, 1, "eu-south-2", now), Verdict::Doubt);
        assert_eq!(doubts.judge(false, 2, "eu-south-2", now), Verdict::Replaced);
        assert_eq!(doubts.judge(true, 2, "eu-south-2", now), Verdict::Stop);
        assert_eq!(doubts.judge(true, 2, "eu-central-1", now), Verdict::Doubt);
        assert_eq!(doubts.judge(true, 9, "eu-south-2", now), Verdict::Stop);
    }

    #[test]
    fn a_successor_that_served_for_a_while_is_healed_again() {
        let (doubts, now) = (Doubts::default(), BootInstant::from_nanos(1));
        assert_eq!(doubts.judge(true, 1, "eu-south-2", now), Verdict::Doubt);
        assert_eq!(doubts.judge(true, 2, "eu-south-2", now.plus(AT_ONCE)), Verdict::Doubt);
    }
}
