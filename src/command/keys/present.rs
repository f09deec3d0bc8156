//! Keys as rows and JSON: pure.

use jiff::Timestamp;
use serde_json::{Value, json};

use common::jetstream::keys::ListedKey;
use common::key::{ApiKey, KeyRecord, Scope};

use crate::command::table::NOTHING;

/// Columns of `keys list`.
pub(crate) const HEADER: [&str; 8] =
    ["id", "name", "tenant", "scopes", "state", "created", "expires", "last used"];

/// One row of `keys list`.
pub(crate) fn row(key: &ListedKey, now: Timestamp) -> [String; 8] {
    let record = &key.record;
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
    ]
}

/// One object of `keys list --output json`.
pub(crate) fn object(key: &ListedKey, now: Timestamp) -> Value {
    let record = &key.record;
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

    fn listed(expires_at: Option<Timestamp>) -> (ApiKey, ListedKey) {
        let key = ApiKey::generate().unwrap();
        let scopes = [Scope::DocumentsRead].into_iter().collect();
        let now = Timestamp::UNIX_EPOCH;
        let tenant = "acme".parse().unwrap();
        let record = KeyRecord::new(&key, "scanner".into(), tenant, scopes, now, expires_at);
        (key, ListedKey { record, used_at: None })
    }

    #[test]
    fn a_list_shows_what_a_key_opens_and_never_the_key() {
        let (key, listed) = listed(None);
        let (row, object) =
            (row(&listed, Timestamp::UNIX_EPOCH), object(&listed, Timestamp::UNIX_EPOCH));
        assert_eq!(row[1..5], ["scanner", "acme", "documents:read", "good"]);
        assert_eq!(object["scopes"], json!(["documents:read"]));
        assert_eq!(object["last_used_at"], Value::Null);
        assert!(
            !row.concat().contains(&key.reveal()) && !object.to_string().contains(&key.reveal())
        );
        assert_eq!(created(&key, &listed.record)["key"], key.reveal());
    }

    #[test]
    fn the_state_is_that_of_now() {
        let end = Timestamp::from_second(10).unwrap();
        let (_, mut listed) = listed(Some(end));
        let before = Timestamp::from_second(9).unwrap();
        assert_eq!(row(&listed, before)[4], "good");
        assert_eq!(row(&listed, end)[4], "expired");
        listed.record.revoked_at = Some(before);
        assert_eq!(row(&listed, end)[4], "revoked");
    }
}
