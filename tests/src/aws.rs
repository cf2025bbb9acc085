//! The AWS emulator: its administrator, and SDK clients of providers.

#![allow(clippy::panic, reason = "a test cannot go on without what these helpers return")]

use std::time::SystemTime;

use aws_config::BehaviorVersion;
use aws_credential_types::Credentials;
use aws_sdk_s3::Client as S3;
use aws_sdk_s3::config::Region;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
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
        let all = [("Action", action), ("Version", "2010-05-08")];
        let form: Vec<_> =
            all.iter().chain(fields).map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let request = http::Request::post(format!("{}/", self.aws_endpoint))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.join("&"))
            .unwrap_or_else(|error| panic!("{action}: {error}"));
        let request = self.signed(request).unwrap_or_else(|error| panic!("{action}: {error}"));
        let reply = reqwest::Client::builder().no_proxy().build();
        let reply = reply.unwrap_or_else(|error| panic!("{action}: {error}"));
        let request = reqwest::Request::try_from(request).unwrap_or_else(|error| panic!("{action}: {error}"));
        let reply = reply.execute(request).await.unwrap_or_else(|error| panic!("{action}: {error}"));
        let status = reply.status();
        let body = reply.text().await.unwrap_or_else(|error| panic!("{action}: {error}"));
        assert!(status.is_success(), "{action}: {status} {body}");
        body
    }

    fn signed(
        &self,
        mut request: http::Request<String>,
    ) -> Result<http::Request<String>, Box<dyn std::error::Error>> {
        let admin = Credentials::new(&self.aws_admin_key, &self.aws_admin_secret, None, None, "tests");
        let identity = admin.into();
        let params = v4::SigningParams::builder().identity(&identity).region(&self.aws_region).name("iam");
        let params = params.time(SystemTime::now()).settings(SigningSettings::default()).build()?.into();
        let headers = [("content-type", "application/x-www-form-urlencoded")].into_iter();
        let body = SignableBody::Bytes(request.body().as_bytes());
        let signable = SignableRequest::new("POST", request.uri().to_string(), headers, body)?;
        let (instructions, _signature) = sign(signable, &params)?.into_parts();
        instructions.apply_to_request_http1x(&mut request);
        Ok(request)
    }
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

fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
