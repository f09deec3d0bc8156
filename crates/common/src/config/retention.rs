//! How long things are kept, held against what depends on it.

use super::{ConfigError, Retention};

/// Hours that the broker keeps events: 7 days (`nats/streams/INVOICE_EVENTS.json`).
pub const EVENT_HOURS: u64 = 168;

/// Longest that anything may be kept, hours: a century, for the broker counts nanoseconds in 63 bits (292 years).
const LONGEST_HOURS: u64 = 100 * 365 * 24;

/// Refuses what would break a promise, and zeros: to the broker, no limit.
pub(super) fn check(keep: &Retention) -> Result<(), ConfigError> {
    let unusable = |key, value: u64, reason| Err(ConfigError::unusable(key, &value, reason));
    if keep.work_hours == 0 {
        return unusable("retention.work_hours", 0, "to the broker, 0 is for ever");
    }
    for (key, bytes) in [
        ("retention.uploads_max_bytes", keep.uploads_max_bytes),
        ("retention.work_max_bytes", keep.work_max_bytes),
    ] {
        if bytes == 0 || i64::try_from(bytes).is_err() {
            return unusable(key, bytes, "to the broker, this is no limit at all");
        }
    }
    for (key, hours) in [
        ("retention.work_hours", keep.work_hours),
        ("retention.uploads_hours", keep.uploads_hours),
        ("retention.status_hours", keep.status_hours),
    ] {
        if hours > LONGEST_HOURS {
            return unusable(key, hours, "the broker cannot count so far (at most 876000)");
        }
    }
    if keep.uploads_hours < keep.work_hours {
        let reason = "an original has to live as long as its document can be under way \
                      (retention.work_hours)";
        return unusable("retention.uploads_hours", keep.uploads_hours, reason);
    }
    if keep.status_hours < EVENT_HOURS {
        let reason = "a document whose status is forgotten is new when it comes again, and its event \
                      would be refused for as long as the first one is kept (168 hours)";
        return unusable("retention.status_hours", keep.status_hours, reason);
    }
    if keep.status_hours < keep.uploads_hours {
        let reason = "a document that comes again after its status is forgotten would use the first \
                      original, which may expire before it is read (retention.uploads_hours)";
        return unusable("retention.status_hours", keep.status_hours, reason);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: Retention = Retention {
        uploads_hours: 720,
        uploads_max_bytes: 1,
        work_hours: 72,
        work_max_bytes: 1,
        status_hours: 720,
    };

    fn refused(keep: &Retention) -> Option<&'static str> {
        match check(keep) {
            Ok(()) => None,
            Err(ConfigError::Unusable { key, .. }) => Some(key),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn what_would_break_a_promise_is_refused_by_name() {
        let (uploads, status) = (Some("retention.uploads_hours"), Some("retention.status_hours"));
        let bytes = (Some("retention.uploads_max_bytes"), Some("retention.work_max_bytes"));
        let table = [
            (KEPT, None),
            (Retention { uploads_hours: 72, status_hours: 168, ..KEPT }, None),
            (Retention { uploads_hours: 71, ..KEPT }, uploads),
            (Retention { uploads_hours: 72, status_hours: 167, ..KEPT }, status),
            (Retention { status_hours: 719, ..KEPT }, status),
            (Retention { status_hours: LONGEST_HOURS, ..KEPT }, None),
            (Retention { status_hours: LONGEST_HOURS + 1, ..KEPT }, status),
            (Retention { uploads_hours: LONGEST_HOURS + 1, ..KEPT }, uploads),
            (Retention { work_hours: 0, ..KEPT }, Some("retention.work_hours")),
            (Retention { uploads_hours: 0, ..KEPT }, uploads),
            (Retention { status_hours: 0, ..KEPT }, status),
            (Retention { uploads_max_bytes: 0, ..KEPT }, bytes.0),
            (Retention { work_max_bytes: 0, ..KEPT }, bytes.1),
            (Retention { work_max_bytes: u64::MAX, ..KEPT }, bytes.1),
        ];
        for (keep, key) in table {
            assert_eq!(refused(&keep), key, "{keep:?}");
        }
    }
}
