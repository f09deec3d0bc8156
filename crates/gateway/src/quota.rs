//! How much a client may still have read today.

use jiff::Timestamp;

use common::config::Gateway;
use common::jetstream::quota::Spent;
use common::quota::{Allowance, ClientHash, OwnQuota};

use crate::caller::Caller;
use crate::error::ApiError;
use crate::limit::Client;
use crate::state::App;

/// What `client` is counted against, whose key says `own` of its quota; `None` where nothing is limited.
pub(crate) fn allowance(gateway: &Gateway, client: &Client, own: OwnQuota) -> Option<Allowance> {
    let quota = own.over(gateway.quota);
    let counted = quota.is_limited() && client.is_limited(gateway.rate.limit_loopback);
    counted.then(|| Allowance { client: ClientHash::of(&client.to_string()), quota })
}

/// Counts a document that `caller` has read, of so many new bytes. Whoever calls gives back what comes to nothing.
///
/// # Errors
/// [`ApiError::QuotaExhausted`]; [`ApiError::BrokerFull`] and [`ApiError::BrokerAway`].
pub(crate) async fn spend(app: &App, caller: &Caller, bytes: u64) -> Result<Spent, ApiError> {
    let Some(allowance) = &caller.allowance else { return Ok(Spent::default()) };
    let spent = app.accepting.spend(allowance, bytes, Timestamp::now()).await;
    spent.map_err(|error| ApiError::from(&error))
}

#[cfg(test)]
mod tests {
    use common::config::Config;
    use common::quota::Quota;

    use super::*;
    use crate::limit::Network;

    #[test]
    fn clients_are_counted_by_key_or_address_where_anything_is_limited() {
        let mut gateway = Config::defaults().unwrap().gateway;
        let (silent, key) = (OwnQuota::default(), Client::Key("key:k".to_owned()));
        assert_eq!(allowance(&gateway, &key, silent), None);
        let own = OwnQuota { documents_per_day: Some(3), ..silent };
        let quota = Quota { documents_per_day: 3, bytes_per_day: 0 };
        let client = ClientHash::of("key:k");
        assert_eq!(allowance(&gateway, &key, own), Some(Allowance { client, quota }));

        gateway.quota.bytes_per_day = 9;
        let at = |text: &str| Client::Network(Network::of(text.parse().unwrap()));
        assert_eq!(allowance(&gateway, &at("127.0.0.1"), silent), None);
        let there = allowance(&gateway, &at("192.0.2.1"), silent).unwrap();
        assert_eq!((there.client, there.quota.bytes_per_day), (ClientHash::of("192.0.2.1"), 9));
        let free = OwnQuota { bytes_per_day: Some(0), ..silent };
        assert_eq!(allowance(&gateway, &key, free), None);
    }
}
