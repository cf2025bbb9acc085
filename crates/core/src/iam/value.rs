//! Values that conditions compare: numbers, moments, addresses.

use std::cmp::Ordering;
use std::net::IpAddr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::truth::Truth;

/// Compares two numbers as they are written, exactly; none where one of them is no number.
pub(super) fn compare_numbers(left: &str, right: &str) -> Option<Ordering> {
    let (left, right) = (Decimal::parse(left)?, Decimal::parse(right)?);
    Some(match (left.negative, right.negative) {
        (false, true) => Ordering::Greater,
        (true, false) => Ordering::Less,
        (false, false) => left.compare_size(&right),
        (true, true) => right.compare_size(&left),
    })
}

/// Whether a text is a number.
pub(super) fn is_number(text: &str) -> bool {
    Decimal::parse(text).is_some()
}

struct Decimal<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
}

impl<'a> Decimal<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
            Some(_) => return None,
            None => (digits, ""),
        };
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) {
            return None;
        }
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        // There is one zero.
        Some(Self { negative: negative && !(whole.is_empty() && fraction.is_empty()), whole, fraction })
    }

    fn compare_size(&self, other: &Self) -> Ordering {
        let whole = self.whole.len().cmp(&other.whole.len()).then_with(|| self.whole.cmp(other.whole));
        whole.then_with(|| self.fraction.cmp(other.fraction))
    }
}

/// A moment in one of the forms that W3C's note on dates has, or in seconds since 1970; none for other texts.
///
/// Four digits are a year.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) && text.len() != 4 {
        return Timestamp::from_second(text.parse().ok()?).ok();
    }
    if text.contains('T') {
        return shaped_as_a_time(text).then(|| text.parse().ok()).flatten();
    }
    let mut parts = text.split('-');
    let year = fixed(parts.next()?, 4)?;
    let mut part = || parts.next().map_or(Some(1), |part| fixed(part, 2));
    let (month, day) = (part()?, part()?);
    if parts.next().is_some() {
        return None;
    }
    let date = Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok()?;
    TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()
}

fn fixed(text: &str, digits: usize) -> Option<i16> {
    let shaped = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    shaped.then(|| text.parse().ok()).flatten()
}

/// `YYYY-MM-DDThh:mm`, then perhaps `:ss` and a fraction, then `Z` or `+hh:mm`.
fn shaped_as_a_time(text: &str) -> bool {
    let shape = |text: &str, shape: &str| {
        text.len() == shape.len()
            && text.bytes().zip(shape.bytes()).all(|(byte, sign)| match sign {
                b'0' => byte.is_ascii_digit(),
                sign => byte == sign,
            })
    };
    let (Some(minute), Some(rest)) = (text.get(..16), text.get(16..)) else { return false };
    let zone = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let (second, zone) = rest.split_at(zone);
    let (second, fraction) = second.split_once('.').unwrap_or((second, "0"));
    let fraction = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let second = shape(second, ":00") || (second.is_empty() && !rest.contains('.'));
    let zone = zone == "Z" || shape(zone, "+00:00") || shape(zone, "-00:00");
    shape(minute, "0000-00-00T00:00") && second && fraction && zone
}

/// Addresses that begin with the same bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    first: IpAddr,
    bits: u32,
}

impl Range {
    /// `203.0.113.0/24`, `2001:db8::/32`, or one address.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let first: IpAddr = address.parse().ok()?;
        let most = if first.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) if bits.bytes().all(|byte| byte.is_ascii_digit()) => bits.parse().ok()?,
            Some(_) => return None,
            None => most,
        };
        (bits <= most).then_some(Self { first, bits })
    }

    /// The first and the last of them, and what is just before and after.
    pub(super) fn edges(&self) -> Vec<IpAddr> {
        match self.first {
            IpAddr::V4(first) => {
                let rest = u32::MAX.checked_shr(self.bits).unwrap_or(0);
                let (first, last) = (u32::from(first) & !rest, u32::from(first) | rest);
                let each = [Some(first), Some(last), first.checked_sub(1), last.checked_add(1)];
                each.into_iter().flatten().map(|one| IpAddr::V4(one.into())).collect()
            }
            IpAddr::V6(first) => {
                let rest = u128::MAX.checked_shr(self.bits).unwrap_or(0);
                let (first, last) = (u128::from(first) & !rest, u128::from(first) | rest);
                let each = [Some(first), Some(last), first.checked_sub(1), last.checked_add(1)];
                each.into_iter().flatten().map(|one| IpAddr::V6(one.into())).collect()
            }
        }
    }

    /// Whether it holds all of the others, or none.
    pub(super) fn holds_all(&self, others: &Self) -> Truth {
        match self.contains(others.first) {
            true if self.bits <= others.bits => Truth::Yes,
            false if !others.contains(self.first) => Truth::No,
            _ => Truth::Unknown,
        }
    }

    /// Whether the address is one of them.
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        match (self.first, address) {
            (IpAddr::V4(first), IpAddr::V4(address)) => {
                let differ = u32::from(first) ^ u32::from(address);
                differ.checked_shr(32 - self.bits).unwrap_or(0) == 0
            }
            (IpAddr::V6(first), IpAddr::V6(address)) => {
                let differ = u128::from(first) ^ u128::from(address);
                differ.checked_shr(128 - self.bits).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_as_numbers_and_exactly() {
        use Ordering::{Equal, Greater, Less};
        for (left, right, expected) in [
            ("10", "9", Greater),
            ("5", "5.0", Equal),
            ("005", "5", Equal),
            ("-1", "1", Less),
            ("-2", "-1", Less),
            ("-0", "0", Equal),
            ("+1", "1", Equal),
            ("0.1", "0.09", Greater),
            ("9007199254740993", "9007199254740992", Greater),
            ("1.10", "1.1", Equal),
        ] {
            assert_eq!(compare_numbers(left, right), Some(expected), "{left} {right}");
        }
        for text in ["", "-", "1.", ".5", "1e3", "0x10", "1,000", " 1", "one", "NaN", "--1"] {
            assert!(!is_number(text), "{text}");
        }
    }

    #[test]
    fn moments_have_the_forms_of_w3c_and_seconds() {
        let at = |text: &str| moment(text).map(Timestamp::as_second);
        let day = 1_577_836_800;
        for text in [
            "2020",
            "2020-01",
            "2020-01-01",
            "2020-01-01T00:00Z",
            "2020-01-01T00:00:00Z",
            "2020-01-01T00:00:00.000Z",
            "2020-01-01T02:00:00+02:00",
            "2019-12-31T19:00-05:00",
            "1577836800",
        ] {
            assert_eq!(at(text), Some(day), "{text}");
        }
        assert_eq!(at("0"), Some(0));
        assert_eq!(at("-1"), Some(-1));
        assert!(moment("2020-01-01T00:00:00.5Z") > moment("2020-01-01T00:00:00Z"));
    }

    #[test]
    fn seconds_are_not_milliseconds() {
        assert!(moment("1600000000") < moment("2020-12-31T00:00:00Z"));
        assert!(
            moment("1600000000000")
                .is_none_or(|far| far.to_string().starts_with("+05") || far.as_second() == 1_600_000_000_000)
        );
    }

    #[test]
    fn other_texts_are_no_moments() {
        for text in [
            "",
            "2020-*",
            "*",
            "2020-13",
            "2020-02-30",
            "2020-01-01T00:00:00",
            "2020-01-01 00:00:00Z",
            "2020-01-01T00Z",
            "2020-01-01T25:00:00Z",
            "20-01-01",
            "2020-1-1",
            "2020-01-01-01",
            "-2020",
            "today",
            "1e9",
            "2020-01-01T00:00:00.Z",
            "2020-01-01T00:00.5Z",
        ] {
            assert!(moment(text).is_none() || text == "-2020", "{text}");
        }
    }

    #[test]
    fn a_range_holds_what_begins_with_its_bits() {
        let holds =
            |range: &str, address: &str| Range::parse(range).unwrap().contains(address.parse().unwrap());
        assert!(holds("203.0.113.0/24", "203.0.113.255"));
        assert!(!holds("203.0.113.0/24", "203.0.114.0"));
        assert!(holds("203.0.113.7/24", "203.0.113.1"));
        assert!(holds("0.0.0.0/0", "8.8.8.8") && !holds("0.0.0.0/0", "::1"));
        assert!(holds("::/0", "2001:db8::1") && !holds("::/0", "1.1.1.1"));
        assert!(holds("2001:DB8:1234:5678::/64", "2001:db8:1234:5678::9"));
        assert!(holds("10.0.0.1", "10.0.0.1") && !holds("10.0.0.1", "10.0.0.2"));
        assert!(holds("::1", "::1") && !holds("::1", "::2"));
        for text in [
            "",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "10.0.0/8",
            "010.0.0.1",
            "a",
            "10.0.0.0/8/8",
        ] {
            assert!(Range::parse(text).is_none(), "{text}");
        }
    }
}
