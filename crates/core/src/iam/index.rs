//! Which statements can be about the same at all, told without comparing each with each.

use std::collections::{BTreeSet, HashMap};

use super::document::{Element, Statement};

/// Statements by how the patterns of their actions and resources begin.
#[derive(Default)]
pub(super) struct Index {
    actions: Beginnings,
    resources: Beginnings,
}

#[derive(Default)]
struct Beginnings {
    of: HashMap<String, Vec<usize>>,
    /// How long the beginnings are.
    lengths: BTreeSet<usize>,
    /// Statements of which no pattern says what they are about: those with `NotAction`, for example.
    open: Vec<usize>,
}

impl Index {
    /// The statements by their numbers.
    pub(super) fn of<'a>(statements: impl IntoIterator<Item = (usize, &'a Statement)>) -> Self {
        let mut index = Self::default();
        for (at, statement) in statements {
            index.add(at, statement);
        }
        index
    }

    pub(super) fn add(&mut self, at: usize, statement: &Statement) {
        self.actions.add(at, Some(&statement.action), str::to_ascii_lowercase);
        self.resources.add(at, statement.resource.as_ref(), str::to_owned);
    }

    /// Whether there is no statement.
    pub(super) fn is_empty(&self) -> bool {
        self.actions.lengths.is_empty() && self.actions.open.is_empty()
    }

    /// The statements that may be about all that this one is about, in order; others are not.
    pub(super) fn covering(&self, statement: &Statement) -> Vec<usize> {
        let first = |element: Option<&Element>| {
            let element = element.filter(|element| !element.negated);
            element
                .and_then(|element| element.texts.values.first())
                .map_or("", |text| text.value.as_str())
                .to_owned()
        };
        self.about(&first(Some(&statement.action)), &first(statement.resource.as_ref()))
    }

    /// The statements that may be about this action, whatever the resource.
    pub(super) fn with_action(&self, action: &str) -> Vec<usize> {
        self.actions.fitting(&action.to_ascii_lowercase()).concat()
    }

    /// The statements that may be about this action on this resource, in order; others are not.
    pub(super) fn about(&self, action: &str, resource: &str) -> Vec<usize> {
        let actions = self.actions.fitting(&action.to_ascii_lowercase());
        let resources = self.resources.fitting(resource);
        let count = |lists: &[&[usize]]| lists.iter().map(|list| list.len()).sum::<usize>();
        let fewer = if count(&actions) < count(&resources) { actions } else { resources };
        let mut all: Vec<usize> = fewer.concat();
        all.sort_unstable();
        all.dedup();
        all
    }
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
        let document = document(pairs.map(|(action, resource)| (action.into(), resource.into())).into_iter());
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
