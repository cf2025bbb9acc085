//! Every kind of bad input: the code, what the message must say, and that nothing is sent or served because of it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, reason = "tests")]

mod reply;
mod setting;

use leasekey::Error;

/// One line, this code, and these words.
fn told(name: &str, error: &Error, code: &str, words: &[&str]) {
    let text = error.to_string();
    assert_eq!(error.code(), code, "{name}: {text}");
    assert!(!text.contains(char::is_control), "{name}: {text:?} is more than a line");
    for word in words {
        assert!(text.contains(word), "{name}: {text:?} does not say {word:?}");
    }
    assert!(!error.hint().is_empty(), "{name}: no next command");
}
