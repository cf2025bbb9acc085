//! TLS that is not as it should be: refused, told by what is wrong, and never gone around.

use std::path::PathBuf;

use leasekey::config::ConfigKey;
use leasekey::{Builder, EventKind};
use leasekey_tests::expect::{next, refused, served};
use leasekey_tests::log::{self, Watch};
use leasekey_tests::scripted::TOKEN;
use leasekey_tests::stack::new_name;
use leasekey_tests::tls::{Authority, Pair, VaultServer, builder};

const HERE: &[&str] = &["127.0.0.1"];
const NAME: &str = "vault.leasekey.test";

fn begin() -> (Authority, Watch) {
    let logs = log::watch();
    logs.planted("the token", TOKEN);
    (Authority::new(), logs)
}

/// Starting is refused as a fault of TLS; its message, and what to do.
async fn fault(builder: Builder) -> (String, String) {
    let error = refused(builder.start().await);
    assert_eq!(error.code(), "LK-0104", "{error}");
    assert!(!error.is_retryable());
    (error.message().to_owned(), error.hint().to_owned())
}

/// A folder of this test's own.
fn folder() -> PathBuf {
    let folder = std::env::temp_dir().join(new_name("leasekey-tls"));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[tokio::test]
async fn row_58_a_certificate_of_a_ca_in_a_text_a_file_or_a_directory_is_accepted() {
    let (ca, _logs) = begin();
    let server = VaultServer::with(ca.signs(HERE)).await;
    let folder = folder();
    std::fs::write(folder.join("other.pem"), Authority::new().pem()).unwrap();
    std::fs::write(folder.join("ca.pem"), ca.pem()).unwrap();
    std::fs::create_dir(folder.join("..data")).unwrap();
    let path = |path: PathBuf| path.display().to_string();
    for (key, value) in [
        (ConfigKey::CaCertBytes, ca.pem()),
        (ConfigKey::CaCert, path(folder.join("ca.pem"))),
        (ConfigKey::CaPath, path(folder.clone())),
    ] {
        served(&server.builder().set(key, value).start().await.unwrap()).await;
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn row_58_a_certificate_of_another_ca_or_of_none_is_refused() {
    let (ca, _logs) = begin();
    for pair in [Authority::new().signs(HERE), Pair::self_signed(HERE)] {
        let server = VaultServer::with(pair).await;
        let (what, hint) = fault(server.builder().set(ConfigKey::CaCertBytes, ca.pem())).await;
        let signed = "is signed by a CA that is not trusted, or by itself";
        assert_eq!(what, format!("the certificate of {} {signed}", server.address()));
        assert!(hint.contains("VAULT_CACERT"), "{hint}");
        assert_eq!(server.requests(), 0);
    }
}

#[tokio::test]
async fn row_58_a_certificate_of_another_name_is_refused_with_the_names_that_it_has() {
    let (ca, _logs) = begin();
    let server = VaultServer::with(ca.signs(&["a.example", NAME])).await;
    let builder = || server.builder().set(ConfigKey::CaCertBytes, ca.pem());
    let (what, hint) = fault(builder()).await;
    assert!(what.ends_with("is not for 127.0.0.1 but for a.example, vault.leasekey.test"), "{what}");
    assert!(hint.contains("VAULT_TLS_SERVER_NAME"), "{hint}");
    assert_eq!(server.requests(), 0);
    let (what, _) = fault(builder().set(ConfigKey::TlsServerName, "b.example")).await;
    assert!(what.contains("is not for b.example but for"), "{what}");
}

#[tokio::test]
async fn row_58_the_name_of_a_certificate_may_be_another_than_the_addresses() {
    let (ca, _logs) = begin();
    let (one, two) = (VaultServer::with(ca.signs(&[NAME])).await, VaultServer::with(ca.signs(&[NAME])).await);
    let addresses = format!("{},{}", one.address(), two.address());
    let named = |addresses: &str| {
        builder(addresses).set(ConfigKey::CaCertBytes, ca.pem()).set(ConfigKey::TlsServerName, NAME)
    };
    named(&two.address().replace("127.0.0.1", "localhost")).start().await.unwrap();
    let (vault, asked) = (named(&addresses).start().await.unwrap(), two.requests());
    assert!(one.requests() > 0);
    drop(one);
    vault.refresh().await.unwrap();
    assert!(two.requests() > asked, "each node is asked at its own address");
}

#[tokio::test]
async fn row_58_an_expired_certificate_is_refused_with_the_day_of_its_end() {
    let (ca, _logs) = begin();
    let server = VaultServer::with(ca.signed_long_ago(HERE)).await;
    let (what, hint) = fault(server.builder().set(ConfigKey::CaCertBytes, ca.pem())).await;
    assert!(what.ends_with("has expired on 2021-01-01T00:00:00Z"), "{what}");
    assert!(hint.contains("Renew") && hint.contains("clock"), "{hint}");
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn row_58_plain_http_and_tls_are_not_taken_for_each_other() {
    let (ca, _logs) = begin();
    let server = VaultServer::with(ca.signs(HERE)).await;
    let (what, hint) = fault(builder(&server.address().replace("https", "http"))).await;
    assert!(what.contains("was asked in plain http and seems to speak TLS"), "{what}");
    assert!(hint.contains("https://"), "{hint}");
    assert_eq!(server.requests(), 0);
    let server = VaultServer::saying(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let (what, hint) = fault(server.builder().set(ConfigKey::CaCertBytes, ca.pem())).await;
    assert!(what.ends_with("does not speak TLS, perhaps plain http"), "{what}");
    assert!(hint.contains("scheme and port"), "{hint}");
}

#[tokio::test]
async fn row_58_a_server_of_tls_1_1_is_refused() {
    let (ca, _logs) = begin();
    // The alert protocol_version; and a hello of TLS 1.1 with TLS_RSA_WITH_AES_128_CBC_SHA.
    const ALERT: &[u8] = &[0x15, 3, 1, 0, 2, 2, 70];
    const HELLO: &[u8] = &[
        0x16, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18,
        19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 0, 0, 0x2f, 0,
    ];
    for answer in [ALERT, HELLO] {
        let server = VaultServer::saying(answer).await;
        let (what, hint) = fault(server.builder().set(ConfigKey::CaCertBytes, ca.pem())).await;
        assert!(what.contains("speaks neither TLS 1.2 nor TLS 1.3"), "{what}");
        assert!(hint.contains("tls_min_version"), "{hint}");
    }
}

#[tokio::test]
async fn row_58_a_server_that_wants_a_certificate_is_shown_one() {
    let (ca, logs) = begin();
    let (pair, other) = (ca.signs(&["orders"]), Authority::new().signs(&["orders"]));
    let server = VaultServer::for_clients_of(&ca, ca.signs(HERE)).await;
    let builder = || server.builder().set(ConfigKey::CaCertBytes, ca.pem());
    let shown = |pair: &Pair| {
        logs.planted("the key", &pair.key_pem().replace('\n', "")[30..90]);
        let builder = builder().set(ConfigKey::ClientCertBytes, pair.pem());
        builder.set(ConfigKey::ClientKeyBytes, pair.key_pem())
    };
    served(&shown(&pair).start().await.unwrap()).await;
    let asked = server.requests();
    for wrong in [builder(), shown(&other)] {
        let (what, hint) = fault(wrong).await;
        assert!(what.contains("wants another certificate of this client"), "{what}");
        assert!(hint.contains("VAULT_CLIENT_CERT"), "{hint}");
    }
    assert_eq!(server.requests(), asked);
}

#[tokio::test]
async fn a_key_that_does_not_fit_its_certificate_is_refused_with_both_names_before_anything_is_sent() {
    let (ca, _logs) = begin();
    let (one, two) = (ca.signs(&["orders"]), ca.signs(&["orders"]));
    let path = folder().join("client.key");
    std::fs::write(&path, two.key_pem()).unwrap();
    let pair = |certificate: String, key: &str| {
        let builder = builder("https://vault:8200").set(ConfigKey::CaCertBytes, ca.pem());
        refused(builder.set(ConfigKey::ClientCertBytes, certificate).set(ConfigKey::ClientKey, key).build())
    };
    let key = path.display().to_string();
    let error = pair(one.pem(), &key);
    assert_eq!(error.code(), "LK-0104");
    let told =
        format!("the private key of client_key= ({key}) does not fit the certificate of client_cert_bytes=");
    assert_eq!(error.message(), told);
    let error = pair("no certificate".into(), &key);
    assert_eq!(error.message(), "client_cert_bytes= holds no certificate in PEM that can be read");
    std::fs::write(&path, one.pem()).unwrap();
    let error = pair(one.pem(), &key);
    assert_eq!(error.message(), format!("client_key= ({key}) holds no private key in PEM that can be read"));
    std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
}

#[tokio::test]
async fn a_ca_that_is_none_is_refused_with_its_name() {
    let _logs = log::watch();
    let folder = folder();
    let build = |key, value: &str| refused(builder("https://vault:8200").set(key, value).build());
    let error = build(ConfigKey::CaPath, &folder.display().to_string());
    assert_eq!(error.code(), "LK-0116");
    assert!(error.message().contains("has no file in it"), "{error}");
    std::fs::write(folder.join("notes.txt"), "not a certificate").unwrap();
    for (key, path) in [(ConfigKey::CaPath, folder.clone()), (ConfigKey::CaCert, folder.join("notes.txt"))] {
        let error = build(key, &path.display().to_string());
        assert_eq!(error.code(), "LK-0104");
        assert!(
            error.message().contains("notes.txt") && error.message().contains("no certificate"),
            "{error}"
        );
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn row_58_a_server_that_is_not_verified_is_told_at_each_login() {
    let (_, logs) = begin();
    let server = VaultServer::with(Pair::self_signed(&["elsewhere"])).await;
    for word in ["yes", "on", "2", "TRUE ", "verify"] {
        let error = refused(server.builder().set(ConfigKey::SkipVerify, word).build());
        assert_eq!(error.code(), "LK-0116", "{word}");
    }
    fault(server.builder().set(ConfigKey::SkipVerify, "")).await;
    fault(server.builder().set(ConfigKey::SkipVerify, "false")).await;
    for word in ["1", "t", "true"] {
        let vault = server.builder().set(ConfigKey::SkipVerify, word).build().unwrap();
        let mut events = vault.events();
        vault.credentials().await.unwrap();
        let event = next(&mut events, EventKind::Unverified).await;
        assert!(event.kind.meaning().contains("anybody can answer"));
    }
    assert!(logs.saw("VAULT_SKIP_VERIFY is on") && logs.saw("vault.unverified"));
}

#[tokio::test]
async fn row_58_of_several_nodes_one_with_bad_tls_and_one_that_is_dead_are_passed_over_and_told() {
    let (ca, _logs) = begin();
    let (bad, good) =
        (VaultServer::with(Authority::new().signs(HERE)).await, VaultServer::with(ca.signs(HERE)).await);
    let dead = {
        let gone = VaultServer::plain().await;
        gone.address()
    };
    let addresses = format!("{},{dead},{}", bad.address(), good.address());
    let vault = builder(&addresses).set(ConfigKey::CaCertBytes, ca.pem()).build().unwrap();
    let mut events = vault.events();
    vault.credentials().await.unwrap();
    let event = next(&mut events, EventKind::Security).await;
    assert_eq!((event.code, &*event.subject), (Some("LK-0104"), &*bad.address()));
    let event = next(&mut events, EventKind::NodeFailed).await;
    assert_eq!((event.code, &*event.subject), (Some("LK-0109"), &*dead));
    assert_eq!((bad.requests(), vault.stats().failures), (0, 0));
}
