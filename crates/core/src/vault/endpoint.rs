//! Requests that vaultrs has not, or whose secrets it would keep in plain strings.

use std::io::{self, Write};

use rustify::endpoint::Endpoint;
use rustify::enums::{RequestMethod, RequestType, ResponseType};
use rustify::errors::ClientError;
use serde::{Serialize, Serializer};

use crate::error::{Error, ErrorKind, Result};
use crate::secret::{SecretBytes, SecretString};

/// A POST whose body may hold secrets.
#[derive(Debug)]
pub(crate) struct Post {
    path: String,
    body: SecretBytes,
}

impl Post {
    /// A POST of `body` to `path`, which is made of validated names.
    pub(crate) fn new(path: impl Into<String>, body: &impl Serialize) -> Result<Self> {
        Ok(Self { path: path.into(), body: json_body(body)? })
    }
}

impl Endpoint for Post {
    type Response = ();
    const REQUEST_BODY_TYPE: RequestType = RequestType::JSON;
    const RESPONSE_BODY_TYPE: ResponseType = ResponseType::JSON;

    fn path(&self) -> String {
        self.path.clone()
    }

    fn method(&self) -> RequestMethod {
        RequestMethod::POST
    }

    fn body(&self) -> Result<Option<Vec<u8>>, ClientError> {
        Ok(Some(self.body.expose().to_vec()))
    }
}

/// Serializes into memory of the exact size: a buffer that grows would leave copies of secrets behind.
pub(crate) fn json_body(body: &impl Serialize) -> Result<SecretBytes> {
    let bug = |error: serde_json::Error| {
        Error::new(
            ErrorKind::Bug,
            format!("a request body cannot be written as JSON ({:?})", error.classify()),
        )
    };
    let mut size = Size(0);
    serde_json::to_writer(&mut size, body).map_err(bug)?;
    let mut bytes = Vec::with_capacity(size.0);
    serde_json::to_writer(&mut bytes, body).map_err(bug)?;
    Ok(SecretBytes::from(bytes))
}

struct Size(usize);

impl Write for Size {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.saturating_add(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// For `#[serde(serialize_with)]`: a secret as text, in a request's body and nowhere else.
pub(crate) fn exposed<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_shows_nothing_of_its_body() {
        let post = Post::new("auth/approle/login", &serde_json::json!({ "secret_id": "s3cret" })).unwrap();
        assert!(!format!("{post:?}").contains("s3cret"));
        assert_eq!(post.body().unwrap().unwrap(), br#"{"secret_id":"s3cret"}"#);
    }
}
