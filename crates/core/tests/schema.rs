//! The schema of `leasekey.toml`, judged by a validator of somebody else's, against files that Leasekey reads.
#![allow(clippy::unwrap_used, reason = "a test outside the library")]

use leasekey::config::{ConfigKey, json_schema};
use serde_json::Value;

fn faults(toml: &str) -> Vec<String> {
    let schema: Value = serde_json::from_str(&json_schema()).unwrap();
    let validator = jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap();
    let file: Value = toml::from_str(toml).unwrap();
    validator.iter_errors(&file).map(|fault| format!("{}: {fault}", fault.instance_path())).collect()
}

#[test]
fn the_schema_is_one_of_draft_2020_12() {
    let schema: Value = serde_json::from_str(&json_schema()).unwrap();
    assert!(jsonschema::draft202012::meta::is_valid(&schema));
}

#[test]
fn a_good_file_has_no_faults() {
    let file = r#"
        address = "https://vault-1.example:8200,https://vault-2.example:8200"
        ca_cert = "/etc/ssl/vault-ca.pem"
        namespace = "payments"
        role = "orders"
        kind = "assumed-role"
        ttl = "1h 30m"
        client_timeout = 10
        max_retries = 2
        skip_verify = false
        secret_id_wrapped = "T"
        auth = "approle"
    "#;
    assert_eq!(faults(file), [""; 0]);
}

#[test]
fn each_fault_of_a_bad_file_is_found() {
    for bad in [
        "rol = 'orders'",
        "config = '/etc/leasekey/other.toml'",
        "address = 'vault.example:8200'",
        "kind = 'assumedrole'",
        "auth = 'magic'",
        "ttl = 'soon'",
        "ttl = -1",
        "max_retries = 1.5",
        "skip_verify = 'yes'",
        "role = ['orders']",
        "[vault]\nrole = 'orders'",
    ] {
        assert_eq!(faults(bad).len(), 1, "{bad}: {:?}", faults(bad));
    }
}

#[test]
fn every_setting_of_a_file_is_described_with_who_may_set_it_and_its_variables() {
    let schema: Value = serde_json::from_str(&json_schema()).unwrap();
    for key in ConfigKey::ALL.iter().filter(|key| **key != ConfigKey::Config) {
        let property = &schema["properties"][key.keyword()];
        let description = property["description"].as_str().unwrap();
        assert!(description.starts_with(key.doc()), "{description}");
        assert_eq!(
            description.contains("Not in a leasekey.toml of a working directory"),
            !key.is_from_found_file()
        );
        assert!(key.env_names().iter().all(|name| description.contains(name)), "{description}");
        assert_eq!(property["writeOnly"] == true, key.is_secret());
        assert_eq!(property["default"].is_null(), key.default_text().is_none());
    }
    assert_eq!(schema["properties"]["max_retries"]["default"], 2);
    assert_eq!(schema["properties"]["skip_verify"]["default"], false);
}
