use aws_credential_types::Credentials;
use clap::Parser;

use super::*;
use crate::lease::CredentialKind;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    arguments: Arguments,
}

const NOW: Duration = Duration::from_secs(1_767_225_600);

fn set(token: Option<&str>, expires: bool) -> Once {
    let end = expires.then(|| SystemTime::UNIX_EPOCH + NOW + Duration::from_millis(899_999));
    let token = token.map(ToOwned::to_owned);
    let credentials = Credentials::new("ASIAEXAMPLEEXAMPLE00", "it's/s3cret", token, end, "test");
    Once {
        credentials,
        kind: if expires { CredentialKind::AssumedRole } else { CredentialKind::Static },
        arn: Some("arn:aws:sts::111122223333:assumed-role/orders/vault-1".into()),
        lease_id: expires.then(|| "aws/creds/orders/x1".into()),
        vault_request_id: "7a2e".into(),
        ends_with_token: false,
        warnings: Vec::new(),
        visit: None,
    }
}

fn printed(set: &Once, options: &str, terminal: bool) -> String {
    let line = Line::parse_from(std::iter::once("creds").chain(options.split_whitespace()));
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut console = Console { out: &mut out, err: &mut err, terminal };
    assert!(print(set, &line.arguments, SystemTime::UNIX_EPOCH + NOW, &mut console).is_ok());
    assert!(err.is_empty());
    String::from_utf8(out).unwrap()
}

#[test]
fn a_table_is_aligned_and_hides_the_secrets() {
    assert_eq!(
        printed(&set(Some("t0ken"), true), "", false),
        "\
Access key id      ASIAEXAMPLEEXAMPLE00
Secret access key  (hidden; --show-secret prints it)
Session token      (hidden; --show-secret prints it)
Expires            2026-01-01T00:14:59Z (in 14m 59s)
Kind               assumed_role
ARN                arn:aws:sts::111122223333:assumed-role/orders/vault-1
Lease              aws/creds/orders/x1
Vault's request    7a2e
"
    );
}

#[test]
fn a_table_shows_the_secrets_whole_to_who_asks_for_them() {
    let token = "t".repeat(400);
    for terminal in [true, false] {
        let shown = printed(&set(Some(&token), true), "--show-secret", terminal);
        assert!(shown.contains("it's/s3cret") && shown.contains(&token), "{shown}");
    }
}

#[test]
fn a_table_fits_a_terminal() {
    let mut set = set(Some("t0ken"), true);
    set.arn = Some(format!("arn:aws:sts::111122223333:assumed-role/orders/vault-{}", "x".repeat(58)));
    let table = printed(&set, "", true);
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
}

#[test]
fn a_set_that_ends_with_the_logins_token_says_so() {
    let set = Once { ends_with_token: true, ..set(None, true) };
    let table = printed(&set, "", false);
    assert!(
        table.contains("(in 14m 59s, when the login's token ends and Vault deletes the user)"),
        "{table}"
    );
}

#[test]
fn json_tells_all_that_is_known() {
    let told: serde_json::Value =
        serde_json::from_str(&printed(&set(Some("t0ken"), true), "--format json", false)).unwrap();
    let expected = serde_json::json!({
        "access_key_id": "ASIAEXAMPLEEXAMPLE00",
        "secret_access_key": "it's/s3cret",
        "session_token": "t0ken",
        "expiration": "2026-01-01T00:14:59Z",
        "kind": "assumed_role",
        "account_id": null,
        "arn": "arn:aws:sts::111122223333:assumed-role/orders/vault-1",
        "lease_id": "aws/creds/orders/x1",
        "vault_request_id": "7a2e",
    });
    assert_eq!(told, expected);
}

#[test]
fn a_process_prints_what_the_sdks_read_and_leaves_out_what_is_not_there() {
    let told = |set: &Once| -> serde_json::Value {
        serde_json::from_str(&printed(set, "--format credential-process", false)).unwrap()
    };
    let key = serde_json::json!({
        "Version": 1,
        "AccessKeyId": "ASIAEXAMPLEEXAMPLE00",
        "SecretAccessKey": "it's/s3cret",
        "Expiration": "2026-01-01T00:05:00Z",
    });
    assert_eq!(told(&set(None, false)), key);
    let temporary = told(&set(Some("t0ken"), true));
    assert_eq!(
        (&temporary["SessionToken"], &temporary["Expiration"]),
        (&"t0ken".into(), &"2026-01-01T00:14:59Z".into())
    );
}

#[test]
fn a_shell_gets_quoted_words_and_forgets_what_is_not_there() {
    assert_eq!(
        printed(&set(Some("t0ken"), true), "--format env", false),
        r"export AWS_ACCESS_KEY_ID='ASIAEXAMPLEEXAMPLE00'
export AWS_SECRET_ACCESS_KEY='it'\''s/s3cret'
export AWS_SESSION_TOKEN='t0ken'
export AWS_CREDENTIAL_EXPIRATION='2026-01-01T00:14:59Z'
"
    );
    let static_key = printed(&set(None, false), "--format env", false);
    let forgets = "unset AWS_SESSION_TOKEN\nexport AWS_CREDENTIAL_EXPIRATION='2026-01-01T00:05:00Z'\n";
    assert!(static_key.ends_with(forgets), "{static_key}");
}

#[test]
fn a_program_asks_for_a_static_key_again_well_before_its_rotation() {
    let now = SystemTime::UNIX_EPOCH + NOW;
    let asked = |until_rotation: Option<u64>| {
        let mut key = set(None, false);
        *key.credentials.expiry_mut() = until_rotation.map(|left| now + Duration::from_secs(left));
        asked_again(&key, now).unwrap().duration_since(now).unwrap().as_secs()
    };
    assert_eq!([None, Some(3600), Some(20), Some(0)].map(asked), [300, 900, 15, 15]);
}

#[test]
fn a_person_is_told_of_no_end_that_a_static_key_does_not_have() {
    assert!(!printed(&set(None, false), "", false).contains("Expires"));
    assert!(printed(&set(None, false), "--format json", false).contains(r#""expiration": null"#));
}
