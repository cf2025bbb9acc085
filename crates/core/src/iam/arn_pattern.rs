//! Patterns of ARNs. They are cut at their colons before variables are filled in, so that neither a `:` inside
//! `${aws:username}` nor one in its value moves a part.

use super::request::Request;
use super::variable::{Fit, Glob, Piece, Variable};
use super::wildcard::{NoSlots, Pattern, Slots};

/// A pattern of an ARN: up to five parts with a colon after each, and what follows.
#[derive(Clone, Debug)]
pub(super) struct ArnPattern {
    head: Head,
    tail: Glob,
}

#[derive(Clone, Debug)]
enum Head {
    /// Five parts with their colons, without signs and variables, as most have.
    Plain(String),
    Parts(Vec<Glob>),
}

const HEAD: usize = 5;

impl ArnPattern {
    pub(super) fn new(mut pieces: Vec<Piece>) -> Self {
        let plain = match pieces.first_mut() {
            Some(Piece::Text(text)) => cut_head(text),
            _ => None,
        };
        if let Some(head) = plain {
            pieces.retain(|piece| *piece != Piece::Text(String::new()));
            return Self { head: Head::Plain(head), tail: Glob::new(pieces) };
        }
        let mut parts = vec![Vec::new()];
        for piece in pieces {
            let Piece::Text(text) = piece else {
                push(&mut parts, piece);
                continue;
            };
            let mut rest = text.as_str();
            while let (true, Some((part, after))) = (parts.len() <= HEAD, rest.split_once(':')) {
                push(&mut parts, Piece::Text(part.to_owned()));
                parts.push(Vec::new());
                rest = after;
            }
            push(&mut parts, Piece::Text(rest.to_owned()));
        }
        let tail = Glob::new(parts.pop().unwrap_or_default());
        Self { head: Head::Parts(parts.into_iter().map(Glob::new).collect()), tail }
    }

    /// Whether it has all six parts.
    pub(super) fn is_whole(&self) -> bool {
        match &self.head {
            Head::Plain(_) => true,
            Head::Parts(parts) => parts.len() == HEAD,
        }
    }

    /// Whether a variable stands before the resource, where the Resource element may have none.
    pub(super) fn has_variables_in_head(&self) -> bool {
        self.head.parts().iter().any(Glob::has_variables)
    }

    /// Whether its variables stand for something; those before the resource never do.
    pub(super) fn readiness(&self, request: &Request) -> Fit {
        if self.has_variables_in_head() { Fit::Unresolved } else { self.tail.readiness(request) }
    }

    /// The variables in it.
    pub(super) fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.head.parts().iter().chain([&self.tail]).flat_map(Glob::variables)
    }

    /// Whether the six parts of the ARN fit one by one, as conditions compare ARNs.
    pub(super) fn fits_by_parts(&self, arn: &str, request: &Request) -> Fit {
        let parts = match &self.head {
            Head::Plain(head) => return self.tail_fits(head, arn, request),
            Head::Parts(parts) => parts,
        };
        let mut texts = arn.splitn(HEAD + 1, ':');
        let mut all = Fit::Yes;
        for glob in parts.iter().chain([&self.tail]) {
            let Some(part) = texts.next() else { return Fit::No };
            match glob.fits(part, request) {
                Fit::No => return Fit::No,
                Fit::Yes => {}
                Fit::Unresolved => all = Fit::Unresolved,
                Fit::Unknown if all == Fit::Yes => all = Fit::Unknown,
                Fit::Unknown => {}
            }
        }
        all
    }

    /// Whether the resource fits, as the Resource element compares ARNs: part by part, but a `*` that ends a part may
    /// go on beyond its colon.
    pub(super) fn fits_resource(&self, resource: &str, request: &Request) -> Fit {
        let head = match &self.head {
            Head::Plain(head) => return self.tail_fits(head, resource, request),
            Head::Parts(parts) => parts,
        };
        let tail = &self.tail.pattern;
        match (self.tail.readiness(request), self.tail.loose()) {
            (Fit::Yes, _) => Walk::new(head, tail, &self.tail.filled(request), resource).fits().into(),
            (Fit::Unknown, Some(loose)) if !Walk::new(head, loose, &NoSlots, resource).fits() => Fit::No,
            (other, _) => other,
        }
    }

    fn tail_fits(&self, head: &str, arn: &str, request: &Request) -> Fit {
        arn.strip_prefix(head).map_or(Fit::No, |rest| self.tail.fits(rest, request))
    }
}

impl Head {
    /// Its parts; none where it is plain.
    fn parts(&self) -> &[Glob] {
        match self {
            Self::Plain(_) => &[],
            Self::Parts(parts) => parts,
        }
    }
}

/// Takes all that stands before the resource from the text, if it is all there.
fn cut_head(text: &mut String) -> Option<String> {
    let (end, _) = text.match_indices(':').nth(HEAD - 1)?;
    let rest = text.split_off(end + 1);
    Some(std::mem::replace(text, rest))
}

fn push(parts: &mut [Vec<Piece>], piece: Piece) {
    if piece == Piece::Text(String::new()) {
        return;
    }
    if let Some(part) = parts.last_mut() {
        part.push(piece);
    }
}

/// Tries the parts of a pattern from left to right. Places are tried in ascending order, and what is open goes on at
/// any later place: so what failed once while open fails for good, and the whole stays linear.
struct Walk<'a, S> {
    head: &'a [Glob],
    tail: &'a Pattern,
    slots: &'a S,
    text: &'a str,
    dead: [bool; HEAD + 1],
}

impl<'a, S: Slots> Walk<'a, S> {
    fn new(head: &'a [Glob], tail: &'a Pattern, slots: &'a S, text: &'a str) -> Self {
        Self { head, tail, slots, text, dead: [false; HEAD + 1] }
    }

    fn fits(&mut self) -> bool {
        self.part(0, 0, false)
    }

    /// Whether the parts from this one on fit the text from `at` on, or, while open, from a later part of it on.
    fn part(&mut self, part: usize, at: usize, open: bool) -> bool {
        let Some(glob) = self.head.get(part) else { return self.rest(at, open) };
        if self.is_dead(part) {
            return false;
        }
        let mut at = at;
        while let Some((text, next)) = self.text_part(at) {
            if glob.pattern.matches(text) && self.part(part + 1, next, glob.pattern.ends_open()) {
                return true;
            }
            if !open {
                return false;
            }
            at = next;
        }
        self.bury(part);
        false
    }

    fn rest(&mut self, at: usize, open: bool) -> bool {
        if self.is_dead(HEAD) {
            return false;
        }
        let mut at = at;
        loop {
            if let Some(rest) = self.text.get(at..).and_then(|text| self.tail.begins(text, self.slots)) {
                if self.tail.goes_on(rest, self.slots) {
                    return true;
                }
                if self.tail.has_star() {
                    self.bury(HEAD);
                    return false;
                }
            }
            match self.text_part(at) {
                Some((_, next)) if open => at = next,
                _ => break,
            }
        }
        if open {
            self.bury(HEAD);
        }
        false
    }

    /// The part of the text at this place that a colon ends, and the place after the colon.
    fn text_part(&self, at: usize) -> Option<(&'a str, usize)> {
        #[cfg(test)]
        PARTS_TRIED.set(PARTS_TRIED.get() + 1);
        let (part, _) = self.text.get(at..)?.split_once(':')?;
        Some((part, at + part.len() + 1))
    }

    fn is_dead(&self, part: usize) -> bool {
        self.dead.get(part).copied().unwrap_or(false)
    }

    fn bury(&mut self, part: usize) {
        if let Some(dead) = self.dead.get_mut(part) {
            *dead = true;
        }
    }
}

// How often a part of a text was taken, which is what "linear" is a promise about.
#[cfg(test)]
thread_local!(static PARTS_TRIED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) });

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::principal::Principal;
    use crate::iam::variable::{Signs, pieces};

    fn pattern(text: &str) -> ArnPattern {
        ArnPattern::new(pieces(text, Signs { variables: true, wildcards: true }).unwrap())
    }

    fn request() -> Request {
        Request::new(Principal::anonymous(), "s3:GetObject", "*").unwrap()
    }

    fn fits(own: &str, resource: &str) -> bool {
        pattern(own).fits_resource(resource, &request()) == Fit::Yes
    }

    #[test]
    fn a_star_that_ends_a_part_goes_on_beyond_its_colon() {
        let queue = "arn:aws:sqs:eu-west-1:111122223333:orders";
        for own in [
            "arn:aws:sqs:*:orders",
            "arn:aws:sqs:*",
            "arn:*:orders",
            "arn:aws:sqs:eu*:orders",
            "arn:*",
            queue,
        ] {
            assert!(fits(own, queue), "{own}");
        }
        for own in
            ["arn:aws:sqs:*:order", "arn:aws:sns:*", "arn:aws:sqs:eu*1:orders", "arn:aws:sqs", "arn:aws:sqs:"]
        {
            assert!(!fits(own, queue), "{own}");
        }
    }

    #[test]
    fn a_star_within_a_part_ends_at_its_colon() {
        assert!(fits("arn:aws:sqs:eu-*-1:111122223333:orders", "arn:aws:sqs:eu-west-1:111122223333:orders"));
        assert!(!fits("arn:aws:sqs:e*1:1:orders", "arn:aws:sqs:eu:x1:1:orders"));
    }

    #[test]
    fn conditions_compare_part_by_part() {
        let wide = pattern("arn:aws:x:*:111122223333:finance/*");
        let text = "arn:aws:x:us-east-2:999999999999:store/abc:111122223333:finance/document.txt";
        assert_eq!(wide.fits_by_parts(text, &request()), Fit::No);
        assert_eq!(wide.fits_by_parts("arn:aws:x:eu:111122223333:finance/a:b", &request()), Fit::Yes);
        assert!(pattern("arn:aws:s3:::a").is_whole() && !pattern("arn:aws:s3:*").is_whole());
    }

    #[test]
    fn a_colon_inside_a_variable_cuts_nothing() {
        let own = pattern("arn:aws:sqs:us-east-2:*:${aws:username}-queue");
        assert!(own.is_whole() && !own.has_variables_in_head());
        let ann = request().context("aws:username", "a:b");
        assert_eq!(own.fits_resource("arn:aws:sqs:us-east-2:1:a:b-queue", &ann), Fit::Yes);
        assert_eq!(own.fits_resource("arn:aws:sqs:us-east-2:1:x-queue", &request()), Fit::Unresolved);
    }

    #[test]
    fn an_unknown_variable_fits_what_some_value_of_it_fits() {
        let unknown = request().partial_context();
        let fit = |own: &str, text: &str| pattern(own).fits_resource(text, &unknown);
        assert_eq!(fit("arn:aws:sqs:*:${aws:username}", "arn:aws:sqs:eu-west-1:1:ann"), Fit::Unknown);
        assert_eq!(fit("arn:aws:sqs:*:q-${aws:username}", "arn:aws:sqs:eu-west-1:1:ann"), Fit::No);
    }

    #[test]
    fn many_colons_cost_no_more_than_their_number() {
        let colons = 50_000;
        let text = format!("arn:aws:sqs:{}", "a:".repeat(colons));
        for own in ["arn:aws:sqs:*:a:a*b", "arn:*:*:*:*:b", "arn:*:a:a:a:a*x*y", "arn:*a:*a:*a:*a:*b"] {
            PARTS_TRIED.set(0);
            assert!(!fits(own, &text), "{own}");
            // Once for each part of the pattern at most.
            assert!(PARTS_TRIED.get() <= (HEAD + 1) * (colons + 4), "{own}: {}", PARTS_TRIED.get());
        }
    }
}
