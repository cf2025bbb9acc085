//! A case in the emulator: its caller, its policies and its resource are made there, and its request is sent.

use leasekey_tests::aws::{Answer, Caller, element, encoded};
use leasekey_tests::emulator::Emulator;
use serde_json::{Value, json};

use crate::question::{HOME_REGION, Kind, Question, items};

/// The emulator with what a case needs.
pub(crate) struct World<'a> {
    question: Question<'a>,
    emulator: &'a Emulator,
    /// Root users: of the caller's account, and of the resource's.
    home: Caller,
    owner: Caller,
    region: &'a str,
}

/// The case in an empty emulator, with the id of a key that is there: KMS chooses those.
pub(crate) async fn prepared(emulator: &Emulator, case: Value) -> Value {
    emulator.reset().await;
    let resource = case["request"]["resource"].as_str().unwrap_or_default();
    let Some((head, id)) = resource.split_once(":key/") else { return case };
    let part = |part: usize| head.split(':').nth(part).unwrap_or_default();
    let made = emulator.root(part(4)).json("kms", part(3), "TrentService.CreateKey", &json!({})).await;
    let made: Value = serde_json::from_str(&made.accepted("key")).unwrap();
    let chosen = made["KeyMetadata"]["KeyId"].as_str().unwrap();
    serde_json::from_str(&case.to_string().replace(id, chosen)).unwrap()
}

impl<'a> World<'a> {
    pub(crate) fn new(emulator: &'a Emulator, question: Question<'a>) -> Self {
        let (home, owner) = (emulator.root(question.account()), emulator.root(question.owner()));
        Self { question, emulator, home, owner, region: question.region() }
    }

    /// Whether the emulator lets the request through; none if it does not take one of the policies.
    pub(crate) async fn allows(&self) -> Option<bool> {
        let caller = self.caller().await?;
        self.put_caller_policies().await?;
        self.put_resource().await?;
        Some(is_allowed(&self.ask(&caller).await))
    }

    async fn iam(&self, action: &str, fields: &[(&str, &str)]) -> Option<String> {
        taken(self.home.form("iam", self.region, action, fields).await, action)
    }

    async fn sts(&self, by: &Caller, action: &str, fields: &[(&str, &str)]) -> Option<Caller> {
        let reply = taken(by.form("sts", self.region, action, fields).await, action)?;
        let [key, secret, token] =
            ["AccessKeyId", "SecretAccessKey", "SessionToken"].map(|name| element(&reply, name));
        Some(self.emulator.nobody.with(&key, &secret, Some(&token)))
    }

    // ---- the caller ----

    async fn caller(&self) -> Option<Caller> {
        match self.question.kind {
            Kind::Anonymous => Some(self.emulator.nobody.clone()),
            Kind::Root => Some(self.home.clone()),
            Kind::Role => self.session().await,
            Kind::Federated => self.federated().await,
            Kind::SessionToken => self.sts(&self.user().await?, "GetSessionToken", &[]).await,
            Kind::User => self.user().await,
        }
    }

    /// The user or the role that the policies are put on.
    fn holder(&self) -> (&'static str, &'a str) {
        let (path, name) = self.question.path_and_name();
        match self.question.kind {
            Kind::Role => ("Role", path.trim_matches('/')),
            _ => ("User", name),
        }
    }

    async fn user(&self) -> Option<Caller> {
        let (path, name) = self.question.path_and_name();
        let path = if self.question.kind == Kind::Federated { "/" } else { path };
        self.iam("CreateUser", &[("UserName", name), ("Path", path)]).await?;
        let key = self.iam("CreateAccessKey", &[("UserName", name)]).await?;
        let (id, secret) = (element(&key, "AccessKeyId"), element(&key, "SecretAccessKey"));
        Some(self.emulator.nobody.with(&id, &secret, None))
    }

    async fn session(&self) -> Option<Caller> {
        let (role, session) = (self.holder().1, self.question.path_and_name().1);
        self.iam("CreateRole", &[("RoleName", role), ("AssumeRolePolicyDocument", ANYBODY)]).await?;
        let arn = format!("arn:aws:iam::{}:role/{role}", self.question.account());
        let mut fields =
            vec![("RoleArn".to_owned(), arn), ("RoleSessionName".to_owned(), session.to_owned())];
        fields.extend(self.session_policies().await?);
        self.sts(&self.home, "AssumeRole", &borrowed(&fields)).await
    }

    /// A federation token needs a user who may ask for it, and takes that user's policies of later on.
    async fn federated(&self) -> Option<Caller> {
        let (user, name) = (self.user().await?, self.holder().1);
        let may = [("UserName", name), ("PolicyName", "may"), ("PolicyDocument", ANYTHING)];
        self.iam("PutUserPolicy", &may).await?;
        let mut fields = vec![("Name".to_owned(), name.to_owned())];
        fields.extend(self.session_policies().await?);
        let token = self.sts(&user, "GetFederationToken", &borrowed(&fields)).await?;
        self.iam("DeleteUserPolicy", &may[..2]).await?;
        Some(token)
    }

    async fn session_policies(&self) -> Option<Vec<(String, String)>> {
        let mut fields = Vec::new();
        match self.question.policies("session") {
            [] => {}
            [one] => fields.push(("Policy".to_owned(), one.to_string())),
            several => {
                for (at, document) in several.iter().enumerate() {
                    let arn = self.managed(&format!("session-{at}"), document).await?;
                    fields.push((format!("PolicyArns.member.{}.arn", at + 1), arn));
                }
            }
        }
        Some(fields)
    }

    async fn managed(&self, name: &str, document: &Value) -> Option<String> {
        let document = document.to_string();
        let made = self.iam("CreatePolicy", &[("PolicyName", name), ("PolicyDocument", &document)]).await?;
        Some(element(&made, "Arn"))
    }

    async fn put_caller_policies(&self) -> Option<()> {
        let (kind, name) = self.holder();
        let who = (format!("{kind}Name"), name.to_owned());
        for (at, document) in self.question.policies("identity").iter().enumerate() {
            let policy = [("PolicyName".to_owned(), format!("identity-{at}"))];
            let text = [("PolicyDocument".to_owned(), document.to_string())];
            let fields = [[who.clone()], policy, text].concat();
            self.iam(&format!("Put{kind}Policy"), &borrowed(&fields)).await?;
        }
        for document in self.question.policies("boundary") {
            let fields =
                [who.clone(), ("PermissionsBoundary".to_owned(), self.managed("boundary", document).await?)];
            self.iam(&format!("Put{kind}PermissionsBoundary"), &borrowed(&fields)).await?;
        }
        for (key, value) in self.tags() {
            let tag = [("Tags.member.1.Key".to_owned(), key), ("Tags.member.1.Value".to_owned(), value)];
            self.iam(&format!("Tag{kind}"), &borrowed(&[vec![who.clone()], tag.to_vec()].concat())).await?;
        }
        Some(())
    }

    fn tags(&self) -> Vec<(String, String)> {
        let context = self.question.case["request"]["context"].as_object();
        let tag = |(key, value): (&String, &Value)| {
            let name = key.to_lowercase().starts_with("aws:principaltag/").then(|| key.split_once('/'))??.1;
            Some((name.to_owned(), value.as_str()?.to_owned()))
        };
        context.into_iter().flatten().filter_map(tag).collect()
    }

    // ---- the resource ----

    async fn put_resource(&self) -> Option<()> {
        let policy = self.question.policies("resource").first().map(Value::to_string);
        match self.question.service() {
            "s3" if self.question.action() != "s3:ListAllMyBuckets" => {
                let (bucket, key) = self.object();
                let place = match self.region {
                    HOME_REGION => String::new(),
                    region => format!(
                        "<CreateBucketConfiguration><LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
                    ),
                };
                taken(self.owner.s3(self.region, "PUT", bucket, &place).await, "bucket")?;
                let key = format!("{bucket}/{}", path(key));
                // A key that S3 does not take is asked for all the same.
                let _made = self.owner.s3(self.region, "PUT", &key, "").await;
                if let Some(policy) = policy {
                    // New buckets take no policy that is for everyone.
                    let block = format!("{bucket}?publicAccessBlock");
                    taken(self.owner.s3(self.region, "DELETE", &block, "").await, "public access block")?;
                    let place = format!("{bucket}?policy");
                    taken(self.owner.s3(self.region, "PUT", &place, &policy).await, "bucket policy")?;
                }
            }
            "sqs" => {
                let mut body = json!({ "QueueName": self.question.name() });
                if let Some(policy) = policy {
                    body["Attributes"] = json!({ "Policy": policy });
                }
                taken(self.owner.json("sqs", self.region, "AmazonSQS.CreateQueue", &body).await, "queue")?;
            }
            "kms" if policy.is_some() => {
                let key = self.question.request("resource");
                let body = json!({ "KeyId": key, "PolicyName": "default", "Policy": policy });
                taken(
                    self.owner.json("kms", self.region, "TrentService.PutKeyPolicy", &body).await,
                    "key policy",
                )?;
            }
            "sts" if policy.is_some() => {
                let role = self.question.name().rsplit('/').next().unwrap_or_default();
                let trust = policy.unwrap_or_default();
                let fields = [("RoleName", role), ("AssumeRolePolicyDocument", trust.as_str())];
                let made = self.owner.form("iam", self.region, "CreateRole", &fields).await;
                if made.status == 409 {
                    let fields = [("RoleName", role), ("PolicyDocument", trust.as_str())];
                    let put = self.owner.form("iam", self.region, "UpdateAssumeRolePolicy", &fields).await;
                    taken(put, "trust policy")?;
                } else {
                    taken(made, "role")?;
                }
            }
            _ => {}
        }
        Some(())
    }

    /// The bucket and the key to ask for.
    fn object(&self) -> (&'a str, &'a str) {
        match self.question.name() {
            "*" => ("orders", "1.json"),
            name => name.split_once('/').unwrap_or((name, "1.json")),
        }
    }

    // ---- the request ----

    async fn ask(&self, caller: &Caller) -> Answer {
        let action = self.question.action().split(':').nth(1).unwrap_or_default();
        match self.question.service() {
            "s3" => self.ask_s3(caller, action).await,
            "sqs" => {
                let queue = self.question.name();
                let url = format!("{}/{}/{queue}", self.emulator.address, self.question.owner());
                let body = json!({ "QueueUrl": url, "MessageBody": "m" });
                caller.json("sqs", self.region, "AmazonSQS.SendMessage", &body).await
            }
            "kms" => caller.json("kms", self.region, &format!("TrentService.{action}"), &self.kms()).await,
            service => caller.form(service, self.region, action, &borrowed(&self.fields(action))).await,
        }
    }

    async fn ask_s3(&self, caller: &Caller, action: &str) -> Answer {
        let (bucket, key) = self.object();
        let object = format!("{bucket}/{}", path(key));
        match action {
            "ListAllMyBuckets" => caller.s3(self.region, "GET", "", "").await,
            "ListBucket" => {
                let given = ["prefix", "delimiter", "max-keys"].into_iter().filter_map(|name| {
                    let value = self.question.context(&format!("s3:{name}"))?.as_str()?;
                    Some(format!("&{name}={}", encoded(value)))
                });
                let place = format!("{bucket}?list-type=2{}", given.collect::<String>());
                caller.s3(self.region, "GET", &place, "").await
            }
            "PutObject" => caller.s3(self.region, "PUT", &object, "new").await,
            _ => caller.s3(self.region, "GET", &object, "").await,
        }
    }

    fn kms(&self) -> Value {
        json!({ "KeyId": self.question.request("resource"), "CiphertextBlob": "AAAA" })
    }

    fn fields(&self, action: &str) -> Vec<(String, String)> {
        let name = self.question.name().rsplit('/').next().unwrap_or_default();
        let name = if name == "*" { "ann" } else { name };
        let mut fields = match action {
            "AssumeRole" => vec![("RoleArn", self.question.request("resource")), ("RoleSessionName", "s")],
            "CreateAccessKey" | "CreateUser" | "GetUser" => vec![("UserName", name)],
            "DeleteAccessKey" => vec![("UserName", name), ("AccessKeyId", "AKIAIOSFODNN7EXAMPLE")],
            "GetAccessKeyInfo" => vec![("AccessKeyId", "AKIAIOSFODNN7EXAMPLE")],
            "GetFederationToken" => vec![("Name", "xx")],
            "GetRole" => vec![("RoleName", name)],
            "CreateTags" => vec![("ResourceId.1", "i-1")],
            "RunInstances" => vec![("ImageId", "ami-1"), ("MinCount", "1"), ("MaxCount", "1")],
            "StopInstances" => vec![("InstanceId.1", "i-1")],
            _ => Vec::new(),
        };
        for (field, key) in [("RoleSessionName", "sts:RoleSessionName"), ("ExternalId", "sts:ExternalId")] {
            if let Some(value) = self.question.context(key).and_then(Value::as_str) {
                fields.retain(|(known, _)| *known != field);
                fields.push((field, value));
            }
        }
        let mut fields: Vec<_> =
            fields.into_iter().map(|(field, value)| (field.to_owned(), value.to_owned())).collect();
        if action == "CreateTags" {
            let keys = self.question.context("aws:TagKeys").map(items).unwrap_or_default();
            for (at, key) in keys.iter().enumerate() {
                fields.push((format!("Tag.{}.Key", at + 1), key.as_str().unwrap_or_default().to_owned()));
                fields.push((format!("Tag.{}.Value", at + 1), "v".to_owned()));
            }
        }
        fields
    }
}

const ANYBODY: &str = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}}"#;
const ANYTHING: &str =
    r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;

/// The body of a 2xx; none if the emulator takes no such policy, tag or name.
fn taken(answer: Answer, what: &str) -> Option<String> {
    let refused =
        ["MalformedPolicy", "ValidationError", "InvalidInput", "LimitExceeded", "InvalidAttributeValue"];
    match answer.status {
        400 if refused.iter().any(|code| answer.body.contains(code)) => None,
        _ => Some(answer.accepted(what)),
    }
}

fn is_allowed(answer: &Answer) -> bool {
    let denied = ["AccessDenied", "AuthorizationError", "UnauthorizedOperation"];
    match answer.status {
        403 if denied.iter().any(|code| answer.body.contains(code)) => false,
        // Let through, and then refused or not found for what it asks.
        200..=299 | 400 | 404 | 409 => true,
        _ => panic!("neither allowed nor denied: {answer:?}"),
    }
}

fn path(key: &str) -> String {
    key.split('/').map(encoded).collect::<Vec<_>>().join("/")
}

fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}
