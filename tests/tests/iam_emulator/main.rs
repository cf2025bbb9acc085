//! The engine beside the emulator of the stack: every case that a real request can express is sent there, and every
//! difference stands in docs/iam-emulator.md with the reason for it.
#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may fail loudly, and reads files; texts are cut at ASCII signs"
)]

mod page;
mod question;
mod world;

use std::collections::BTreeMap;

use leasekey::iam::{Outcome, read_cases};
use leasekey_tests::cases;
use leasekey_tests::emulator::Emulator;
use leasekey_tests::log;
use leasekey_tests::stack::Stack;
use serde_json::{Value, json};

use self::page::{Counts, Difference};
use self::question::Question;
use self::world::World;

const SERVICES: &str = "ec2,iam,kms,s3,sqs,sts";

const REFUSED: &str = "a policy, a tag or a name that the emulator does not take";

fn cases() -> impl Iterator<Item = Value> {
    cases::files().into_iter().flat_map(|(_, text)| serde_json::from_str::<Vec<Value>>(&text).unwrap())
}

/// Whether the engine allows.
fn ours(case: &Value) -> bool {
    let cases = read_cases(&json!([case]).to_string(), "case").unwrap();
    cases[0].decide().unwrap().outcome == Outcome::Allow
}

#[tokio::test]
async fn every_difference_between_the_engine_and_the_emulator_is_explained() {
    let (stack, _logs) = (Stack::from_env(), log::watch());
    let emulator = Emulator::with(&stack, SERVICES).await;
    let (mut counts, mut differences) = (Counts::default(), BTreeMap::new());
    for case in cases() {
        let case = world::prepared(&emulator, case).await;
        let question = match Question::of(&case) {
            Ok(question) => question,
            Err(why) => {
                counts.left_out(why.text());
                continue;
            }
        };
        let Some(allowed) = World::new(&emulator, question).allows().await else {
            counts.left_out(REFUSED);
            continue;
        };
        counts.compared(allowed == ours(&case));
        if allowed != ours(&case) {
            differences.insert(
                page::text(&case, "id"),
                Difference { ours: !allowed, page: page::text(&case, "page") },
            );
        }
    }
    page::read().agrees_with(&counts, &differences);
}
