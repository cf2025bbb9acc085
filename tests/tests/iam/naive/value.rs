//! Numbers, moments and addresses, in the forms that the random cases write them in.

use std::net::IpAddr;

/// A number of few digits: all of those are exact.
pub(super) fn number(text: &str) -> Option<f64> {
    let written = |c: char| c.is_ascii_digit() || matches!(c, '.' | '+' | '-');
    text.chars().all(written).then(|| text.parse().ok()).flatten()
}

/// Seconds since 1970: of a text of digits, of a day, or of a time with its distance from UTC in hours.
pub(super) fn moment(text: &str) -> Option<i64> {
    if text.len() != 4 && text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() {
        return text.parse().ok();
    }
    let (day, time) = text.split_once('T').unwrap_or((text, "00:00Z"));
    let of_day: Vec<i64> = day.split('-').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let (year, month, day) = match of_day.as_slice() {
        [year] => (*year, 1, 1),
        [year, month] => (*year, *month, 1),
        [year, month, day] => (*year, *month, *day),
        _ => return None,
    };
    let (clock, hours_ahead) = match time.split_once('+') {
        Some((clock, zone)) => (clock, zone.split(':').next()?.parse::<i64>().ok()?),
        None => (time.strip_suffix('Z')?, 0),
    };
    let of_clock: Vec<i64> = clock.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let seconds = of_clock.iter().zip([3600, 60, 1]).map(|(part, unit)| part * unit).sum::<i64>();
    Some(days(year, month, day) * 86_400 + seconds - hours_ahead * 3600)
}

/// Days since 1970, counted one year and one month after the other.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let leaps = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let years: i64 = (1970..year).map(|year| if leaps(year) { 366 } else { 365 }).sum();
    let lengths = [31, if leaps(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let months: i64 = lengths.iter().take(usize::try_from(month - 1).unwrap()).sum();
    years + months + day - 1
}

/// Whether an address begins with the bits of a range.
pub(super) fn within(range: &str, address: &str) -> bool {
    let (first, length) =
        range.split_once('/').map_or((range, None), |(first, length)| (first, Some(length)));
    let (first, address) = (bits(first), bits(address));
    let length = length.map_or(first.len(), |length| length.parse().unwrap());
    first.len() == address.len() && first[..length] == address[..length]
}

/// Every bit of an address as a sign.
fn bits(address: &str) -> String {
    match address.parse().unwrap() {
        IpAddr::V4(address) => address.octets().iter().map(|octet| format!("{octet:08b}")).collect(),
        IpAddr::V6(address) => address.octets().iter().map(|octet| format!("{octet:08b}")).collect(),
    }
}
