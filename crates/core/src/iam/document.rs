//! Policy documents as they are written: every element of the grammar, and where it stands.

mod read;

pub(super) use self::read::{document as read_document, scalar, text};
use super::json::{self, Place, Refusal};
use super::operator::Operator;
use crate::error::{Error, ErrorKind, Result};

/// A policy document that was read in full: nothing in it was passed over.
///
/// Reading is strict. What the grammar does not know, a key that stands twice, an empty list and a value of the
/// wrong type are errors: a document that is not understood never allows anything.
#[derive(Clone, Debug)]
pub struct PolicyDocument {
    /// What the document is called where it is shown, its file for example.
    pub(super) name: Option<String>,
    /// The JSON pointer of the document in its file.
    pub(super) root: String,
    version: Option<Version>,
    id: Option<Text>,
    statements: Vec<Statement>,
    listed: bool,
    size: usize,
}

impl PolicyDocument {
    /// Reads a document.
    ///
    /// # Errors
    /// `LK-0201` with the line, the column and the JSON pointer of what cannot be read.
    ///
    /// ```
    /// use leasekey::iam::PolicyDocument;
    ///
    /// let policy = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}}"#;
    /// assert_eq!(PolicyDocument::parse(policy)?.statements().len(), 1);
    ///
    /// let error = PolicyDocument::parse(r#"{"Statement": [{"Effect": "allow"}]}"#).unwrap_err();
    /// assert!(error.message().starts_with("line 1, column 27 (/Statement/0/Effect): "));
    /// # Ok::<(), leasekey::Error>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self> {
        Self::read(text).map_err(|refusal| Error::new(ErrorKind::InvalidPolicy, refusal.to_string()))
    }

    /// Reads a document, or tells where it cannot.
    pub(super) fn read(text: &str) -> std::result::Result<Self, Refusal> {
        json::parse(text).and_then(|node| read::document(&node, String::new()))
    }

    /// Gives the document the name under which its statements are shown, its file for example.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The name given by [`named`](Self::named).
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The version that it names; none is the older one, which knows no variables.
    pub fn version(&self) -> Option<Version> {
        self.version
    }

    /// Whether `${...}` is a variable in it: only where it names version 2012-10-17.
    pub fn has_variables(&self) -> bool {
        self.version == Some(Version::V2012)
    }

    /// Its `Id`.
    pub fn id(&self) -> Option<&Text> {
        self.id.as_ref()
    }

    /// Its statements, in order.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// Its characters without the white space between them, which is what AWS's limits count.
    pub fn size(&self) -> usize {
        self.size
    }

    /// A document with these of its statements.
    pub(super) fn only(&self, statements: &[usize]) -> Self {
        let some = statements.iter().filter_map(|at| self.statements.get(*at)).cloned().collect();
        Self {
            name: self.name.clone(),
            root: self.root.clone(),
            id: self.id.clone(),
            statements: some,
            ..*self
        }
    }

    /// The JSON pointer of the statement at this index.
    pub fn pointer(&self, statement: usize) -> String {
        if self.listed {
            format!("{}/Statement/{statement}", self.root)
        } else {
            self.root.clone() + "/Statement"
        }
    }
}

/// A version of the policy language.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Version {
    /// `2008-10-17`.
    V2008,
    /// `2012-10-17`, which has variables.
    V2012,
}

impl Version {
    /// The name in a policy, `2012-10-17`.
    pub fn name(self) -> &'static str {
        match self {
            Self::V2008 => "2008-10-17",
            Self::V2012 => "2012-10-17",
        }
    }
}

/// A statement.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Where it begins.
    pub place: Place,
    /// Its `Sid`.
    pub sid: Option<Text>,
    /// What it does where it applies.
    pub effect: Effect,
    /// `Principal` or `NotPrincipal`.
    pub principal: Option<PrincipalElement>,
    /// `Action` or `NotAction`.
    pub action: Element,
    /// `Resource` or `NotResource`; none in trust policies, for example.
    pub resource: Option<Element>,
    /// What must hold besides, in the order of the text.
    pub conditions: Vec<Condition>,
}

/// What a statement does where it applies.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies, whatever else allows.
    Deny,
}

impl Effect {
    /// The name in a policy, `Allow`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        }
    }
}

/// A text of a document, and where it stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Text {
    /// Where it begins.
    pub place: Place,
    /// The text.
    pub value: String,
}

/// One text or a list of them; never none.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Texts {
    /// Where the text or the list begins.
    pub place: Place,
    /// Whether it is written as a list.
    pub listed: bool,
    /// The texts.
    pub values: Vec<Text>,
}

/// `Action`, `Resource`, and what excepts them, `NotAction`, `NotResource`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Element {
    /// Whether it is the form with `Not`, which means all but these.
    pub negated: bool,
    /// The patterns.
    pub texts: Texts,
}

/// `Principal` or `NotPrincipal`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PrincipalElement {
    /// Where its value begins.
    pub place: Place,
    /// Whether it is `NotPrincipal`.
    pub negated: bool,
    /// Who is named.
    pub names: PrincipalNames,
}

/// Who a statement names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PrincipalNames {
    /// `"*"`, which is the same as `{"AWS": "*"}`.
    Everyone,
    /// Principals by their kind.
    Of(Vec<(PrincipalKind, Texts)>),
}

/// The kinds of principals that a statement can name.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum PrincipalKind {
    /// Accounts, users, roles and sessions.
    Aws,
    /// Accounts, by the id that Amazon S3 has for them.
    CanonicalUser,
    /// Identity providers.
    Federated,
    /// AWS services.
    Service,
}

/// One key of one operator of a `Condition`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Condition {
    /// How it compares.
    pub operator: Operator,
    /// The operator as it is written, and where.
    pub written: Text,
    /// The context key.
    pub key: Text,
    /// What the key's value is compared to. Numbers, `true` and `false` are kept as their text.
    pub values: Texts,
}

#[cfg(test)]
mod tests;
