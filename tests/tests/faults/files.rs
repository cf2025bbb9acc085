//! Files with login material, on the real file system.

use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use leasekey::context::{Context, Env, FileRead, Files, VaultMood};
use leasekey::{AppRoleAuth, TokenAuth, VaultCredentialsProvider};
use leasekey_tests::expect::{refused, served};
use leasekey_tests::scripted::{RuledVault, SECRET_ID, TOKEN};
use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::scripted;

/// A folder of this test's own, removed with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("leasekey-{name}-{}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, mode: u32, content: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.0);
    }
}

#[derive(Debug)]
struct RealFiles;

impl Files for RealFiles {
    fn read(&self, path: &Path, limit: u64) -> std::io::Result<FileRead> {
        Context::system().files.read(path, limit)
    }

    fn list(&self, directory: &Path) -> std::io::Result<Vec<PathBuf>> {
        Context::system().files.list(directory)
    }
}

/// No variables, and this home.
#[derive(Debug)]
struct Home(PathBuf);

impl Env for Home {
    fn var(&self, _: &str) -> std::io::Result<Option<String>> {
        Ok(None)
    }

    fn home(&self) -> Option<PathBuf> {
        Some(self.0.clone())
    }

    fn working_directory(&self) -> Option<PathBuf> {
        None
    }

    fn process_id(&self) -> u32 {
        1
    }
}

/// The scripted world with the real file system in it.
fn context(vault: &RuledVault, home: &Path) -> Context {
    vault.context_with(Home(home.to_owned()), RealFiles)
}

/// The error of a login with this file, named by the user; none if it is accepted.
async fn named(vault: &RuledVault, folder: &Folder, path: &Path) -> Option<String> {
    let context = context(vault, &folder.0);
    let token = vault.bare_builder().context(context.clone()).role("orders").auth(TokenAuth::file(path));
    let secret_id =
        vault.bare_builder().context(context).role("orders").auth(AppRoleAuth::file("role-id", path));
    let (token, secret_id) = (token.start().await, secret_id.start().await);
    assert_eq!(token.is_ok(), secret_id.is_ok());
    token.is_err().then(|| {
        let (error, same) = (refused(token), refused(secret_id));
        assert_eq!((error.code(), error.message()), ("LK-0116", same.message()));
        error.to_string()
    })
}

/// The same with the file as `~/.vault-token`, which nobody named.
async fn found(vault: &RuledVault, home: &Folder) -> Option<String> {
    let builder = VaultCredentialsProvider::from_env().context(context(vault, &home.0)).role("orders");
    let started = builder.address("https://vault:8200").start().await;
    started.is_err().then(|| {
        let error = refused(started);
        assert_eq!(error.code(), "LK-0116", "{error}");
        error.to_string()
    })
}

#[tokio::test(start_paused = true)]
async fn row_53_a_named_file_may_be_a_link_and_readable_and_ends_as_it_likes() {
    let ((vault, _logs), folder) = (scripted(), Folder::new("named"));
    for (name, mode, content) in [
        ("plain", 0o600, TOKEN.to_owned()),
        ("newline", 0o600, format!("{TOKEN}\n")),
        ("crlf", 0o600, format!("{TOKEN}\r\n")),
        ("projected", 0o644, TOKEN.to_owned()),
        ("group", 0o640, TOKEN.to_owned()),
    ] {
        let path = folder.file(name, mode, content.as_bytes());
        assert_eq!(named(&vault, &folder, &path).await, None, "{name}");
    }
    let link = folder.0.join("link");
    symlink(folder.0.join("plain"), &link).unwrap();
    assert_eq!(named(&vault, &folder, &link).await, None);
}

#[tokio::test(start_paused = true)]
async fn row_53_a_world_readable_file_is_warned_of_once() {
    let ((vault, logs), folder) = (scripted(), Folder::new("readable"));
    let path = folder.file("world", 0o644, TOKEN.as_bytes());
    assert_eq!(named(&vault, &folder, &path).await, None);
    assert!(logs.saw("every user of this machine can read this login file"));
}

#[tokio::test(start_paused = true)]
async fn row_53_a_named_file_that_cannot_be_trusted_or_read_is_refused() {
    let ((vault, _logs), folder) = (scripted(), Folder::new("refused"));
    let fifo = folder.0.join("fifo");
    mknodat(CWD, &fifo, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let dangling = folder.0.join("dangling");
    symlink(folder.0.join("nowhere"), &dangling).unwrap();
    for (path, why) in [
        (fifo, "is not a regular file"),
        (folder.0.clone(), "is not a regular file"),
        (PathBuf::from("/dev/zero"), "is not a regular file"),
        (dangling, "cannot be read: entity not found"),
        (folder.0.join("missing"), "cannot be read: entity not found"),
        (folder.file("large", 0o600, &vec![b'x'; 10 << 20]), "is larger than 64 KiB"),
        (folder.file("empty", 0o600, b"\n"), "holds no text"),
        (folder.file("binary", 0o600, b"\xff\xfe"), "holds no text"),
        (folder.file("group-writable", 0o620, SECRET_ID.as_bytes()), "can be written by other users"),
        (folder.file("world-writable", 0o602, SECRET_ID.as_bytes()), "can be written by other users"),
    ] {
        let told =
            named(&vault, &folder, &path).await.unwrap_or_else(|| panic!("{} accepted", path.display()));
        assert!(told.contains(why) && told.contains(&path.display().to_string()), "{told}");
    }
    assert_eq!(vault.sent(), [""; 0], "nothing is sent");
}

#[tokio::test(start_paused = true)]
async fn row_53_the_token_file_of_the_home_directory_is_judged_strictly() {
    let ((vault, _logs), home) = (scripted(), Folder::new("home"));
    let path = home.file(".vault-token", 0o600, format!("{TOKEN}\n").as_bytes());
    assert_eq!(found(&vault, &home).await, None);
    for mode in [0o644, 0o640, 0o660, 0o604] {
        home.file(".vault-token", mode, TOKEN.as_bytes());
        assert!(found(&vault, &home).await.unwrap().contains("is open to other users"), "{mode:o}");
    }
    if rustix::process::geteuid().is_root() {
        home.file(".vault-token", 0o600, TOKEN.as_bytes());
        chown(&path, Some(65_534), None).unwrap();
        assert!(found(&vault, &home).await.unwrap().contains("belongs to another user"));
    } else {
        println!("skipped: only root can give a file to another user");
    }
    std::fs::rename(&path, home.0.join("elsewhere")).unwrap();
    symlink(home.0.join("elsewhere"), &path).unwrap();
    assert!(found(&vault, &home).await.unwrap().contains("is a symbolic link"));
}

#[tokio::test(start_paused = true)]
async fn row_53_a_token_file_that_is_replaced_is_read_anew_and_one_that_breaks_keeps_the_set() {
    let ((vault, logs), folder) = (scripted(), Folder::new("replaced"));
    let path = folder.file("token", 0o600, TOKEN.as_bytes());
    let provider = vault.bare_builder().context(context(&vault, &folder.0)).role("orders");
    let provider = provider.auth(TokenAuth::file(&path)).start().await.unwrap();
    let second = "hvs.canary-second-token-0f91";
    logs.planted("the second token", second);
    // The first token is dead from now on.
    vault.revoke_tokens();
    vault.add_token(second);
    folder.file("token", 0o600, second.as_bytes());
    provider.refresh().await.unwrap();
    assert_eq!(provider.stats().logins, 2);
    let key = served(&provider).await;
    vault.set_moods(&VaultMood::DeadToken);
    folder.file("token", 0o666, TOKEN.as_bytes());
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    let error = refused(provider.refresh().await);
    assert_eq!(error.code(), "LK-0116");
    assert!(error.message().contains("can be written by other users"), "{error}");
    assert_eq!(served(&provider).await, key);
}
