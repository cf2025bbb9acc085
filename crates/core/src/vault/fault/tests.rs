use http::{HeaderMap, HeaderValue, header::RETRY_AFTER};
use proptest::prelude::*;
use std::time::{Duration, SystemTime};

use super::*;
use crate::context::HttpFault;

const ACL: &str = "1 error occurred:\n\t* permission denied\n\n";

fn refused<'a>(status: u16, texts: &[&str]) -> Refused<'a> {
    let body = serde_json::json!({ "errors": texts }).to_string();
    let refused = Refused {
        status,
        origin: "https://vault:8200",
        path: "aws/creds/orders",
        namespace: Some("pay"),
        capability: "update",
        ..Refused::default()
    };
    refused.listing(body.as_bytes(), str::to_owned)
}

fn issuing(status: u16, text: &str) -> Fault {
    let (mount, role) = ("aws".parse().unwrap(), "orders".parse().unwrap());
    fault(Operation::Issue(&mount, &role), &refused(status, &[text]))
}

fn told(fault: &Fault) -> (&'static str, Class) {
    (fault.error.code(), fault.class)
}

#[test]
fn an_acl_refusal_prints_the_policy_that_is_needed() {
    let fault = issuing(403, ACL);
    assert_eq!(told(&fault), ("LK-0106", Class::Denied));
    assert_eq!(refusal(&fault.error), Some(Refusal::Acl));
    assert_eq!(
        fault.error.hint(),
        "Add to a policy of this login: path \"aws/creds/orders\" { capabilities = [\"update\"] }"
    );
}

#[test]
fn a_dead_token_is_told_from_a_policy_and_both_from_an_unknown_text() {
    let dead = ["permission denied", "2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n"];
    for text in dead {
        let fault = issuing(403, text);
        assert_eq!(told(&fault), ("LK-0103", Class::Denied));
        assert_eq!(refusal(&fault.error), Some(Refusal::DeadToken));
    }
    for text in ["computer says no", "Permission Denied", ""] {
        let fault = issuing(403, text);
        assert_eq!(told(&fault), ("LK-0103", Class::Denied));
        assert_eq!(refusal(&fault.error), Some(Refusal::Unknown));
    }
}

#[test]
fn a_login_that_is_rejected_is_never_a_dead_token() {
    for (status, text) in [(400, "invalid role or secret ID"), (403, "permission denied"), (403, ACL)] {
        let fault = fault(Operation::Login, &refused(status, &[text]));
        assert_eq!(told(&fault), ("LK-0122", Class::Denied));
        assert_eq!(refusal(&fault.error), None);
    }
}

#[test]
fn a_missing_role_mount_or_engine_is_named() {
    for (status, text) in [
        (400, "Role \"orders\" not found"),
        (404, "no handler for route \"aws/creds/orders\". route entry not found."),
        (404, ""),
        (405, "1 error occurred:\n\t* unsupported operation\n\n"),
        (400, "unsupported path"),
    ] {
        let fault = issuing(status, text);
        assert_eq!(told(&fault), ("LK-0105", Class::Denied), "{text}");
        assert!(
            fault.error.message().starts_with("Vault has no AWS role \"orders\" at aws/ in namespace pay/")
        );
    }
}

#[test]
fn what_aws_refuses_is_for_a_person_and_what_passes_is_waited_for() {
    for text in [
        "Error assuming role: AccessDenied: User: x is not authorized to perform: sts:AssumeRole",
        "Error creating IAM user: NoSuchEntity: x",
        "Error generating STS keys: MalformedPolicyDocument: x",
        "Error assuming role: SomethingNew: x",
        "Error putting user policy: LimitExceeded: x",
    ] {
        assert_eq!(told(&issuing(400, text)), ("LK-0107", Class::Denied), "{text}");
    }
    for text in [
        "Error assuming role: Throttling: Rate exceeded",
        "Error assuming role: RequestError: send request failed\ncaused by: dial tcp: i/o timeout",
        "Error creating IAM user: ServiceUnavailable: x",
        "Error assuming role: ExpiredToken: The security token included in the request is expired",
        "Error creating access keys: RequestLimitExceeded: x",
    ] {
        assert_eq!(told(&issuing(400, text)), ("LK-0109", Class::Upstream), "{text}");
    }
}

#[test]
fn a_ttl_out_of_range_is_named() {
    let text =
        "Error assuming role: ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration";
    assert_eq!(told(&issuing(400, text)), ("LK-0108", Class::Denied));
}

#[test]
fn other_refusals_of_the_engine_keep_vaults_words() {
    let text = "role_arn \"arn:x\" not in allowed role arns for Vault role \"orders\"";
    let fault = issuing(400, text);
    assert_eq!(told(&fault), ("LK-0116", Class::Denied));
    assert!(fault.error.message().contains(text));
    assert_eq!(refusal(&fault.error), None);
}

#[test]
fn a_legacy_role_that_issues_at_sts_only_is_marked() {
    let text = "attempted to retrieve assumed_role credentials through the creds path; this is not allowed for legacy roles";
    assert_eq!(refusal(&issuing(400, text).error), Some(Refusal::StsPathOnly));
}

#[test]
fn what_a_proxy_answers_is_not_taken_for_vaults_word() {
    let (mount, role) = ("aws".parse().unwrap(), "orders".parse().unwrap());
    let proxy = |status| {
        let refused = Refused { status, ..Refused::default() }.listing(b"<html>nope</html>", str::to_owned);
        fault(Operation::Issue(&mount, &role), &refused)
    };
    assert_eq!(proxy(502).class, Class::Node);
    assert_eq!(refusal(&proxy(403).error), Some(Refusal::Unknown));
    assert!(proxy(404).error.message().ends_with("(404, not in Vault's words)"));
    assert_eq!(told(&proxy(304)), ("LK-0113", Class::Protocol));
    assert_eq!(proxy(408).class, Class::Node);
}

#[test]
fn a_node_that_cannot_serve_is_passed_over() {
    for status in [472, 473, 474, 500, 501, 503, 504, 530, 599] {
        assert_eq!(told(&issuing(status, "")), ("LK-0109", Class::Node), "{status}");
    }
    let standby = issuing(500, "local node not active but active cluster node not found");
    assert!(!standby.may_have_acted);
    assert!(issuing(500, "internal error").may_have_acted);
    let sealed = issuing(503, "Vault is sealed");
    assert!(sealed.error.message().contains("sealed") && sealed.error.hint().contains("unseal"));
    assert!(!sealed.may_have_acted);
}

#[test]
fn rate_limits_slow_down_and_keep_what_was_asked_for() {
    let limited = Refused { retry_after: Some(Duration::from_secs(7)), ..refused(429, &["quota"]) };
    let limited = fault(Operation::Token, &limited);
    assert_eq!(
        (told(&limited), limited.retry_after),
        (("LK-0109", Class::Throttled), Some(Duration::from_secs(7)))
    );
    for text in ["upstream rate limited", "Error assuming role: Throttling: Rate exceeded"] {
        assert_eq!(told(&issuing(502, text)), ("LK-0109", Class::Throttled));
    }
    assert_eq!(told(&issuing(412, "")), ("LK-0109", Class::Lag));
}

#[test]
fn a_token_that_cannot_be_renewed_is_lost() {
    let batch = refused(400, &["batch tokens cannot be renewed"]);
    assert_eq!(told(&fault(Operation::Token, &batch)), ("LK-0103", Class::Lost));
}

#[test]
fn a_wrapping_token_that_is_refused_is_a_security_event() {
    for (status, text) in
        [(400, "wrapping token is not valid or does not exist"), (403, "permission denied"), (404, "")]
    {
        assert_eq!(told(&fault(Operation::Wrapping, &refused(status, &[text]))), ("LK-0119", Class::Denied));
    }
}

#[test]
fn plain_http_at_a_tls_port_and_tls_at_a_plain_port_are_named() {
    let refused = Refused { status: 400, origin: "http://vault:8200", ..Refused::default() };
    let refused = refused.listing(b"Client sent an HTTP request to an HTTPS server.\n", str::to_owned);
    let plain = fault(Operation::Token, &refused);
    assert_eq!(told(&plain), ("LK-0104", Class::Denied));
    assert!(plain.error.hint().contains("https://"));
    let fault = no_reply(HttpFault::Tls(TlsFault::NoTls), "https://v");
    assert_eq!(told(&fault), ("LK-0104", Class::Denied));
    assert!(fault.error.message().contains("plain http"));
}

#[test]
fn only_what_was_not_sent_has_certainly_not_acted() {
    let acted = |fault: HttpFault| no_reply(fault, "https://v").may_have_acted;
    assert!(!acted(HttpFault::Connect("refused".into())) && !acted(HttpFault::Tls(TlsFault::UnknownIssuer)));
    assert!(acted(HttpFault::Timeout) && acted(HttpFault::Cut("reset".into())) && acted(HttpFault::TooLarge));
}

#[test]
fn retry_after_is_read_in_every_form() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
    let read = |text: &str| {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_str(text).unwrap());
        retry_after(&headers, now).map(|wait| wait.as_secs())
    };
    assert_eq!(
        [read("7"), read("0"), read("-1"), read("1000000000")],
        [Some(7), Some(0), Some(0), Some(1_000_000_000)]
    );
    assert_eq!(read("Sun, 06 Nov 1994 08:50:37 GMT"), Some(60));
    assert_eq!(read("Sun, 06 Nov 1994 08:48:37 GMT"), Some(0));
    assert_eq!([read("soon"), read(""), read("99999999999999999999")], [None; 3]);
    assert_eq!(retry_after(&HeaderMap::new(), now), None);
}

proptest! {
    #[test]
    fn any_refusal_is_one_line_and_classified(status in 100..1000_u16, body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let (mount, role) = ("aws".parse().unwrap(), "orders".parse().unwrap());
        let issue = Operation::Issue(&mount, &role);
        for operation in [issue, Operation::Login, Operation::Revoke, Operation::Token, Operation::Wrapping] {
            let refused = Refused { status, ..Refused::default() }.listing(&body, str::to_owned);
            let text = fault(operation, &refused).error.to_string();
            let lines = text.contains(char::is_control);
            prop_assert!(!lines);
        }
    }
}

#[test]
fn a_second_factor_that_aws_misses_or_refuses_is_named() {
    for told_by_aws in [
        "must provide both MFA serial number and one time pass code.",
        "with invalid MFA one time pass code.",
    ] {
        let text = format!(
            "Error generating STS keys: AccessDenied: MultiFactorAuthentication failed, {told_by_aws}\n\tstatus code: 403"
        );
        let fault = issuing(400, &text);
        assert_eq!(told(&fault), ("LK-0121", Class::Denied));
        assert!(fault.error.hint().contains("--mfa-code"), "{}", fault.error.hint());
    }
}
