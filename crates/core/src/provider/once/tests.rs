use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;
use crate::config::{ConfigKey, Overrides};
use crate::context::{Scripted, ScriptedReply, ScriptedVault, VaultAsk, VaultMood};

const NO_ROLE: &str = r#"{"errors":["Role \"orders\" not found"]}"#;
const TOKEN: &str = "hvs.given-by-the-user";

fn vault() -> (Scripted, ScriptedVault) {
    let world = Scripted::new();
    let vault = ScriptedVault::new(&world);
    world.set_var("VAULT_ADDR", "https://vault:8200");
    world.set_var("LEASEKEY_ROLE", "orders");
    vault.set_token_life(Duration::from_secs(3600), Duration::from_secs(7200));
    answering(&world, &vault);
    (world, vault)
}

fn answering(world: &Scripted, vault: &ScriptedVault) {
    let vault = vault.clone();
    world.answer(move |request| vault.answer(request));
}

fn with_app_role(world: &Scripted) {
    world.set_var("LEASEKEY_ROLE_ID", "orders");
    world.set_var("LEASEKEY_SECRET_ID", "canary-secret-id");
}

async fn ask(world: &Scripted, mfa_code: Option<&str>) -> Result<Once> {
    let context = world.context();
    let config = Config::load(&context, Overrides::default())?;
    let spec = spec_of(&config)?;
    lease_once(&context, &config, spec, mfa_code.map(SecretString::from)).await
}

fn asked(vault: &ScriptedVault) -> Vec<(VaultAsk, u64)> {
    let asked = VaultAsk::ALL.into_iter().map(|ask| (ask, vault.asked(ask)));
    asked.filter(|(_, times)| *times > 0).collect()
}

#[tokio::test(start_paused = true)]
async fn a_set_is_one_login_one_issue_and_one_revocation_of_the_login() {
    let (world, vault) = vault();
    with_app_role(&world);
    let set = ask(&world, None).await.unwrap();
    assert_eq!(asked(&vault), [(VaultAsk::Issue, 1), (VaultAsk::Login, 1), (VaultAsk::RevokeSelf, 1)]);
    assert_eq!((set.kind, set.ends_with_token), (CredentialKind::AssumedRole, false));
    let left = set.credentials.expiry().unwrap().duration_since(world.context().time.wall()).unwrap();
    assert!((899..=900).contains(&left.as_secs()), "{left:?}");
    assert_eq!(set.credentials.account_id().unwrap().as_str(), "111122223333");
}

#[tokio::test(start_paused = true)]
async fn the_users_own_token_is_never_revoked() {
    let (world, vault) = vault();
    world.set_var("VAULT_TOKEN", TOKEN);
    vault.add_token(TOKEN);
    ask(&world, None).await.unwrap();
    assert_eq!(asked(&vault), [(VaultAsk::Issue, 1), (VaultAsk::LookupSelf, 1)]);
}

#[tokio::test(start_paused = true)]
async fn what_was_issued_and_refused_is_given_back_with_the_login() {
    let (world, vault) = vault();
    with_app_role(&world);
    world.set_var("LEASEKEY_KIND", "federation_token");
    assert_eq!(ask(&world, None).await.unwrap_err().code(), "LK-0113");
    let back =
        [(VaultAsk::Issue, 1), (VaultAsk::Login, 1), (VaultAsk::RevokeLease, 1), (VaultAsk::RevokeSelf, 1)];
    assert_eq!(asked(&vault), back);
}

#[tokio::test(start_paused = true)]
async fn a_refused_issue_gives_the_login_back() {
    let (world, vault) = vault();
    with_app_role(&world);
    vault.set_mood(VaultAsk::Issue, VaultMood::AclRefusal);
    assert_eq!(ask(&world, None).await.unwrap_err().code(), "LK-0106");
    assert_eq!(vault.asked(VaultAsk::RevokeSelf), 1);
}

#[tokio::test(start_paused = true)]
async fn a_login_that_cannot_be_given_back_costs_a_warning_and_not_the_set() {
    let (world, vault) = vault();
    with_app_role(&world);
    vault.set_mood(VaultAsk::RevokeSelf, VaultMood::Sealed);
    let set = ask(&world, None).await.unwrap();
    assert!(set.warnings.concat().contains("was not revoked and ends by its ttl"), "{:?}", set.warnings);
}

#[tokio::test(start_paused = true)]
async fn a_second_factor_is_sent_with_the_issue_alone_and_shown_nowhere() {
    let (world, vault) = vault();
    with_app_role(&world);
    let bodies = Arc::new(Mutex::new(Vec::new()));
    let (seen, scripted) = (bodies.clone(), vault.clone());
    world.answer(move |request| {
        let body = String::from_utf8_lossy(request.body.expose()).into_owned();
        seen.lock().unwrap().push((request.url.path().to_owned(), body));
        vault.answer(request)
    });
    scripted.set_field("data.arn", None);
    let set = ask(&world, Some("493172")).await.unwrap();
    let sent = bodies.lock().unwrap();
    let with_code: Vec<_> = sent.iter().filter(|(_, body)| body.contains("493172")).collect();
    assert_eq!(with_code, [&("/v1/aws/creds/orders".to_owned(), r#"{"mfa_code":"493172"}"#.to_owned())]);
    assert!(!format!("{set:?}").contains("493172"));
}

/// A user's key, asked for while STS answers in turn as listed, and the last for ever.
async fn user_key(answers: &'static [&'static str]) -> (Result<Once>, Duration, ScriptedVault) {
    let (world, vault) = vault();
    with_app_role(&world);
    world.set_var("LEASEKEY_KIND", "iam_user");
    vault.set_field("data.session_token", None);
    vault.set_field("data.arn", None);
    let (answering, turn) = (vault.clone(), AtomicUsize::new(0));
    world.answer(move |request| {
        if request.url.host_str() == Some("vault") {
            return answering.answer(request);
        }
        let turn = turn.fetch_add(1, Ordering::Relaxed).min(answers.len() - 1);
        ScriptedReply::json(if answers[turn] == KNOWN { 200 } else { 403 }, answers[turn])
    });
    let since = world.context().time.boot();
    let set = ask(&world, None).await;
    (set, world.context().time.boot().since(since), vault)
}

const KNOWN: &str = "<R><Account>1</Account><Arn>arn:aws:iam::1:user/vault-orders</Arn></R>";
const UNKNOWN: &str = "<Error><Code>InvalidClientTokenId</Code></Error>";

#[tokio::test(start_paused = true)]
async fn the_key_of_a_user_is_returned_once_aws_has_known_it_twice_in_a_row() {
    let (set, took, vault) = user_key(&[UNKNOWN, KNOWN, UNKNOWN, KNOWN, KNOWN, UNKNOWN]).await;
    assert_eq!(set.unwrap().kind, CredentialKind::IamUser);
    assert!((8..9).contains(&took.as_secs()), "{took:?}");
    assert_eq!((vault.asked(VaultAsk::Issue), vault.asked(VaultAsk::RevokeLease)), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_aws_does_not_know_after_30_s_is_given_back() {
    let (set, took, vault) = user_key(&[UNKNOWN]).await;
    assert_eq!(set.unwrap_err().code(), "LK-0111");
    assert!((30..33).contains(&took.as_secs()), "{took:?}");
    assert_eq!((vault.asked(VaultAsk::Issue), vault.asked(VaultAsk::RevokeLease)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_set_that_the_tokens_end_deletes_keeps_the_token_and_ends_no_later() {
    let (world, vault) = vault();
    with_app_role(&world);
    let context = world.context();
    let config = Config::load(&context, Overrides::default()).unwrap();
    let client = VaultClient::open(&context, builder::cluster(&context, &config).unwrap()).unwrap();
    for (token_life, left, ends_with_token) in [(60, 60, true), (3600, 900, false)] {
        vault.set_token_life(Duration::from_secs(token_life), Duration::from_secs(7200));
        let allowance = Allowance::new(REQUESTS);
        let method = login::configured(&context, &config, true).unwrap();
        let login = method.login(&LoginContext::new(&client, &allowance)).await.unwrap();
        let issuer = Issuer::new(client.clone(), spec_of(&config).unwrap());
        let visit = Visit { context: context.clone(), client: client.clone(), login };
        let pin = builder::pin(&context, &config).unwrap();
        let (issued, _) = visit.issue(&issuer, &pin, &allowance).await.unwrap();
        let set = visit.leave_with(issued, CredentialKind::IamUser).await;
        let lives = set.credentials.expiry().unwrap().duration_since(context.time.wall()).unwrap();
        assert!((left - 1..=left).contains(&lives.as_secs()), "{lives:?}");
        assert_eq!(set.ends_with_token, ends_with_token);
        let revoked = [vault.asked(VaultAsk::RevokeLease), vault.asked(VaultAsk::RevokeSelf)];
        set.give_back().await;
        let back = [vault.asked(VaultAsk::RevokeLease), vault.asked(VaultAsk::RevokeSelf)];
        assert_eq!(back, revoked.map(|times| times + 1), "once, and not before it was wanted");
    }
}

#[tokio::test(start_paused = true)]
async fn a_code_for_a_role_of_another_kind_is_told_with_the_kind_that_came() {
    let (world, vault) = vault();
    with_app_role(&world);
    let error = ask(&world, Some("493172")).await.unwrap_err();
    assert_eq!(error.code(), "LK-0113");
    assert_eq!(
        error.message(),
        "--mfa-code needs a role of kind session_token, but aws/creds/orders gave a set of kind assumed_role; its \
         lease was given back"
    );
    assert_eq!([VaultAsk::RevokeLease, VaultAsk::RevokeSelf].map(|ask| vault.asked(ask)), [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_role_that_cannot_be_asked_is_perhaps_static_unless_a_kind_was_named() {
    let (world, vault) = vault();
    with_app_role(&world);
    vault.set_mood(VaultAsk::Issue, VaultMood::AclRefusal);
    let told = async || ask(&world, None).await.unwrap_err().hint().to_owned();
    assert!(told().await.ends_with("; if orders is a static role, pass --kind static"));
    vault.set_mood(VaultAsk::Issue, VaultMood::Raw(400, Vec::new(), NO_ROLE.to_owned()));
    assert!(told().await.ends_with("; if orders is a static role, pass --kind static"));
    world.set_var("LEASEKEY_KIND", "assumed_role");
    assert!(!told().await.contains("static"));
}

#[test]
fn a_configuration_without_a_role_is_refused_before_anything_is_sent() {
    let config = Config::of(Overrides::default()).unwrap();
    assert_eq!(config.text(ConfigKey::Role), None);
    assert_eq!(spec_of(&config).unwrap_err().code(), "LK-0116");
}

#[tokio::test(start_paused = true)]
async fn a_static_key_whose_rotation_is_not_told_has_no_end() {
    let (world, vault) = vault();
    with_app_role(&world);
    world.set_var("LEASEKEY_KIND", "static");
    let key = r#"{"request_id":"r","data":{"access_key":"AKIAEXAMPLEEXAMPLE00","secret_key":"canary"}}"#;
    let vault = vault.clone();
    world.answer(move |request| match request.url.path() {
        "/v1/aws/static-creds/orders" => crate::context::ScriptedReply::json(200, key),
        _ => vault.answer(request),
    });
    let set = ask(&world, None).await.unwrap();
    assert_eq!((set.kind, set.credentials.expiry()), (CredentialKind::Static, None));
}
