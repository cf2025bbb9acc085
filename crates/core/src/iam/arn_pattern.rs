//! Patterns of ARNs. They are cut at their colons before variables are filled in, so that neither a `:` inside
//! `${aws:username}` nor one in its value moves a part.

use super::request::Request;
use super::variable::{Fit, Glob, Piece};

/// A pattern of an ARN: up to five parts with a colon after each, and what follows.
#[derive(Clone, Debug)]
pub(super) struct ArnPattern {
    head: Vec<Glob>,
    tail: Glob,
}

const HEAD: usize = 5;

impl ArnPattern {
    pub(super) fn new(pieces: Vec<Piece>) -> Self {
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
        Self { head: parts.into_iter().map(Glob::new).collect(), tail }
    }

    /// Whether it has all six parts.
    pub(super) fn is_whole(&self) -> bool {
        self.head.len() == HEAD
    }

    /// Whether a variable stands before the resource, where the Resource element may have none.
    pub(super) fn has_variables_in_head(&self) -> bool {
        self.head.iter().any(Glob::has_variables)
    }

    /// The keys that its variables read.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.head.iter().chain([&self.tail]).flat_map(Glob::keys)
    }

    /// Whether the six parts of the ARN fit one by one, as conditions compare ARNs.
    pub(super) fn fits_by_parts(&self, arn: &str, request: &Request) -> Fit {
        let mut parts = arn.splitn(HEAD + 1, ':');
        let mut all = Fit::Yes;
        for glob in self.head.iter().chain([&self.tail]) {
            let Some(part) = parts.next() else { return Fit::No };
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
        if !self.tail.has_variables() {
            return Walk { pattern: self, text: resource, request, dead: [false; HEAD + 1] }
                .from(0, 0, false)
                .into();
        }
        match self.tail.readiness(request) {
            Fit::Yes => Walk { pattern: self, text: resource, request, dead: [false; HEAD + 1] }
                .from(0, 0, false)
                .into(),
            other => match self.head_fits(resource) {
                Some(rest) if self.tail.fits(rest, request) == Fit::No => Fit::No,
                Some(_) => other,
                None => Fit::No,
            },
        }
    }

    /// What follows the head, if each of its parts fits its own.
    fn head_fits<'t>(&self, mut text: &'t str) -> Option<&'t str> {
        for glob in &self.head {
            let (part, after) = text.split_once(':')?;
            if !glob.pattern.matches(part) {
                return None;
            }
            text = after;
        }
        Some(text)
    }
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
struct Walk<'a> {
    pattern: &'a ArnPattern,
    text: &'a str,
    request: &'a Request,
    dead: [bool; HEAD + 1],
}

impl Walk<'_> {
    /// Whether the parts from this one on fit the text from `at` on, or, while open, from a later part of it on.
    fn from(&mut self, part: usize, at: usize, open: bool) -> bool {
        let Some(glob) = self.pattern.head.get(part) else { return self.tail(at, open) };
        if self.is_dead(part) {
            return false;
        }
        let mut at = at;
        while let Some((text, next)) = self.part(at) {
            if glob.pattern.matches(text) && self.from(part + 1, next, glob.pattern.ends_open()) {
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

    fn tail(&mut self, at: usize, open: bool) -> bool {
        if self.is_dead(HEAD) {
            return false;
        }
        let (glob, slots) = (&self.pattern.tail, self.pattern.tail.filled(self.request));
        let mut at = at;
        loop {
            if let Some(rest) = self.text.get(at..).and_then(|text| glob.pattern.begins(text, &slots)) {
                if glob.pattern.goes_on(rest, &slots) {
                    return true;
                }
                if glob.pattern.has_star() {
                    self.bury(HEAD);
                    return false;
                }
            }
            match self.part(at) {
                Some((_, next)) if open => at = next,
                _ => return false,
            }
        }
    }

    /// The part at this place that a colon ends, and the place after the colon.
    fn part(&self, at: usize) -> Option<(&str, usize)> {
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
