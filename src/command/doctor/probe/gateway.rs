//! What the gateway, and services at their port for operators, answer over HTTP.

use jiff::{SignedDuration, Timestamp};

use common::config::Config;
use common::stage::StageName;

use super::super::check::{Check, Judgement};
use super::super::judge::{clock, gateway as judge, sandbox};
use super::certificate;
use crate::client::{Client, ClientError, Page};
use crate::command::CommandError;

/// Stages whose workers are walled in.
const WALLED: [StageName; 2] = [StageName::Preprocess, StageName::Ocr];

/// What to do where nobody answers.
const START: &str = "start the service, or say where it is: --url, --data";

/// Where no address is known.
pub(in super::super) fn nowhere(error: &CommandError) -> Check {
    Judgement::failed(error.to_string(), START).named("gateway.health")
}

/// Health, readiness, documentation, clock and certificate; and whether anybody answers.
pub(in super::super) fn checks(client: &Client, url: &str) -> (Vec<Check>, bool) {
    let before = Timestamp::now();
    let health = match client.page("/health") {
        Ok(page) => page,
        Err(error) => {
            let judged = Judgement::failed(error.to_string(), START).named("gateway.health");
            let skipped = ["gateway.ready", "gateway.docs", "gateway.openapi", "gateway.clock"];
            let skipped = skipped.map(|name| Judgement::skipped("nobody answers").named(name));
            let certificate = certificate::of_gateway(url).map(|j| j.named("gateway.certificate"));
            return (std::iter::once(judged).chain(skipped).chain(certificate).collect(), false);
        }
    };
    let clock = reading(before, health.date.as_deref(), Timestamp::now());
    let mut checks = vec![
        judge::health(&health).named("gateway.health"),
        judged(client.page("/ready"), judge::ready).named("gateway.ready"),
        judged(client.page("/docs/"), judge::documentation).named("gateway.docs"),
        judged(client.page("/openapi.json"), |page| {
            judge::description(page, env!("CARGO_PKG_VERSION"))
        })
        .named("gateway.openapi"),
        match clock {
            Some(reading) => clock::judge("the gateway", &reading),
            None => Judgement::skipped("the answer has no Date"),
        }
        .named("gateway.clock"),
    ];
    checks.extend(certificate::of_gateway(url).map(|judged| judged.named("gateway.certificate")));
    (checks, true)
}

/// The gateway's metrics, and what they and those of `others` say of the walls around workers.
pub(in super::super) fn metrics(
    client: &Client,
    reached: bool,
    others: &[Client],
    config: Option<&Config>,
) -> Vec<Check> {
    let own = reached.then(|| client.page("/metrics"));
    let exposed = |page: &Result<Page, ClientError>| match page {
        Ok(page) if page.status == 200 => sandbox::walls(&page.body),
        _ => Vec::new(),
    };
    let mut walls = own.as_ref().map(exposed).unwrap_or_default();
    for other in others {
        walls.extend(exposed(&other.page("/metrics")));
    }
    let figures = match own {
        Some(page) => judged(page, |page| judge::metrics(page, client.has_key())),
        None => Judgement::skipped("nobody answers"),
    };
    let setting = config.map(|config| config.worker.sandbox);
    let around = WALLED
        .map(|stage| sandbox::judge(stage, &walls, setting).named(format!("sandbox.{stage}")));
    std::iter::once(figures.named("gateway.metrics")).chain(around).collect()
}

/// Health and readiness of a service at its port for operators.
pub(in super::super) fn ops(url: &str, client: &Client) -> Check {
    let judged = match (client.page("/health"), client.page("/ready")) {
        (Ok(health), Ok(ready)) => judge::ops(&health, &ready),
        (Err(error), _) | (_, Err(error)) => {
            Judgement::failed(error.to_string(), "start the service, or see service.ops_listen")
        }
    };
    judged.named(format!("ops.{url}"))
}

fn judged(page: Result<Page, ClientError>, judge: impl FnOnce(&Page) -> Judgement) -> Judgement {
    match page {
        Ok(page) => judge(&page),
        Err(error) => Judgement::failed(error.to_string(), "see the gateway's log"),
    }
}

/// The clock of who sent `date`, `Thu, 26 Nov 2026 16:38:01 GMT`.
fn reading(before: Timestamp, date: Option<&str>, after: Timestamp) -> Option<clock::Reading> {
    let there = jiff::fmt::rfc2822::parse(date?).ok()?.timestamp();
    Some(clock::Reading { before, after, there, resolution: SignedDuration::from_secs(1) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_of_an_answer_is_read() {
        let now = Timestamp::UNIX_EPOCH;
        let read = reading(now, Some("Thu, 26 Nov 2026 16:38:01 GMT"), now).unwrap();
        assert_eq!(read.there.to_string(), "2026-11-26T16:38:01Z");
        assert!(
            reading(now, Some("yesterday"), now).is_none() && reading(now, None, now).is_none()
        );
    }
}
