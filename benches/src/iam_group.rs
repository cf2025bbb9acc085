//! Group `iam`: the policy engine beside crate iam-rs, in one process, on the same policies. Needs no server.

mod lint;

use std::hint::black_box;

use leasekey::iam::{Outcome as Decided, PolicyDocument, PolicySet, Principal, Request};
use serde_json::{Value, json};

use crate::alternate::{median, ratio, times};
use crate::report::{Report, Row, say};
use crate::{Outcome, allocator};

const CALLS: u32 = 1_000;
const ACTION: &str = "s3:GetObject";
const RESOURCE: &str = "arn:aws:s3:::orders/2026/11/1.json";
const USER: &str = "arn:aws:iam::111122223333:user/ann";
const CONTEXT: [(&str, &str); 3] =
    [("aws:username", "ann"), ("s3:prefix", "home/ann/x"), ("aws:SourceIp", "198.51.100.7")];

/// A policy, and what its evaluation may take.
struct Size {
    name: &'static str,
    policy: Value,
    most: f64,
    target: &'static str,
}

/// Measures all of it.
pub(crate) fn measure(report: &mut Report) -> Outcome {
    say("iam", "policies of 1 statement, of 30, and of 6 KB with conditions, beside iam-rs");
    let sizes = [
        Size { name: "iam/evaluate_1", policy: policy(1, false), most: 500.0, target: "<= 500 ns, <= peer" },
        Size {
            name: "iam/evaluate_30",
            policy: policy(30, false),
            most: 3_000.0,
            target: "<= 3000 ns, <= peer",
        },
        Size {
            name: "iam/evaluate_6kb",
            policy: policy(22, true),
            most: 5_000.0,
            target: "<= 5000 ns, <= peer",
        },
    ];
    for size in &sizes {
        evaluation(size, report)?;
    }
    explanations(report)?;
    allocations(report)?;
    hostile(report)?;
    lint::measure(report)
}

/// Statements of which the last applies.
fn policy(statements: usize, conditions: bool) -> Value {
    let statement = |number: usize| {
        let last = number + 1 == statements;
        let service = if last || conditions { "s3" } else { "sqs" };
        let bucket = if last { "orders".to_owned() } else { format!("bucket-{number}") };
        let condition = json!({
            "StringLike": { "s3:prefix": ["home/${aws:username}/*", format!("team-{number}/*")] },
            "IpAddress": { "aws:SourceIp": ["203.0.113.0/24", "198.51.100.0/24"] },
        });
        json!({
            "Sid": format!("S{number}"),
            "Effect": "Allow",
            "Action": [format!("{service}:GetObject"), "s3:Put*"],
            "Resource": [format!("arn:aws:s3:::{bucket}/*")],
            "Condition": if conditions { condition } else { json!({}) },
        })
    };
    json!({ "Version": "2012-10-17", "Statement": (0..statements).map(statement).collect::<Vec<_>>() })
}

fn request(action: &str, resource: &str) -> Outcome<Request> {
    let request = Request::new(Principal::parse(USER)?, action, resource)?;
    Ok(CONTEXT.into_iter().fold(request, |request, (key, value)| request.context(key, value)))
}

fn set(policy: &Value) -> Outcome<PolicySet> {
    Ok(PolicySet::builder().identity([PolicyDocument::parse(&policy.to_string())?]).build()?)
}

fn evaluation(size: &Size, report: &mut Report) -> Outcome {
    let (set, request) = (set(&size.policy)?, request(ACTION, RESOURCE)?);
    let peer = iam_rs::PolicyEvaluator::with_policies(vec![serde_json::from_value(size.policy.clone())?]);
    let context = CONTEXT
        .into_iter()
        .fold(iam_rs::Context::new(), |context, (key, value)| context.with_string(key, value));
    let user = iam_rs::Principal::Aws(iam_rs::PrincipalId::String(USER.to_owned()));
    let asked = iam_rs::IAMRequest::new_with_context(user, ACTION, iam_rs::Arn::parse(RESOURCE)?, context);
    if set.outcome(&request) != Decided::Allow {
        return Err(format!("{}: not allowed", size.name).into());
    }
    // The peer reads some conditions otherwise; what it answers is told, and its time counts all the same.
    say("", &format!("{}: iam-rs says {:?}", size.name, peer.evaluate(&asked)?.decision));

    let mut outcome = || done(set.outcome(black_box(&request)));
    let mut ours = || done(set.evaluate(black_box(&request)));
    let mut theirs = || done(peer.evaluate(black_box(&asked)));
    let before = allocator::calls();
    outcome()?;
    let allocations = (allocator::calls() - before) as f64;
    let runs = times(CALLS, &mut [&mut outcome, &mut ours, &mut theirs])?;
    let [outcome, ours, theirs] = runs.as_slice() else { return Err("a contestant is missing".into()) };

    let (value, times) = (median(ours), ratio(ours, theirs));
    let row = Row::alone(size.name, value, "ns", size.target).beside("iam-rs 0.8", median(theirs), times);
    report.add(row.met(value <= size.most && times <= 1.0));
    if size.name.ends_with("6kb") {
        let row = Row::alone("iam/outcome_allocations", allocations, "per call", "= 0");
        report.add(row.met(allocations == 0.0));
    }
    say("", &format!("{}: the outcome alone {:.0} ns", size.name, median(outcome)));
    Ok(())
}

/// Of a request that is denied, and of one that depends on what each of the statements asks for.
fn explanations(report: &mut Report) -> Outcome {
    let denied = (set(&policy(30, false))?, request("s3:DeleteObject", RESOURCE)?);
    let depends = (set(&depending(30))?, request(ACTION, RESOURCE)?.partial_context());
    for (name, (set, request)) in [("iam/explain_30", denied), ("iam/explain_30_depends", depends)] {
        let decision = set.evaluate(&request);
        let mut evaluate = || done(set.evaluate(black_box(&request)));
        let mut explain = || done(set.explain(black_box(&request), &decision));
        let runs = times(CALLS / 10, &mut [&mut evaluate, &mut explain])?;
        let [evaluate, explain] = runs.as_slice() else { return Err("a contestant is missing".into()) };
        let value = median(explain) / 1e3;
        report.add(Row::alone(name, value, "us", "<= 100 us").met(value <= 100.0));
        say("", &format!("{name}: the decision, with what is missing, {:.0} ns", median(evaluate)));
    }
    Ok(())
}

/// Statements each with a condition on a key that is not known: the last two deny.
fn depending(statements: usize) -> Value {
    let statement = |number: usize| {
        let effect = if number + 2 < statements { "Allow" } else { "Deny" };
        let key = format!("aws:PrincipalTag/team-{number}");
        json!({
            "Sid": format!("S{number}"),
            "Effect": effect,
            "Action": ["s3:GetObject", "s3:Put*"],
            "Resource": "arn:aws:s3:::orders/*",
            "Condition": { "StringEquals": { key: ["red", "blue"] } },
        })
    };
    json!({ "Version": "2012-10-17", "Statement": (0..statements).map(statement).collect::<Vec<_>>() })
}

/// Patterns whose parts between two stars are put together at evaluation, or are long; of a user, of a session of a role
/// that an SCP limits, and where nothing is known of the context.
fn allocations(report: &mut Report) -> Outcome {
    let long = "a".repeat(600);
    let patterns = [
        "*home/${aws:username}/*".to_owned(),
        "*?${aws:username}/*".to_owned(),
        "*${aws:username}*?${s3:prefix}*".to_owned(),
        format!("*{long}?b*"),
    ];
    let statements = patterns.map(|pattern| {
        let resource = format!("arn:aws:s3:::{pattern}");
        json!({ "Effect": "Allow", "Action": "*", "Resource": resource,
            "Condition": { "StringLike": { "s3:prefix": pattern } } })
    });
    let policies =
        PolicyDocument::parse(&json!({ "Version": "2012-10-17", "Statement": statements }).to_string())?;
    let all = json!({ "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } });
    let set =
        PolicySet::builder().identity([policies]).scp("root", [PolicyDocument::parse(&all.to_string())?]);
    let set = set.build()?;
    let user = request(ACTION, &format!("arn:aws:s3:::home/ann{long}"))?;
    // Whether SCPs limit a session of a role its name tells.
    let session = Principal::parse("arn:aws:sts::111122223333:assumed-role/orders/s1")?;
    let session = Request::new(session, ACTION, RESOURCE)?;
    let (depending, open) = (self::set(&depending(30))?, request(ACTION, RESOURCE)?.partial_context());
    let of_role = json!({ "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {
        "ArnLike": { "aws:PrincipalArn": ["arn:aws:iam::*:role/*a*/or?ers", "arn:*:iam::1*1:role/p*y/*"] },
        "StringLike": { "aws:PrincipalArn": "*pay*or*" } } } });
    let (of_role, open_session) = (self::set(&of_role)?, session.clone().partial_context());
    let before = allocator::calls();
    done(set.outcome(black_box(&user)))?;
    done(set.outcome(black_box(&session)))?;
    done(depending.outcome(black_box(&open)))?;
    done(of_role.outcome(black_box(&open_session)))?;
    let value = (allocator::calls() - before) as f64;
    report.add(Row::alone("iam/hostile_allocations", value, "per call", "= 0").met(value == 0.0));
    Ok(())
}

/// How the time grows when a hostile pattern and its text are 16 times as long: 16 is linear, 256 is not.
fn hostile(report: &mut Report) -> Outcome {
    let contest = |length: usize| -> Outcome<(PolicySet, Request)> {
        let pattern = format!("arn:aws:s3:::*{}b*{}", "a".repeat(length / 2), "*a".repeat(length / 4));
        let statement = json!({ "Effect": "Allow", "Action": "*", "Resource": pattern });
        let request = request(ACTION, &format!("arn:aws:s3:::{}", "a".repeat(length)))?;
        Ok((set(&json!({ "Statement": statement }))?, request))
    };
    let (short, long) = (contest(4_000)?, contest(64_000)?);
    let mut of_short = || done(short.0.outcome(black_box(&short.1)));
    let mut of_long = || done(long.0.outcome(black_box(&long.1)));
    let runs = times(20, &mut [&mut of_short, &mut of_long])?;
    let [short, long] = runs.as_slice() else { return Err("a contestant is missing".into()) };
    let growth = ratio(long, short);
    report.add(Row::alone("iam/hostile_growth", growth, "times", "<= 32 for 16 x").met(growth <= 32.0));
    Ok(())
}

// Using the result keeps the compiler from leaving the call out.
fn done<T>(result: T) -> Outcome {
    black_box(result);
    Ok(())
}
