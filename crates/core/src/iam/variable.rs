//! Policy variables, and texts and patterns that hold them.

use super::request::{Fact, Request};
use super::truth::Truth;
use super::wildcard::{MOST, Pattern, Slots, Token};

/// `${aws:username}`, or `${aws:PrincipalTag/team, 'none'}` with a default.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Variable {
    /// The context key, in lower case.
    pub(super) key: String,
    /// The context key as the policy writes it.
    pub(super) name: String,
    default: Option<String>,
}

/// What a variable stands for in a request.
enum Meaning<'a> {
    Text(&'a str),
    /// The key is absent and there is no default, or it has several values.
    Nothing,
    Unknown,
}

impl Variable {
    fn meaning<'a>(&'a self, request: &'a Request) -> Meaning<'a> {
        match request.fact(&self.key) {
            Fact::Values([value]) => Meaning::Text(value),
            Fact::Values([_, ..]) => Meaning::Nothing,
            Fact::Absent | Fact::Values([]) => {
                self.default.as_deref().map_or(Meaning::Nothing, Meaning::Text)
            }
            Fact::Unknown => Meaning::Unknown,
        }
    }
}

/// A piece of a text of a policy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Piece {
    Text(String),
    One,
    Star,
    Variable(Variable),
}

/// Which signs a text of a policy has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signs {
    /// `${...}`.
    pub(super) variables: bool,
    /// `*` and `?`.
    pub(super) wildcards: bool,
}

/// Cuts a text into its pieces.
///
/// # Errors
/// What is wrong with a variable, or that it would take too long to match.
pub(super) fn pieces(text: &str, signs: Signs) -> Result<Vec<Piece>, String> {
    let mut pieces = Pieces(Vec::new());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let (true, Some(after)) = (signs.variables, rest.strip_prefix("${")) {
            rest = variable(after, &mut pieces)?;
            continue;
        }
        // A sign stands for itself; other text goes on up to the next one.
        let end = match c {
            '*' | '?' | '$' => 1,
            _ => rest.find(['*', '?', '$']).unwrap_or(rest.len()),
        };
        let (part, after) = rest.split_at(end);
        match c {
            '*' if signs.wildcards => pieces.0.push(Piece::Star),
            '?' if signs.wildcards => pieces.0.push(Piece::One),
            _ => pieces.text(part),
        }
        rest = after;
    }
    if pieces.0.split(|piece| *piece == Piece::Star).any(is_too_long) {
        return Err(format!("a part with a \"?\" is longer than {MOST} characters, which no ARN is"));
    }
    Ok(pieces.0)
}

/// Whether it would take too long to look for these between two stars.
fn is_too_long(pieces: &[Piece]) -> bool {
    let length = |piece: &Piece| if let Piece::Text(text) = piece { text.chars().count() } else { 1 };
    pieces.contains(&Piece::One) && pieces.iter().map(length).sum::<usize>() > MOST
}

struct Pieces(Vec<Piece>);

impl Pieces {
    fn text(&mut self, part: &str) {
        match self.0.last_mut() {
            Some(Piece::Text(text)) => text.push_str(part),
            _ => self.0.push(Piece::Text(part.to_owned())),
        }
    }
}

/// Reads what follows `${`, and returns what follows `}`.
fn variable<'a>(text: &'a str, pieces: &mut Pieces) -> Result<&'a str, String> {
    for sign in ["*", "?", "$"] {
        if let Some(rest) = text.strip_prefix(sign).and_then(|rest| rest.strip_prefix('}')) {
            pieces.text(sign);
            return Ok(rest);
        }
    }
    let end = text.find(['}', ',']).ok_or("a variable has no closing brace")?;
    let (key, rest) = text.split_at(end);
    let (default, rest) = match rest.strip_prefix(',') {
        Some(rest) => default(rest)?,
        None => (None, rest.strip_prefix('}').unwrap_or_default()),
    };
    if key.trim().is_empty() {
        return Err("a variable has no name".into());
    }
    let name = key.trim().to_owned();
    pieces.0.push(Piece::Variable(Variable { key: name.to_lowercase(), name, default }));
    Ok(rest)
}

/// Reads ` 'text'}`.
fn default(text: &str) -> Result<(Option<String>, &str), String> {
    let quoted =
        text.trim_start().strip_prefix('\'').ok_or("the default of a variable stands in single quotes")?;
    let (default, rest) = quoted.split_once('\'').ok_or("the default of a variable has no closing quote")?;
    let rest = rest.trim_start().strip_prefix('}').ok_or("a variable has no closing brace")?;
    Ok((Some(default.to_owned()), rest))
}

/// How a text fits a pattern.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fit {
    No,
    /// A variable stands for nothing, so the pattern fits nothing.
    Unresolved,
    /// It depends on a variable that is not known.
    Unknown,
    Yes,
}

impl Fit {
    /// As an answer: what is unresolved does not fit.
    pub(super) fn truth(self) -> Truth {
        match self {
            Self::No | Self::Unresolved => Truth::No,
            Self::Unknown => Truth::Unknown,
            Self::Yes => Truth::Yes,
        }
    }
}

impl From<bool> for Fit {
    fn from(fits: bool) -> Self {
        if fits { Self::Yes } else { Self::No }
    }
}

/// A pattern that may hold variables, whose values are literal in it.
#[derive(Clone, Debug)]
pub(super) struct Glob {
    pub(super) pattern: Pattern,
    variables: Vec<Variable>,
    /// The pattern with stars for its variables: what does not fit this fits for no value.
    loose: Option<Pattern>,
}

impl Glob {
    pub(super) fn new(pieces: Vec<Piece>) -> Self {
        let mut variables = Vec::new();
        let mut tokens = Vec::new();
        for piece in pieces {
            tokens.push(match piece {
                Piece::Text(text) => Token::Text(text),
                Piece::One => Token::One,
                Piece::Star => Token::Star,
                Piece::Variable(variable) => {
                    variables.push(variable);
                    Token::Slot(variables.len() - 1)
                }
            });
        }
        let open = |token: &Token| if let Token::Slot(_) = token { Token::Star } else { token.clone() };
        let loose = (!variables.is_empty()).then(|| Pattern::new(tokens.iter().map(open).collect()));
        Self { pattern: Pattern::new(tokens), variables, loose }
    }

    pub(super) fn variables(&self) -> &[Variable] {
        &self.variables
    }

    /// The pattern with stars for its variables, if it has any.
    pub(super) fn loose(&self) -> Option<&Pattern> {
        self.loose.as_ref()
    }

    pub(super) fn has_variables(&self) -> bool {
        !self.variables.is_empty()
    }

    /// Whether it fits every text: it is a star.
    pub(super) fn is_any(&self) -> bool {
        self.variables.is_empty() && self.pattern.is_star()
    }

    /// Whether the pattern can be told at all: yes where every variable stands for a text.
    pub(super) fn readiness(&self, request: &Request) -> Fit {
        let mut all = Fit::Yes;
        for variable in &self.variables {
            match variable.meaning(request) {
                Meaning::Text(_) => {}
                Meaning::Nothing => return Fit::Unresolved,
                Meaning::Unknown => all = Fit::Unknown,
            }
        }
        all
    }

    pub(super) fn fits(&self, text: &str, request: &Request) -> Fit {
        let Some(loose) = &self.loose else { return self.pattern.matches(text).into() };
        match self.readiness(request) {
            Fit::Yes => self.pattern.matches_with(text, &self.filled(request)).into(),
            Fit::Unknown if !loose.matches(text) => Fit::No,
            other => other,
        }
    }

    /// Whether a text is the same without regard to case; the pattern has no wildcards.
    pub(super) fn fits_ignoring_case(&self, text: &str, request: &Request) -> Fit {
        match self.readiness(request) {
            Fit::Yes => self.pattern.is_text_ignoring_case(text, &self.filled(request)).into(),
            other => other,
        }
    }

    /// The values of its variables, for a request for which it is ready.
    pub(super) fn filled<'a>(&'a self, request: &'a Request) -> Filled<'a> {
        Filled { variables: &self.variables, request }
    }
}

/// The values that a request gives to variables.
pub(super) struct Filled<'a> {
    variables: &'a [Variable],
    request: &'a Request,
}

impl Slots for Filled<'_> {
    fn value(&self, slot: usize) -> &str {
        match self.variables.get(slot).map(|variable| variable.meaning(self.request)) {
            Some(Meaning::Text(text)) => text,
            _ => "",
        }
    }
}
