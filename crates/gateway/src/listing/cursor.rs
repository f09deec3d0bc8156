//! Where a list goes on, as clients carry it about: opaque, and good for one list only.
//!
//! It is no secret and opens nothing: a list is always the caller's own. The checksum tells a client at once
//! that it mixed up two lists, or that the text was cut on its way.

use jiff::Timestamp;
use ring::digest::{Context, SHA256};

use common::id::Tenant;
use common::status::Arrival;

use super::Filter;

/// Domain separation for the checksum. Changing it ends all lists that are being read.
const CONTEXT: &str = "invoice-ocr 2026-11-26 list cursor v1";

/// Bytes of a moment, of an id and of the checksum: one mistake in four thousand million goes unnoticed.
const MOMENT_BYTES: usize = 8;
const ID_BYTES: usize = 32;
const CHECKSUM_BYTES: usize = 4;

/// Hexadecimal digits of a byte.
const DIGITS: usize = 2;

/// The cursor after `last`, in `tenant`'s list of what `filter` means. `None` for a time that no document came
/// at (beyond the year 2262).
pub(crate) fn encode(last: &Arrival, tenant: &Tenant, filter: &Filter) -> Option<String> {
    let moment = i64::try_from(last.received_at.as_nanosecond()).ok()?;
    let position = format!("{moment:016x}{}", last.id);
    let checksum = checksum(&position, tenant, filter);
    Some(position + &checksum)
}

/// The document after which the list goes on; `None` for what is no cursor of this list.
pub(crate) fn position(cursor: &str, tenant: &Tenant, filter: &Filter) -> Option<Arrival> {
    let (position, claimed) = cursor.split_at_checked((MOMENT_BYTES + ID_BYTES) * DIGITS)?;
    if checksum(position, tenant, filter) != claimed {
        return None;
    }
    let (moment, id) = position.split_at_checked(MOMENT_BYTES * DIGITS)?;
    let moment = u64::from_str_radix(moment, 16).ok()?.cast_signed();
    let received_at = Timestamp::from_nanosecond(moment.into()).ok()?;
    Some(Arrival { received_at, id: id.parse().ok()? })
}

fn checksum(position: &str, tenant: &Tenant, filter: &Filter) -> String {
    let mut context = Context::new(&SHA256);
    // What a version of this program writes here, another one need not understand.
    let filter = format!("{filter:?}");
    for part in [CONTEXT, position, tenant.as_str(), &filter] {
        // Lengths first: no two different lists feed the same bytes.
        context.update(&(part.len() as u64).to_le_bytes());
        context.update(part.as_bytes());
    }
    let digest = context.finish();
    digest.as_ref().iter().take(CHECKSUM_BYTES).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::testing::digest;

    fn tenant(name: &str) -> Tenant {
        name.parse().unwrap()
    }

    #[test]
    fn a_cursor_is_read_as_it_was_given() {
        let (filter, tenant) = (Filter::default(), tenant("a"));
        for number in [0, 7, 4_000_000_000] {
            let last = digest(number, "a").arrival;
            let cursor = encode(&last, &tenant, &filter).unwrap();
            assert_eq!(position(&cursor, &tenant, &filter), Some(last));
            assert!(cursor.bytes().all(|byte| byte.is_ascii_hexdigit()));
        }
        let early = Arrival { received_at: Timestamp::MIN, ..digest(1, "a").arrival };
        assert_eq!(encode(&early, &tenant, &filter), None);
        let before = Timestamp::from_second(-5).unwrap();
        let before = Arrival { received_at: before, ..digest(1, "a").arrival };
        let cursor = encode(&before, &tenant, &filter).unwrap();
        assert_eq!(position(&cursor, &tenant, &filter), Some(before));
    }

    #[test]
    fn a_cursor_of_another_list_or_a_damaged_one_is_none() {
        let filter = Filter::default();
        let cursor = encode(&digest(7, "a").arrival, &tenant("a"), &filter).unwrap();
        assert_eq!(position(&cursor, &tenant("b"), &filter), None);
        let other = Filter { review: Some(true), ..Filter::default() };
        assert_eq!(position(&cursor, &tenant("a"), &other), None);
        for at in 0..cursor.len() {
            let mut damaged = cursor.clone().into_bytes();
            damaged[at] = if damaged[at] == b'0' { b'1' } else { b'0' };
            let damaged = String::from_utf8(damaged).unwrap();
            assert_eq!(position(&damaged, &tenant("a"), &filter), None, "{at}");
        }
        let (longer, upper) = (format!("{cursor}0"), cursor.to_uppercase());
        for bad in ["", "7", "é", &"é".repeat(60), &longer, &upper] {
            assert_eq!(position(bad, &tenant("a"), &filter), None, "{bad}");
        }
    }
}
