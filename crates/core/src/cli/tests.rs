//! Whole command lines in a scripted world.

use anstream::StripStream;

use super::*;
use crate::config::{ConfigKey, json_schema};
use crate::context::{Scripted, ScriptedReply, ScriptedVault, VaultAsk};

pub(super) struct Printed {
    pub(super) code: u8,
    pub(super) out: String,
    pub(super) err: String,
}

/// What a line prints where no terminal is.
pub(super) fn piped(world: &Scripted, line: &str) -> Printed {
    printed(world, line, false)
}

/// What a line prints on a terminal, without colours.
pub(super) fn shown(world: &Scripted, line: &str) -> Printed {
    printed(world, line, true)
}

fn printed(world: &Scripted, line: &str, terminal: bool) -> Printed {
    let (mut out, mut err) = (StripStream::new(Vec::new()), StripStream::new(Vec::new()));
    let args = std::iter::once("leasekey").chain(line.split_whitespace()).map(OsString::from);
    let code = run(args, &world.context(), &mut Console { out: &mut out, err: &mut err, terminal });
    let [out, err] = [out, err].map(|stream| String::from_utf8(stream.into_inner()).unwrap());
    Printed { code, out, err }
}

pub(super) fn widest(text: &str) -> usize {
    text.lines().map(|line| line.chars().count()).max().unwrap_or(0)
}

#[test]
fn a_code_is_explained_however_it_is_written() {
    let world = Scripted::new();
    let whole = piped(&world, "explain LK-0105");
    assert_eq!(whole.code, OK);
    assert!(whole.out.starts_with("LK-0105 RoleNotFound\n"), "{}", whole.out);
    for written in ["lk-0105", "105", "0105", "lk105"] {
        assert_eq!(piped(&world, &format!("explain {written}")).out, whole.out, "{written}");
    }
}

#[test]
fn every_code_is_explained_within_80_columns_from_the_words_of_the_docs() {
    for kind in ErrorKind::ALL {
        let told = piped(&Scripted::new(), &format!("explain {}", kind.code())).out;
        assert!(widest(&told) <= 80, "{told}");
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in kind.causes().iter().chain([&kind.meaning(), &kind.hint(), &kind.example()]) {
            assert!(words(&told).contains(&words(part)), "{part}\nis not in\n{told}");
        }
    }
}

#[test]
fn explain_alone_lists_all_codes_within_80_columns() {
    let listed = piped(&Scripted::new(), "explain").out;
    assert!(widest(&listed) <= 80, "{listed}");
    let codes: Vec<_> =
        listed.lines().filter_map(|line| line.get(..7)).filter(|c| c.starts_with("LK")).collect();
    assert_eq!(codes, ErrorKind::ALL.iter().map(|kind| kind.code()).collect::<Vec<_>>());
}

#[test]
fn a_code_that_does_not_exist_names_the_nearest() {
    let told = piped(&Scripted::new(), "explain LK-0151");
    assert_eq!((told.code, told.out.as_str()), (BAD_INPUT, ""));
    assert_eq!(
        told.err,
        "LK-0116 there is no error code \"LK-0151\"\n  The nearest are LK-0101, LK-0111, LK-0115; `leasekey \
         explain` lists all\n  More: leasekey explain LK-0116\n"
    );
    assert_eq!(piped(&Scripted::new(), "explain \u{1b}[2J").code, BAD_INPUT);
}

/// A world with a setting of each origin, and secrets.
fn world() -> Scripted {
    let world = Scripted::new();
    world.set_file("/srv/app/leasekey.toml", 0o644, b"# the shop\nrole = 'orders'\n");
    world.set_var("VAULT_ADDR", "https://vault:8200");
    world.set_var("VAULT_TOKEN", "canary-token");
    world.set_var("LEASEKEY_SECRET_ID", "canary-secret-id");
    world
}

#[test]
fn what_is_set_is_shown_and_secrets_are_hidden() {
    let shown = piped(&world(), "config show");
    let rows =
        ["SETTING    VALUE", "address    https://vault:8200", "role       orders", "secret_id  (hidden)"];
    assert_eq!(shown.out, format!("{}\ntoken      (hidden)\n", rows.join("\n")));
}

#[test]
fn origins_are_variables_files_with_lines_and_defaults() {
    let told = piped(&world(), "config show --origin --all").out;
    let row = |keyword: &str| {
        let row = told.lines().find(|line| line.split_whitespace().next() == Some(keyword));
        row.unwrap().split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(row("address"), "https://vault:8200 VAULT_ADDR");
    assert_eq!(row("role"), "orders /srv/app/leasekey.toml line 2");
    assert_eq!(row("token"), "(hidden) VAULT_TOKEN");
    assert_eq!((row("mount").as_str(), row("namespace").as_str()), ("aws default", "unset"));
    assert_eq!(told.lines().count(), 1 + ConfigKey::ALL.len());
}

#[test]
fn settings_fit_a_terminal_and_are_whole_where_there_is_none() {
    let world = world();
    let arn = format!("arn:aws:iam::111122223333:role/{}", "o".repeat(64));
    world.set_var("LEASEKEY_ROLE_ARN", &arn);
    let terminal = shown(&world, "config show --origin").out;
    assert!(widest(&terminal) <= 80, "{terminal}");
    assert!(piped(&world, "config show --origin").out.contains(&arn));
}

#[test]
fn settings_as_json_have_values_and_origins() {
    let json = |line| -> serde_json::Value { serde_json::from_str(&piped(&world(), line).out).unwrap() };
    let plain = json("config show --format json");
    assert_eq!((&plain["role"], &plain["token"]), (&"orders".into(), &"(hidden)".into()));
    let told = json("config show --format json --origin --all");
    let file = serde_json::json!({ "from": "file", "path": "/srv/app/leasekey.toml", "line": 2 });
    assert_eq!(told["role"], serde_json::json!({ "value": "orders", "hidden": false, "origin": file }));
    assert_eq!(told["token"]["origin"]["variable"], "VAULT_TOKEN");
    assert!(told["namespace"]["value"].is_null() && told["namespace"]["origin"].is_null());
}

#[test]
fn no_secret_is_shown_in_any_way_of_showing_settings() {
    let world = world();
    world.set_var("BAO_ADDR", "https://me:canary@vault:8200");
    world.set_var("VAULT_PROXY_ADDR", "http://me:canary@proxy");
    for line in ["config show", "config show --origin --all", "config show --format json --origin"] {
        let printed = piped(&world, line);
        assert_eq!(printed.code, OK);
        assert!(!printed.out.contains("canary") && !printed.err.contains("canary"), "{}", printed.out);
    }
}

#[test]
fn a_setting_that_cannot_be_read_is_told_with_its_place() {
    let world = world();
    world.set_var("VAULT_SKIP_VERIFY", "yes");
    let told = piped(&world, "config show");
    assert_eq!(told.code, BAD_INPUT);
    assert!(
        told.err.starts_with("LK-0116 VAULT_SKIP_VERIFY is \"yes\"\n  Allowed is one of"),
        "{}",
        told.err
    );
}

#[test]
fn the_schema_is_printed_as_it_is() {
    assert_eq!(piped(&Scripted::new(), "config schema").out, json_schema());
}

#[test]
fn each_shell_gets_its_completions() {
    for (shell, sign) in [
        ("bash", "complete -F _leasekey"),
        ("zsh", "#compdef leasekey"),
        ("fish", "complete -c leasekey"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion:arg-completer[leasekey]"),
    ] {
        let script = piped(&Scripted::new(), &format!("completions {shell}"));
        assert!(script.code == OK && script.out.contains(sign), "{shell}");
    }
    assert_eq!(piped(&Scripted::new(), "completions tcsh").code, BAD_INPUT);
}

#[test]
fn help_is_an_answer_and_wrong_words_are_bad_input() {
    let world = Scripted::new();
    let help = piped(&world, "--help");
    assert_eq!((help.code, help.err.as_str()), (OK, ""));
    assert!(widest(&help.out) <= 80, "{}", help.out);
    assert_eq!(piped(&world, "--version").out, format!("leasekey {}\n", env!("CARGO_PKG_VERSION")));
    for line in ["", "fly", "config", "config show --format xml", "explain 1 2"] {
        let told = piped(&world, line);
        assert_eq!((told.code, told.out.as_str(), told.err.is_empty()), (BAD_INPUT, "", false), "{line}");
    }
}

struct Closed;

impl io::Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_that_went_away_is_no_news() {
    let mut err = Vec::new();
    let mut console = Console { out: &mut Closed, err: &mut err, terminal: false };
    let args = ["leasekey", "explain"].map(OsString::from);
    assert_eq!(run(args, &Scripted::new().context(), &mut console), FAILED);
    assert_eq!(err, b"");
}

#[test]
fn an_iam_user_that_nobody_got_is_given_back_with_its_login() {
    let world = Scripted::new();
    let vault = ScriptedVault::new(&world);
    for (name, value) in [
        ("VAULT_ADDR", "https://vault:8200"),
        ("LEASEKEY_ROLE_ID", "orders"),
        ("LEASEKEY_SECRET_ID", "canary"),
    ] {
        world.set_var(name, value);
    }
    vault.set_field("data.session_token", None);
    vault.set_field("data.arn", None);
    let answering = vault.clone();
    let known = "<R><Account>1</Account><Arn>arn:aws:iam::1:user/vault-orders</Arn></R>";
    world.answer(move |request| match request.url.host_str() {
        Some("vault") => answering.answer(request),
        _ => ScriptedReply::json(200, known),
    });
    let mut err = Vec::new();
    let mut console = Console { out: &mut Closed, err: &mut err, terminal: false };
    let args = ["leasekey", "creds", "--role", "orders", "--kind", "iam-user"].map(OsString::from);
    assert_eq!(run(args, &world.context(), &mut console), FAILED);
    assert_eq!(String::from_utf8(err).unwrap(), "");
    let asks = [VaultAsk::Issue, VaultAsk::RevokeLease, VaultAsk::RevokeSelf];
    assert_eq!(asks.map(|ask| vault.asked(ask)), [1, 1, 1]);
}

#[test]
fn creds_shows_no_secret_to_a_terminal_that_did_not_ask() {
    for format in ["json", "env", "credential-process"] {
        let told = shown(&world(), &format!("creds --role orders --format {format}"));
        assert_eq!((told.code, told.out.as_str()), (BAD_INPUT, ""), "{format}");
        assert!(
            told.err.starts_with("LK-0116 this format would show the secrets on the terminal\n"),
            "{}",
            told.err
        );
    }
}

#[test]
fn creds_judges_its_input_before_it_asks_anybody() {
    let world = Scripted::new();
    world.answer(|request| panic!("{} was asked", request.url));
    world.set_var("VAULT_ADDR", "https://vault:8200");
    for (line, told) in [
        (
            "creds",
            "LK-0116 no role of the AWS secrets engine is named\n  Pass --role, or set LEASEKEY_ROLE\n",
        ),
        ("creds --role ../sys", "LK-0115 "),
        ("creds --role orders --mount a//b", "LK-0115 "),
        ("creds --role orders --ttl 1m", "LK-0108 ttl 1m of role orders is not between"),
        (
            "creds --role orders --ttl soon",
            "error: invalid value 'soon' for '--ttl <TTL>': Allowed is a duration",
        ),
        (
            "creds --role orders --ttl -5m",
            "error: invalid value '-5m' for '--ttl <TTL>': Allowed is a duration",
        ),
        ("creds --role orders --kind assumedrole", "error: invalid value 'assumedrole' for '--kind <KIND>'"),
        ("creds --role orders --role-arn orders", "LK-0116 role_arn= is \"orders\"\n"),
        (
            "creds --role orders --kind assumed-role --mfa-code 123456",
            "LK-0116 --mfa-code is for sets of kind session_token, not assumed_role\n",
        ),
        ("creds --role orders", "LK-0102 no way to log in to https://vault:8200"),
    ] {
        let printed = piped(&world, line);
        assert_eq!((printed.code, printed.out.as_str()), (BAD_INPUT, ""), "{line}");
        assert!(printed.err.starts_with(told), "{line}: {}", printed.err);
    }
    let nowhere = piped(&Scripted::new(), "creds --role orders");
    assert_eq!(nowhere.code, BAD_INPUT);
    assert!(nowhere.err.starts_with("LK-0101 "), "{}", nowhere.err);
    assert!(nowhere.err.contains("or set address in leasekey.toml"), "{}", nowhere.err);
}

#[test]
fn an_empty_option_is_refused_and_no_setting_stands_in_for_it() {
    let world = world();
    world.answer(|request| panic!("{} was asked", request.url));
    for option in ["role", "mount", "kind", "ttl", "role-arn", "mfa-code"] {
        let told = piped(&world, &format!("creds --{option}="));
        assert_eq!((told.code, told.out.as_str()), (BAD_INPUT, ""), "{option}");
        let refused = format!("error: a value is required for '--{option} <");
        assert!(told.err.starts_with(&refused), "{}", told.err);
    }
}

#[test]
fn kinds_are_named_with_hyphens_and_taken_in_vaults_spelling_too() {
    let help = piped(&Scripted::new(), "creds --help").out;
    let listed = help.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(listed.contains("assumed-role, federation-token, iam-user, session-token, static]"), "{help}");
    for kind in ["assumed-role", "assumed_role", "static", "session_token"] {
        let told = piped(&Scripted::new(), &format!("creds --kind {kind}")).err;
        assert!(told.starts_with("LK-0116 no role"), "{told}");
    }
}

#[test]
fn help_fits_a_terminal() {
    for line in
        ["--help", "creds --help", "creds -h", "config show --help", "explain --help", "completions -h"]
    {
        let help = piped(&Scripted::new(), line).out;
        assert!(widest(&help) <= 80, "{help}");
    }
}

const POLICY: &[u8] = br#"{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "Read", "Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::orders/*",
     "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}
  ]
}"#;

/// A world with a policy that allows reads from one network.
fn policies() -> Scripted {
    let world = Scripted::new();
    world.set_file("p.json", 0o644, POLICY);
    world.set_file(
        "deny.json",
        0o644,
        br#"{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}"#,
    );
    world
}

const READ: &str = "iam eval --policy p.json --action s3:GetObject --resource arn:aws:s3:::orders/1";

#[test]
fn an_evaluation_tells_by_its_exit_code_too() {
    let world = policies();
    for (more, code) in [
        (" --context aws:SourceIp=203.0.113.7", 0),
        (" --context aws:SourceIp=198.51.100.7", 1),
        ("", 3),
        (" --full-context", 1),
        (" --policy deny.json", 1),
        (" --boundary deny.json --context aws:SourceIp=203.0.113.7", 1),
        (" --context aws:SourceIp", 2),
        (" --policy missing.json", 2),
        (" --principal arn:aws:s3:::orders", 2),
        (" --resource-policy p.json --principal arn:aws:iam::111122223333:user/ann", 2),
    ] {
        assert_eq!(piped(&world, &format!("{READ}{more}")).code, code, "{more}");
    }
    assert_eq!(piped(&world, "iam eval --policy p.json --action s3:Get* --resource *").code, 2);
    assert_eq!(piped(&world, "iam eval --policy p.json").code, 2);
}

#[test]
fn an_evaluation_names_layer_statement_file_line_and_pointer() {
    let told = piped(&policies(), &format!("{READ} --context aws:SourceIp=203.0.113.7")).out;
    let read = "statement \"Read\" (p.json, line 4, column 5, /Statement/0)";
    assert_eq!(
        told,
        format!("allowed by the identity policy, {read}\n  It would be denied without {read}.\n")
    );
    let told = piped(&policies(), READ).out;
    assert_eq!(
        told.lines().next().unwrap(),
        format!(
            "depends on aws:SourceIp, which must meet IpAddress \"203.0.113.0/24\" (the identity policy, {read})"
        )
    );
}

#[test]
fn a_policy_that_cannot_be_read_is_told_with_its_file_and_place() {
    let world = policies();
    world.set_file("bad.json", 0o644, b"{\n  \"Statement\": [{\"Efect\": \"Allow\"}]\n}");
    let told = piped(&world, &format!("{READ} --policy bad.json"));
    assert_eq!((told.code, told.out.as_str()), (BAD_INPUT, ""));
    let first = "LK-0201 bad.json, line 2, column 18 (/Statement/0/Efect): \"Efect\" is no element of the grammar \
                 here; the nearest is Effect";
    assert_eq!(told.err.lines().next().unwrap(), first);
}

const CASES: &str = r#"[
  {"id": "a", "name": "agrees", "tags": ["x"], "request": {"principal": "arn:aws:iam::111122223333:user/ann",
   "action": "s3:GetObject", "resource": "arn:aws:s3:::orders/1"}, "policies": {"identity": []}, "expected": "deny"}
]"#;

#[test]
fn cases_that_agree_end_well_and_their_results_are_json() {
    let world = Scripted::new();
    world.set_file("cases.json", 0o644, CASES.as_bytes());
    let ran = piped(&world, "iam eval --cases cases.json");
    assert_eq!((ran.code, ran.err.as_str()), (OK, "1 of 1 cases agree\n"));
    let results: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        (&results[0]["id"], &results[0]["got"], &results[0]["expected"]),
        (&"a".into(), &"implicit_deny".into(), &"deny".into())
    );
    assert!(results[0]["explain"].as_str().unwrap().starts_with("denied implicitly"));

    let ran = piped(&world, "iam eval --cases cases.json --out out.json");
    assert_eq!((ran.code, ran.out.as_str()), (OK, ""));
    let written = world.context().files.read("out.json".as_ref(), 1 << 20).unwrap().content.unwrap();
    assert_eq!(serde_json::from_slice::<serde_json::Value>(written.expose()).unwrap(), results);
}

#[test]
fn a_case_that_disagrees_and_one_that_cannot_be_read_end_differently() {
    let world = Scripted::new();
    world.set_file("disagree.json", 0o644, CASES.replace("\"deny\"", "\"allow\"").as_bytes());
    let ran = piped(&world, "iam eval --cases disagree.json");
    assert_eq!(ran.code, FAILED);
    assert!(ran.err.starts_with("a: got implicit_deny, expected allow: denied implicitly"), "{}", ran.err);

    world.set_file("bad.json", 0o644, CASES.replace("\"identity\"", "\"identities\"").as_bytes());
    let ran = piped(&world, "iam eval --cases bad.json");
    assert_eq!(ran.code, BAD_INPUT);
    assert!(ran.err.contains("got error") && ran.err.contains("/0/policies/identities"), "{}", ran.err);

    world.set_file("none.json", 0o644, b"{}");
    assert_eq!(piped(&world, "iam eval --cases none.json").code, BAD_INPUT);
}
