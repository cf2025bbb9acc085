//! What a role costs that just sits there: ten thousand of them, in a scripted world.

use std::time::Duration;

use leasekey::VaultCredentialsProvider;
use leasekey::context::{HttpRequest, Scripted, ScriptedReply};
use serde_json::json;
use tokio::runtime::Builder;
use tokio::task::JoinSet;

use crate::report::{Report, Row};
use crate::watched::Watched;
use crate::{Outcome, allocator};

const ROLES: usize = 10_000;
const AT_ONCE: usize = 100;
const TOKEN_CHARACTERS: usize = 1000;

/// Live heap per role, and timers of them all, once every role has its set and nothing goes on.
///
/// One thread does everything, so that its own count of live bytes is that of the process.
pub(super) fn measure(report: &mut Report) -> Outcome {
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build()?;
    let (bytes, timers) = runtime.block_on(fill())?;
    let row = Row::alone("core/role_heap", bytes, "bytes", "<= 4096");
    report.add(row.met(bytes <= 4096.0));
    let row = Row::alone("core/role_timers", timers, "of 10,000", "= 1");
    report.add(row.met(timers == 1.0));
    Ok(())
}

async fn fill() -> Outcome<(f64, f64)> {
    let world = Scripted::new();
    world.answer(answer);
    let watched = Watched::new(world.context());
    let context = watched.context();
    let start = |role: usize| {
        VaultCredentialsProvider::builder()
            .context(context.clone())
            .address("https://vault.example:8200")
            .auth(leasekey::AppRoleAuth::new("orders", "secret"))
            .role(&format!("orders-{role}"))
            .start()
    };
    // The login and the driver are there once, however many roles there are.
    let mut providers = Vec::with_capacity(ROLES + 1);
    providers.push(start(ROLES).await?);
    let before = allocator::live_bytes();
    for batch in 0..ROLES / AT_ONCE {
        let mut started = JoinSet::new();
        (0..AT_ONCE).for_each(|place| drop(started.spawn(start(batch * AT_ONCE + place))));
        for provider in started.join_all().await {
            providers.push(provider?);
        }
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let bytes = (allocator::live_bytes() - before) as f64 / ROLES as f64;
    Ok((bytes, f64::from(watched.timers())))
}

fn answer(request: &HttpRequest) -> ScriptedReply {
    let Some(role) = request.url.path().strip_prefix("/v1/aws/creds/") else {
        let auth = json!({ "client_token": "hvs.token", "lease_duration": 86_400, "renewable": true });
        return ScriptedReply::json(200, &json!({ "request_id": "1", "auth": auth }).to_string());
    };
    let reply = json!({
        "request_id": "7a2e4a3c-0b8f-4d5e-9c6a-1f2e3d4c5b6a",
        "lease_id": format!("aws/creds/{role}/AbCdEfGhIjKlMnOpQrStUvWx"),
        "lease_duration": 3600,
        "renewable": false,
        "data": {
            "access_key": "ASIAIOSFODNN7EXAMPLE",
            "secret_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "security_token": "t".repeat(TOKEN_CHARACTERS),
            "arn": format!("arn:aws:sts::111122223333:assumed-role/{role}/vault-approle-{role}-1763712000"),
        },
    });
    ScriptedReply::json(200, &reply.to_string())
}
