//! `sts:GetCallerIdentity`: whose credentials are these? Every principal may ask, whatever its policies.
//!
//! Source: AWS STS API reference, GetCallerIdentity.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use url::Url;

use crate::context::{Context, HttpFault, HttpOptions, HttpRequest, HttpResponse, HttpSend};
use crate::error::{Error, ErrorKind, Result, printable};
use crate::refresh::{Class, Fault};
use crate::secret::SecretBytes;

const BODY: &str = "Action=GetCallerIdentity&Version=2011-06-15";
const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
const DEADLINE: Duration = Duration::from_secs(5);
const BODY_CAP: usize = 64 * 1024;

/// Who some credentials belong to, as AWS says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct CallerIdentity {
    pub(crate) account: String,
    pub(crate) arn: String,
}

/// AWS STS of one region.
#[derive(Clone, Debug)]
pub(crate) struct Sts {
    context: Context,
    // Opened when AWS is first asked: reading the platform's certificates takes its time.
    http: Arc<OnceLock<Arc<dyn HttpSend>>>,
    region: String,
    endpoint: Url,
}

impl Sts {
    /// STS of `region`, or at `endpoint` if one is configured.
    pub(crate) fn new(context: &Context, region: &str, endpoint: Option<&Url>) -> Result<Self> {
        let unknown = || {
            let what = format!("the region {:?} is not one of AWS", printable(region));
            Error::new(ErrorKind::InvalidSetting, what).with_hint("Set AWS_REGION, for example us-east-1")
        };
        let shaped = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if region.is_empty() || !region.bytes().all(shaped) {
            return Err(unknown());
        }
        let host = format!("https://sts.{region}.{}/", suffix(region));
        let endpoint = endpoint.cloned().map_or_else(|| Url::parse(&host), Ok).map_err(|_| unknown())?;
        Ok(Self { context: context.clone(), http: Arc::default(), region: region.into(), endpoint })
    }

    /// The same, with a connection of its own.
    pub(crate) fn anew(&self) -> Self {
        Self { http: Arc::default(), ..self.clone() }
    }

    pub(crate) fn endpoint(&self) -> &str {
        self.endpoint.as_str()
    }

    /// Asks AWS whose these credentials are.
    pub(crate) async fn caller_identity(&self, credentials: &Credentials) -> Result<CallerIdentity, Fault> {
        let request = self.signed(credentials)?;
        let reply = self.http()?.send(request).await.map_err(|fault| self.unreachable(&fault))?;
        self.read(&reply)
    }

    fn http(&self) -> Result<&Arc<dyn HttpSend>> {
        if let Some(http) = self.http.get() {
            return Ok(http);
        }
        let uses_tls = self.endpoint.scheme() == "https";
        let http = self.context.http.open(&HttpOptions { uses_tls, ..HttpOptions::default() })?;
        Ok(self.http.get_or_init(|| http))
    }

    fn signed(&self, credentials: &Credentials) -> Result<HttpRequest> {
        let identity = credentials.clone().into();
        let bug = |error: String| Error::new(ErrorKind::Bug, format!("GetCallerIdentity: {error}"));
        let params = SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("sts")
            .time(self.context.time.wall())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| bug(error.to_string()))?;
        let headers = [("content-type", FORM)].into_iter();
        let body = SignableBody::Bytes(BODY.as_bytes());
        let request = SignableRequest::new("POST", self.endpoint.as_str(), headers, body);
        let signed =
            request.and_then(|request| sign(request, &params.into())).map_err(|e| bug(e.to_string()))?;
        let mut headers =
            HeaderMap::from_iter([(http::header::CONTENT_TYPE, HeaderValue::from_static(FORM))]);
        for (name, value) in signed.output().headers() {
            let (Ok(name), Ok(mut value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) else {
                return Err(bug("a signed header cannot be sent".into()));
            };
            // A signed request is a bearer secret until it lapses.
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        let body = SecretBytes::from(BODY.as_bytes().to_vec());
        let (method, url) = (Method::POST, self.endpoint.clone());
        Ok(HttpRequest { method, url, headers, body, deadline: DEADLINE, body_cap: BODY_CAP })
    }

    fn read(&self, reply: &HttpResponse) -> Result<CallerIdentity, Fault> {
        let text = String::from_utf8_lossy(reply.body.expose());
        if reply.status != 200 {
            return Err(self.refused(reply.status, &text));
        }
        match (element(&text, "Account"), element(&text, "Arn")) {
            (Some(account), Some(arn)) => Ok(CallerIdentity { account: account.into(), arn: arn.into() }),
            _ => {
                let what = format!("GetCallerIdentity at {} named no account and ARN", self.endpoint);
                Err(Fault::new(Class::Protocol, Error::new(ErrorKind::UnusableReply, what)))
            }
        }
    }

    fn refused(&self, status: u16, text: &str) -> Fault {
        let code = printable(element(text, "Code").unwrap_or("no code"));
        let what = format!("GetCallerIdentity at {} answered {status} {code}", self.endpoint);
        match code.as_str() {
            "InvalidClientTokenId" => {
                Fault::new(Class::Upstream, Error::new(ErrorKind::KeyNotYetUsable, what))
            }
            "SignatureDoesNotMatch" | "RequestExpired" => {
                Fault::new(Class::Denied, Error::new(ErrorKind::ClockSkew, what))
            }
            _ if status >= 500 || status == 429 => Fault::new(
                Class::Upstream,
                Error::new(ErrorKind::VaultUnavailable, what).with_hint("Check AWS STS"),
            ),
            _ => Fault::new(Class::Denied, Error::new(ErrorKind::AwsRefused, what)),
        }
    }

    fn unreachable(&self, fault: &HttpFault) -> Fault {
        let what = format!("AWS STS at {} does not answer: {fault:?}", self.endpoint);
        let hint = "Check the network, AWS_REGION and AWS_ENDPOINT_URL_STS";
        Fault::new(Class::Upstream, Error::new(ErrorKind::VaultUnavailable, what).with_hint(hint))
    }
}

fn suffix(region: &str) -> &'static str {
    if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" }
}

// The reply's elements hold an account number, an ARN or an error code: no nesting and no references.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let after = xml.split_once(&format!("<{name}>"))?.1;
    Some(after.split_once(&format!("</{name}>"))?.0.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{Scripted, ScriptedReply};

    fn credentials() -> Credentials {
        Credentials::new("ASIAEXAMPLE", "not-a-secret", Some("token".into()), None, "test")
    }

    async fn ask(status: u16, body: &'static str) -> Result<CallerIdentity, Fault> {
        let world = Scripted::new();
        world.answer(move |request| {
            assert!(request.headers.get("authorization").is_some_and(HeaderValue::is_sensitive));
            ScriptedReply::json(status, body)
        });
        let sts = Sts::new(&world.context(), "eu-central-1", None).unwrap();
        assert_eq!(sts.endpoint.as_str(), "https://sts.eu-central-1.amazonaws.com/");
        sts.caller_identity(&credentials()).await
    }

    #[tokio::test(start_paused = true)]
    async fn the_account_and_the_arn_are_read() {
        let body = "<R><Arn>arn:aws:sts::1:assumed-role/r/s</Arn>\n<Account> 1 </Account></R>";
        let identity = ask(200, body).await.unwrap();
        assert_eq!(
            (identity.account.as_str(), identity.arn.as_str()),
            ("1", "arn:aws:sts::1:assumed-role/r/s")
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_that_has_not_spread_yet_is_told_from_a_refusal() {
        let young = ask(403, "<Error><Code>InvalidClientTokenId</Code></Error>").await.unwrap_err();
        assert_eq!((young.error.code(), young.class), ("LK-0111", Class::Upstream));
        let refused = ask(403, "<Error><Code>AccessDenied</Code></Error>").await.unwrap_err();
        assert_eq!((refused.error.code(), refused.class), ("LK-0107", Class::Denied));
    }
}
