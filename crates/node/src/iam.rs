//! Policies, as JavaScript asks about them.

mod asked;
mod decision;
mod findings;

use leasekey::Result;
use leasekey::iam::{self, Version};
use napi::bindgen_prelude::ClassInstance;
use napi_derive::napi;

use self::asked::request;
use self::decision::{Missing, StatementResult, Told, Verdict};
use crate::errors::thrown;

/// What the core answers, or its error thrown.
fn told<T>(answer: Result<T>) -> napi::Result<T> {
    answer.map_err(|error| thrown(&error))
}

/// A policy document that was read.
#[napi]
pub struct PolicyDocument(iam::PolicyDocument);

#[napi]
impl PolicyDocument {
    /// Reads a document.
    #[napi(factory)]
    pub fn parse(text: String, name: Option<String>) -> napi::Result<Self> {
        let document = told(iam::PolicyDocument::parse(&text))?;
        Ok(Self(match name {
            Some(name) => document.named(name),
            None => document,
        }))
    }

    /// What it is called where it is shown.
    #[napi(getter)]
    pub fn name(&self) -> Option<&str> {
        self.0.name()
    }

    /// The version that it names.
    #[napi(getter)]
    pub fn version(&self) -> Option<&'static str> {
        self.0.version().map(Version::name)
    }

    /// Its `Id`.
    #[napi(getter)]
    pub fn id(&self) -> Option<&str> {
        self.0.id().map(|id| id.value.as_str())
    }

    /// Its characters without the white space between them.
    #[napi(getter)]
    pub fn size(&self) -> f64 {
        self.0.size() as f64
    }
}

type Documents<'env> = Vec<ClassInstance<'env, PolicyDocument>>;
type Levels<'env> = Vec<(String, Documents<'env>)>;

fn documents(given: Documents<'_>) -> impl Iterator<Item = iam::PolicyDocument> {
    given.into_iter().map(|document| document.0.clone())
}

/// All policies of a decision.
#[napi]
pub struct PolicySet(iam::PolicySet);

#[napi]
impl PolicySet {
    /// A set of a slot for each layer.
    #[napi(constructor)]
    pub fn new(
        identity: Documents,
        resource: Option<ClassInstance<PolicyDocument>>,
        boundary: Option<Documents>,
        session: Option<Documents>,
        scp: Levels,
        rcp: Levels,
        vpc_endpoint: Option<Documents>,
    ) -> napi::Result<Self> {
        let mut set = iam::PolicySet::builder().identity(documents(identity));
        if let Some(document) = resource {
            set = set.resource(document.0.clone());
        }
        if let Some(boundary) = boundary {
            set = set.boundary(documents(boundary));
        }
        if let Some(session) = session {
            set = set.session(documents(session));
        }
        if let Some(vpc_endpoint) = vpc_endpoint {
            set = set.vpc_endpoint(documents(vpc_endpoint));
        }
        set = scp.into_iter().fold(set, |set, (level, policies)| set.scp(level, documents(policies)));
        set = rcp.into_iter().fold(set, |set, (level, policies)| set.rcp(level, documents(policies)));
        told(set.build()).map(Self)
    }

    /// How a request comes out.
    #[napi]
    pub fn outcome(&self, asked: String) -> napi::Result<&'static str> {
        Ok(self.0.outcome(&told(request(&asked))?).name())
    }

    /// How it comes out, and what decided.
    #[napi]
    pub fn evaluate(&self, asked: String) -> napi::Result<Verdict> {
        Ok(self.0.evaluate(&told(request(&asked))?).into())
    }

    /// What became of every statement.
    #[napi]
    pub fn statements(&self, asked: String) -> napi::Result<Vec<StatementResult>> {
        Ok(decision::statements(&self.0.evaluate(&told(request(&asked))?)))
    }

    /// What is not known.
    #[napi]
    pub fn missing(&self, asked: String) -> napi::Result<Vec<Missing>> {
        Ok(decision::missing(&self.0.evaluate(&told(request(&asked))?)))
    }

    /// The decision in words.
    #[napi]
    pub fn explain(&self, asked: String) -> napi::Result<Told> {
        Ok(Told::new(&self.0, &told(request(&asked))?))
    }
}

/// A case of a case file.
#[napi]
pub struct Case(iam::Case);

#[napi]
impl Case {
    /// What the case is called by programs.
    #[napi(getter)]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// What the case is about.
    #[napi(getter)]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// What is expected.
    #[napi(getter)]
    pub fn expected(&self) -> &str {
        &self.0.expected
    }

    /// Whether the case comes out as expected.
    #[napi]
    pub fn agrees(&self) -> napi::Result<bool> {
        Ok(self.0.expects(self.decided()?.outcome))
    }

    /// How it comes out, and what decided.
    #[napi]
    pub fn decide(&self) -> napi::Result<Verdict> {
        self.decided().map(Into::into)
    }

    /// What became of every statement.
    #[napi]
    pub fn statements(&self) -> napi::Result<Vec<StatementResult>> {
        self.decided().map(|decision| decision::statements(&decision))
    }

    /// What is not known.
    #[napi]
    pub fn missing(&self) -> napi::Result<Vec<Missing>> {
        self.decided().map(|decision| decision::missing(&decision))
    }

    /// The decision in words.
    #[napi]
    pub fn explain(&self) -> napi::Result<Told> {
        let (request, set) = told(self.0.question())?;
        Ok(Told::new(set, request))
    }

    fn decided(&self) -> napi::Result<iam::Decision> {
        told(self.0.decide())
    }
}

/// The cases of a file.
#[napi]
pub(crate) fn read_cases(text: String, name: String) -> napi::Result<Vec<Case>> {
    Ok(told(iam::read_cases(&text, &name))?.into_iter().map(Case).collect())
}
