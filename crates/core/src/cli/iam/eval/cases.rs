//! `leasekey iam eval --cases`.

use std::path::Path;

use serde_json::{Value, json};

use crate::cli::iam::file;
use crate::cli::{BAD_INPUT, Console, FAILED, Failure, Outcome};
use crate::context::Context;
use crate::error::{Error, printable};
use crate::iam::{Case, read_cases};

/// What became of a case.
struct Ran {
    result: Value,
    /// Whether it agrees, or what is wrong with its input.
    agrees: Result<bool, Error>,
}

pub(super) fn run(path: &Path, out: Option<&Path>, context: &Context, console: &mut Console<'_>) -> Outcome {
    let name = path.to_string_lossy();
    let cases =
        read_cases(&file::read(path, context)?, &name).map_err(|error| file::within(&name, &error))?;
    let ran: Vec<_> = cases.iter().map(decide).collect();
    let results = Value::Array(ran.iter().map(|ran| ran.result.clone()).collect());
    let text = format!("{results:#}\n");
    match out {
        Some(out) => file::write(out, &text, context)?,
        None => console.out.write_all(text.as_bytes())?,
    }
    conclude(&ran, console)
}

fn decide(case: &Case) -> Ran {
    let (got, explain, agrees) = match case.question() {
        Ok((request, set)) => {
            let decision = set.evaluate(request);
            let explain = set.explain(request, &decision).to_string();
            (decision.outcome.name(), explain, Ok(case.expects(decision.outcome)))
        }
        Err(error) => ("error", format!("{}: {}", error.code(), error.message()), Err(error)),
    };
    let result =
        json!({ "id": case.id, "got": got, "expected": case.expected, "explain": explain.trim_end() });
    Ran { result, agrees }
}

/// Tells how many agree, and each that does not.
fn conclude(ran: &[Ran], console: &mut Console<'_>) -> Outcome {
    let agree = ran.iter().filter(|ran| matches!(ran.agrees, Ok(true))).count();
    for ran in ran.iter().filter(|ran| !matches!(ran.agrees, Ok(true))) {
        let part = |name: &str| printable(ran.result.get(name).and_then(Value::as_str).unwrap_or_default());
        let first = part("explain");
        let first = first.split("\\n").next().unwrap_or_default();
        writeln!(console.err, "{}: got {}, expected {}: {first}", part("id"), part("got"), part("expected"))?;
    }
    writeln!(console.err, "{agree} of {} cases agree", ran.len())?;
    match ran {
        _ if ran.iter().any(|ran| ran.agrees.is_err()) => Err(Failure::Answered(BAD_INPUT)),
        ran if ran.len() > agree => Err(Failure::Answered(FAILED)),
        _ => Ok(()),
    }
}
