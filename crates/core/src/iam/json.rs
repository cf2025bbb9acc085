//! Strict JSON that remembers where everything stands: each value has its line and column, and each refusal its
//! JSON pointer besides. A key that stands twice in one object is refused, since readers disagree on which of
//! the two counts.

use std::fmt;

use crate::error::printable;

/// Policies and case files nest no deeper than 8; what nests deeper is an attack on the stack.
const DEEPEST: usize = 64;

/// A line and a column, both from 1; columns count characters.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Place {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// A value and where it begins.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) place: Place,
    /// The characters of its text, white space between tokens left out.
    pub(super) size: usize,
    pub(super) value: Value,
}

#[derive(Debug)]
pub(super) enum Value {
    Null,
    Bool(bool),
    /// As it is written.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Object(Vec<Member>),
}

/// A key of an object, and what it holds.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) place: Place,
    pub(super) key: String,
    pub(super) value: Node,
}

impl Node {
    /// What the value is, for people.
    pub(super) fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Object(_) => "an object",
        }
    }

    /// The members, if it is an object.
    pub(super) fn members(&self) -> Option<&[Member]> {
        match &self.value {
            Value::Object(members) => Some(members),
            _ => None,
        }
    }
}

/// Why a text is refused, and where.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Refusal {
    pub(super) place: Place,
    pub(super) pointer: String,
    pub(super) why: String,
}

impl Refusal {
    pub(super) fn new(place: Place, pointer: impl Into<String>, why: impl Into<String>) -> Self {
        Self { place, pointer: pointer.into(), why: why.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pointer.as_str() {
            "" => write!(f, "{}: {}", self.place, self.why),
            pointer => write!(f, "{} ({pointer}): {}", self.place, self.why),
        }
    }
}

const LONGEST_ELEMENT: usize = "NotPrincipal".len();

/// The pointer of a member or an item below `parent`.
pub(super) fn below(parent: &str, step: impl fmt::Display) -> String {
    let step = step.to_string();
    // Most are the names of elements, and numbers.
    if step.len() <= LONGEST_ELEMENT && step.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return [parent, "/", &step].concat();
    }
    format!("{parent}/{}", printable(&step.replace('~', "~0").replace('/', "~1")))
}

/// Reads one JSON text.
pub(super) fn parse(text: &str) -> Result<Node, Refusal> {
    let start = Place { line: 1, column: 1 };
    let mut reader = Reader { text, at: 0, place: start, solid: 0, path: Vec::new() };
    reader.skip_space();
    let node = reader.value()?;
    reader.skip_space();
    match reader.peek() {
        None => Ok(node),
        Some(_) => Err(reader.refuse("something stands after the end")),
    }
}

enum Step {
    Key(String),
    Item(usize),
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    place: Place,
    solid: usize,
    path: Vec<Step>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn bump(&mut self) {
        match self.peek() {
            Some(b'\n') => self.place = Place { line: self.place.line.saturating_add(1), column: 1 },
            // Bytes that go on with a character are no columns.
            Some(byte) if byte & 0xc0 != 0x80 => self.place.column = self.place.column.saturating_add(1),
            _ => {}
        }
        self.at += 1;
    }

    /// Takes a byte that counts towards the size.
    fn take(&mut self) {
        if self.peek().is_some_and(|byte| byte & 0xc0 != 0x80) {
            self.solid += 1;
        }
        self.bump();
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.bump();
        }
    }

    fn refuse(&self, why: impl Into<String>) -> Refusal {
        self.refuse_at(self.place, why)
    }

    fn refuse_at(&self, place: Place, why: impl Into<String>) -> Refusal {
        let pointer = self.path.iter().fold(String::new(), |pointer, step| match step {
            Step::Key(key) => below(&pointer, key),
            Step::Item(index) => below(&pointer, index),
        });
        Refusal::new(place, pointer, why)
    }

    fn unexpected(&self, wanted: &str) -> Refusal {
        let rest = self.text.get(self.at..).unwrap_or_default();
        match rest.chars().next() {
            None => self.refuse(format!("the text ends where {wanted} should stand")),
            Some(c) => self.refuse(format!("'{}' stands where {wanted} should", c.escape_debug())),
        }
    }

    fn value(&mut self) -> Result<Node, Refusal> {
        if self.path.len() > DEEPEST {
            return Err(self.refuse(format!("values nest deeper than {DEEPEST}")));
        }
        let (place, before) = (self.place, self.solid);
        let value = match self.peek() {
            Some(b'{') => self.object()?,
            Some(b'[') => self.list()?,
            Some(b'"') => Value::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => Value::Number(self.number()?),
            Some(b't') => self.word("true", Value::Bool(true))?,
            Some(b'f') => self.word("false", Value::Bool(false))?,
            Some(b'n') => self.word("null", Value::Null)?,
            _ => return Err(self.unexpected("a value")),
        };
        Ok(Node { place, size: self.solid - before, value })
    }

    fn object(&mut self) -> Result<Value, Refusal> {
        self.take();
        self.skip_space();
        let mut members = Members::default();
        if self.peek() == Some(b'}') {
            self.take();
            return Ok(Value::Object(members.list));
        }
        loop {
            let member = self.member()?;
            if let Some(first) = members.place_of(&member.key) {
                self.path.push(Step::Key(member.key));
                return Err(self.refuse_at(member.place, format!("the key stands at {first} already")));
            }
            members.push(member);
            self.skip_space();
            match self.peek() {
                Some(b',') => self.take(),
                Some(b'}') => break,
                _ => return Err(self.unexpected("',' or '}'")),
            }
            self.skip_space();
        }
        self.take();
        Ok(Value::Object(members.list))
    }

    fn member(&mut self) -> Result<Member, Refusal> {
        let place = self.place;
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("a key in quotes"));
        }
        let key = self.string()?;
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.unexpected("':'"));
        }
        self.take();
        self.skip_space();
        self.path.push(Step::Key(key));
        let value = self.value()?;
        let key = match self.path.pop() {
            Some(Step::Key(key)) => key,
            _ => String::new(),
        };
        Ok(Member { place, key, value })
    }

    fn list(&mut self) -> Result<Value, Refusal> {
        self.take();
        self.skip_space();
        let mut items = Vec::new();
        if self.peek() == Some(b']') {
            self.take();
            return Ok(Value::List(items));
        }
        loop {
            self.path.push(Step::Item(items.len()));
            items.push(self.value()?);
            self.path.pop();
            self.skip_space();
            match self.peek() {
                Some(b',') => self.take(),
                Some(b']') => break,
                _ => return Err(self.unexpected("',' or ']'")),
            }
            self.skip_space();
        }
        self.take();
        Ok(Value::List(items))
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, Refusal> {
        for expected in word.bytes() {
            if self.peek() != Some(expected) {
                return Err(self.unexpected("a value"));
            }
            self.take();
        }
        Ok(value)
    }

    fn number(&mut self) -> Result<String, Refusal> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.take();
        }
        match self.peek() {
            Some(b'0') => self.take(),
            _ => self.digits()?,
        }
        if self.peek() == Some(b'.') {
            self.take();
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.take();
            if let Some(b'+' | b'-') = self.peek() {
                self.take();
            }
            self.digits()?;
        }
        Ok(self.text.get(start..self.at).unwrap_or_default().to_owned())
    }

    fn digits(&mut self) -> Result<(), Refusal> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.take();
        }
        if self.at == start { Err(self.unexpected("a digit")) } else { Ok(()) }
    }

    fn string(&mut self) -> Result<String, Refusal> {
        self.take();
        let mut out = String::new();
        let mut plain = self.at;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    out.push_str(self.text.get(plain..self.at).unwrap_or_default());
                    out.push(self.escape()?);
                    plain = self.at;
                }
                None | Some(0..0x20) => return Err(self.unexpected("the rest of a text in quotes")),
                Some(_) => self.take(),
            }
        }
        out.push_str(self.text.get(plain..self.at).unwrap_or_default());
        self.take();
        Ok(out)
    }

    fn escape(&mut self) -> Result<char, Refusal> {
        self.take();
        let c = match self.peek() {
            Some(c @ (b'"' | b'\\' | b'/')) => char::from(c),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err(self.unexpected("an escape that JSON knows")),
        };
        self.take();
        Ok(c)
    }

    fn unicode(&mut self) -> Result<char, Refusal> {
        let first = self.hex()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first).ok_or_else(|| self.half());
        }
        if self.text.get(self.at..self.at + 2) != Some("\\u") {
            return Err(self.half());
        }
        self.take();
        match self.hex()? {
            second @ 0xdc00..0xe000 => char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))
                .ok_or_else(|| self.half()),
            _ => Err(self.half()),
        }
    }

    fn half(&self) -> Refusal {
        self.refuse("half of a surrogate pair is no character")
    }

    /// The four digits after `u`.
    fn hex(&mut self) -> Result<u32, Refusal> {
        self.take();
        let mut value = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            let Some(digit) = digit else { return Err(self.unexpected("a hexadecimal digit")) };
            value = value * 16 + digit;
            self.take();
        }
        Ok(value)
    }
}

/// The members of an object so far. Few are looked through, many are indexed: a hostile object must not cost
/// the square of its size.
#[derive(Default)]
struct Members {
    list: Vec<Member>,
    index: std::collections::HashMap<String, Place>,
}

impl Members {
    const FEW: usize = 16;

    fn place_of(&self, key: &str) -> Option<Place> {
        if self.index.is_empty() {
            return self.list.iter().find(|member| member.key == key).map(|member| member.place);
        }
        self.index.get(key).copied()
    }

    fn push(&mut self, member: Member) {
        if self.list.len() >= Self::FEW {
            if self.index.is_empty() {
                self.index = self.list.iter().map(|member| (member.key.clone(), member.place)).collect();
            }
            self.index.insert(member.key.clone(), member.place);
        }
        self.list.push(member);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refused(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    /// The value as serde_json has it.
    fn plain(node: &Node) -> serde_json::Value {
        match &node.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Number(number) => serde_json::from_str(number).unwrap(),
            Value::Text(text) => text.as_str().into(),
            Value::List(items) => items.iter().map(plain).collect(),
            Value::Object(members) => {
                members.iter().map(|member| (member.key.clone(), plain(&member.value))).collect()
            }
        }
    }

    #[test]
    fn every_value_has_its_line_and_column() {
        let node = parse("{\n  \"ä\": [1,\n\t\"x\"]\n}").unwrap();
        let member = &node.members().unwrap()[0];
        assert_eq!(member.place, Place { line: 2, column: 3 });
        assert_eq!(member.value.place, Place { line: 2, column: 8 });
        let Value::List(items) = &member.value.value else { panic!() };
        assert_eq!(items[1].place, Place { line: 3, column: 2 });
    }

    #[test]
    fn the_size_leaves_out_white_space_between_tokens() {
        assert_eq!(parse(" { \"a b\" : [ 1 , 2 ] } ").unwrap().size, r#"{"a b":[1,2]}"#.len());
        assert_eq!(parse("\"ä\"").unwrap().size, 3);
    }

    #[test]
    fn a_refusal_names_line_column_and_pointer() {
        assert_eq!(
            refused("{\"a\": [1,\n  {\"b/c\": tru}]}"),
            "line 2, column 14 (/a/1/b~1c): '}' stands where a value should"
        );
        assert_eq!(refused(""), "line 1, column 1: the text ends where a value should stand");
        assert_eq!(refused("[] []"), "line 1, column 4: something stands after the end");
    }

    #[test]
    fn a_key_that_stands_twice_is_refused_however_it_is_written() {
        assert_eq!(
            refused("{\"Effect\": 1,\n \"\\u0045ffect\": 2}"),
            "line 2, column 2 (/Effect): the key stands at line 1, column 2 already"
        );
        let many: String = (0..100).map(|n| format!("\"k{n}\":0,")).collect();
        assert!(refused(&format!("{{{many}\"k7\":0}}")).contains("stands at"));
    }

    #[test]
    fn what_json_does_not_know_is_refused() {
        for text in [
            "{a:1}",
            "{'a':1}",
            "[1,]",
            "{\"a\":1,}",
            "[1 2]",
            "01",
            "1.",
            ".5",
            "+1",
            "1e",
            "NaN",
            "nul",
            "\"\t\"",
            "\"\\x\"",
            "\"\\ud800\"",
            "\"\\udc00\"",
            "\"\\ud800\\u0041\"",
            "\"\\u12g4\"",
            "\"",
            "\u{feff}{}",
            "[",
            "{",
            "// x\n1",
            "\u{a0}1",
        ] {
            refused(text);
        }
    }

    #[test]
    fn nesting_ends_before_the_stack_does() {
        let told = refused(&"[".repeat(1_000_000));
        assert!(told.ends_with("values nest deeper than 64"), "{told}");
    }

    proptest! {
        #[test]
        fn texts_are_read_or_refused_as_serde_json_does(text in "[\\[\\]{},:\"a\\\\u0-9. \\-]{0,12}") {
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            match parse(&text) {
                Ok(node) => prop_assert_eq!(plain(&node), theirs.unwrap()),
                Err(refusal) => {
                    let twice = refusal.why.contains("already");
                    // serde_json cannot hold every number that JSON knows.
                    prop_assert!(twice || theirs.is_err(), "{}", refusal);
                }
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,40}") {
            let _ = parse(&text);
        }
    }
}
