//! An AWS engine of a test's own on the real server: what is deleted and limited there harms no other test, and its
//! leases and requests are one provider's.

use leasekey::{Builder, VaultCredentialsProvider};
use leasekey_tests::log::{self, Watch};
use leasekey_tests::stack::{AppRole, Stack, new_name};
use serde_json::json;

const MOST_LEASES: usize = 3;

pub(crate) struct Engine {
    pub(crate) stack: Stack,
    pub(crate) mount: String,
    pub(crate) login: AppRole,
    pub(crate) logs: Watch,
}

impl Engine {
    pub(crate) async fn new() -> Self {
        let (stack, logs, mount) = (Stack::from_env(), log::watch(), new_name("aws-faults"));
        let policy = format!(r#"path "{mount}/creds/orders" {{ capabilities = ["update"] }}"#);
        let login = stack.new_approle(&policy).await;
        logs.planted("the secret id", &login.secret_id);
        let engine = Self { stack, mount, login, logs };
        engine.mounts().await;
        engine
    }

    pub(crate) async fn mounts(&self) {
        self.stack.mount_aws("", &self.mount, json!({}), &self.stack.aws_endpoint).await;
    }

    pub(crate) async fn is_deleted(&self) {
        self.stack.vault_delete(&format!("sys/mounts/{}", self.mount)).await;
    }

    pub(crate) fn builder(&self) -> Builder {
        self.stack.builder().mount(&self.mount)
    }

    pub(crate) async fn provider(&self) -> VaultCredentialsProvider {
        self.builder().auth(self.login.auth()).start().await.unwrap()
    }

    /// Every fault ends with it: the server saw no storm, and its own list shows no heap of leases.
    pub(crate) async fn ends(self) {
        let leases = self.stack.vault_list(&format!("sys/leases/lookup/{}/creds/orders", self.mount)).await;
        assert!(leases.len() <= MOST_LEASES, "{} leases", leases.len());
        self.stack.kept_pace(&self.login);
    }
}
