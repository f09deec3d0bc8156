//! Keys as rows and JSON: pure.

use jiff::Timestamp;
use serde_json::{Value, json};

use common::jetstream::keys::ListedKey;
use common::key::{ApiKey, KeyRecord, Scope};
use common::quota::{Measure, Quota};

use crate::command::table::NOTHING;

/// A key as it is listed.
pub(super) struct Known {
    pub(super) key: ListedKey,
    /// Its own quota, or that of the configuration.
    pub(super) quota: Quota,
    /// What was used of it today.
    pub(super) used: Vec<(Measure, u64)>,
}

impl Known {
    fn used(&self, measure: Measure) -> Option<u64> {
        self.used.iter().find(|(counted, _)| *counted == measure).map(|(_, used)| *used)
    }

    /// Used and limit, as in "12/1000".
    fn share(&self, measure: Measure) -> String {
        match (self.used(measure), self.quota.limit(measure)) {
            (Some(used), Some(limit)) => format!("{used}/{limit}"),
            _ => NOTHING.to_owned(),
        }
    }
}

/// Columns of `keys list`.
pub(crate) const HEADER: [&str; 10] = [
    "id",
    "name",
    "tenant",
    "scopes",
    "state",
    "created",
    "expires",
    "last used",
    "documents today",
    "bytes today",
];

/// One row of `keys list`.
pub(super) fn row(known: &Known, now: Timestamp) -> [String; 10] {
    let (key, record) = (&known.key, &known.key.record);
    let moment = |at: Option<Timestamp>| at.map_or(NOTHING.to_owned(), |at| format!("{at:.0}"));
    [
        record.id.to_string(),
        record.name.clone(),
        record.tenant.to_string(),
        record.scopes.to_string(),
        state(record, now).to_owned(),
        moment(Some(record.created_at)),
        moment(record.expires_at),
        moment(key.used_at),
        known.share(Measure::Documents),
        known.share(Measure::Bytes),
    ]
}

/// One object of `keys list --output json`.
pub(super) fn object(known: &Known, now: Timestamp) -> Value {
    let (key, record) = (&known.key, &known.key.record);
    // As GET /api/v1/quota says it; null without a limit.
    let share = |measure| {
        let limit = known.quota.limit(measure)?;
        Some(json!({ "limit": limit, "used": known.used(measure)? }))
    };
    json!({
        "id": record.id,
        "name": record.name,
        "tenant": record.tenant,
        "scopes": record.scopes.iter().map(Scope::as_str).collect::<Vec<_>>(),
        "state": state(record, now),
        "created_at": record.created_at,
        "expires_at": record.expires_at,
        "revoked_at": record.revoked_at,
        "last_used_at": key.used_at,
        "documents_today": share(Measure::Documents),
        "bytes_today": share(Measure::Bytes),
    })
}

/// What `keys create --output json` prints: the one place where the secret is.
pub(crate) fn created(key: &ApiKey, record: &KeyRecord) -> Value {
    json!({
        "key": key.reveal(),
        "id": record.id,
        "name": record.name,
        "tenant": record.tenant,
        "scopes": record.scopes.iter().map(Scope::as_str).collect::<Vec<_>>(),
        "expires_at": record.expires_at,
    })
}

fn state(record: &KeyRecord, now: Timestamp) -> &'static str {
    match (record.revoked_at, record.expires_at) {
        (Some(_), _) => "revoked",
        (None, Some(end)) if now >= end => "expired",
        (None, _) => "good",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(expires_at: Option<Timestamp>) -> (ApiKey, Known) {
        let key = ApiKey::generate().unwrap();
        let scopes = [Scope::DocumentsRead].into_iter().collect();
        let now = Timestamp::UNIX_EPOCH;
        let tenant = "acme".parse().unwrap();
        let record = KeyRecord::new(&key, "scanner".into(), tenant, scopes, now, expires_at);
        let quota = Quota { documents_per_day: 50, bytes_per_day: 0 };
        let used = vec![(Measure::Documents, 12)];
        (key, Known { key: ListedKey { record, used_at: None }, quota, used })
    }

    #[test]
    fn a_list_shows_what_a_key_opens_and_never_the_key() {
        let (key, listed) = listed(None);
        let (row, object) =
            (row(&listed, Timestamp::UNIX_EPOCH), object(&listed, Timestamp::UNIX_EPOCH));
        assert_eq!(row[1..5], ["scanner", "acme", "documents:read", "good"]);
        assert_eq!(object["scopes"], json!(["documents:read"]));
        assert_eq!(object["last_used_at"], Value::Null);
        assert_eq!(row[8..], ["12/50", NOTHING]);
        assert_eq!(object["documents_today"], json!({"limit": 50, "used": 12}));
        assert_eq!(object["bytes_today"], Value::Null);
        assert!(
            !row.concat().contains(&key.reveal()) && !object.to_string().contains(&key.reveal())
        );
        assert_eq!(created(&key, &listed.key.record)["key"], key.reveal());
    }

    #[test]
    fn the_state_is_that_of_now() {
        let end = Timestamp::from_second(10).unwrap();
        let (_, mut listed) = listed(Some(end));
        let before = Timestamp::from_second(9).unwrap();
        assert_eq!(row(&listed, before)[4], "good");
        assert_eq!(row(&listed, end)[4], "expired");
        listed.key.record.revoked_at = Some(before);
        assert_eq!(row(&listed, end)[4], "revoked");
    }
}
