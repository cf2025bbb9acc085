//! Amazon Resource Names.

/// The six parts of an ARN, `arn:partition:service:region:account:resource`. Only the resource may hold colons.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Arn<'a> {
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: &'a str,
    /// `s3`, `iam`.
    pub service: &'a str,
    /// `eu-west-1`, or nothing.
    pub region: &'a str,
    /// Twelve digits, or nothing.
    pub account: &'a str,
    /// What the service names within it.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// The parts of a text; none where it is no ARN.
    ///
    /// ```
    /// use leasekey::iam::Arn;
    ///
    /// let role = Arn::parse("arn:aws:iam::111122223333:role/pay/orders").unwrap();
    /// assert_eq!((role.account, role.resource), ("111122223333", "role/pay/orders"));
    /// assert_eq!(Arn::parse("arn:aws:s3"), None);
    /// ```
    pub fn parse(text: &'a str) -> Option<Self> {
        let (partition, rest) = part(text.strip_prefix("arn:")?)?;
        let (service, rest) = part(rest)?;
        let (region, rest) = part(rest)?;
        let (account, resource) = part(rest)?;
        Some(Self { partition, service, region, account, resource })
    }
}

/// What stands before the first colon, and after it. The parts are short: looking at each byte is faster than a search.
fn part(text: &str) -> Option<(&str, &str)> {
    let colon = text.bytes().position(|byte| byte == b':')?;
    Some((text.get(..colon)?, text.get(colon + 1..)?))
}

/// Whether a text is the id of an account: twelve digits.
pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resource_keeps_its_colons_and_slashes() {
        let arn = Arn::parse("arn:aws-cn:logs:cn-north-1:111122223333:log-group:/a:*").unwrap();
        assert_eq!((arn.partition, arn.service, arn.region), ("aws-cn", "logs", "cn-north-1"));
        assert_eq!(arn.resource, "log-group:/a:*");
        assert_eq!(Arn::parse("arn:aws:s3:::b/k").unwrap().account, "");
    }

    #[test]
    fn other_texts_are_no_arns() {
        for text in ["", "*", "arn", "arn:aws:s3:::", "ARN:aws:s3:::b", "urn:aws:s3:::b", " arn:aws:s3:::b"] {
            let parsed = Arn::parse(text);
            assert!(parsed.is_none_or(|arn| arn.resource.is_empty()), "{text}");
        }
    }

    #[test]
    fn an_account_has_twelve_digits() {
        assert!(is_account("111122223333"));
        for text in ["", "11112222333", "1111222233334", "11112222333x", "１１１１２２２２３３３３"]
        {
            assert!(!is_account(text), "{text}");
        }
    }
}
