//! Which statements can be about the same at all; of many told without comparing each with each.

use std::collections::{BTreeSet, HashMap};

use super::document::{Element, Statement};

/// Statements with no more patterns than this are compared each with each: to sort them would take longer.
const FEW: usize = 100;

/// Statements, to be asked which of them may be about something.
pub(super) enum Index {
    /// Any of them may be.
    Few(Vec<usize>),
    /// By how the patterns of their actions and resources begin.
    Many { actions: Beginnings, resources: Beginnings },
}

#[derive(Default)]
pub(super) struct Beginnings {
    of: HashMap<String, Vec<usize>>,
    /// How long the beginnings are.
    lengths: BTreeSet<usize>,
    /// Statements of which no pattern says what they are about: those with `NotAction`, for example.
    open: Vec<usize>,
}

impl Index {
    /// The statements by their numbers, in order.
    pub(super) fn of<'a>(statements: impl IntoIterator<Item = (usize, &'a Statement)>) -> Self {
        let statements: Vec<_> = statements.into_iter().collect();
        if statements.iter().map(|(_, statement)| patterns(statement)).sum::<usize>() <= FEW {
            return Self::Few(statements.into_iter().map(|(at, _)| at).collect());
        }
        let (mut actions, mut resources) = (Beginnings::default(), Beginnings::default());
        for (at, statement) in statements {
            actions.add(at, Some(&statement.action), str::to_ascii_lowercase);
            resources.add(at, statement.resource.as_ref(), str::to_owned);
        }
        Self::Many { actions, resources }
    }

    /// Whether there is no statement.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Few(all) if all.is_empty())
    }

    /// The statements that may be about all that this one is about, in order; no others are.
    pub(super) fn covering(&self, statement: &Statement) -> Vec<usize> {
        self.about(first(Some(&statement.action)), first(statement.resource.as_ref()))
    }

    /// The statements that may be about this action, whatever the resource.
    pub(super) fn with_action(&self, action: &str) -> Vec<usize> {
        match self {
            Self::Few(all) => all.clone(),
            Self::Many { actions, .. } => actions.fitting(&action.to_ascii_lowercase()).concat(),
        }
    }

    /// The statements that may be about this action on this resource, in order; no others are.
    pub(super) fn about(&self, action: &str, resource: &str) -> Vec<usize> {
        let (actions, resources) = match self {
            Self::Few(all) => return all.clone(),
            Self::Many { actions, resources } => (actions, resources),
        };
        let actions = actions.fitting(&action.to_ascii_lowercase());
        let resources = resources.fitting(resource);
        let count = |lists: &[&[usize]]| lists.iter().map(|list| list.len()).sum::<usize>();
        let fewer = if count(&actions) < count(&resources) { actions } else { resources };
        let mut all: Vec<usize> = fewer.concat();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// How many patterns of actions and resources a statement has.
pub(super) fn patterns(statement: &Statement) -> usize {
    let resources = statement.resource.as_ref().map_or(0, |element| element.texts.values.len());
    statement.action.texts.values.len() + resources
}

/// The first pattern of an element that says what it is about.
fn first(element: Option<&Element>) -> &str {
    let element = element.filter(|element| !element.negated);
    element.and_then(|element| element.texts.values.first()).map_or("", |text| text.value.as_str())
}

impl Beginnings {
    fn add(&mut self, at: usize, element: Option<&Element>, folded: fn(&str) -> String) {
        let Some(element) = element.filter(|element| !element.negated) else { return self.open.push(at) };
        for text in &element.texts.values {
            let plain = text.value.split(['*', '?', '$']).next().unwrap_or_default();
            self.lengths.insert(plain.len());
            let known = self.of.entry(folded(plain)).or_default();
            if known.last() != Some(&at) {
                known.push(at);
            }
        }
    }

    /// The statements with a pattern that begins as the text does.
    fn fitting(&self, text: &str) -> Vec<&[usize]> {
        let beginnings = self.lengths.iter().filter_map(|end| self.of.get(text.get(..*end)?));
        beginnings.map(Vec::as_slice).chain([self.open.as_slice()]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::document::PolicyDocument;

    fn document(statements: impl Iterator<Item = (String, String)>) -> PolicyDocument {
        let one = |(action, resource)| {
            format!(r#"{{"Effect": "Allow", "Action": "{action}", "Resource": "{resource}"}}"#)
        };
        let statements: Vec<_> = statements.map(one).collect();
        PolicyDocument::parse(&format!(r#"{{"Statement": [{}]}}"#, statements.join(", "))).unwrap()
    }

    fn index(document: &PolicyDocument) -> Index {
        Index::of(document.statements().iter().enumerate())
    }

    #[test]
    fn statements_are_found_by_how_their_patterns_begin() {
        let pairs =
            [("s3:Get*", "arn:aws:s3:::a/*"), ("*", "*"), ("S3:GetObject", "arn:aws:s3:::${aws:username}/x")];
        let others = (0..FEW).map(|at| (format!("sns:Do{at}"), format!("arn:aws:sns:::{at}")));
        let pairs = pairs.map(|(action, resource)| (action.into(), resource.into()));
        let document = document(pairs.into_iter().chain(others));
        let index = index(&document);
        for (action, resource, found) in [
            ("s3:GetObject", "arn:aws:s3:::a/k", &[0, 1, 2][..]),
            ("sqs:SendMessage", "arn:aws:s3:::a/k", &[1]),
            ("s3:PutObject", "arn:aws:sqs:::q", &[1]),
        ] {
            assert_eq!(index.about(action, resource), found, "{action} {resource}");
        }
        assert_eq!(index.covering(&document.statements()[0]), [0, 1]);
    }

    #[test]
    fn few_statements_are_all_compared() {
        let pairs = [("s3:Get*", "arn:aws:s3:::a/*"), ("sqs:*", "*")];
        let document = document(pairs.map(|(action, resource)| (action.into(), resource.into())).into_iter());
        assert_eq!(index(&document).about("s3:GetObject", "arn:aws:s3:::a/k"), [0, 1]);
        assert!(Index::of([]).is_empty() && !index(&document).is_empty());
    }

    #[test]
    fn statements_that_cannot_meet_are_not_compared() {
        let compared = |count: usize| {
            let document = document(
                (0..count).map(|at| ("s3:GetObject".into(), format!("arn:aws:s3:::bucket-{at:0>5}/*"))),
            );
            let index = index(&document);
            document.statements().iter().map(|statement| index.covering(statement).len()).sum::<usize>()
        };
        assert_eq!((compared(500), compared(2_000)), (500, 2_000));
    }
}
