//! The AWS side: requests signed as AWS wants them, and what the example needs to be there.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use ureq::Agent;
use ureq::tls::TlsConfig;

use super::http::agent;
use super::server::AWS_ADMIN;
use crate::failure::{Doing, Failure, Result};

pub(crate) const ACCOUNT: &str = "000000000000";
pub(crate) const REGION: &str = "us-east-1";
pub(crate) const BUCKET: &str = "orders";

/// The objects of the bucket: monthly order books.
pub(crate) const OBJECTS: [(&str, &str); 3] = [
    ("2026/january.csv", "order,customer,amount\n1001,Anna,120.00\n1002,Ben,75.50\n"),
    ("2026/february.csv", "order,customer,amount\n1003,Chiara,310.25\n"),
    ("2026/march.csv", "order,customer,amount\n1004,Anna,42.00\n1005,Dmitri,18.90\n1006,Eve,250.00\n"),
];

const VAULT_USER: &str = include_str!("../../../tests/stack/policies/vault-user.json");
const ORDERS_TRUST: &str = include_str!("../../../tests/stack/policies/orders-trust.json");
/// What every role of the example may do.
pub(crate) const ORDERS_READ: &str = include_str!("../../../tests/stack/policies/orders-read.json");

/// AWS, as one identity.
pub(crate) struct Aws {
    agent: Agent,
    endpoint: String,
    credentials: Credentials,
}

/// What came back: the status and the body.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Aws {
    /// The emulator's own administrator.
    pub(crate) fn admin(endpoint: &str) -> Self {
        let (key, secret) = AWS_ADMIN;
        Self::new(endpoint, key, secret, None)
    }

    /// The holder of these keys.
    pub(crate) fn new(endpoint: &str, key: &str, secret: &str, session: Option<&str>) -> Self {
        let credentials = Credentials::new(key, secret, session.map(str::to_owned), None, "xtask");
        Self { agent: agent(TlsConfig::default()), endpoint: endpoint.into(), credentials }
    }

    /// An S3 request; `path` starts with the bucket.
    pub(crate) fn s3(&self, method: &str, path: &str, body: &str) -> Result<Answer> {
        self.send("s3", method, path, body)
    }

    /// An action of IAM or STS; fails unless AWS says 200.
    pub(crate) fn action(&self, service: &str, action: &str, fields: &[(&str, &str)]) -> Result<String> {
        let version = if service == "iam" { "2010-05-08" } else { "2011-06-15" };
        let all = [("Action", action), ("Version", version)];
        let form = all.iter().chain(fields).map(|(name, value)| format!("{name}={}", form_encoded(value)));
        let answer = self.send(service, "POST", "", &form.collect::<Vec<_>>().join("&"))?;
        answer.expect_ok(|| format!("cannot call {service}:{action} at {}", self.endpoint))
    }

    fn send(&self, service: &str, method: &str, path: &str, body: &str) -> Result<Answer> {
        let url = format!("{}/{path}", self.endpoint);
        let what = || format!("cannot {method} {url}");
        let kind = if service == "s3" { "text/csv" } else { "application/x-www-form-urlencoded" };
        let request = http::Request::builder().method(method).uri(&url).header("content-type", kind);
        let mut request = request.body(body.to_owned()).doing(what)?;
        self.sign(service, &mut request).doing(what)?;
        let mut reply = self.agent.run(request).doing(what)?;
        let body = reply.body_mut().read_to_string().doing(what)?;
        Ok(Answer { status: reply.status().as_u16(), body })
    }

    fn sign(
        &self,
        service: &str,
        request: &mut http::Request<String>,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let mut settings = SigningSettings::default();
        if service == "s3" {
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        }
        let identity = self.credentials.clone().into();
        let params = v4::SigningParams::builder().identity(&identity).region(REGION).name(service);
        let params = params.time(SystemTime::now()).settings(settings).build()?.into();
        let host = request.uri().authority().map_or_else(String::new, ToString::to_string);
        request.headers_mut().insert(http::header::HOST, host.parse()?);
        let headers: Vec<(String, String)> = request
            .headers()
            .iter()
            .map(|(name, value)| Ok((name.to_string(), value.to_str()?.to_owned())))
            .collect::<Result<_, http::header::ToStrError>>()?;
        let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let body = SignableBody::Bytes(request.body().as_bytes());
        let uri = request.uri().to_string();
        let signable = SignableRequest::new(request.method().as_str(), uri, headers, body)?;
        let (instructions, _signature) = sign(signable, &params)?.into_parts();
        instructions.apply_to_request_http1x(request);
        Ok(())
    }
}

impl Answer {
    /// The body of a 2xx; anything else fails with AWS's own words.
    pub(crate) fn expect_ok(self, what: impl FnOnce() -> String) -> Result<String> {
        if (200..300).contains(&self.status) {
            return Ok(self.body);
        }
        let why = format!("{} {}: {}", self.status, self.element("Code"), self.element("Message"));
        Err(Failure::new(what(), why))
    }

    /// The text of the first element of this name.
    pub(crate) fn element(&self, name: &str) -> &str {
        element(&self.body, name)
    }
}

/// Fills the emulator and returns the access key of the user that Vault works as.
pub(crate) fn provision(endpoint: &str) -> Result<(String, String)> {
    let aws = Aws::admin(endpoint);
    let put =
        |path: &str, body: &str| aws.s3("PUT", path, body)?.expect_ok(|| format!("cannot create {path}"));
    put(BUCKET, "")?;
    for (key, body) in OBJECTS {
        put(&format!("{BUCKET}/{key}"), body)?;
    }
    let iam = |action: &str, fields: &[(&str, &str)]| aws.action("iam", action, fields);
    iam("CreateUser", &[("UserName", "vault")])?;
    let policy =
        [("UserName", "vault"), ("PolicyName", "aws-secrets-engine"), ("PolicyDocument", VAULT_USER)];
    iam("PutUserPolicy", &policy)?;
    iam("CreateUser", &[("UserName", "orders-static")])?;
    let policy =
        [("UserName", "orders-static"), ("PolicyName", "orders-read"), ("PolicyDocument", ORDERS_READ)];
    iam("PutUserPolicy", &policy)?;
    iam("CreateRole", &[("RoleName", "orders"), ("AssumeRolePolicyDocument", ORDERS_TRUST)])?;
    let policy = [("RoleName", "orders"), ("PolicyName", "orders-read"), ("PolicyDocument", ORDERS_READ)];
    iam("PutRolePolicy", &policy)?;
    let created = iam("CreateAccessKey", &[("UserName", "vault")])?;
    Ok((element(&created, "AccessKeyId").to_owned(), element(&created, "SecretAccessKey").to_owned()))
}

fn element<'a>(body: &'a str, name: &str) -> &'a str {
    let after = body.split_once(&format!("<{name}>")).map_or("", |(_, after)| after);
    after.split_once(&format!("</{name}>")).map_or("", |(text, _)| text)
}

fn form_encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
