//! Whole command lines of `leasekey iam`.

use serde_json::Value;

use crate::cli::tests::{Printed, piped, shown, widest};
use crate::cli::{BAD_INPUT, FAILED, OK};
use crate::context::Scripted;
use crate::iam::Catalog;

const WIDE: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::orders/*"},
    {"Effect": "Allow", "Action": ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": "*"}
  ]
}"#;
const NARROW: &str = r#"{"Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::orders/*"}}"#;

fn world() -> Scripted {
    let world = Scripted::new();
    world.set_file("/srv/app/wide.json", 0o644, WIDE.as_bytes());
    world.set_file("/srv/app/narrow.json", 0o644, NARROW.as_bytes());
    world.set_file("/srv/app/broken.json", 0o644, b"{\n  \"Statement\": [}\n");
    world
}

fn json(printed: &Printed) -> Value {
    serde_json::from_str(&printed.out).unwrap_or_else(|error| panic!("{error}: {}", printed.out))
}

#[test]
fn findings_are_told_with_place_fix_and_the_request_that_shows_them() {
    let told = shown(&world(), "iam lint /srv/app/wide.json");
    assert_eq!((told.code, told.err.as_str()), (FAILED, ""));
    assert!(told.out.contains("/srv/app/wide.json:5:36 error privilege-escalation\n"), "{}", told.out);
    let words = told.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("lambda-create-invoke: whoever has iam:PassRole and lambda:CreateFunction"),
        "{words}"
    );
    assert!(
        words.contains("user/example may iam:PassRole on arn:aws:iam::111122223333:role/administrator"),
        "{words}"
    );
    assert!(widest(&told.out) <= 80, "{}", told.out);
    assert!(told.out.lines().last().unwrap().starts_with("1 policy: "), "{}", told.out);
}

#[test]
fn a_policy_without_findings_is_said_to_have_none() {
    let told = piped(&world(), "iam lint /srv/app/narrow.json");
    assert_eq!((told.code, told.out.as_str(), told.err.as_str()), (OK, "1 policy: nothing found\n", ""));
}

#[test]
fn only_findings_of_the_severity_asked_for_fail() {
    let world = world();
    world.set_file(
        "/srv/app/note.json",
        0o644,
        br#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": ["s3:GetObject", "s3:GetObject"],
            "Resource": "arn:aws:s3:::orders/*"}}"#,
    );
    assert_eq!(piped(&world, "iam lint /srv/app/note.json").code, OK);
    assert_eq!(piped(&world, "iam lint /srv/app/note.json --fail-on note").code, FAILED);
    assert_eq!(piped(&world, "iam lint /srv/app/wide.json --fail-on error").code, FAILED);
}

#[test]
fn findings_as_json_carry_their_witness_as_a_request_of_a_case_file() {
    let told = json(&piped(&world(), "iam lint /srv/app/wide.json /srv/app/narrow.json --format json"));
    let found = told.as_array().unwrap().iter().find(|one| one["rule"] == "privilege-escalation").unwrap();
    assert_eq!((&found["line"], &found["column"]), (&5.into(), &36.into()));
    assert_eq!(found["pointer"], "/Statement/1/Action/0");
    assert_eq!(found["witness"]["action"], "iam:PassRole");
    assert_eq!(found["witness"]["context"]["iam:PassedToService"], "lambda.amazonaws.com");
    assert_eq!(found["suppressed"], Value::Null);
}

#[test]
fn a_witness_is_a_case_with_its_policy_and_what_it_needs_besides() {
    let world = world();
    let bucket = r#"{"Version": "2012-10-17", "Statement":
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}}"#;
    let decrypt = r#"{"Version": "2012-10-17", "Statement":
        {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}}"#;
    for (rule, policy, slot) in [
        ("data-exfiltration", decrypt, "identity"),
        ("public-principal", bucket, "resource"),
        ("privilege-escalation", WIDE, "identity"),
    ] {
        world.set_file("/srv/app/policy.json", 0o644, policy.as_bytes());
        let told = json(&piped(&world, "iam lint /srv/app/policy.json --format json"));
        let found = told.as_array().unwrap().iter().find(|one| one["rule"] == rule).unwrap();
        let mut policies = found["witness_policies"].as_object().cloned().unwrap_or_default();
        let policy: Value = serde_json::from_str(policy).unwrap();
        policies
            .insert(slot.to_owned(), if slot == "identity" { serde_json::json!([policy]) } else { policy });
        let case = serde_json::json!([{
            "id": rule, "name": rule, "request": found["witness"], "policies": policies, "expected": "allow",
        }]);
        world.set_file("/srv/app/cases.json", 0o644, case.to_string().as_bytes());
        let told = piped(&world, "iam eval --cases /srv/app/cases.json");
        assert_eq!(told.code, OK, "{rule}: {}{}", told.out, told.err);
    }
}

#[test]
fn sarif_is_valid_by_its_schema() {
    let world = world();
    world.set_file("/srv/app/suppress", 0o644, b"privilege-escalation * the sandbox\n");
    // Two of its expressions have a bracket too many.
    let schema = include_str!("../../../tests/schemas/sarif-2.1.0.json").replace("{2}]?$", "{2}$");
    let schema = serde_json::from_str(&schema).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for line in ["/srv/app/wide.json --suppress /srv/app/suppress", "/srv/app/narrow.json"] {
        let log = json(&piped(&world, &format!("iam lint {line} --format sarif")));
        let errors: Vec<_> = schema.iter_errors(&log).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
        let results = log["runs"][0]["results"].as_array().unwrap();
        assert_eq!(results.is_empty(), line.contains("narrow"));
        for result in results {
            let rule =
                &log["runs"][0]["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
            assert_eq!(rule["id"], result["ruleId"]);
            let suppressed = !result["suppressions"].as_array().unwrap().is_empty();
            assert_eq!(suppressed, result["ruleId"] == "privilege-escalation");
        }
    }
}

#[test]
fn suppressed_findings_do_not_fail_and_stale_lines_are_told() {
    let world = world();
    let lines = [
        "privilege-escalation * so",
        "wildcard-resource * so",
        "pass-role-too-wide * so",
        "full-access * so",
    ];
    world.set_file("/srv/app/suppress", 0o644, lines.join("\n").as_bytes());
    let told = piped(&world, "iam lint /srv/app/wide.json --suppress /srv/app/suppress");
    assert_eq!(told.code, OK, "{}", told.out);
    assert!(told.out.ends_with(" suppressed\n"), "{}", told.out);
    assert_eq!(told.err, "warning: line 4 of the suppressions fits no finding any more\n");
    let sarif = piped(&world, "iam lint /srv/app/wide.json --suppress /srv/app/suppress --format sarif");
    assert_eq!(sarif.err, told.err);
}

#[test]
fn input_that_cannot_be_read_is_told_with_file_line_and_column() {
    let world = world();
    let broken = piped(&world, "iam diff /srv/app/narrow.json /srv/app/broken.json");
    assert_eq!((broken.code, broken.out.as_str()), (BAD_INPUT, ""));
    assert!(broken.err.starts_with("LK-0201 /srv/app/broken.json, line 2, column 17"), "{}", broken.err);
    let missing = piped(&world, "iam lint /srv/app/missing.json");
    assert_eq!(missing.code, BAD_INPUT);
    assert!(missing.err.starts_with("LK-0116 /srv/app/missing.json does not exist\n"), "{}", missing.err);
    for line in [
        "lint",
        "lint /srv/app/wide.json --type role",
        "lint /srv/app/wide.json --own-account 1",
        "actions",
        "diff a",
    ] {
        assert_eq!(piped(&world, &format!("iam {line}")).code, BAD_INPUT, "{line}");
    }
}

#[test]
fn a_file_that_is_no_policy_is_a_finding_and_hides_none_of_the_others() {
    let world = world();
    let files = "/srv/app/broken.json /srv/app/wide.json";
    let told = piped(&world, &format!("iam lint {files}"));
    assert_eq!((told.code, told.err.as_str()), (BAD_INPUT, ""));
    assert!(told.out.starts_with("/srv/app/broken.json:2:17 error unreadable\n"), "{}", told.out);
    assert!(told.out.contains("/srv/app/wide.json:5:36 error privilege-escalation\n"), "{}", told.out);
    let rules = |told: &Value| -> Vec<String> {
        told.as_array().unwrap().iter().map(|one| one["rule"].as_str().unwrap().to_owned()).collect()
    };
    let told = json(&piped(&world, &format!("iam lint {files} --format json")));
    assert_eq!((told[0]["line"].as_u64(), told[0]["pointer"].as_str()), (Some(2), Some("/Statement/0")));
    assert!(rules(&told).contains(&"privilege-escalation".to_owned()), "{told}");
    let log = json(&piped(&world, &format!("iam lint {files} --format sarif")));
    let result = &log["runs"][0]["results"][0];
    assert_eq!((result["ruleId"].as_str(), result["level"].as_str()), (Some("unreadable"), Some("error")));
    let missing = piped(&world, "iam lint /srv/app/missing.json /srv/app/wide.json");
    assert_eq!(missing.code, BAD_INPUT);
    assert!(missing.err.starts_with("LK-0116 /srv/app/missing.json does not exist\n"), "{}", missing.err);
    assert!(missing.out.contains(" error privilege-escalation\n"), "{}", missing.out);
}

#[test]
fn aws_managed_policies_are_linted_by_their_arn() {
    let told = piped(&world(), "iam lint arn:aws:iam::aws:policy/AdministratorAccess");
    assert_eq!(told.code, FAILED);
    assert!(told.out.contains(" error full-access\n"), "{}", told.out);
    let unknown = piped(&world(), "iam lint arn:aws:iam::aws:policy/NoSuchPolicy");
    assert_eq!(unknown.code, BAD_INPUT);
    assert!(unknown.err.contains("in the data of 20"), "{}", unknown.err);
    let chinese = piped(&world(), "iam lint arn:aws-cn:iam::aws:policy/AdministratorAccess");
    assert_eq!(chinese.code, BAD_INPUT);
    assert!(chinese.err.contains(", which is of the partition aws\n"), "{}", chinese.err);
}

#[test]
fn an_action_is_asked_of_what_aws_asks_it_of() {
    let world = Scripted::new();
    let all = br#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;
    world.set_file("/srv/app/all.json", 0o644, all);
    let eval = |asked: &str| piped(&world, &format!("iam eval --policy /srv/app/all.json {asked}"));
    for (asked, told) in [
        ("--action s3:ListAllMyBuckets --resource arn:aws:s3:::orders", "Run it again with --resource '*'"),
        ("--action sts:GetSessionToken --resource * --resource arn:aws:s3:::orders", "with --resource '*'"),
        (
            "--action kms:Decrypt --resource *",
            "--resource arn:${Partition}:kms:${Region}:${Account}:key/${KeyId}",
        ),
        ("--action STS:AssumeRole --resource *", "--resource arn:${Partition}:iam::${Account}:role/"),
        (
            "--action kms:Decrypt --resource arn:aws:s3:::orders",
            "kms:Decrypt is never asked of arn:aws:s3:::orders",
        ),
        ("--action sts:AssumeRole --resource arn:aws:iam::111122223333:user/bob", "is never asked of"),
    ] {
        let refused = eval(asked);
        assert_eq!((refused.code, refused.out.as_str()), (BAD_INPUT, ""), "{asked}");
        assert!(refused.err.starts_with("LK-0202 ") && refused.err.contains(told), "{}", refused.err);
    }
    let wide = eval("--action s3:GetObject --resource *");
    assert_eq!(wide.code, OK);
    assert!(
        wide.err.starts_with("warning: s3:GetObject is asked of a resource, and * is only"),
        "{}",
        wide.err
    );
    let other = eval("--action s3:GetObject --resource arn:aws:s3:::orders");
    assert_eq!(other.code, OK);
    assert!(
        other.err.starts_with("warning: s3:GetObject is never asked of arn:aws:s3:::orders"),
        "{}",
        other.err
    );
    let lost = eval("--action s3:GetObject --resource arn:aws:s3:::orders/1 --out results.json");
    assert!(lost.code == BAD_INPUT && lost.err.contains("--cases"), "{}", lost.err);
    let deny = br#"{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:*"}}}}"#;
    world.set_file("/srv/app/deny.json", 0o644, deny);
    let nobody =
        eval("--policy /srv/app/deny.json --action s3:GetObject --resource arn:aws:s3:::b/k --full-context");
    assert!(nobody.code == 3 && nobody.out.starts_with("depends on aws:PrincipalArn"), "{}", nobody.out);
    for right in [
        "--action s3:GetObject --resource arn:aws:s3:::orders/1",
        "--action s3:ListAllMyBuckets --resource *",
        "--action sqs:Pigeon --resource *",
    ] {
        let told = eval(right);
        assert_eq!((told.code, told.err.as_str()), (OK, ""), "{right}");
    }
}

#[test]
fn a_pattern_of_actions_is_expanded_with_its_date() {
    let world = Scripted::new();
    let told = shown(&world, "iam actions sqs:*Message");
    assert_eq!((told.code, told.err.as_str()), (OK, ""));
    assert!(told.out.starts_with("sqs:DeleteMessage  Write\n"), "{}", told.out);
    let rows = piped(&world, "iam actions sqs:*Message").out;
    assert!(rows.starts_with("ACTION ") && rows.contains("\nsqs:ReceiveMessage  Read    queue*"), "{rows}");
    assert!(told.out.contains("sqs:SendMessage") && told.out.contains("queue*"), "{}", told.out);
    assert!(told.out.contains(Catalog::bundled().unwrap().date()), "{}", told.out);
    assert!(widest(&told.out) <= 80, "{}", told.out);
}

#[test]
fn one_action_is_told_at_length() {
    let told = shown(&Scripted::new(), "iam actions lambda:createfunction lambda:CreateFunction").out;
    assert!(told.starts_with("Action          lambda:CreateFunction\n"), "{told}");
    assert!(told.contains("iam:PassRole") && told.contains("${FunctionName}"), "{told}");
    let whole = piped(&Scripted::new(), "iam actions s3:ListAllMyBuckets").out;
    assert!(whole.contains("none: its statements need \"Resource\": \"*\""), "{whole}");
}

#[test]
fn actions_as_json_hold_everything_that_is_known() {
    let told = json(&piped(&Scripted::new(), "iam actions s3:Get*LegalHold --format json"));
    let action = &told["actions"][0];
    assert_eq!(action["action"], "s3:GetObjectLegalHold");
    assert_eq!(action["access_levels"], serde_json::json!(["Read"]));
    assert!(action["resource_types"][0]["arn"].as_str().unwrap().starts_with("arn:${Partition}:s3"));
    assert_eq!(told["data_date"], Catalog::bundled().unwrap().date());
}

#[test]
fn an_action_that_does_not_exist_names_the_nearest() {
    let told = piped(&Scripted::new(), "iam actions s3:GetObjcet");
    assert_eq!((told.code, told.out.as_str()), (BAD_INPUT, ""));
    let date = Catalog::bundled().unwrap().date();
    let expected = format!(
        "LK-0115 no action matches \"s3:GetObjcet\" in the data of {date}\n  The nearest is s3:GetObject\n"
    );
    assert!(told.err.starts_with(&expected), "{}", told.err);
}

#[test]
fn a_change_is_told_as_access_gained_and_lost() {
    let world = world();
    let told = shown(&world, "iam diff /srv/app/narrow.json /srv/app/wide.json");
    assert_eq!(told.code, FAILED);
    assert!(told.out.starts_with("gained on every resource\n"), "{}", told.out);
    assert!(widest(&told.out) <= 80, "{}", told.out);
    let back = json(&piped(&world, "iam diff /srv/app/wide.json /srv/app/narrow.json --format json"));
    assert_eq!(back["gained"], serde_json::json!([]));
    assert!(back["lost"][0]["actions"].as_array().unwrap().contains(&"iam:PassRole".into()), "{back}");
    let same = piped(&world, "iam diff /srv/app/wide.json /srv/app/wide.json");
    assert_eq!(same.code, OK);
    assert!(same.out.starts_with("No access gained or lost"), "{}", same.out);
}

#[test]
fn a_change_that_no_request_shows_is_not_said_to_change_nothing() {
    let world = world();
    let twice = NARROW.replace(r#""s3:GetObject""#, r#"["s3:GetObject", "s3:getobject"]"#);
    world.set_file("/srv/app/twice.json", 0o644, twice.as_bytes());
    let told = piped(&world, "iam diff /srv/app/narrow.json /srv/app/twice.json");
    assert_eq!(told.code, OK);
    assert!(
        told.out.starts_with("2 statements differ; no request was found that tells them apart"),
        "{}",
        told.out
    );
    let ten = r#""Condition": {"NumericLessThan": {"s3:max-keys": "ten"}}, "Resource""#;
    let ten = NARROW.replace(r#""Resource""#, ten).replace("Allow", "Deny");
    world.set_file("/srv/app/ten.json", 0o644, ten.as_bytes());
    let told = piped(&world, "iam diff /srv/app/narrow.json /srv/app/ten.json");
    assert_eq!((told.code, told.out.as_str()), (BAD_INPUT, ""));
    assert!(told.err.starts_with("LK-0201 /srv/app/ten.json, line 2, column "), "{}", told.err);
}

const USED: &str = r#"[
  {"action": "s3:GetObject", "resource": ["arn:aws:s3:::orders/*", "arn:aws:s3:::bills/*"]},
  {"action": "s3:ListAllMyBuckets", "resource": "arn:aws:s3:::orders"},
  {"action": "sqs:DeleteMessage", "resource": "arn:aws:sqs:eu-west-1:111122223333:orders"},
  {"action": "sqs:DeleteQueue", "resource": "arn:aws:sqs:eu-west-1:111122223333:orders"},
  {"action": "sqs:Pigeon", "resource": "*"}
]"#;

#[test]
fn the_smallest_policy_is_printed_and_what_is_to_be_known_about_it_told_beside() {
    let world = Scripted::new();
    world.set_file("/srv/app/used.json", 0o644, USED.as_bytes());
    let told = piped(&world, "iam minimize --allowed /srv/app/used.json");
    let policy = json(&told);
    let sids: Vec<_> = policy["Statement"].as_array().unwrap().iter().map(|one| &one["Sid"]).collect();
    assert_eq!((told.code, sids.len()), (OK, 3));
    assert_eq!(policy["Statement"][0]["Resource"][1], "arn:aws:s3:::orders/*");
    let date = Catalog::bundled().unwrap().date();
    for line in [
        "6 requests, 3 statements".to_owned(),
        format!("proved by the engine: all of the list is allowed, and nothing else as of {date}"),
        format!("patterns that stand for listed actions only as of {date}: sqs:Delete*"),
        format!("unknown: sqs:Pigeon is no action of AWS's as of {date}"),
    ] {
        assert!(told.err.lines().any(|told| told == line), "{line}\n{}", told.err);
    }
    assert!(
        told.err.contains("\nwider: s3:ListAllMyBuckets is allowed on *, not only on arn:aws:s3:::orders")
    );
}

#[test]
fn the_smallest_policy_goes_to_a_file_or_to_numbered_ones() {
    let world = Scripted::new();
    world.set_file("/srv/app/used.json", 0o644, USED.as_bytes());
    let told = piped(&world, "iam minimize --allowed /srv/app/used.json --out /srv/app/policy.json");
    assert_eq!((told.code, told.out.as_str()), (OK, ""));
    assert_ne!(piped(&world, "iam lint /srv/app/policy.json").code, BAD_INPUT);

    let resources: Vec<_> = (0..200).map(|at| format!("arn:aws:s3:::orders/{at:0>40}")).collect();
    let many = serde_json::json!([{ "action": "s3:GetObject", "resource": resources }]).to_string();
    world.set_file("/srv/app/used.json", 0o644, many.as_bytes());
    let told = piped(&world, "iam minimize --allowed /srv/app/used.json --out /srv/app/several.json");
    assert!(told.err.starts_with("200 requests, 3 statements in 3 policies\n"), "{}", told.err);
    for number in 1..=3 {
        assert_eq!(
            piped(&world, &format!("iam lint /srv/app/several-{number}.json --fail-on error")).code,
            OK
        );
    }
    let session = piped(&world, "iam minimize --allowed /srv/app/used.json --type session");
    assert_eq!((session.code, session.out.as_str()), (BAD_INPUT, ""));
    assert!(session.err.contains("AWS takes 2048 characters of session policies"), "{}", session.err);
}

#[test]
fn a_list_that_cannot_be_read_is_told_with_file_line_and_column() {
    let world = Scripted::new();
    world.set_file("/srv/app/used.json", 0o644, br#"[{"action": "s3:Get*", "resource": "*"}]"#);
    let told = piped(&world, "iam minimize --allowed /srv/app/used.json");
    assert_eq!((told.code, told.out.as_str()), (BAD_INPUT, ""));
    assert!(
        told.err.starts_with("LK-0202 /srv/app/used.json, line 1, column 13 (/0/action): "),
        "{}",
        told.err
    );
}

#[test]
fn an_organization_of_ones_own_is_declared_by_its_id() {
    let world = world();
    assert_eq!(piped(&world, "iam lint /srv/app/narrow.json --own-organization o-a1b2c3d4e5").code, OK);
    for wrong in ["o-1", "a1b2c3d4e5", "o-A1B2C3D4E5"] {
        let told = piped(&world, &format!("iam lint /srv/app/narrow.json --own-organization {wrong}"));
        assert_eq!(told.code, BAD_INPUT, "{wrong}");
    }
}

#[test]
fn help_of_each_command_fits_a_terminal() {
    for line in
        ["iam --help", "iam lint --help", "iam actions --help", "iam diff --help", "iam minimize --help"]
    {
        let help = piped(&Scripted::new(), line).out;
        assert!(widest(&help) <= 80 && !help.is_empty(), "{help}");
    }
}
