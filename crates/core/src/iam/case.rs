//! Case files: requests, the policies that they meet, and what is expected to be decided.

use super::decision::{Decision, Outcome};
use super::document::{PolicyDocument, read_document, scalar, text};
use super::json::{self, Node, Refusal, Value};
use super::part::{Part, list};
use super::principal::Principal;
use super::request::{Request, SessionKind};
use super::set::{PolicySet, PolicySetBuilder};
use crate::error::{Error, ErrorKind, Result, printable};

type Read<T> = std::result::Result<T, Wrong>;

/// What is wrong with a case.
enum Wrong {
    /// Its text, here.
    Text(Refusal),
    /// What its text says.
    Told(Error),
}

impl From<Refusal> for Wrong {
    fn from(refusal: Refusal) -> Self {
        Self::Text(refusal)
    }
}

impl From<Error> for Wrong {
    fn from(error: Error) -> Self {
        Self::Told(error)
    }
}

impl From<Wrong> for Error {
    fn from(wrong: Wrong) -> Self {
        match wrong {
            Wrong::Text(refusal) => Self::new(ErrorKind::InvalidRequest, refusal.to_string()),
            Wrong::Told(error) => error,
        }
    }
}

/// What a part says, or what is wrong with it and where it stands.
fn told<T>(part: &Part<'_>, said: Result<T>) -> Read<T> {
    said.map_err(|error| {
        let what = part.refuse(error.message()).to_string();
        Error::new(error.kind(), what).with_hint(error.hint()).into()
    })
}

/// A case: a request, the policies that it meets, and what is expected.
#[derive(Clone, Debug)]
pub struct Case {
    /// What the case is called by programs.
    pub id: String,
    /// What the case is about.
    pub name: String,
    /// What is expected: `allow`, `implicit_deny`, `explicit_deny`, `depends`, or just `deny`.
    pub expected: String,
    question: Result<(Request, PolicySet)>,
}

impl Case {
    /// The request and the policies.
    ///
    /// # Errors
    /// `LK-0201` where a policy cannot be read, `LK-0202` where the request cannot.
    pub fn question(&self) -> Result<(&Request, &PolicySet)> {
        self.question.as_ref().map(|(request, set)| (request, set)).map_err(Clone::clone)
    }

    /// Decides the case.
    ///
    /// # Errors
    /// As [`question`](Self::question).
    pub fn decide(&self) -> Result<Decision> {
        self.question().map(|(request, set)| set.evaluate(request))
    }

    /// Whether this outcome is the expected one.
    pub fn expects(&self, outcome: Outcome) -> bool {
        match self.expected.as_str() {
            "deny" => matches!(outcome, Outcome::ExplicitDeny | Outcome::ImplicitDeny),
            expected => expected == outcome.name(),
        }
    }
}

/// Reads a case file; `name` is what its policies are shown under.
///
/// # Errors
/// `LK-0202` where the file is no list of cases. What is wrong with one case is told by that case.
pub fn read_cases(text: &str, name: &str) -> Result<Vec<Case>> {
    let cases = json::parse(text).and_then(|node| {
        let items = list(&node, "a case file")?;
        items.iter().enumerate().map(|(at, item)| case(item, &json::below("", at), name)).collect()
    });
    cases.map_err(|refusal| Wrong::Text(refusal).into())
}

const EXPECTED: [&str; 5] = ["allow", "deny", "implicit_deny", "explicit_deny", "depends"];

fn case(node: &Node, pointer: &str, file: &str) -> std::result::Result<Case, Refusal> {
    let part = |name: &str| Part::of(node, pointer, name);
    let needed = |name: &str| {
        let part = part(name)?;
        part.given().ok_or_else(|| Refusal::new(node.place, pointer, format!("the case has no {name}")))?;
        part.read(scalar).map(|text| text.map(|text| text.value).unwrap_or_default())
    };
    let expected = needed("expected")?;
    if !EXPECTED.contains(&expected.as_str()) {
        let why = format!("\"{}\" is none of {}", printable(&expected), EXPECTED.join(", "));
        return Err(part("expected")?.refuse(why));
    }
    let name = part("name")?.read(text)?.map(|text| text.value).unwrap_or_default();
    let question = question(node, pointer, file).map_err(Error::from);
    Ok(Case { id: needed("id")?, name, expected, question })
}

fn question(node: &Node, pointer: &str, file: &str) -> Read<(Request, PolicySet)> {
    let asked = Part::of(node, pointer, "request")?;
    let policies = Part::of(node, pointer, "policies")?;
    Ok((request(&asked)?, set(&policies, file)?))
}

const REQUEST: [&str; 9] = [
    "principal",
    "action",
    "resource",
    "resource_account",
    "management_account",
    "context",
    "session_kind",
    "mfa",
    "partial_context",
];

fn request(asked: &Part<'_>) -> Read<Request> {
    asked.knows(&REQUEST)?;
    let principal = principal(&asked.part("principal")?)?;
    let named = asked.part("action")?;
    let action = named.needed(text)?.value;
    told(&named, Request::new(Principal::anonymous(), &action, "*"))?;
    let resource = asked.part("resource")?;
    let mut resources = resource.items()?.into_iter();
    let first =
        resources.next().ok_or_else(|| resource.refuse("a request asks for a resource, or for \"*\""))?;
    let mut request = told(&first, Request::new(principal, &action, &first.needed(text)?.value))?;
    for more in resources {
        request = told(&more, request.and_resource(&more.needed(text)?.value))?;
    }
    let owner = asked.part("resource_account")?;
    if let Some(account) = owner.read(text)? {
        request = told(&owner, request.resource_account(&account.value))?;
    }
    if asked.part("management_account")?.switch()? == Some(true) {
        request = request.management_account();
    }
    if asked.part("partial_context")?.switch()? == Some(true) {
        request = request.partial_context();
    }
    let session = asked.part("session_kind")?;
    if let Some(kind) = session_kind(&session)? {
        request = told(&session, request.session_kind(kind))?;
    }
    if let Some(present) = asked.part("mfa")?.switch()? {
        request = request.mfa(present);
    }
    context(request, &asked.part("context")?)
}

fn principal(part: &Part<'_>) -> Read<Principal> {
    let Some(node) = part.given() else { return Err(part.refuse("the request has no principal").into()) };
    let Value::Object(members) = &node.value else {
        return told(part, Principal::parse(&part.needed(text)?.value));
    };
    match members.as_slice() {
        [member] => {
            let inner = part.part(&member.key)?;
            match (member.key.as_str(), &member.value.value) {
                ("anonymous", Value::Bool(true)) => Ok(Principal::anonymous()),
                ("service", _) => Ok(Principal::service(inner.needed(text)?.value)),
                ("federated", _) => Ok(Principal::federated(inner.needed(text)?.value)),
                _ => {
                    Err(inner.refuse("a principal is an ARN, or one of anonymous, service, federated").into())
                }
            }
        }
        _ => Err(part.refuse("a principal is an ARN, or one of anonymous, service, federated").into()),
    }
}

fn session_kind(part: &Part<'_>) -> Read<Option<SessionKind>> {
    let Some(kind) = part.read(text)? else { return Ok(None) };
    kind.value.parse().map(Some).map_err(|error: Error| part.refuse(error.message()).into())
}

fn context(request: Request, part: &Part<'_>) -> Read<Request> {
    let keys = part.keys()?.into_iter();
    Ok(keys.fold(request, |request, (key, values)| request.context_values(&key, values)))
}

const POLICIES: [&str; 7] = ["identity", "resource", "boundary", "session", "scp", "rcp", "vpc_endpoint"];

fn set(policies: &Part<'_>, file: &str) -> Read<PolicySet> {
    policies.knows(&POLICIES)?;
    let mut set = PolicySet::builder();
    if let Some(documents) = documents(&policies.part("identity")?, file)? {
        set = set.identity(documents);
    }
    let resource = policies.part("resource")?;
    if let Some(Value::List(_)) = resource.given().map(|node| &node.value) {
        return Err(resource.refuse("a resource has one policy, and no list of them").into());
    }
    for document in documents(&resource, file)?.unwrap_or_default() {
        set = set.resource(document);
    }
    if let Some(documents) = documents(&policies.part("boundary")?, file)? {
        set = set.boundary(documents);
    }
    if let Some(documents) = documents(&policies.part("session")?, file)? {
        set = set.session(documents);
    }
    if let Some(documents) = documents(&policies.part("vpc_endpoint")?, file)? {
        set = set.vpc_endpoint(documents);
    }
    for (name, documents) in levels(&policies.part("scp")?, file)? {
        set = set.scp(name, documents);
    }
    for (name, documents) in levels(&policies.part("rcp")?, file)? {
        set = set.rcp(name, documents);
    }
    Ok(PolicySetBuilder::build(set)?)
}

fn levels(part: &Part<'_>, file: &str) -> Read<Vec<(String, Vec<PolicyDocument>)>> {
    let mut levels = Vec::new();
    for item in part.items()? {
        item.knows(&["level", "policies"])?;
        let name = item.part("level")?.read(scalar)?.map(|text| text.value).unwrap_or_default();
        let policies = item.part("policies")?;
        let documents = documents(&policies, file)?;
        levels.push((name, documents.ok_or_else(|| item.refuse("the level has no policies"))?));
    }
    Ok(levels)
}

/// The documents of a part; nothing where it is left out.
fn documents(part: &Part<'_>, file: &str) -> Read<Option<Vec<PolicyDocument>>> {
    if part.given().is_none() {
        return Ok(None);
    }
    let mut documents = Vec::new();
    for item in part.items()? {
        let Some(node) = item.given() else {
            return Err(item.refuse("here stands a policy document").into());
        };
        let document = read_document(node, item.pointer().to_owned());
        let document =
            document.map_err(|refusal| Error::new(ErrorKind::InvalidPolicy, refusal.to_string()))?;
        documents.push(document.named(file));
    }
    Ok(Some(documents))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(request: &str, policies: &str) -> Case {
        let text = format!(
            r#"[{{"id": 1, "name": "n", "notes": {{}}, "request": {request}, "policies": {policies}, "expected": "deny"}}]"#
        );
        read_cases(&text, "cases.json").unwrap().remove(0)
    }

    const ASKED: &str =
        r#"{"principal": "arn:aws:iam::111122223333:user/ann", "action": "s3:GetObject", "resource": "*"}"#;

    #[test]
    fn what_is_left_out_is_none() {
        let case = case(ASKED, "{}");
        assert_eq!((case.id.as_str(), case.decide().unwrap().outcome), ("1", Outcome::ImplicitDeny));
        assert!(case.expects(Outcome::ExplicitDeny) && !case.expects(Outcome::Depends));
    }

    #[test]
    fn what_is_misspelt_in_a_request_or_its_policies_is_an_error_with_its_place() {
        let told = |request: &str, policies: &str| {
            case(request, policies).question().unwrap_err().message().to_owned()
        };
        assert!(
            told(ASKED, r#"{"boundaries": []}"#)
                .contains("/0/policies/boundaries): there is no \"boundaries\" here")
        );
        let more = ASKED.replace("\"resource\"", "\"partial\": true, \"resource\"");
        assert!(told(&more, "{}").contains("(/0/request/partial)"));
        for (request, policies) in [
            (ASKED.replace("s3:GetObject", "s3:*"), "{}"),
            (ASKED.replace("\"*\"", "[]"), "{}"),
            (ASKED.replace("\"*\"", "\"orders\""), "{}"),
            (ASKED.replace("\"arn:aws:iam::111122223333:user/ann\"", "{\"anonymous\": false}"), "{}"),
            (ASKED.replace("\"arn:aws:iam::111122223333:user/ann\"", "null"), "{}"),
            (ASKED.replace("\"*\"", "\"*\", \"session_kind\": \"user\""), "{}"),
            (ASKED.to_owned(), r#"{"identity": [1]}"#),
            (ASKED.to_owned(), r#"{"identity": [null]}"#),
            (ASKED.to_owned(), r#"{"resource": [{"Statement": []}]}"#),
            (ASKED.to_owned(), r#"{"scp": [{"level": "root"}]}"#),
            (ASKED.to_owned(), r#"{"scp": [{"level": "root", "documents": []}]}"#),
            ("null".to_owned(), "{}"),
        ] {
            told(&request, policies);
        }
    }

    #[test]
    fn a_context_has_each_key_once_and_with_a_value_if_at_all() {
        let asked = |context: &str| {
            let asked = ASKED.replace("\"*\"", &format!("\"*\", \"context\": {context}"));
            case(&asked, "{}").question().map(|_| ()).map_err(|error| error.to_string())
        };
        assert!(asked(r#"{"aws:SourceIp": ["10.0.0.1"], "aws:TagKeys": []}"#).is_ok());
        let twice = asked(r#"{"aws:SourceIp": "10.0.0.1", "AWS:SOURCEIP": "203.0.113.7"}"#).unwrap_err();
        assert!(twice.contains("/0/request/context/AWS:SOURCEIP") && twice.contains("twice"), "{twice}");
        let nothing = asked(r#"{"aws:SourceIp": null}"#).unwrap_err();
        assert!(nothing.contains("/0/request/context/aws:SourceIp"), "{nothing}");
    }

    #[test]
    fn a_session_kind_that_contradicts_the_principal_is_refused() {
        let said = |principal: &str, kind: &str| {
            let asked = ASKED.replace("\"arn:aws:iam::111122223333:user/ann\"", principal);
            let asked = asked.replace("\"*\"", &format!("\"*\", \"session_kind\": \"{kind}\""));
            case(&asked, "{}").question().map(|_| ()).map_err(|error| error.to_string())
        };
        let (user, root) = ("\"arn:aws:iam::111122223333:user/ann\"", "\"arn:aws:iam::111122223333:root\"");
        let role = "\"arn:aws:sts::111122223333:assumed-role/orders/s1\"";
        let federated = "\"arn:aws:sts::111122223333:federated-user/ann\"";
        for (principal, kinds) in [
            (user, &["role", "federation", "session_token", "none"][..]),
            (root, &["role", "federation", "session_token", "none"]),
            (role, &["role"]),
            ("\"arn:aws:iam::111122223333:role/orders\"", &["role", "none"]),
            (federated, &["federation"]),
        ] {
            for kind in SessionKind::ALL.map(SessionKind::name) {
                assert_eq!(said(principal, kind).is_ok(), kinds.contains(&kind), "{principal} {kind}");
            }
        }
        let told = said(federated, "none").unwrap_err();
        let why = "the session kind \"none\" contradicts the principal, which is of kind \"federation\"";
        assert!(told.contains("(/0/request/session_kind): ") && told.contains(why), "{told}");
    }

    #[test]
    fn what_no_request_can_be_is_told_with_its_place() {
        for (part, wrong) in [
            ("principal", ASKED.replace("user/ann", "group/ann")),
            ("action", ASKED.replace("s3:GetObject", "s3:*")),
            ("resource", ASKED.replace("\"*\"", "\"orders\"")),
            ("resource/1", ASKED.replace("\"*\"", "[\"*\", \"orders\"]")),
            ("resource_account", ASKED.replace("\"*\"", "\"*\", \"resource_account\": \"1111\"")),
        ] {
            let told = case(&wrong, "{}").question().unwrap_err().message().to_owned();
            assert!(
                told.starts_with("line 1, column ") && told.contains(&format!("/0/request/{part})")),
                "{told}"
            );
        }
    }

    #[test]
    fn a_file_that_is_no_list_of_cases_is_refused() {
        for text in ["", "{}", "[1]", "[{}]", r#"[{"id": "a", "expected": "maybe"}]"#, r#"[{"id": "a"}]"#] {
            assert_eq!(read_cases(text, "x").unwrap_err().code(), "LK-0202", "{text}");
        }
    }

    #[test]
    fn policies_are_shown_with_their_place_in_the_file() {
        let case = case(
            ASKED,
            r#"{"identity": [{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}]}"#,
        );
        let (request, set) = case.question().unwrap();
        let told = set.explain(request, &set.evaluate(request)).summary;
        assert!(
            told.ends_with("/0/policies/identity/0/Statement)") && told.contains("(cases.json, line 1, "),
            "{told}"
        );
    }
}
