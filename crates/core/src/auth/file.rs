//! Files that hold login material: what is accepted of them, and reading them anew at each login.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::context::{Context, FileRead};
use crate::error::{Error, ErrorKind, Result};
use crate::secret::SecretString;

const LARGEST: u64 = 64 * 1024;

/// How strictly a file is judged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Rules {
    /// `~/.vault-token`, which nobody named: no link, our own, closed to all others.
    Found,
    /// Named by the user: links are followed (Kubernetes projections are links, of another user and
    /// readable by all); what others can write is refused.
    Named,
}

/// A file that is read anew at each login.
#[derive(Debug)]
pub(super) struct SecretFile {
    path: PathBuf,
    rules: Rules,
    warned: AtomicBool,
}

impl SecretFile {
    pub(super) fn new(path: impl Into<PathBuf>, rules: Rules) -> Self {
        Self { path: path.into(), rules, warned: AtomicBool::new(false) }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The secret in the file, without the newline at its end.
    pub(super) fn read(&self, context: &Context) -> Result<SecretString> {
        let refuse = |why: String| {
            Error::new(ErrorKind::InvalidSetting, format!("the file {} {why}", self.path.display()))
        };
        let read = context
            .files
            .read(&self.path, LARGEST)
            .map_err(|error| refuse(format!("cannot be read: {}", error.kind())).with_source(error))?;
        let (secret, open) = judge(&read, self.rules).map_err(|(why, hint)| {
            refuse(why.to_owned()).with_hint(hint.replace("FILE", &self.path.display().to_string()))
        })?;
        if open && !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(file = %self.path.display(), "every user of this machine can read this login file");
        }
        Ok(secret)
    }
}

/// The secret, and whether every user can read it; or what is wrong with the file, and the next command.
fn judge(read: &FileRead, rules: Rules) -> Result<(SecretString, bool), (&'static str, &'static str)> {
    let mode = read.mode.unwrap_or(0);
    let strict = rules == Rules::Found;
    if strict && read.link {
        return Err(("is a symbolic link", "Replace it by the file itself, or name the file yourself"));
    }
    if !read.regular {
        return Err(("is not a regular file", "Name a regular file"));
    }
    if strict && !read.own {
        return Err(("belongs to another user", "Run: vault login, as this user"));
    }
    if strict && mode & 0o077 != 0 {
        return Err(("is open to other users", "Run: chmod 600 FILE"));
    }
    if mode & 0o022 != 0 {
        return Err(("can be written by other users", "Run: chmod go-w FILE"));
    }
    let Some(content) = &read.content else {
        return Err(("is larger than 64 KiB", "Name the file that holds the secret alone"));
    };
    let text = std::str::from_utf8(content.expose()).unwrap_or_default().trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(("holds no text", "Write the secret into it"));
    }
    Ok((SecretString::from(text), mode & 0o004 != 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::SecretBytes;

    fn file(mode: u32, content: &[u8]) -> FileRead {
        FileRead {
            regular: true,
            link: false,
            mode: Some(mode),
            own: true,
            size: content.len() as u64,
            content: Some(SecretBytes::from(content.to_vec())),
        }
    }

    fn refused(read: &FileRead, rules: Rules) -> &'static str {
        judge(read, rules).unwrap_err().0
    }

    #[test]
    fn a_newline_at_the_end_is_dropped() {
        for content in [&b"hvs.x"[..], b"hvs.x\n", b"hvs.x\r\n"] {
            assert_eq!(judge(&file(0o600, content), Rules::Found).unwrap(), ("hvs.x".into(), false));
        }
    }

    #[test]
    fn a_file_that_nobody_named_is_judged_strictly() {
        assert_eq!(
            refused(&FileRead { link: true, ..file(0o600, b"x") }, Rules::Found),
            "is a symbolic link"
        );
        assert_eq!(
            refused(&FileRead { own: false, ..file(0o600, b"x") }, Rules::Found),
            "belongs to another user"
        );
        for mode in [0o644, 0o640, 0o604, 0o620] {
            assert_eq!(refused(&file(mode, b"x"), Rules::Found), "is open to other users");
        }
    }

    #[test]
    fn a_projected_file_is_accepted_when_named() {
        let projected = FileRead { link: true, own: false, ..file(0o644, b"x") };
        assert_eq!(judge(&projected, Rules::Named).unwrap(), ("x".into(), true));
        assert_eq!(judge(&file(0o640, b"x"), Rules::Named).unwrap(), ("x".into(), false));
    }

    #[test]
    fn what_others_can_write_is_never_accepted() {
        assert_eq!(refused(&file(0o660, b"x"), Rules::Named), "can be written by other users");
        assert_eq!(refused(&file(0o602, b"x"), Rules::Named), "can be written by other users");
    }

    #[test]
    fn pipes_and_large_or_empty_files_are_refused() {
        let pipe = FileRead { regular: false, content: None, ..file(0o600, b"") };
        assert_eq!(refused(&pipe, Rules::Named), "is not a regular file");
        assert_eq!(
            refused(&FileRead { content: None, ..file(0o600, b"") }, Rules::Named),
            "is larger than 64 KiB"
        );
        assert_eq!(refused(&file(0o600, b"\n"), Rules::Named), "holds no text");
        assert_eq!(refused(&file(0o600, b"\xff"), Rules::Named), "holds no text");
    }
}
