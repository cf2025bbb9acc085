//! Key material: wiped when dropped, shown nowhere.

use std::fmt;

use secrecy::ExposeSecret;
use serde::de::{Deserialize, Deserializer, Visitor};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A secret text: wiped when dropped, `Debug` shows nothing of it, and it has neither `Display` nor
/// `Serialize`. Equality takes the same time wherever two secrets differ.
///
/// ```
/// let secret = leasekey::SecretString::from("hvs.example");
/// assert_eq!(format!("{secret:?}"), "[secret]");
/// ```
#[derive(Clone)]
pub struct SecretString(secrecy::SecretString);

impl SecretString {
    /// The text itself. Name what you do with it: it must reach no log, error or file.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<&str> for SecretString {
    fn from(text: &str) -> Self {
        // An exact allocation: growing or shrinking a String would leave a copy behind.
        Self(secrecy::SecretString::from(Box::<str>::from(text)))
    }
}

impl From<String> for SecretString {
    fn from(text: String) -> Self {
        Self::from(Zeroizing::new(text).as_str())
    }
}

impl fmt::Debug for SecretString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl PartialEq for SecretString {
    fn eq(&self, other: &Self) -> bool {
        self.expose().as_bytes().ct_eq(other.expose().as_bytes()).into()
    }
}

impl Eq for SecretString {}

impl<'de> Deserialize<'de> for SecretString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = SecretString;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_str<E>(self, text: &str) -> Result<SecretString, E> {
                Ok(SecretString::from(text))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// Secret bytes, such as the body of a request or a reply: wiped when dropped, `Debug` shows the length.
#[derive(Clone, Default)]
pub struct SecretBytes(Zeroizing<Vec<u8>>);

impl SecretBytes {
    /// The bytes themselves.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for SecretBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[secret, {} bytes]", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", SecretString::from("s3cret")), "[secret]");
        assert_eq!(format!("{:?}", SecretBytes::from(b"abc".to_vec())), "[secret, 3 bytes]");
    }

    #[test]
    fn equality_is_by_text() {
        assert_eq!(SecretString::from("a"), SecretString::from(String::from("a")));
        assert_ne!(SecretString::from("a"), SecretString::from("ab"));
    }

    #[test]
    fn is_read_from_json() {
        let secret: SecretString = serde_json::from_str("\"a\\nb\"").unwrap();
        assert_eq!(secret.expose(), "a\nb");
        assert!(serde_json::from_str::<SecretString>("1").is_err());
    }
}
