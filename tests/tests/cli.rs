//! The binary `leasekey` on the real servers: what it prints is used for real calls, and what it leaves behind is
//! asked of the servers.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests"
)]

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::SystemTime;

use aws_config::BehaviorVersion;
use aws_config::credential_process::CredentialProcessProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_s3::Client as S3;
use aws_sdk_s3::config::Region;
use leasekey_tests::log::{self, Watch};
use leasekey_tests::stack::{AppRole, Stack, new_name, text_at};
use reqwest::Method;
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::{Value, json};

const ALL_ROLES: &str = r#"
    path "aws/creds/*" { capabilities = ["update"] }
    path "aws/static-creds/*" { capabilities = ["read"] }
"#;

/// A shell without settings but those of one login.
struct Shell {
    stack: Stack,
    login: AppRole,
    logs: Watch,
    home: PathBuf,
}

impl Shell {
    async fn new() -> Self {
        let (stack, logs) = (Stack::from_env(), log::watch());
        let login = stack.new_approle(ALL_ROLES).await;
        logs.planted("the secret id", &login.secret_id);
        let home = std::env::temp_dir().join(new_name("leasekey-shell"));
        std::fs::create_dir(&home).unwrap();
        Self { stack, login, logs, home }
    }

    fn binary() -> PathBuf {
        let path = std::env::var_os("LEASEKEY_CLI").map(PathBuf::from);
        path.unwrap_or_else(|| {
            panic!("LEASEKEY_CLI is not set: these tests run the binary. Run them with `cargo xtask test`, which builds it")
        })
    }

    /// A program in this shell.
    fn program(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().current_dir(&self.home).stdin(Stdio::null());
        command.env("HOME", &self.home).env("PATH", std::env::var_os("PATH").unwrap());
        command.env("VAULT_ADDR", &self.stack.address).env("AWS_ENDPOINT_URL", &self.stack.aws_endpoint);
        command.env("LEASEKEY_ROLE_ID", &self.login.role_id).env("LEASEKEY_SECRET_ID", &self.login.secret_id);
        command
    }

    fn leasekey(&self, line: &str) -> Command {
        let mut command = self.program(Self::binary());
        command.args(line.split_whitespace());
        command
    }

    /// What a line prints, and that it worked.
    fn printed(&self, line: &str) -> String {
        let (code, out, err) = told(&mut self.leasekey(line));
        assert_eq!((code, err.as_str()), (0, ""), "{line}");
        out
    }

    fn json(&self, line: &str) -> Value {
        serde_json::from_str(&self.printed(line)).unwrap()
    }

    /// The set of a JSON reply, planted.
    fn set(&self, json: &Value) -> Credentials {
        let token = json["session_token"].as_str().map(ToOwned::to_owned);
        let set = Credentials::new(
            text_at(json, "/access_key_id"),
            text_at(json, "/secret_access_key"),
            token,
            None,
            "cli",
        );
        self.plant(&set);
        set
    }

    fn plant(&self, set: &Credentials) {
        self.logs.planted("the secret key", set.secret_access_key());
        if let Some(token) = set.session_token() {
            self.logs.planted("the session token", token);
        }
    }

    async fn lists_orders(&self, set: Credentials) -> bool {
        let s3 = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.stack.aws_region.clone()))
            .endpoint_url(&self.stack.aws_endpoint)
            .credentials_provider(set)
            .build();
        let listed = S3::from_conf(s3).list_objects_v2().bucket(&self.stack.bucket).send().await;
        listed.is_ok_and(|listed| !listed.contents().is_empty())
    }

    /// How many tokens of this login live.
    async fn tokens(&self) -> usize {
        self.stack.revoke_tokens_of(&self.login.name).await
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _left = std::fs::remove_dir_all(&self.home);
    }
}

fn told(command: &mut Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let [out, err] = [stdout, stderr].map(|text| String::from_utf8(text).unwrap());
    (status.code().unwrap(), out, err)
}

/// What a command prints on a terminal of its own, both streams.
fn on_a_terminal(command: &mut Command) -> (i32, String) {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap();
    let side = rustix::fs::open(name.as_c_str(), OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
    let mut child = command.stdout(side.try_clone().unwrap()).stderr(side).spawn().unwrap();
    // The command holds its side of the terminal, which ends when nobody does.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let (mut shown, mut screen, mut part) = (Vec::new(), File::from(terminal), [0; 1024]);
    // Linux tells that the other side is closed by an error.
    while let Ok(read @ 1..) = screen.read(&mut part) {
        shown.extend_from_slice(&part[..read]);
    }
    (child.wait().unwrap().code().unwrap(), String::from_utf8(shown).unwrap())
}

#[tokio::test]
async fn json_is_a_set_that_works_and_the_login_is_gone() {
    let shell = Shell::new().await;
    let told = shell.json("creds --role orders --format json");
    let set = shell.set(&told);
    assert_eq!(
        shell.stack.trail(&shell.login.name).paths(),
        ["auth/approle/login", "aws/creds/orders", "auth/token/revoke-self"]
    );
    assert_eq!(shell.tokens().await, 0);
    assert!(shell.lists_orders(set).await);
    assert_eq!(
        (text_at(&told, "/kind"), text_at(&told, "/account_id")),
        ("assumed_role".into(), shell.stack.aws_account.clone())
    );
    assert!(text_at(&told, "/lease_id").starts_with("aws/creds/orders/"));
    assert!(shell.stack.audited(&text_at(&told, "/vault_request_id")).is_some());
    let end = text_at(&told, "/expiration").parse::<humantime::Timestamp>().unwrap();
    let left = SystemTime::from(end).duration_since(SystemTime::now()).unwrap().as_secs();
    assert!((880..=900).contains(&left), "{left} s of 15 minutes");
}

#[tokio::test]
async fn env_is_what_a_shell_evaluates_and_a_token_of_before_is_forgotten() {
    let shell = Shell::new().await;
    let script = r#"
        export AWS_SESSION_TOKEN=of-an-earlier-set
        eval "$("$0" creds --role "$1" $2 --format env)" && env | grep ^AWS_
    "#;
    let evaluated = |role: &str, kind: &str| {
        let mut sh = shell.program("sh");
        let (code, out, err) = told(sh.args(["-euc", script]).arg(Shell::binary()).args([role, kind]));
        assert_eq!((code, err.as_str()), (0, ""));
        let value = |name: &str| {
            out.lines().find_map(|line| Some(line.strip_prefix(name)?.strip_prefix('=')?.to_owned()))
        };
        let key = value("AWS_ACCESS_KEY_ID").unwrap();
        let set = Credentials::new(
            key,
            value("AWS_SECRET_ACCESS_KEY").unwrap(),
            value("AWS_SESSION_TOKEN"),
            None,
            "sh",
        );
        shell.plant(&set);
        (set, value("AWS_CREDENTIAL_EXPIRATION"))
    };
    let (set, expiration) = evaluated("orders", "");
    assert!(expiration.unwrap().ends_with('Z') && set.session_token().is_some());
    assert!(shell.lists_orders(set).await);
    let (fixed, expiration) = evaluated("orders-static", "--kind=static");
    assert_eq!(fixed.session_token(), None);
    assert!(expiration.unwrap().ends_with('Z'), "a shell would keep the key past its rotation");
    assert!(shell.lists_orders(fixed).await);
}

#[tokio::test]
async fn a_credential_process_is_read_by_the_sdk() {
    let shell = Shell::new().await;
    let settings = [
        ("VAULT_ADDR", &shell.stack.address),
        ("LEASEKEY_ROLE_ID", &shell.login.role_id),
        ("LEASEKEY_SECRET_ID", &shell.login.secret_id),
    ];
    let settings: Vec<_> = settings.iter().map(|(name, value)| format!("{name}='{value}'")).collect();
    let binary = Shell::binary();
    let command = format!(
        "cd '{}' && env -i {} '{}' creds --role orders --format credential-process",
        shell.home.display(),
        settings.join(" "),
        binary.display()
    );
    let set = CredentialProcessProvider::new(command).provide_credentials().await.unwrap();
    shell.plant(&set);
    assert!(set.expiry().is_some());
    assert_eq!(set.account_id().map(|account| account.as_str()), Some(shell.stack.aws_account.as_str()));
    assert!(shell.lists_orders(set).await);
}

#[tokio::test]
async fn the_users_own_token_lives_on() {
    let shell = Shell::new().await;
    let token = shell.stack.new_token(ALL_ROLES).await;
    shell.logs.planted("the user's token", &token);
    let mut command = shell.leasekey("creds --role orders");
    command.env_remove("LEASEKEY_ROLE_ID").env_remove("LEASEKEY_SECRET_ID").env("VAULT_TOKEN", &token);
    assert_eq!(told(&mut command).0, 0);
    let lookup = shell.stack.vault_call(&token, Method::GET, "auth/token/lookup-self", None).await;
    assert_eq!(lookup.status, 200);
}

#[tokio::test]
async fn an_iam_user_keeps_the_login_and_ends_with_it_where_that_is_earlier() {
    let shell = Shell::new().await;
    let role = format!("auth/approle/role/{}", shell.login.name);
    shell.stack.vault_write(&role, json!({ "token_ttl": "5m" })).await;
    let told = shell.json("creds --role orders-user --kind iam-user --format json");
    let set = shell.set(&told);
    assert_eq!((text_at(&told, "/kind").as_str(), set.session_token()), ("iam_user", None));
    let end = text_at(&told, "/expiration").parse::<humantime::Timestamp>().unwrap();
    let left = SystemTime::from(end).duration_since(SystemTime::now()).unwrap().as_secs();
    assert!((280..=300).contains(&left), "{left} s of the token's 5 minutes");
    assert!(shell.lists_orders(set.clone()).await);
    assert_eq!(shell.tokens().await, 1, "the token lives");
    // With the token ended, its lease and the user behind it end.
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    while shell.lists_orders(set.clone()).await {
        assert!(tokio::time::Instant::now() < deadline, "the user outlives the token");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn every_kind_is_printed_by_its_name() {
    let shell = Shell::new().await;
    for (role, kind) in [
        ("orders", "assumed-role"),
        ("orders-fed", "federation-token"),
        ("orders-session", "session-token"),
        ("orders-user", "iam-user"),
        ("orders-static", "static"),
    ] {
        let told = shell.json(&format!("creds --role {role} --kind {kind} --format json"));
        shell.set(&told);
        assert_eq!(text_at(&told, "/kind"), kind.replace('-', "_"));
    }
    // The user of the kind iam_user ends with its login.
    assert_eq!(shell.tokens().await, 1);
}

#[tokio::test]
async fn a_terminal_shows_no_secret_to_who_did_not_ask() {
    let shell = Shell::new().await;
    let (code, table) = on_a_terminal(&mut shell.leasekey("creds --role orders"));
    assert_eq!(code, 0, "{table}");
    assert_eq!(table.matches("(hidden; --show-secret prints it)").count(), 2, "{table}");
    assert!(table.lines().all(|line| line.trim_end().chars().count() <= 80), "{table}");
    for format in ["json", "env", "credential-process"] {
        let before = shell.stack.trail(&shell.login.name).paths().len();
        let (code, refused) =
            on_a_terminal(&mut shell.leasekey(&format!("creds --role orders --format {format}")));
        assert_eq!(code, 2, "{refused}");
        assert!(refused.contains("would show the secrets") && refused.contains("--show-secret"), "{refused}");
        assert_eq!(shell.stack.trail(&shell.login.name).paths().len(), before, "Vault was asked");
    }
    let (code, asked) = on_a_terminal(&mut shell.leasekey("creds --role orders --format json --show-secret"));
    assert_eq!(code, 0);
    let set = shell.set(&serde_json::from_str(&asked).unwrap());
    assert!(shell.lists_orders(set).await);
}

#[tokio::test]
async fn github_masks_each_secret_and_machines_read_what_they_should() {
    let shell = Shell::new().await;
    let (code, out, err) =
        told(shell.leasekey("creds --role orders --format json").env("GITHUB_ACTIONS", "true"));
    assert_eq!(code, 0);
    let set = shell.set(&serde_json::from_str(&out).unwrap());
    let masks = [set.secret_access_key(), set.session_token().unwrap()]
        .map(|secret| format!("::add-mask::{secret}\n"));
    assert_eq!(err, masks.concat());
    let (_, table, err) = told(shell.leasekey("creds --role orders").env("GITHUB_ACTIONS", "true"));
    assert!(!table.contains("::add-mask::") && err.is_empty(), "what is hidden needs no mask");
}

#[tokio::test]
async fn wrong_input_and_failures_have_their_codes_and_say_what_to_do() {
    let shell = Shell::new().await;
    for (line, code, said) in [
        (
            "creds",
            2,
            "LK-0116 no role of the AWS secrets engine is named\n  Pass --role, or set LEASEKEY_ROLE\n",
        ),
        (
            "creds --role orders --kind iam-user --ttl 15m",
            2,
            "LK-0108 ttl 15m was given, but iam_user takes none\n",
        ),
        (
            "creds --role orders --kind iam-user",
            1,
            "LK-0113 iam_user was asked for, but aws/creds/orders answered a session token",
        ),
        ("creds --role no-such-role", 1, "LK-0105 "),
        (
            "creds --role orders --mfa-code 493172",
            1,
            "LK-0113 --mfa-code needs a role of kind session_token, but",
        ),
    ] {
        let (found, out, err) = told(&mut shell.leasekey(line));
        assert_eq!((found, out.as_str()), (code, ""), "{line}: {err}");
        assert!(err.starts_with(said), "{line}: {err}");
        assert!(err.contains("\n  More: leasekey explain LK-"), "{line}: {err}");
    }
    assert_eq!(shell.tokens().await, 0, "a failure left its login behind");
    let (code, _, err) = told(shell.leasekey("creds --role orders").env("VAULT_ADDR", "http://127.0.0.1:1"));
    assert_eq!(code, 1);
    assert!(err.starts_with("LK-0109 "), "{err}");
    let (code, _, err) =
        told(shell.leasekey("creds --role orders").env("LEASEKEY_SECRET_ID", "canary-of-a-wrong-id"));
    assert_eq!(code, 1);
    assert!(err.starts_with("LK-0122 ") && !err.contains("canary"), "{err}");
}

#[tokio::test]
async fn settings_are_shown_with_their_origins_and_no_secret() {
    let shell = Shell::new().await;
    std::fs::write(shell.home.join("leasekey.toml"), "role = 'orders'\n").unwrap();
    let shown = shell.printed("config show --origin");
    let file = shell.home.canonicalize().unwrap().join("leasekey.toml");
    assert!(shown.contains(&format!("{} line 1", file.display())), "{shown}");
    assert!(shown.contains("(hidden)") && !shown.contains(&shell.login.secret_id));
    // The file of a directory names the role that creds uses.
    shell.set(&shell.json("creds --format json"));
}
