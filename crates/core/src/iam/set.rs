//! The policies that a request meets, one slot per layer.

use super::document::PolicyDocument;
use super::json::Refusal;
use super::statement::{Compiled, Shape};
use crate::error::{Error, ErrorKind, Result, printable};

/// A kind of policy that takes part in a decision.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Layer {
    /// The permissions boundary.
    Boundary,
    /// The policies of the user or the role.
    Identity,
    /// The resource control policies of the level of this index, the root first.
    Rcp(usize),
    /// The policy of the resource: a bucket policy, a key policy, a trust policy.
    Resource,
    /// The service control policies of the level of this index, the root first.
    Scp(usize),
    /// What AWS decides without any policy: what a kind of session may never do, and what everybody may.
    Service,
    /// The session policies.
    Session,
    /// The policy of the VPC endpoint that the request came through.
    VpcEndpoint,
}

impl Layer {
    /// The name in a case file, `vpc_endpoint`; `service` for what AWS decides without any policy.
    pub fn name(self) -> &'static str {
        match self {
            Self::Boundary => "boundary",
            Self::Identity => "identity",
            Self::Rcp(_) => "rcp",
            Self::Resource => "resource",
            Self::Scp(_) => "scp",
            Self::Service => "service",
            Self::Session => "session",
            Self::VpcEndpoint => "vpc_endpoint",
        }
    }

    /// The index of its level, for a layer that has levels.
    pub fn level(self) -> Option<usize> {
        match self {
            Self::Rcp(level) | Self::Scp(level) => Some(level),
            _ => None,
        }
    }
}

/// All policies of a decision, made once and asked often.
///
/// ```
/// use leasekey::iam::{Outcome, PolicyDocument, PolicySet, Principal, Request};
///
/// let policy = PolicyDocument::parse(
///     r#"{"Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::orders/*"}}"#,
/// )?;
/// let set = PolicySet::builder().identity([policy]).build()?;
/// let ann = || Principal::parse("arn:aws:iam::111122223333:user/ann");
///
/// let read = Request::new(ann()?, "s3:GetObject", "arn:aws:s3:::orders/1")?;
/// let write = Request::new(ann()?, "s3:PutObject", "arn:aws:s3:::orders/1")?;
/// assert_eq!(set.outcome(&read), Outcome::Allow);
/// assert_eq!(set.outcome(&write), Outcome::ImplicitDeny);
/// # Ok::<(), leasekey::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PolicySet {
    pub(super) identity: Vec<Policy>,
    pub(super) resource: Option<Vec<Policy>>,
    pub(super) boundary: Option<Vec<Policy>>,
    pub(super) session: Option<Vec<Policy>>,
    pub(super) scp: Vec<Level>,
    pub(super) rcp: Vec<Level>,
    pub(super) vpc_endpoint: Option<Vec<Policy>>,
}

/// A document and its statements as they are asked.
#[derive(Clone, Debug)]
pub(super) struct Policy {
    pub(super) document: PolicyDocument,
    pub(super) statements: Vec<Compiled>,
}

/// What is attached to the root, to one organisational unit or to the account.
#[derive(Clone, Debug)]
pub(super) struct Level {
    pub(super) name: String,
    pub(super) policies: Vec<Policy>,
}

impl PolicySet {
    /// A set without any policy, to which the builder adds.
    pub fn builder() -> PolicySetBuilder {
        PolicySetBuilder::default()
    }

    /// The policies of a layer.
    pub(super) fn layer(&self, layer: Layer) -> &[Policy] {
        let policies = match layer {
            Layer::Boundary => self.boundary.as_deref(),
            Layer::Identity => Some(self.identity.as_slice()),
            Layer::Rcp(index) => return self.rcp.get(index).map_or(&[], |level| &level.policies),
            Layer::Resource => self.resource.as_deref(),
            Layer::Scp(index) => return self.scp.get(index).map_or(&[], |level| &level.policies),
            Layer::Service => None,
            Layer::Session => self.session.as_deref(),
            Layer::VpcEndpoint => self.vpc_endpoint.as_deref(),
        };
        policies.unwrap_or_default()
    }

    /// Every policy, with its layer and its index there.
    pub(super) fn policies(&self) -> impl Iterator<Item = ((Layer, usize), &Policy)> {
        let slots = [Layer::Identity, Layer::Resource, Layer::Boundary, Layer::Session, Layer::VpcEndpoint];
        let levels = (0..self.scp.len()).map(Layer::Scp).chain((0..self.rcp.len()).map(Layer::Rcp));
        let of = |layer| self.layer(layer).iter().enumerate().map(move |(index, own)| ((layer, index), own));
        slots.into_iter().chain(levels).flat_map(of)
    }

    /// How many statements there are.
    pub(super) fn size(&self) -> usize {
        let slots =
            [Some(&self.identity), self.resource.as_ref(), self.boundary.as_ref(), self.session.as_ref()];
        let slots = slots.into_iter().chain([self.vpc_endpoint.as_ref()]).flatten();
        let levels = self.scp.iter().chain(&self.rcp).map(|level| &level.policies);
        slots.chain(levels).flatten().map(|policy| policy.statements.len()).sum()
    }
}

/// Makes a [`PolicySet`]. A slot that is never filled has no policy; a boundary, a session policy and an endpoint
/// policy that are given as an empty list are there and allow nothing.
#[derive(Clone, Debug, Default)]
pub struct PolicySetBuilder {
    identity: Vec<PolicyDocument>,
    resource: Option<Vec<PolicyDocument>>,
    boundary: Option<Vec<PolicyDocument>>,
    session: Option<Vec<PolicyDocument>>,
    scp: Vec<(String, Vec<PolicyDocument>)>,
    rcp: Vec<(String, Vec<PolicyDocument>)>,
    vpc_endpoint: Option<Vec<PolicyDocument>>,
}

impl PolicySetBuilder {
    /// Adds policies of the user or the role: managed, inline, and those of its groups.
    #[must_use]
    pub fn identity(mut self, documents: impl IntoIterator<Item = PolicyDocument>) -> Self {
        self.identity.extend(documents);
        self
    }

    /// Sets the policy of the resource.
    #[must_use]
    pub fn resource(mut self, document: PolicyDocument) -> Self {
        self.resource = Some(vec![document]);
        self
    }

    /// Adds to the permissions boundary.
    #[must_use]
    pub fn boundary(mut self, documents: impl IntoIterator<Item = PolicyDocument>) -> Self {
        self.boundary.get_or_insert_default().extend(documents);
        self
    }

    /// Adds session policies: what one allows, the session may.
    #[must_use]
    pub fn session(mut self, documents: impl IntoIterator<Item = PolicyDocument>) -> Self {
        self.session.get_or_insert_default().extend(documents);
        self
    }

    /// Adds the service control policies of one more level, the root first, then each organisational unit down to the
    /// account.
    #[must_use]
    pub fn scp(
        mut self,
        level: impl Into<String>,
        documents: impl IntoIterator<Item = PolicyDocument>,
    ) -> Self {
        self.scp.push((level.into(), documents.into_iter().collect()));
        self
    }

    /// Adds the resource control policies of one more level, the root first. `RCPFullAWSAccess` is always attached and
    /// need not be given.
    #[must_use]
    pub fn rcp(
        mut self,
        level: impl Into<String>,
        documents: impl IntoIterator<Item = PolicyDocument>,
    ) -> Self {
        self.rcp.push((level.into(), documents.into_iter().collect()));
        self
    }

    /// Adds to the policy of the VPC endpoint that requests come through.
    #[must_use]
    pub fn vpc_endpoint(mut self, documents: impl IntoIterator<Item = PolicyDocument>) -> Self {
        self.vpc_endpoint.get_or_insert_default().extend(documents);
        self
    }

    /// Makes the set.
    ///
    /// # Errors
    /// `LK-0201` where a document has what its slot does not allow, or compares with something that is not understood.
    pub fn build(self) -> Result<PolicySet> {
        let slot = |documents: Option<Vec<_>>, shape| {
            documents.map(|documents| compiled(documents, shape)).transpose()
        };
        let levels = |levels: Vec<(String, Vec<_>)>, shape| {
            let levels = levels.into_iter();
            levels
                .map(|(name, documents)| Ok(Level { name, policies: compiled(documents, shape)? }))
                .collect::<Result<_>>()
        };
        Ok(PolicySet {
            identity: compiled(self.identity, Shape::Caller)?,
            resource: slot(self.resource, Shape::Resource)?,
            boundary: slot(self.boundary, Shape::Caller)?,
            session: slot(self.session, Shape::Caller)?,
            scp: levels(self.scp, Shape::Caller)?,
            rcp: levels(self.rcp, Shape::Limit)?,
            vpc_endpoint: slot(self.vpc_endpoint, Shape::Limit)?,
        })
    }
}

fn compiled(documents: Vec<PolicyDocument>, shape: Shape) -> Result<Vec<Policy>> {
    let policy = |document: PolicyDocument| {
        let statements = document.statements().iter().enumerate();
        let statements =
            statements.map(|(index, statement)| Compiled::new(&document, index, statement, shape));
        let statements = statements.collect::<std::result::Result<_, _>>();
        Ok(Policy { statements: statements.map_err(|refusal| invalid(&document, &refusal))?, document })
    };
    documents.into_iter().map(policy).collect()
}

fn invalid(document: &PolicyDocument, refusal: &Refusal) -> Error {
    let name = document.name().map(|name| format!("{}, ", printable(name))).unwrap_or_default();
    Error::new(ErrorKind::InvalidPolicy, format!("{name}{refusal}"))
}

/// The statements that no set takes in a place of this shape, each with the reason.
pub(super) fn refusals(document: &PolicyDocument, shape: Shape) -> Vec<Refusal> {
    let statements = document.statements().iter().enumerate();
    statements
        .filter_map(|(index, statement)| Compiled::new(document, index, statement, shape).err())
        .collect()
}
