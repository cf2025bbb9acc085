//! Every refresh scenario holds.
#![allow(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test reads files and may stop"
)]

use std::path::{Path, PathBuf};

use leasekey::context::ScriptedVault;
use leasekey_tests::log::{self, Watch};
use leasekey_tests::scenario;
use tracing::subscriber::{NoSubscriber, with_default};

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/refresh");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|e| e == "json")).collect();
    files.sort();
    files
}

/// The log, with the secrets of every scenario planted in it.
fn watched() -> Watch {
    let logs = log::watch();
    logs.planted("the canary", ScriptedVault::CANARY);
    logs
}

#[test]
fn every_scenario_holds() {
    let logs = watched();
    let files = files();
    assert!(files.len() >= 20, "{} scenarios were found", files.len());
    let broken: Vec<_> = files.iter().filter_map(|file| scenario::run(file).err()).collect();
    let told: Vec<_> = broken.iter().map(ToString::to_string).collect();
    assert!(broken.is_empty(), "{} of {} scenarios:\n{}", broken.len(), files.len(), told.join("\n"));
    assert!(logs.saw(" INFO leasekey: "), "a watch that sees nothing proves nothing");
}

// With a life of 900 s, any outage shorter than 0.4 of it less 30 s.
#[test]
fn a_short_outage_harms_nobody_whenever_it_starts() {
    let _logs = watched();
    for start in (0..900).step_by(9) {
        let text = format!(
            r#"{{"about": "an outage of 330 s that starts {start} s after the first set", "steps": [
                {{"get": {{"key": 1}}}}, {{"wait": "{start}s"}}, {{"vault": {{"all": "down"}}}},
                {{"poll": {{"every": "1s", "for": "330s", "takes_at_most": "1ms"}}}}, {{"vault": {{"all": "well"}}}},
                {{"poll": {{"every": "1s", "for": "15s", "takes_at_most": "1ms"}}}}, {{"expect": {{"phase": "fresh"}}}}
            ]}}"#
        );
        scenario::run_text("outage", &text).unwrap_or_else(|broken| panic!("{broken}"));
    }
}

fn told(steps: &str) -> String {
    let text = format!(r#"{{"about": "planted", "steps": {steps}}}"#);
    scenario::run_text("planted.json", &text).map_err(|broken| broken.to_string()).unwrap_err()
}

#[test]
fn a_broken_scenario_names_its_file_and_step() {
    let told = told(r#"[{"wait": "1s"}, {"get": {"key": 2}}]"#);
    assert!(told.starts_with("planted.json: step 2 (Get"), "{told}");
    assert!(told.contains("the key: expected 2, got 1"), "{told}");
}

#[test]
fn an_unknown_step_or_field_is_refused() {
    assert!(told(r#"[{"gte": {}}]"#).contains("unknown variant `gte`"));
    assert!(told(r#"[{"get": {"kye": 1}}]"#).contains("unknown field `kye`"));
}

#[test]
fn a_secret_in_an_error_is_found() {
    let quoted =
        r#"{"vault": {"all": {"raw": {"status": 400, "body": "{\"errors\":[\"no c4nary-5f0c1e\"]}"}}}}"#;
    let steps = format!(r#"[{quoted}, {{"get": {{"error": ["LK-0122"]}}}}]"#);
    // Not in the program's own log, where the watches of the other tests would find it.
    let told = with_default(NoSubscriber::default(), || told(&steps));
    assert!(told.contains("a secret is shown"), "{told}");
}
