//! G11: what is left of the secrets in the memory of a process that has dropped its provider, seen from another.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use leasekey::context::ScriptedVault;
use leasekey::{AppRoleAuth, VaultCredentialsProvider};
use leasekey_tests::log;
use leasekey_tests::proxy::Proxy;
use leasekey_tests::scripted::RuledVault;

const ADDRESS: &str = "LEASEKEY_TEST_VAULT";
const SECRET_ID_FILE: &str = "LEASEKEY_TEST_SECRET_ID_FILE";
// Part of a secret id that only its file holds whole.
const SECRET_ID: &str = "c4nary-5f0c1e-secret-id-of-";

/// Tells the other process where this one is, and waits for its leave.
fn pause_at(place: &str) {
    println!("\nat {place}");
    std::io::stdin().lock().read_line(&mut String::new()).unwrap();
}

#[test]
#[ignore = "g11 runs it in a process of its own"]
fn child_of_g11() {
    let logs = log::watch();
    RuledVault::plant(&logs);
    let auth = AppRoleAuth::file("role-id", std::env::var(SECRET_ID_FILE).unwrap());
    let provider = VaultCredentialsProvider::builder().address(&std::env::var(ADDRESS).unwrap());
    let provider = provider.auth(auth).role("orders").build().unwrap();
    pollster::block_on(async {
        let first = provider.credentials().await.unwrap();
        let second = provider.refresh().await.unwrap();
        assert_ne!(first.secret_access_key(), second.secret_access_key());
        pause_at("held");
        provider.close().await.unwrap();
    });
    drop(provider);
    // The background thread ends with its last provider.
    std::thread::sleep(std::time::Duration::from_millis(300));
    pause_at("dropped");
}

/// The child, its output, and the file that it logs in with.
struct Other {
    child: Child,
    told: BufReader<std::process::ChildStdout>,
    file: PathBuf,
}

impl Other {
    fn start(address: &str) -> Self {
        let file = std::env::temp_dir().join(format!("leasekey-g11-{}", std::process::id()));
        std::fs::write(&file, format!("{SECRET_ID}{}", std::process::id())).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "--ignored", "--nocapture", "memory::child_of_g11"]);
        child.env(ADDRESS, address).env(SECRET_ID_FILE, &file);
        let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let told = BufReader::new(child.stdout.take().unwrap());
        Self { child, told, file }
    }

    /// What stands around each copy of this needle when the process has come to this place.
    fn holds_at(&mut self, place: &str, needles: &[String]) -> Vec<Vec<String>> {
        let mut lines = self.told.by_ref().lines();
        assert!(lines.any(|line| line.unwrap() == format!("at {place}")), "it ended before {place}");
        let found = copies(Path::new(&format!("/proc/{}", self.child.id())), needles);
        writeln!(self.child.stdin.as_mut().unwrap()).unwrap();
        found
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _gone = (std::fs::remove_file(&self.file), self.child.kill(), self.child.wait());
    }
}

/// What precedes each copy of each needle, back to the beginning of the HTTP message that it is in, if it is in one.
fn copies(process: &Path, needles: &[String]) -> Vec<Vec<String>> {
    let maps = std::fs::read_to_string(process.join("maps")).unwrap();
    let memory = File::open(process.join("mem")).unwrap();
    let mut found = vec![Vec::new(); needles.len()];
    for map in maps.lines().filter(|map| map.contains(" rw") && !map.contains("[v")) {
        let (range, _) = map.split_once(' ').unwrap();
        let (from, to) = range.split_once('-').unwrap();
        let [from, to] = [from, to].map(|at| u64::from_str_radix(at, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
        // What was never touched cannot be read, and holds nothing.
        let read = memory.read_at(&mut bytes, from).unwrap_or(0);
        for (needle, found) in needles.iter().zip(&mut found) {
            found.extend(occurrences(&bytes[..read], needle.as_bytes()).map(|at| before(&bytes[..at])));
        }
    }
    found
}

fn occurrences<'a>(bytes: &'a [u8], needle: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let starts = bytes.iter().enumerate().filter(|(_, byte)| **byte == needle[0]);
    starts.map(|(at, _)| at).filter(|at| bytes[*at..].starts_with(needle))
}

fn before(bytes: &[u8]) -> String {
    let text = bytes[bytes.len().saturating_sub(1024)..].escape_ascii().to_string();
    text.rfind("HTTP/1.1").map_or(text.clone(), |at| text[at..].to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn g11_no_copy_of_ours_is_left_after_the_drop_and_one_of_the_transport_at_most() {
    let logs = log::watch();
    RuledVault::plant(&logs);
    let (server, _vault) = Proxy::vault().await;
    let canary = ScriptedVault::CANARY;
    let needles = [
        format!("{canary}/secret/key/1"),
        format!("{canary}/secret/key/2"),
        format!("{canary}/session/token/1"),
        format!("{canary}/session/token/2"),
        format!("hvs.{canary}-token-1"),
        format!("{SECRET_ID}{}", std::process::id()),
    ];
    let mut other = Other::start(&server.address);
    let counts = |found: &[Vec<String>]| found.iter().map(Vec::len).collect::<Vec<_>>();
    let held = counts(&other.holds_at("held", &needles));
    assert!(held[1] > 0 && held[3] > 0 && held[4] > 0, "a scan that sees nothing proves nothing: {held:?}");
    let dropped = other.holds_at("dropped", &needles);
    println!("copies while held {held:?}, after the drop {:?}", counts(&dropped));
    for (needle, found) in needles.iter().zip(&dropped) {
        // The connection's buffers are hyper's, which wipes nothing.
        let ours = found.iter().filter(|before| !before.starts_with("HTTP/1.1"));
        assert_eq!(ours.collect::<Vec<_>>(), [""; 0], "{needle}");
        assert!(found.len() <= 1, "{needle}: {found:?}");
    }
}
