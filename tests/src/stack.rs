//! The servers that `cargo xtask test` has started, as seen by their administrator.

#![allow(
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test cannot go on without what these helpers return"
)]

use std::fmt::Display;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use leasekey::{AppRoleAuth, Builder, VaultCredentialsProvider};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

/// OpenBao or HashiCorp Vault, and the AWS emulator behind it. The fields are the exports of `cargo xtask stack env`.
#[derive(Clone)]
pub struct Stack {
    /// `openbao` or `vault`.
    pub server: String,
    /// The server's own program, which is an agent, too.
    pub program: PathBuf,
    /// VAULT_ADDR.
    pub address: String,
    /// The token that may do everything.
    pub root_token: String,
    /// Where the server writes one JSON object for each request and reply.
    pub audit_log: PathBuf,
    /// AWS_ENDPOINT_URL.
    pub aws_endpoint: String,
    /// The Python that runs the emulator: `-m ministack`.
    pub aws_program: PathBuf,
    /// AWS_REGION.
    pub aws_region: String,
    /// The emulator's account.
    pub aws_account: String,
    /// The access key id that may do everything at AWS.
    pub aws_admin_key: String,
    /// Its secret.
    pub aws_admin_secret: String,
    /// The AppRole that may do what Leasekey needs.
    pub role_id: String,
    /// Its secret id.
    pub secret_id: String,
    /// The Vault role of the example: `orders`.
    pub role: String,
    /// The bucket of the example: `orders`.
    pub bucket: String,
    http: Client,
}

/// A login of a test's own. Its role and its policy have the same name.
#[derive(Clone)]
pub struct AppRole {
    /// The name of role and policy.
    pub name: String,
    /// The role id.
    pub role_id: String,
    /// A secret id.
    pub secret_id: String,
}

/// What Vault answered: the status and the whole body, `null` if it was empty.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Value,
}

impl Stack {
    /// Reads the exports from the environment.
    ///
    /// # Panics
    /// If one is missing: the tests were not started by `cargo xtask test`.
    #[must_use]
    pub fn from_env() -> Self {
        Self::exported("", client(None))
    }

    /// The same of a cluster, whose exports begin with `prefix` and whose certificates are of this CA.
    pub(crate) fn of_cluster(prefix: &str, ca: &str) -> Self {
        Self::exported(prefix, client(Some(ca)))
    }

    fn exported(prefix: &str, http: Client) -> Self {
        crate::log::capture_all();
        let export = |name: &str| export(&format!("{prefix}{name}"));
        Self {
            server: export("LEASEKEY_STACK_SERVER"),
            program: export("LEASEKEY_STACK_PROGRAM").into(),
            address: export("VAULT_ADDR"),
            root_token: export("LEASEKEY_STACK_ROOT_TOKEN"),
            audit_log: export("LEASEKEY_STACK_AUDIT_LOG").into(),
            aws_endpoint: export("AWS_ENDPOINT_URL"),
            aws_program: export("LEASEKEY_STACK_AWS_PROGRAM").into(),
            aws_region: export("AWS_REGION"),
            aws_account: export("LEASEKEY_STACK_AWS_ACCOUNT"),
            aws_admin_key: export("LEASEKEY_STACK_AWS_ADMIN_KEY"),
            aws_admin_secret: export("LEASEKEY_STACK_AWS_ADMIN_SECRET"),
            role_id: export("LEASEKEY_ROLE_ID"),
            secret_id: export("LEASEKEY_SECRET_ID"),
            role: export("LEASEKEY_ROLE"),
            bucket: export("LEASEKEY_BUCKET"),
            http,
        }
    }

    /// The same, asked at another address.
    pub(crate) fn at(self, address: String) -> Self {
        Self { address, ..self }
    }

    /// The status of `path`, read as root; none if there is no answer within a second.
    pub async fn status_of(&self, path: &str) -> Option<u16> {
        let request = self.http.get(format!("{}/v1/{path}", self.address)).timeout(Duration::from_secs(1));
        let reply = request.header("X-Vault-Token", &self.root_token).send().await;
        reply.ok().map(|reply| reply.status().as_u16())
    }

    /// Whether the server is OpenBao.
    #[must_use]
    pub fn is_openbao(&self) -> bool {
        self.server == "openbao"
    }

    /// Sends one request with this token to `path`, without `/v1/`; any status is an answer.
    ///
    /// # Panics
    /// If the server does not answer, or with something else than JSON.
    pub async fn vault_call(&self, token: &str, method: Method, path: &str, body: Option<&Value>) -> Reply {
        let mut request = self.http.request(method, format!("{}/v1/{path}", self.address));
        request = request.header("X-Vault-Token", token);
        if let Some(body) = body {
            request = request.header("Content-Type", "application/json").body(body.to_string());
        }
        let reply = request.send().await.unwrap_or_else(|error| fail(path, error));
        Reply::read(path, reply).await
    }

    /// Writes as root.
    ///
    /// # Panics
    /// If the server refuses.
    pub async fn vault_write(&self, path: &str, body: Value) -> Value {
        self.root(Method::POST, path, Some(&body)).await
    }

    /// Reads as root.
    ///
    /// # Panics
    /// If the server refuses, or there is nothing at `path`.
    pub async fn vault_read(&self, path: &str) -> Value {
        self.root(Method::GET, path, None).await
    }

    /// Deletes as root.
    ///
    /// # Panics
    /// If the server refuses.
    pub async fn vault_delete(&self, path: &str) {
        self.root(Method::DELETE, path, None).await;
    }

    /// The names under `path`; none if there is nothing.
    ///
    /// # Panics
    /// If the server refuses.
    pub async fn vault_list(&self, path: &str) -> Vec<String> {
        let reply = self.vault_call(&self.root_token, Method::GET, &format!("{path}?list=true"), None).await;
        if reply.status == 404 {
            return Vec::new();
        }
        let body = reply.accepted(path);
        let keys = body.pointer("/data/keys").and_then(Value::as_array).into_iter().flatten();
        keys.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Everything in the audit log so far, oldest first. Secrets and tokens in it are hashed.
    ///
    /// # Panics
    /// If the file cannot be read.
    #[must_use]
    pub fn audit_entries(&self) -> Vec<Value> {
        let path = self.audit_log.display();
        let text = std::fs::read_to_string(&self.audit_log).unwrap_or_else(|error| fail(&path, error));
        // The server may be in the middle of the last line.
        let whole = text.rfind('\n').map_or("", |end| text.get(..end).unwrap_or(""));
        whole
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| fail(&path, error)))
            .collect()
    }

    /// A new AppRole whose tokens have this policy and `default`.
    ///
    /// # Panics
    /// If the server refuses.
    pub async fn new_approle(&self, policy_hcl: &str) -> AppRole {
        self.new_approle_with(policy_hcl, json!({})).await
    }

    /// The same, with further settings of the role.
    ///
    /// # Panics
    /// If the server refuses.
    pub async fn new_approle_with(&self, policy_hcl: &str, mut settings: Value) -> AppRole {
        let name = self.new_policy(policy_hcl).await;
        let defaults = [("token_policies", json!([name])), ("token_ttl", json!("1h"))];
        for (setting, value) in defaults {
            if settings.get(setting).is_none() {
                settings[setting] = value;
            }
        }
        self.vault_write(&format!("auth/approle/role/{name}"), settings).await;
        let role_id = self.vault_read(&format!("auth/approle/role/{name}/role-id")).await;
        let secret_id = self.vault_write(&format!("auth/approle/role/{name}/secret-id"), json!({})).await;
        let (role_id, secret_id) =
            (text_at(&role_id, "/data/role_id"), text_at(&secret_id, "/data/secret_id"));
        AppRole { name, role_id, secret_id }
    }

    /// A builder of providers that knows this server and the example's role, and neither the environment
    /// nor any file.
    pub fn builder(&self) -> Builder {
        VaultCredentialsProvider::builder().address(&self.address).role(&self.role)
    }

    /// A new service token with this policy and `default`.
    ///
    /// # Panics
    /// If the server refuses.
    pub async fn new_token(&self, policy_hcl: &str) -> String {
        self.new_token_with(policy_hcl, json!({})).await
    }

    /// The same, with further settings of the token.
    ///
    /// # Panics
    /// If the server refuses.
    pub async fn new_token_with(&self, policy_hcl: &str, settings: Value) -> String {
        let name = self.new_policy(policy_hcl).await;
        self.new_token_of(&name, settings).await
    }

    /// The same, with a policy that there is.
    ///
    /// # Panics
    /// If the server refuses.
    pub async fn new_token_of(&self, policy: &str, mut settings: Value) -> String {
        settings["policies"] = json!([policy]);
        settings["ttl"] = json!("1h");
        settings["no_parent"] = json!(true);
        text_at(&self.vault_write("auth/token/create", settings).await, "/auth/client_token")
    }

    /// A wrapping token for what POST to `path` answers.
    ///
    /// # Panics
    /// If the server refuses.
    pub async fn wrapped(&self, path: &str) -> String {
        let request = self.http.post(format!("{}/v1/{path}", self.address)).body("{}");
        let request = request.header("X-Vault-Token", &self.root_token).header("X-Vault-Wrap-TTL", "5m");
        let reply = request.send().await.unwrap_or_else(|error| fail(path, error));
        text_at(&Reply::read(path, reply).await.accepted(path), "/wrap_info/token")
    }

    /// Revokes every token of this policy; how many there were.
    ///
    /// # Panics
    /// If the server refuses.
    pub async fn revoke_tokens_of(&self, policy: &str) -> usize {
        let mut revoked = 0;
        for accessor in self.vault_list("auth/token/accessors").await {
            let accessor = json!({ "accessor": accessor });
            // It may have ended since the list was made.
            let token = self.vault_call(
                &self.root_token,
                Method::POST,
                "auth/token/lookup-accessor",
                Some(&accessor),
            );
            let token = token.await.body;
            let policies = token.pointer("/data/policies").and_then(Value::as_array);
            if policies.is_some_and(|policies| policies.iter().any(|held| held == policy)) {
                self.vault_write("auth/token/revoke-accessor", accessor).await;
                revoked += 1;
            }
        }
        revoked
    }

    /// The policy under a name no other test uses; the name.
    async fn new_policy(&self, policy_hcl: &str) -> String {
        let name = new_name("test");
        self.vault_write(&format!("sys/policies/acl/{name}"), json!({ "policy": policy_hcl })).await;
        name
    }

    async fn root(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        self.vault_call(&self.root_token, method, path, body).await.accepted(path)
    }
}

impl AppRole {
    /// The way to log in with it.
    #[must_use]
    pub fn auth(&self) -> AppRoleAuth {
        AppRoleAuth::new(self.role_id.as_str(), self.secret_id.as_str())
    }
}

impl Reply {
    async fn read(path: &str, reply: Response) -> Self {
        let status = reply.status().as_u16();
        let text = reply.bytes().await.unwrap_or_else(|error| fail(path, error));
        let body = if text.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&text) };
        Self { status, body: body.unwrap_or_else(|error| fail(path, error)) }
    }

    /// The body of a 2xx.
    fn accepted(self, path: &str) -> Value {
        if (200..300).contains(&self.status) {
            return self.body;
        }
        fail(path, format!("{} {}", self.status, self.body))
    }
}

/// A name that no other test and no earlier run on this stack uses.
#[must_use]
pub fn new_name(stem: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{stem}-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The text at a JSON pointer.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn text_at(value: &Value, pointer: &str) -> String {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| fail(&pointer, "no text there")).to_owned()
}

fn client(ca: Option<&str>) -> Client {
    let client = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    let ca = ca.map(|ca| reqwest::Certificate::from_pem(ca.as_bytes()));
    let ca = ca.map(|ca| ca.unwrap_or_else(|error| fail("the CA of the cluster", error)));
    let client = if let Some(ca) = ca { client.tls_certs_only([ca]) } else { client };
    client.build().unwrap_or_else(|error| fail("the HTTP client of the tests", error))
}

pub(crate) fn export(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: this test needs real servers. Run it with `cargo xtask test`, which starts them")
    })
}

fn fail<T>(what: &(impl Display + ?Sized), why: impl Display) -> T {
    panic!("{what}: {why}")
}
