//! The policy that is looked at, and what every rule asks about it.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::sync::OnceLock;

use crate::error::{Error, ErrorKind, Result, printable};
use crate::iam::arn::is_account;
use crate::iam::bits::Bits;
use crate::iam::catalog::{Action, Catalog, Service};
use crate::iam::cover::{covers_action, is_any_resource, is_stars};
use crate::iam::document::{
    Effect, Element, PolicyDocument, PrincipalKind, PrincipalNames, Statement, Text, Texts,
};
use crate::iam::index::Index;
use crate::iam::json::{self, Place};
use crate::iam::kind::PolicyKind;
use crate::iam::witness::{Caller, Context, Judge, Witness, may_match};

/// What lint is told besides the policy.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Options {
    /// What the policy is attached to; unset, it is told from its elements.
    pub kind: Option<PolicyKind>,
    /// The account ids that are the reader's own: no finding takes them for strangers.
    pub own_accounts: Vec<String>,
    /// The ids of the reader's own organizations. Where one is given, a condition that lets in another one is no limit:
    /// its accounts are strangers.
    pub own_organizations: Vec<String>,
}

impl Options {
    /// Refuses what is no account or organization: it would leave findings that the reader means to be without.
    pub(super) fn check(&self) -> Result<()> {
        if let Some(account) = self.own_accounts.iter().find(|account| !is_account(account)) {
            let what = format!("the own account \"{}\" is not twelve digits", printable(account));
            let error = Error::new(ErrorKind::InvalidSetting, what);
            return Err(error.with_hint("Give the id of an AWS account"));
        }
        if let Some(id) = self.own_organizations.iter().find(|id| !is_organization(id)) {
            let what = format!("the own organization \"{}\" is no id of an organization", printable(id));
            let error = Error::new(ErrorKind::InvalidSetting, what);
            return Err(error.with_hint("Give it as AWS Organizations shows it: o-a1b2c3d4e5"));
        }
        Ok(())
    }
}

fn is_organization(id: &str) -> bool {
    let rest = id.strip_prefix("o-").unwrap_or_default();
    (10..=32).contains(&rest.len()) && rest.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9'))
}

/// A place in the policy.
pub(super) struct Spot {
    pub(super) place: Place,
    pub(super) pointer: String,
}

pub(super) struct Subject<'a> {
    pub(super) document: &'a PolicyDocument,
    pub(super) kind: PolicyKind,
    pub(super) options: &'a Options,
    pub(super) catalog: &'a Catalog,
    pub(super) statements: Vec<Stated<'a>>,
    pub(super) judge: Judge<'a>,
    /// The actions that an Allow speaks of, whatever denies them.
    allowed: Rows,
    /// The statements that deny; asked for once.
    denying: OnceCell<Index>,
    /// Requests that were looked for already: many statements are about the same.
    pub(super) asked: RefCell<HashMap<Asked, Option<Witness>>>,
    /// What shows that every action on every resource is allowed; asked for once.
    pub(super) full: OnceCell<Option<Witness>>,
}

/// A caller and what its requests have, an action and a resource.
pub(super) type Asked = (Caller, Context, String, String);

/// Rows of the catalogue's actions.
struct Rows {
    all: bool,
    some: Bits,
}

impl Rows {
    fn of<'s>(statements: impl Iterator<Item = &'s Stated<'s>>, catalog: &Catalog) -> Self {
        let mut rows = Self { all: false, some: Bits::none(catalog.count()) };
        for stated in statements {
            rows.all |= stated.is_open;
            stated.expanded.iter().flatten().flatten().for_each(|action| rows.some.add(action.row()));
        }
        rows
    }

    fn has(&self, row: usize) -> bool {
        self.all || self.some.has(row)
    }
}

impl<'a> Subject<'a> {
    pub(super) fn new(document: &'a PolicyDocument, options: &'a Options, catalog: &'a Catalog) -> Self {
        let kind = options.kind.unwrap_or_else(|| PolicyKind::of(document));
        let statements = document.statements().iter().enumerate();
        let statements = statements.map(|(at, statement)| Stated::new(at, statement, document, catalog));
        let statements: Vec<_> = statements.collect();
        let allowed = Rows::of(statements.iter().filter(|stated| stated.allows()), catalog);
        Self {
            document,
            kind,
            options,
            catalog,
            statements,
            judge: Judge::new(document, kind),
            allowed,
            denying: OnceCell::new(),
            asked: RefCell::default(),
            full: OnceCell::new(),
        }
    }

    /// Whether a Deny speaks of the action.
    pub(super) fn is_denied(&self, action: Action<'_>) -> bool {
        let denying = self.denying.get_or_init(|| {
            let all = self.document.statements().iter().enumerate();
            Index::of(all.filter(|(_, statement)| statement.effect == Effect::Deny))
        });
        if denying.is_empty() {
            return false;
        }
        let name = action.full_name();
        let mut about = denying.with_action(&name).into_iter().filter_map(|at| self.statements.get(at));
        about.any(|stated| may_match(stated.statement, &name))
    }

    /// The statements that allow.
    pub(super) fn allowing(&self) -> impl Iterator<Item = &Stated<'a>> {
        self.statements.iter().filter(|stated| stated.allows())
    }

    /// Whether an Allow speaks of the action of this row, if the catalogue has it.
    pub(super) fn may_allow_row(&self, row: Option<usize>) -> bool {
        row.is_some_and(|row| self.allowed.has(row))
    }

    /// Whether an Allow speaks of this action.
    pub(super) fn may_allow(&self, action: &str) -> bool {
        self.may_allow_row(self.catalog.action(action).map(Action::row))
    }

    /// The first statement that allows the action, and which of its patterns does.
    pub(super) fn allowed_by(&self, action: &str) -> Option<(&Stated<'a>, usize)> {
        self.allowing().find_map(|stated| {
            let element = &stated.statement.action;
            let matched = element.texts.values.iter().position(|text| covers_action(&text.value, action));
            match (element.negated, matched) {
                (false, Some(at)) => Some((stated, at)),
                (true, None) => Some((stated, 0)),
                _ => None,
            }
        })
    }

    /// Whether an account is not known to be the reader's own.
    pub(super) fn is_foreign(&self, account: &str) -> bool {
        !self.options.own_accounts.iter().any(|own| own == account)
    }
}

/// A statement, and what its actions stand for.
pub(super) struct Stated<'a> {
    pub(super) at: usize,
    pub(super) statement: &'a Statement,
    document: &'a PolicyDocument,
    /// The actions that each of its patterns stands for; none for a pattern that means every action.
    pub(super) expanded: Vec<Option<Vec<Action<'a>>>>,
    /// Whether it may be about any action.
    is_open: bool,
    /// The rows of the actions that its patterns stand for, in order; made when it is compared with another one.
    rows: OnceCell<Vec<usize>>,
}

impl<'a> Stated<'a> {
    fn new(at: usize, statement: &'a Statement, document: &'a PolicyDocument, catalog: &'a Catalog) -> Self {
        let patterns = statement.action.texts.values.iter();
        let mut meanings = Meanings { catalog, last: None };
        let expanded = patterns.map(|text| (!is_everything(&text.value)).then(|| meanings.of(&text.value)));
        let expanded: Vec<_> = expanded.collect();
        let is_open = statement.action.negated || expanded.iter().any(Option::is_none);
        Self { at, statement, document, expanded, is_open, rows: OnceCell::new() }
    }

    /// Whether one of its patterns stands for the action.
    fn stands_for(&self, action: Action<'_>) -> bool {
        let rows = self.rows.get_or_init(|| {
            let mut rows: Vec<_> = self.expanded.iter().flatten().flatten().map(|one| one.row()).collect();
            rows.sort_unstable();
            rows
        });
        rows.binary_search(&action.row()).is_ok()
    }

    /// Whether it may be about every action that another one is about: told by one of them.
    pub(super) fn may_cover_actions_of(&self, other: &Stated<'_>) -> bool {
        let first = other.expanded.iter().flatten().flatten().next();
        self.is_open || (!other.is_open && first.is_none_or(|action| self.stands_for(*action)))
    }

    pub(super) fn allows(&self) -> bool {
        self.statement.effect == Effect::Allow
    }

    /// Its patterns of actions, and what each stands for; nothing for `NotAction`.
    pub(super) fn actions(&self) -> impl Iterator<Item = (usize, &'a Text, Option<&[Action<'a>]>)> {
        let values = if self.statement.action.negated {
            &[][..]
        } else {
            self.statement.action.texts.values.as_slice()
        };
        values.iter().zip(&self.expanded).enumerate().map(|(at, (text, known))| (at, text, known.as_deref()))
    }

    /// Its patterns of resources; nothing for `NotResource`.
    pub(super) fn resources(&self) -> impl Iterator<Item = (usize, &'a Text)> + use<'a> {
        let element = self.statement.resource.as_ref().filter(|element| !element.negated);
        element.into_iter().flat_map(|element| element.texts.values.iter().enumerate())
    }

    /// Whether it is for every resource.
    pub(super) fn is_for_everything(&self) -> bool {
        self.resources().any(|(_, text)| is_any_resource(&text.value))
    }

    /// The principals that it names by kind.
    pub(super) fn principals(&self) -> impl Iterator<Item = (PrincipalKind, usize, &'a Text)> + use<'a> {
        let element = self.statement.principal.as_ref().filter(|element| !element.negated);
        let named = element.into_iter().flat_map(|element| match &element.names {
            PrincipalNames::Everyone => &[][..],
            PrincipalNames::Of(named) => named.as_slice(),
        });
        named.flat_map(|(kind, texts)| texts.values.iter().enumerate().map(|(at, text)| (*kind, at, text)))
    }

    /// Whether it names everybody.
    pub(super) fn is_for_everybody(&self) -> bool {
        let everyone = self
            .statement
            .principal
            .as_ref()
            .is_some_and(|element| !element.negated && element.names == PrincipalNames::Everyone);
        everyone || self.principals().any(|(kind, _, text)| kind == PrincipalKind::Aws && text.value == "*")
    }

    /// The values that its conditions on this key have.
    pub(super) fn values_of(&self, key: &str) -> impl Iterator<Item = &'a str> {
        let conditions = self.statement.conditions.iter();
        let on_key = conditions.filter(move |condition| condition.key.value.eq_ignore_ascii_case(key));
        on_key.flat_map(|condition| &condition.values.values).map(|text| text.value.as_str())
    }

    /// The texts of its principals, resources and conditions.
    pub(super) fn texts(&self) -> impl Iterator<Item = &'a str> {
        let principals = self.principals().map(|(_, _, text)| text.value.as_str());
        let resources = self.resources().map(|(_, text)| text.value.as_str());
        let values = self.statement.conditions.iter().flat_map(|condition| &condition.values.values);
        principals.chain(resources).chain(values.map(|text| text.value.as_str()))
    }

    /// The statement itself.
    pub(super) fn spot(&self) -> Spot {
        Spot { place: self.statement.place, pointer: self.document.pointer(self.at) }
    }

    /// One of its actions.
    pub(super) fn action_spot(&self, at: usize) -> Spot {
        let element = &self.statement.action;
        self.element_spot(if element.negated { "NotAction" } else { "Action" }, element, at)
    }

    /// One of its resources.
    pub(super) fn resource_spot(&self, at: usize) -> Spot {
        match &self.statement.resource {
            Some(element) => {
                self.element_spot(if element.negated { "NotResource" } else { "Resource" }, element, at)
            }
            None => self.spot(),
        }
    }

    fn element_spot(&self, name: &str, element: &Element, at: usize) -> Spot {
        self.text_spot(&[name], &element.texts, at)
    }

    /// Its `Principal` or `NotPrincipal`.
    pub(super) fn principal_spot(&self) -> Spot {
        let Some(element) = &self.statement.principal else { return self.spot() };
        let name = if element.negated { "NotPrincipal" } else { "Principal" };
        Spot { place: element.place, pointer: json::below(&self.document.pointer(self.at), name) }
    }

    /// A value of one of its conditions.
    pub(super) fn condition_spot(&self, condition: usize, value: Option<usize>) -> Spot {
        let Some(condition) = self.statement.conditions.get(condition) else { return self.spot() };
        let path = ["Condition", &condition.written.value, &condition.key.value];
        match value {
            Some(value) => self.text_spot(&path, &condition.values, value),
            None => Spot { place: condition.key.place, pointer: self.pointer(&path) },
        }
    }

    fn text_spot(&self, path: &[&str], texts: &Texts, at: usize) -> Spot {
        let pointer = self.pointer(path);
        let pointer = if texts.listed { json::below(&pointer, at) } else { pointer };
        Spot { place: texts.values.get(at).map_or(texts.place, |text| text.place), pointer }
    }

    fn pointer(&self, path: &[&str]) -> String {
        path.iter().fold(self.document.pointer(self.at), |pointer, step| json::below(&pointer, step))
    }

    /// What it is called in a message: its `Sid`, else its number counted from 1.
    pub(super) fn title(&self) -> String {
        match &self.statement.sid {
            Some(sid) => format!("statement {}", printable(&sid.value)),
            None => format!("statement {}", self.at + 1),
        }
    }
}

/// The actions that patterns mean; those beside each other are mostly of one service.
struct Meanings<'a> {
    catalog: &'a Catalog,
    last: Option<Service<'a>>,
}

impl<'a> Meanings<'a> {
    fn of(&mut self, pattern: &str) -> Vec<Action<'a>> {
        let signs = ['*', '?'];
        let (prefix, name) = match pattern.split_once(':') {
            Some((prefix, name)) if !prefix.contains(signs) => (prefix, name),
            _ if pattern.contains(signs) => return self.catalog.matching(pattern).collect(),
            _ => return Vec::new(),
        };
        if self.last.is_none_or(|last| !last.prefix().eq_ignore_ascii_case(prefix)) {
            self.last = self.catalog.service(prefix);
        }
        self.last.map(|service| service.matching(name)).unwrap_or_default()
    }
}

/// Whether a pattern of actions means every action of every service.
pub(super) fn is_everything(pattern: &str) -> bool {
    pattern.split(':').all(is_stars)
}

/// The most names that a message lists.
pub(super) const SHOWN: usize = 4;

/// A few of many names, for a message.
pub(super) fn some<S: AsRef<str>>(names: &[S]) -> String {
    first_of(names, names.len())
}

/// The first of these names, and how many more of `count` there are.
pub(super) fn first_of<S: AsRef<str>>(names: &[S], count: usize) -> String {
    let shown: Vec<_> = names.iter().take(SHOWN).map(AsRef::as_ref).collect();
    match count - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Actions that a rule asks for, with their places in the bundled catalogue: looked up once.
pub(super) struct Listed {
    pub(super) names: &'static [&'static str],
    rows: OnceLock<Vec<Option<usize>>>,
}

impl Listed {
    pub(super) const fn new(names: &'static [&'static str]) -> Self {
        Self { names, rows: OnceLock::new() }
    }

    /// Those of them that an Allow of the policy speaks of.
    pub(super) fn in_allows(&self, subject: &Subject<'_>) -> impl Iterator<Item = &'static str> {
        let row = |name: &&str| subject.catalog.action(name).map(Action::row);
        let rows = self.rows.get_or_init(|| self.names.iter().map(row).collect());
        self.names.iter().zip(rows).filter(|(_, row)| subject.may_allow_row(**row)).map(|(name, _)| *name)
    }
}
