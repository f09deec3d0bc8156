//! The broker's server: its version, and how it brings writes to disk.

use common::jetstream::survey::{Keeping, Server};

use super::super::check::Judgement;
use crate::serve::{OLDEST_BROKER, parse_broker_version};

/// Smallest `max_payload` that holds the result of an invoice with thousands of lines (nats/server.conf).
const LEAST_PAYLOAD: usize = 4_000_000;

/// Judges version and limits.
pub(in super::super) fn version(server: &Server) -> Judgement {
    let Server { version, max_payload, .. } = server;
    let (major, minor, patch) = OLDEST_BROKER;
    let oldest = format!("{major}.{minor}.{patch}");
    match parse_broker_version(version) {
        None => Judgement::warning(format!("version {version}"), "which version is that?"),
        Some(number) if number < OLDEST_BROKER => Judgement::failed(
            format!("nats-server {version}, needed is {oldest} or newer"),
            "update the broker: older ones lose messages (nats/README.md)",
        ),
        Some(_) if *max_payload < LEAST_PAYLOAD => Judgement::warning(
            format!("nats-server {version}, max_payload {max_payload}"),
            "set max_payload: 4MB: results that are larger fail as result_too_large",
        ),
        Some(_) => Judgement::ok(format!("nats-server {version}")),
    }
}

/// Where it is known from how writes are brought to disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Sync {
    /// The servers said so.
    Said(Vec<Keeping>),
    /// The configuration of the embedded broker.
    Configured(String),
    /// Nobody says; why.
    Unknown(String),
}

/// Judges whether what is confirmed is on disk.
pub(in super::super) fn sync(sync: &Sync) -> Judgement {
    const REMEDY: &str = "jetstream { sync_interval: always } in the broker's configuration: without \
                          it an upload that was answered with 202 is lost in a power failure";
    match sync {
        Sync::Said(servers) => {
            let late = servers.iter().find(|server| !server.sync_always);
            match late {
                None => Judgement::ok(format!("always, on {} of {0} servers", servers.len())),
                Some(Keeping { server, sync_interval, .. }) => {
                    let seconds = sync_interval.as_secs();
                    Judgement::failed(format!("every {seconds} s on {server}"), REMEDY)
                }
            }
        }
        Sync::Configured(text) => {
            let mut lines = text.lines().map(str::trim);
            match lines.any(|line| line.replace(' ', "").starts_with("sync_interval:always")) {
                true => Judgement::ok("always, as the data folder's broker/server.conf says"),
                false => Judgement::failed("not always, as broker/server.conf says", REMEDY),
            }
        }
        Sync::Unknown(why) => Judgement::skipped(why.clone()).unless(
            "--system-key system.nk: the broker tells its system user alone (docs/broker.md)",
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::command::doctor::check::Verdict;

    fn server(version: &str, max_payload: usize) -> Server {
        let version = version.to_owned();
        Server { version, cluster: None, max_payload, asks: true, jetstream: true }
    }

    #[test]
    fn a_broker_is_new_enough_and_takes_large_messages() {
        for (said, payload, verdict) in [
            ("2.14.6", 4_194_304, Verdict::Ok),
            ("2.12.5", 4_000_000, Verdict::Ok),
            ("2.14.6", 1_048_576, Verdict::Warning),
            ("2.12.4", 4_194_304, Verdict::Failed),
            ("nightly", 4_194_304, Verdict::Warning),
        ] {
            assert_eq!(version(&server(said, payload)).verdict, verdict, "{said} {payload}");
        }
    }

    #[test]
    fn writes_are_on_disk_before_they_are_confirmed_or_the_check_fails() {
        let keeping = |sync_always| Keeping {
            server: "n1".to_owned(),
            sync_always,
            sync_interval: Duration::from_secs(120),
        };
        let said = |servers: &[bool]| Sync::Said(servers.iter().copied().map(keeping).collect());
        assert_eq!(sync(&said(&[true, true])).verdict, Verdict::Ok);
        let late = sync(&said(&[true, false]));
        assert_eq!((late.verdict, &*late.found), (Verdict::Failed, "every 120 s on n1"));
        let own = include_str!("../../../../nats/server.conf");
        assert_eq!(sync(&Sync::Configured(own.to_owned())).verdict, Verdict::Ok);
        assert_eq!(
            sync(&Sync::Configured("# sync_interval: always".into())).verdict,
            Verdict::Failed
        );
        assert_eq!(sync(&Sync::Unknown("no key".into())).verdict, Verdict::Skipped);
    }
}
