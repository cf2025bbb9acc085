//! The AWS emulator: its administrator, and SDK clients of providers.

#![allow(clippy::panic, reason = "a test cannot go on without what these helpers return")]

use std::time::SystemTime;

use aws_config::BehaviorVersion;
use aws_credential_types::Credentials;
use aws_sdk_s3::Client as S3;
use aws_sdk_s3::config::Region;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use leasekey::{ConfigLoaderExt, VaultCredentialsProvider};
use serde_json::{Value, json};

use crate::stack::Stack;

impl Stack {
    /// An S3 client of the provider, without healing, at the emulator or at another address.
    pub async fn s3(&self, vault: &VaultCredentialsProvider, endpoint: &str) -> S3 {
        S3::from_conf(self.s3_config(vault, endpoint).await.build())
    }

    /// The same with healing.
    pub async fn healed_s3(&self, vault: &VaultCredentialsProvider, endpoint: &str) -> S3 {
        let heal = vault.heal();
        let config = self.s3_config(vault, endpoint).await;
        S3::from_conf(config.interceptor(heal.clone()).retry_classifier(heal).build())
    }

    async fn s3_config(
        &self,
        vault: &VaultCredentialsProvider,
        endpoint: &str,
    ) -> aws_sdk_s3::config::Builder {
        let aws = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(self.aws_region.clone()))
            .endpoint_url(endpoint)
            .leasekey(vault)
            .load()
            .await;
        aws_sdk_s3::config::Builder::from(&aws)
    }

    /// Mounts one more AWS engine at `path` (after a namespace and a slash, if it is to be in one), with this
    /// configuration of the mount and the role `orders`. It works as the same AWS user as the first, and asks
    /// STS at `sts`.
    ///
    /// # Panics
    /// If the server or the emulator refuses.
    pub async fn mount_aws(&self, namespace: &str, path: &str, config: Value, sts: &str) {
        let engine = if self.is_openbao() { "vault-plugin-secrets-aws" } else { "aws" };
        let mount = json!({ "type": engine, "config": config });
        self.vault_write(&format!("{namespace}sys/mounts/{path}"), mount).await;
        let key = self.iam("CreateAccessKey", &[("UserName", "vault")]).await;
        let root = json!({
            "access_key": element(&key, "AccessKeyId"),
            "secret_key": element(&key, "SecretAccessKey"),
            "region": self.aws_region,
            "iam_endpoint": self.aws_endpoint,
            "sts_endpoint": sts,
            "max_retries": 0,
        });
        self.vault_write(&format!("{namespace}{path}/config/root"), root).await;
        let arn = format!("arn:aws:iam::{}:role/orders", self.aws_account);
        let role = json!({ "credential_type": "assumed_role", "role_arns": [arn], "default_sts_ttl": "15m" });
        self.vault_write(&format!("{namespace}{path}/roles/orders"), role).await;
    }

    /// An action of IAM as the emulator's administrator; the reply's body.
    ///
    /// # Panics
    /// If the emulator refuses.
    pub async fn iam(&self, action: &str, fields: &[(&str, &str)]) -> String {
        let admin = Caller::new(&self.aws_endpoint, &self.aws_admin_key, &self.aws_admin_secret, None);
        admin.form("iam", &self.aws_region, action, fields).await.accepted(action)
    }
}

/// Who asks an emulator: the holder of a key, or nobody.
#[derive(Clone)]
pub struct Caller {
    endpoint: String,
    credentials: Option<Credentials>,
    http: reqwest::Client,
}

/// What the emulator answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
}

impl Caller {
    /// The holder of these keys.
    #[must_use]
    pub fn new(endpoint: &str, key: &str, secret: &str, token: Option<&str>) -> Self {
        Self::nobody(endpoint).with(key, secret, token)
    }

    /// Nobody: what it sends has no signature.
    #[must_use]
    pub fn nobody(endpoint: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().build();
        let http = http.unwrap_or_else(|error| panic!("the client of the emulator: {error}"));
        Self { endpoint: endpoint.to_owned(), credentials: None, http }
    }

    /// The holder of these keys, at the same emulator.
    #[must_use]
    pub fn with(&self, key: &str, secret: &str, token: Option<&str>) -> Self {
        let credentials = Credentials::new(key, secret, token.map(str::to_owned), None, "tests");
        Self { credentials: Some(credentials), ..self.clone() }
    }

    /// An action of a service that takes forms: `ec2`, `iam`, `sts`.
    ///
    /// # Panics
    /// If there is no answer.
    pub async fn form(&self, service: &str, region: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let version = match service {
            "ec2" => "2016-11-15",
            "iam" => "2010-05-08",
            _ => "2011-06-15",
        };
        let all = [("Action", action), ("Version", version)];
        let form: Vec<_> =
            all.iter().chain(fields).map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let request = http::Request::post(format!("{}/", self.endpoint))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.join("&"));
        self.send(service, region, request).await
    }

    /// An action of a service that takes JSON; `target` is `AmazonSQS.SendMessage`.
    ///
    /// # Panics
    /// If there is no answer.
    pub async fn json(&self, service: &str, region: &str, target: &str, body: &Value) -> Answer {
        let request = http::Request::post(format!("{}/", self.endpoint))
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", target)
            .body(body.to_string());
        self.send(service, region, request).await
    }

    /// A request of S3; `path` begins with the bucket, and is encoded.
    ///
    /// # Panics
    /// If there is no answer.
    pub async fn s3(&self, region: &str, method: &str, path: &str, body: &str) -> Answer {
        let request = http::Request::builder().method(method).uri(format!("{}/{path}", self.endpoint));
        self.send("s3", region, request.body(body.to_owned())).await
    }

    async fn send(
        &self,
        service: &str,
        region: &str,
        request: http::Result<http::Request<String>>,
    ) -> Answer {
        let fail = |error: &dyn std::error::Error| -> ! { panic!("{service} at {}: {error}", self.endpoint) };
        let mut request = request.unwrap_or_else(|error| fail(&error));
        if let Some(credentials) = &self.credentials {
            let signed = sign_as(credentials, service, region, &mut request);
            signed.unwrap_or_else(|error| fail(&*error));
        }
        let request = reqwest::Request::try_from(request).unwrap_or_else(|error| fail(&error));
        let reply = self.http.execute(request).await.unwrap_or_else(|error| fail(&error));
        let status = reply.status().as_u16();
        Answer { status, body: reply.text().await.unwrap_or_else(|error| fail(&error)) }
    }
}

impl Answer {
    /// The body of a 2xx.
    ///
    /// # Panics
    /// If it is another status.
    #[must_use]
    pub fn accepted(self, what: &str) -> String {
        assert!((200..300).contains(&self.status), "{what}: {} {}", self.status, self.body);
        self.body
    }
}

fn sign_as(
    credentials: &Credentials,
    service: &str,
    region: &str,
    request: &mut http::Request<String>,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut settings = SigningSettings::default();
    if service == "s3" {
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    }
    let identity = credentials.clone().into();
    let params = v4::SigningParams::builder().identity(&identity).region(region).name(service);
    let params = params.time(SystemTime::now()).settings(settings).build()?.into();
    let headers: Vec<(String, String)> = request
        .headers()
        .iter()
        .map(|(name, value)| Ok((name.to_string(), value.to_str()?.to_owned())))
        .collect::<Result<_, http::header::ToStrError>>()?;
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let body = SignableBody::Bytes(request.body().as_bytes());
    let signable = SignableRequest::new(request.method().as_str(), request.uri().to_string(), headers, body)?;
    let (instructions, _signature) = sign(signable, &params)?.into_parts();
    instructions.apply_to_request_http1x(request);
    Ok(())
}

/// The text of the first XML element of this name.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn element(body: &str, name: &str) -> String {
    let after = body.split_once(&format!("<{name}>")).map(|(_, after)| after);
    let text = after.and_then(|after| after.split_once(&format!("</{name}>")));
    text.map_or_else(|| panic!("no {name} in {body}"), |(text, _)| text.to_owned())
}

/// The text as it stands in a form or in the path of an address.
#[must_use]
pub fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
