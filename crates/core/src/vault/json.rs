//! Replies of a server that may be anybody: bounded, without doubled keys, and numbers taken as they come.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

const DEEPEST: u8 = 32;
// A century: beyond it a lifetime is an overflow, not a wish.
const LONGEST: u64 = 100 * 366 * 24 * 3600;

/// Reads JSON after looking at its whole shape.
///
/// # Errors
/// What is wrong with it and where, in words of ours: serde's would quote values.
pub(super) fn read<'de, T: Deserialize<'de>>(body: &'de [u8]) -> Result<T, String> {
    let text = std::str::from_utf8(body).map_err(|_| "is not UTF-8 text".to_owned())?;
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| not_json(&error))?;
    shape(raw, DEEPEST)?;
    part(raw)
}

/// Reads an object after looking at its whole shape.
pub(super) fn object<'de, T: Deserialize<'de>>(body: &'de [u8]) -> Result<T, String> {
    part_object(read(body)?)
}

/// Reads an object that is part of what [`read`] has looked at: serde would take an array for one, too.
pub(super) fn part_object<'de, T: Deserialize<'de>>(raw: &'de RawValue) -> Result<T, String> {
    if raw.get().starts_with('{') { part(raw) } else { Err("is no object".into()) }
}

fn part<'de, T: Deserialize<'de>>(raw: &'de RawValue) -> Result<T, String> {
    let mut deserializer = serde_json::Deserializer::from_str(raw.get());
    serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| format!("lacks a field or has one of the wrong type at {}", error.path()))
}

fn not_json(error: &serde_json::Error) -> String {
    format!("is not JSON (line {}, column {})", error.line(), error.column())
}

fn shape(raw: &RawValue, levels: u8) -> Result<(), String> {
    let inner: Vec<&RawValue> = match raw.get().bytes().next() {
        Some(b'{') => serde_json::from_str::<Object<'_>>(raw.get())
            .map(|object| object.0)
            .map_err(|error| doubled(&error))?,
        Some(b'[') => serde_json::from_str(raw.get()).map_err(|error| not_json(&error))?,
        _ => return Ok(()),
    };
    let left = levels.checked_sub(1).ok_or_else(|| format!("is nested deeper than {DEEPEST} levels"))?;
    inner.into_iter().try_for_each(|raw| shape(raw, left))
}

fn doubled(error: &serde_json::Error) -> String {
    if error.is_data() { "has the same key twice in one object".into() } else { not_json(error) }
}

struct Object<'a>(Vec<&'a RawValue>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Object<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut seen = std::collections::HashSet::<Key<'de>>::new();
                let mut values = Vec::new();
                while let Some((key, value)) = map.next_entry::<Key<'de>, &RawValue>()? {
                    if !seen.insert(key) {
                        return Err(serde::de::Error::custom("doubled"));
                    }
                    values.push(value);
                }
                Ok(Object(values))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

#[derive(Eq, Hash, PartialEq, serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// A length of time as a server states it. Servers write numbers, texts, nothing, and at times nonsense.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) enum Seconds {
    /// Not stated, or null.
    #[default]
    Absent,
    /// So many whole seconds; 0 is what was said, not what it means.
    Count(u64),
    /// Stated, and not a length of time: negative, endless, or no number at all.
    Unusable(String),
}

impl Seconds {
    /// The length of time, where one above zero is stated.
    pub(crate) fn span(&self) -> Option<Duration> {
        match self {
            Self::Count(seconds) if *seconds > 0 => Some(Duration::from_secs(*seconds)),
            _ => None,
        }
    }

    fn of(raw: &str) -> Self {
        let text: Cow<'_, str> = match serde_json::from_str(raw) {
            Ok(text) => Cow::<str>::Owned(text),
            Err(_) => Cow::Borrowed(raw),
        };
        Self::count(text.trim())
            .filter(|seconds| *seconds <= LONGEST)
            .map_or_else(|| Self::Unusable(text.chars().take(40).collect()), Self::Count)
    }

    fn count(text: &str) -> Option<u64> {
        if let Ok(seconds) = text.parse::<u64>() {
            return Some(seconds);
        }
        if let Ok(seconds) = text.parse::<f64>() {
            return Duration::try_from_secs_f64(seconds).ok().map(|span| span.as_secs());
        }
        humantime::parse_duration(text).ok().map(|span| span.as_secs())
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("not stated"),
            Self::Count(seconds) => write!(f, "{seconds} s"),
            Self::Unusable(text) => write!(f, "\"{}\"", crate::error::printable(text)),
        }
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Option::<&RawValue>::deserialize(deserializer)?;
        Ok(raw.map_or(Self::Absent, |raw| Self::of(raw.get())))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::IgnoredAny;

    use super::*;

    fn refused(body: &str) -> String {
        match read::<IgnoredAny>(body.as_bytes()) {
            Ok(_) => panic!("accepted {body}"),
            Err(why) => why,
        }
    }

    fn seconds(raw: &str) -> Seconds {
        read(raw.as_bytes()).unwrap()
    }

    #[test]
    fn thirty_two_levels_are_read_and_not_one_more() {
        let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        assert!(read::<IgnoredAny>(nested(32).as_bytes()).is_ok());
        assert_eq!(refused(&nested(33)), "is nested deeper than 32 levels");
        refused(&nested(500_000));
        refused(&"[".repeat(500_000));
        refused(&"{\"a\":".repeat(100_000));
    }

    #[test]
    fn doubled_keys_are_refused_however_they_are_written() {
        for body in [r#"{"a":1,"a":2}"#, r#"{"a":1,"\u0061":2}"#, r#"[{"b":{"a":1,"a":1}}]"#] {
            assert_eq!(refused(body), "has the same key twice in one object");
        }
    }

    #[test]
    fn what_is_no_json_is_refused_without_being_quoted() {
        assert_eq!(refused("<html>s3cret"), "is not JSON (line 1, column 1)");
        assert_eq!(read::<IgnoredAny>(b"\"\xff\"").err().unwrap(), "is not UTF-8 text");
        refused("");
        refused("{} {}");
        let wrong = read::<std::collections::HashMap<String, u8>>(br#"{"a":"s3cret"}"#).unwrap_err();
        assert_eq!(wrong, "lacks a field or has one of the wrong type at a");
    }

    #[test]
    fn lengths_of_time_are_read_however_they_are_written() {
        for raw in ["900", "900.0", "9e2", "\"900\"", "\"15m\"", "\" 900 \"", "900.9"] {
            assert_eq!(seconds(raw), Seconds::Count(900), "{raw}");
        }
        assert_eq!(seconds("null"), Seconds::Absent);
        assert_eq!(seconds("0"), Seconds::Count(0));
        assert_eq!(seconds("0").span(), None);
    }

    #[test]
    fn impossible_lengths_of_time_are_told_apart_from_none() {
        let all = [
            "-1",
            "9223372036854775808",
            "18446744073709551616",
            "1e400",
            "-1e400",
            "\"NaN\"",
            "\"inf\"",
            "true",
            "\"soon\"",
            "[]",
            "{}",
            "\"\"",
        ];
        for raw in all {
            assert!(matches!(seconds(raw), Seconds::Unusable(_)), "{raw}");
            assert_eq!(seconds(raw).span(), None);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read::<Seconds>(&body);
        }

        #[test]
        fn any_text_is_a_length_of_time_or_not(text in "\\PC*") {
            let _ = Seconds::of(&text);
        }
    }
}
