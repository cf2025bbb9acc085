//! A scripted Vault on a real socket: what the real client does, with no server to start.

use bytes::Bytes;
use http::{Request, Response};
use leasekey::SecretBytes;
use leasekey::context::{HttpRequest, Scripted, ScriptedVault};

use super::{Fate, Proxy, reply};

impl Proxy {
    /// A Vault that answers as `vault` does, with the same moods. It lives in real time.
    ///
    /// # Panics
    /// If there is no free port.
    pub async fn vault() -> (Self, ScriptedVault) {
        let vault = ScriptedVault::new(&Scripted::new());
        let proxy = Self::alone().await;
        proxy.as_vault(&vault);
        (proxy, vault)
    }

    /// Answers as this Vault does from now on.
    pub fn as_vault(&self, vault: &ScriptedVault) {
        self.as_vault_but(vault, |_| None);
    }

    /// The same, but for the requests that `answer` answers.
    pub fn as_vault_but(
        &self,
        vault: &ScriptedVault,
        answer: impl Fn(&Request<Bytes>) -> Option<Response<Bytes>> + Send + 'static,
    ) {
        let (vault, address) = (vault.clone(), self.address.clone());
        self.rule(move |request| match answer(request) {
            Some(reply) => Fate::Answered(reply),
            None => answered(&vault, &address, request),
        });
    }
}

fn answered(vault: &ScriptedVault, address: &str, request: &Request<Bytes>) -> Fate {
    let Ok(url) = format!("{address}{}", request.uri()).parse() else { return Fate::ReplyLost };
    let asked = vault.answer(&HttpRequest {
        method: request.method().clone(),
        url,
        headers: request.headers().clone(),
        body: SecretBytes::from(request.body().to_vec()),
        deadline: std::time::Duration::MAX,
        body_cap: usize::MAX,
    });
    match asked.outcome {
        Ok(response) => {
            let mut answer = reply(response.status, response.body.expose().to_vec());
            *answer.headers_mut() = response.headers;
            Fate::Answered(answer)
        }
        // Whatever it was, the client hears no reply.
        Err(_) => Fate::ReplyLost,
    }
}
