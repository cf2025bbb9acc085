//! What the server itself says it was asked for.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use crate::Outcome;

/// The server's audit log from a moment on.
pub(crate) struct Audit {
    path: PathBuf,
    from: usize,
}

/// What was asked for.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Asked {
    pub(crate) logins: u32,
    pub(crate) issues: u32,
}

impl Audit {
    /// Counts from now on.
    pub(crate) fn since_now() -> Outcome<Self> {
        let path = PathBuf::from(crate::variable("LEASEKEY_STACK_AUDIT_LOG")?);
        let from = std::fs::read(&path)?.len();
        Ok(Self { path, from })
    }

    /// What was asked for since, once the log has been quiet for a moment.
    pub(crate) async fn asked(&self) -> Outcome<Asked> {
        let mut size = 0;
        loop {
            let log = std::fs::read(&self.path)?;
            if log.len() == size {
                return count(log.get(self.from..).unwrap_or_default());
            }
            size = log.len();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// Requests, not replies: one that was cut off counts, too.
fn count(log: &[u8]) -> Outcome<Asked> {
    let mut asked = Asked::default();
    for line in log.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let entry: Value = serde_json::from_slice(line)?;
        if entry.pointer("/type").and_then(Value::as_str) != Some("request") {
            continue;
        }
        match entry.pointer("/request/path").and_then(Value::as_str).unwrap_or_default() {
            "auth/approle/login" => asked.logins += 1,
            path if path.starts_with("aws/creds/") || path.starts_with("aws/sts/") => asked.issues += 1,
            _ => {}
        }
    }
    Ok(asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_request_counts_once_although_its_reply_is_logged_too() {
        let log = br#"{"type":"request","request":{"path":"auth/approle/login"}}
{"type":"response","request":{"path":"auth/approle/login"}}
{"type":"request","request":{"path":"aws/creds/orders"}}
{"type":"request","request":{"path":"sys/leases/lookup"}}
"#;
        assert_eq!(count(log).unwrap(), Asked { logins: 1, issues: 1 });
    }
}
