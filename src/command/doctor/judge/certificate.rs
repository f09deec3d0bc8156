//! How long a certificate is good.

use jiff::Timestamp;

use super::super::check::Judgement;

/// Days left below which somebody should look: issuers whose certificates last 90 days renew them with
/// 30 left, so by then a renewal has failed for nine days.
const SOON_DAYS: i64 = 21;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// Judges a certificate by its end.
pub(in super::super) fn judge(not_after: Timestamp, now: Timestamp) -> Judgement {
    const REMEDY: &str = "renew the certificate (docs/gateway.md, docs/broker.md)";
    let days = (not_after.as_second() - now.as_second()).div_euclid(DAY);
    let until = not_after.strftime("%Y-%m-%d");
    if not_after <= now {
        Judgement::failed(format!("expired on {until}"), REMEDY)
    } else if days < SOON_DAYS {
        Judgement::warning(format!("good until {until}, {days} days"), REMEDY)
    } else {
        Judgement::ok(format!("good until {until}, {days} days"))
    }
}

/// DER tags that are met on the way to a certificate's end.
const SEQUENCE: u8 = 0x30;
const EXPLICIT_VERSION: u8 = 0xA0;
const UTC_TIME: u8 = 0x17;
const GENERALISED_TIME: u8 = 0x18;

/// When a certificate (X.509, DER) ends; `None` for what is none.
pub(in super::super) fn not_after(der: &[u8]) -> Option<Timestamp> {
    let (SEQUENCE, certificate, _) = element(der)? else { return None };
    let (SEQUENCE, mut fields, _) = element(certificate)? else { return None };
    if let (EXPLICIT_VERSION, _, rest) = element(fields)? {
        fields = rest;
    }
    // Serial number, algorithm, issuer.
    for _ in 0..3 {
        (_, _, fields) = element(fields)?;
    }
    let (SEQUENCE, validity, _) = element(fields)? else { return None };
    let (_, _, validity) = element(validity)?;
    let (tag, time, _) = element(validity)?;
    moment(tag, std::str::from_utf8(time).ok()?)
}

/// The first element of some DER: its tag, its content, and what follows.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7F => (usize::from(first), rest),
        // So many bytes of length follow: a certificate takes two.
        0x81..=0x84 => {
            let (length, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
            let add = |sum: usize, byte: &u8| (sum << 8) | usize::from(*byte);
            (length.iter().fold(0, add), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// `YYMMDDhhmmssZ`, or with a year of four digits.
fn moment(tag: u8, text: &str) -> Option<Timestamp> {
    let whole = match tag {
        // RFC 5280: years from 50 on are of the last century.
        UTC_TIME => {
            let century = if text.get(..2)?.parse::<u32>().ok()? < 50 { "20" } else { "19" };
            format!("{century}{text}")
        }
        GENERALISED_TIME => text.to_owned(),
        _ => return None,
    };
    let parsed = jiff::civil::DateTime::strptime("%Y%m%d%H%M%SZ", &whole).ok()?;
    Some(parsed.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::doctor::check::Verdict;

    fn day(number: i64) -> Timestamp {
        Timestamp::from_second(number * DAY).unwrap()
    }

    #[test]
    fn an_end_that_is_near_warns_and_one_that_is_past_fails() {
        for (end, verdict) in [
            (100, Verdict::Ok),
            (SOON_DAYS, Verdict::Ok),
            (SOON_DAYS - 1, Verdict::Warning),
            (1, Verdict::Warning),
            (0, Verdict::Failed),
            (-1, Verdict::Failed),
        ] {
            assert_eq!(judge(day(end), day(0)).verdict, verdict, "{end}");
        }
    }

    #[test]
    fn the_end_is_read_from_a_real_certificate() {
        for year in [2031, 2051] {
            let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
            params.not_after = rcgen::date_time_ymd(year, 3, 4);
            let key = rcgen::KeyPair::generate().unwrap();
            let certificate = params.self_signed(&key).unwrap();
            let end = not_after(certificate.der()).unwrap();
            assert_eq!(end.to_string(), format!("{year}-03-04T00:00:00Z"));
        }
    }

    #[test]
    fn what_is_no_certificate_has_no_end() {
        let cut = [SEQUENCE, 0x82, 0x10];
        for bytes in [&b""[..], b"\x30\x00", b"\x02\x01\x00", &cut, &[SEQUENCE; 64]] {
            assert_eq!(not_after(bytes), None);
        }
    }
}
