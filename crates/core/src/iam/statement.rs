//! Statements, made once and asked often.

use super::arn_pattern::ArnPattern;
use super::condition::Clause;
use super::document::{Effect, Element, PolicyDocument, Statement};
use super::json::Refusal;
use super::named::{Grant, Named};
use super::request::Request;
use super::truth::Truth;
use super::variable::{Signs, Variable, pieces};
use super::wildcard::{MOST, Pattern};
use crate::error::printable;

type Result<T> = std::result::Result<T, Refusal>;

/// Whether a statement applies to a request, and if not, the first reason why.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Applies {
    /// It applies.
    Yes,
    /// It depends on what the request does not tell.
    Depends,
    /// It is about another action.
    OtherAction,
    /// It is about another principal.
    OtherPrincipal,
    /// It is about another resource.
    OtherResource,
    /// The condition of this index is not met.
    Unmet(usize),
}

impl Applies {
    /// Its name, `other_action`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Depends => "depends",
            Self::OtherAction => "other_action",
            Self::OtherPrincipal => "other_principal",
            Self::OtherResource => "other_resource",
            Self::Unmet(_) => "unmet",
        }
    }

    /// The index of the condition that is not met.
    pub fn unmet(self) -> Option<usize> {
        match self {
            Self::Unmet(condition) => Some(condition),
            _ => None,
        }
    }

    pub(super) fn truth(self) -> Truth {
        match self {
            Self::Yes => Truth::Yes,
            Self::Depends => Truth::Unknown,
            _ => Truth::No,
        }
    }
}

/// What the place of a document demands of its statements.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Shape {
    /// Of a caller: no principal, but a resource.
    Caller,
    /// Of a resource: a principal, and the resource may be left out.
    Resource,
    /// Of a network or a resource's organisation, which only limits: a principal if any, and a resource.
    Limit,
}

#[derive(Clone, Debug)]
pub(super) struct Compiled {
    pub(super) effect: Effect,
    named: Option<Named>,
    action: Actions,
    resource: Option<Resources>,
    pub(super) clauses: Vec<Clause>,
    /// Everybody is named, and then one by `aws:PrincipalArn`.
    names_by_condition: bool,
}

impl Compiled {
    pub(super) fn new(
        document: &PolicyDocument,
        index: usize,
        statement: &Statement,
        shape: Shape,
    ) -> Result<Self> {
        let site = Site { document, index, statement };
        let effect = statement.effect;
        let named = site.named(shape)?;
        let resource = match &statement.resource {
            None if shape != Shape::Resource => {
                return Err(site.invalid("", "the statement has no Resource"));
            }
            None => None,
            Some(element) => Some(site.resources(element)?),
        };
        let clauses = site.clauses()?;
        let names_by_condition = clauses.iter().any(Clause::names_principal);
        Ok(Self { effect, named, action: site.actions()?, resource, clauses, names_by_condition })
    }

    /// Whether it applies to the request on this resource, and what an Allow of it is worth.
    ///
    /// `bounded` says whether the caller has a permissions boundary.
    pub(super) fn judge(&self, request: &Request, resource: &str, bounded: bool) -> (Applies, Grant) {
        self.judge_where(request, resource, bounded, &|_, clause| clause.holds(request))
    }

    /// The same where conditions hold as `holds` says, by their index.
    pub(super) fn judge_where(
        &self,
        request: &Request,
        resource: &str,
        bounded: bool,
        holds: &impl Fn(usize, &Clause) -> Truth,
    ) -> (Applies, Grant) {
        let (named, grant) =
            self.named.as_ref().map_or((Truth::Yes, Grant::Account), |named| match self.effect {
                // AWS does not support this pair.
                Effect::Allow if named.is_negated() => (Truth::No, Grant::Account),
                _ => named.names(request, bounded),
            });
        if named == Truth::No {
            return (Applies::OtherPrincipal, grant);
        }
        if !self.action.holds(request) {
            return (Applies::OtherAction, grant);
        }
        let about =
            self.resource.as_ref().map_or(Truth::Yes, |own| own.holds(resource, request, self.effect));
        if about == Truth::No {
            return (Applies::OtherResource, grant);
        }
        let mut all = named.and(about);
        for (index, clause) in self.clauses.iter().enumerate() {
            match holds(index, clause) {
                Truth::No => return (Applies::Unmet(index), grant),
                truth => all = all.and(truth),
            }
        }
        let grant = if self.names_by_condition && grant == Grant::Limited && self.is_about_everyone() {
            Grant::Direct
        } else {
            grant
        };
        (if all == Truth::Yes { Applies::Yes } else { Applies::Depends }, grant)
    }

    /// All that keeps it from applying, in the order in which it is looked at; none where it applies, or may.
    pub(super) fn lacks(&self, request: &Request, resource: &str, bounded: bool) -> Vec<Applies> {
        let named = self.named.as_ref().is_none_or(|named| match self.effect {
            Effect::Allow if named.is_negated() => false,
            _ => named.names(request, bounded).0 != Truth::No,
        });
        let about =
            self.resource.as_ref().is_none_or(|own| own.holds(resource, request, self.effect) != Truth::No);
        let elements = [
            (named, Applies::OtherPrincipal),
            (self.action.holds(request), Applies::OtherAction),
            (about, Applies::OtherResource),
        ];
        let clauses = self.clauses.iter().enumerate();
        let unmet = clauses.filter(|(_, clause)| clause.holds(request) != Truth::Yes);
        let lacking = elements.into_iter().filter(|(holds, _)| !holds).map(|(_, lack)| lack);
        lacking.chain(unmet.map(|(index, _)| Applies::Unmet(index))).collect()
    }

    /// Whom it names, if that may be the caller by a unique id that is not known.
    pub(super) fn may_name(&self, request: &Request) -> Option<(&Named, Grant)> {
        let named = self.named.as_ref()?;
        Some((named, named.worth_by_id(request)?))
    }

    fn is_about_everyone(&self) -> bool {
        self.named.as_ref().is_some_and(Named::is_everyone)
    }

    /// The variables in its resources.
    pub(super) fn resource_variables(&self) -> impl Iterator<Item = &Variable> {
        self.resource.iter().flat_map(|resources| &resources.patterns).flat_map(|pattern| {
            let arn = if let Resource::Arn(arn) = pattern { Some(arn.as_ref()) } else { None };
            arn.into_iter().flat_map(ArnPattern::variables)
        })
    }
}

/// A statement and where it stands.
struct Site<'a> {
    document: &'a PolicyDocument,
    index: usize,
    statement: &'a Statement,
}

impl Site<'_> {
    fn invalid(&self, below: &str, why: impl Into<String>) -> Refusal {
        self.invalid_at(self.statement.place, below, why)
    }

    fn invalid_at(&self, place: super::json::Place, below: &str, why: impl Into<String>) -> Refusal {
        Refusal::new(place, self.document.pointer(self.index) + below, why)
    }

    fn named(&self, shape: Shape) -> Result<Option<Named>> {
        match (&self.statement.principal, shape) {
            (None, Shape::Caller | Shape::Limit) => Ok(None),
            (None, Shape::Resource) => {
                Err(self.invalid("", "the statement has no Principal, which a policy of this place needs"))
            }
            (Some(element), Shape::Caller) => {
                let why = "a policy of a user, a role or an organisation's accounts names no principal";
                Err(self.invalid_at(element.place, "/Principal", why))
            }
            (Some(element), _) => {
                let named = Named::new(element, self.statement.effect);
                // Of an Allow it names nobody, and a NotPrincipal excepts nobody: both narrow what is allowed.
                if named.nobody().is_some() && self.statement.effect == Effect::Deny && !named.is_negated() {
                    let why = "a principal is neither an account, a user, a role nor a session, and patterns are none";
                    return Err(self.invalid_at(element.place, "/Principal", why));
                }
                Ok(Some(named))
            }
        }
    }

    fn actions(&self) -> Result<Actions> {
        let Element { negated, texts } = &self.statement.action;
        let mut patterns = Vec::new();
        for text in &texts.values {
            let pattern = Action::read(&text.value).ok_or_else(|| {
                let why = format!("\"{}\" is no action; write service:Name", printable(&text.value));
                self.invalid_at(text.place, if *negated { "/NotAction" } else { "/Action" }, why)
            })?;
            patterns.push(pattern);
        }
        Ok(Actions { negated: *negated, patterns })
    }

    fn resources(&self, element: &Element) -> Result<Resources> {
        let Element { negated, texts } = element;
        let below = if *negated { "/NotResource" } else { "/Resource" };
        let signs = Signs { variables: self.document.has_variables(), wildcards: true };
        let mut patterns = Vec::new();
        for text in &texts.values {
            let pieces = pieces(&text.value, signs).map_err(|why| self.invalid_at(text.place, below, why))?;
            let pattern = match text.value.as_str() {
                value if value.bytes().all(|byte| byte == b'*') && !value.is_empty() => Resource::All,
                value if value.starts_with("arn:") => {
                    let arn = ArnPattern::new(pieces);
                    // Of an Allow it fits nothing.
                    if arn.has_variables_in_head() && self.statement.effect == Effect::Deny && !negated {
                        let why = "a variable stands before the resource of the ARN, where none is filled in";
                        return Err(self.invalid_at(text.place, below, why));
                    }
                    Resource::Arn(Box::new(arn))
                }
                value => {
                    let why = format!("\"{}\" is neither an ARN nor \"*\"", printable(value));
                    return Err(self.invalid_at(text.place, below, why));
                }
            };
            patterns.push(pattern);
        }
        Ok(Resources { negated: *negated, patterns })
    }

    fn clauses(&self) -> Result<Vec<Clause>> {
        let mut clauses = Vec::new();
        for condition in &self.statement.conditions {
            let clause = Clause::new(condition, self.statement.effect, self.document.has_variables());
            clauses.push(clause.map_err(|unreadable| {
                let place = condition
                    .values
                    .values
                    .get(unreadable.value)
                    .map_or(condition.key.place, |text| text.place);
                let below = super::json::below("/Condition", &condition.written.value);
                self.invalid_at(place, &super::json::below(&below, &condition.key.value), unreadable.why)
            })?);
        }
        Ok(clauses)
    }
}

#[derive(Clone, Debug)]
struct Actions {
    negated: bool,
    patterns: Vec<Action>,
}

impl Actions {
    fn holds(&self, request: &Request) -> bool {
        self.patterns.iter().any(|pattern| pattern.fits(request)) != self.negated
    }
}

/// A pattern of actions, in lower case.
#[derive(Clone, Debug)]
struct Action {
    /// The service; none is any.
    service: Option<String>,
    name: Pattern,
}

impl Action {
    fn read(text: &str) -> Option<Self> {
        if !text.is_empty() && text.bytes().all(|byte| byte == b'*') {
            return Some(Self { service: None, name: Pattern::of("*") });
        }
        let (service, name) = text.split_once(':')?;
        let word = service.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let long = name.len() > MOST;
        if service.is_empty() || name.is_empty() || name.contains(':') || long || (!word && service != "*") {
            return None;
        }
        let service = (service != "*").then(|| service.to_ascii_lowercase());
        Some(Self { service, name: Pattern::of(&name.to_ascii_lowercase()) })
    }

    fn fits(&self, request: &Request) -> bool {
        self.service.as_deref().is_none_or(|service| service == request.service())
            && self.name.matches(request.action_name())
    }
}

#[derive(Clone, Debug)]
struct Resources {
    negated: bool,
    patterns: Vec<Resource>,
}

#[derive(Clone, Debug)]
enum Resource {
    All,
    Arn(Box<ArnPattern>),
}

impl Resources {
    fn holds(&self, resource: &str, request: &Request, effect: Effect) -> Truth {
        let fits = Truth::any(self.patterns.iter().map(|pattern| pattern.fits(resource, request)));
        match (self.negated, effect) {
            (false, _) => fits,
            (true, Effect::Deny) => !fits,
            // An exception that names nothing must not make an Allow wider.
            (true, Effect::Allow) => {
                (!fits).and(Truth::all(self.patterns.iter().map(|own| own.is_ready(request))))
            }
        }
    }
}

impl Resource {
    fn fits(&self, resource: &str, request: &Request) -> Truth {
        match self {
            Self::All => Truth::Yes,
            // Variables may stand in the resource only; elsewhere they are never filled in.
            Self::Arn(arn) if arn.has_variables_in_head() => Truth::No,
            Self::Arn(arn) => arn.fits_resource(resource, request).truth(),
        }
    }

    /// Whether every variable in it stands for something.
    fn is_ready(&self, request: &Request) -> Truth {
        match self {
            Self::All => Truth::Yes,
            Self::Arn(arn) => arn.readiness(request).truth(),
        }
    }
}
