//! How often one client may ask.

use common::config::Config;

use crate::client::{Answer, PDF, get, post, raw};
use crate::world::World;

/// Two requests at once, and this machine is no exception.
fn strict(config: &mut Config) {
    config.gateway.rate.limit_loopback = true;
    config.gateway.rate.burst = 2;
    // Slow enough for what a busy machine takes for a few requests.
    config.gateway.rate.requests_per_minute = 20;
}

async fn as_client(world: &World, address: &str) -> Answer {
    let head = format!("GET /openapi.json HTTP/1.1\r\nX-Forwarded-For: {address}");
    raw(world.address, &head, b"").await
}

#[tokio::test]
async fn one_request_too_many_is_told_when_to_come_back() {
    let world = World::with(strict).await;
    let first = get(world.address, "/openapi.json").await;
    assert_eq!((first.status, first.header("ratelimit")), (200, Some("\"client\";r=1")));
    assert_eq!(first.header("ratelimit-policy"), Some("\"client\";q=20;w=60"));
    assert_eq!(post(world.address, "application/pdf", PDF).await.status, 202);
    let refused = post(world.address, "application/pdf", b"%PDF-1.7 another").await;
    assert_eq!((refused.status, refused.problem().as_str()), (429, "too_many_requests"));
    assert_eq!(refused.json()["limit"], 20);
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=3).contains(&wait), "{wait}");
    assert_eq!(refused.header("ratelimit"), Some(&*format!("\"client\";r=0;t={wait}")));
    for _ in 0..10 {
        let probe = get(world.address, "/health").await;
        assert_eq!((probe.status, probe.header("ratelimit")), (200, None), "probes do not count");
    }
    tokio::time::sleep(std::time::Duration::from_secs(wait)).await;
    assert_eq!(post(world.address, "application/pdf", b"%PDF-1.7 another").await.status, 202);
}

#[tokio::test]
async fn this_machine_is_not_counted_by_default() {
    let world = World::with(|config| config.gateway.rate.burst = 2).await;
    for _ in 0..10 {
        let answer = get(world.address, "/openapi.json").await;
        assert_eq!((answer.status, answer.header("ratelimit")), (200, None));
    }
}

#[tokio::test]
async fn clients_behind_a_trusted_proxy_are_told_apart_and_nobody_elses_word_counts() {
    let proxied = World::with(|config| {
        config.gateway.rate.burst = 2;
        config.gateway.rate.requests_per_minute = 1;
        config.gateway.proxies.trusted = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    for address in ["203.0.113.1", "203.0.113.2", "2001:db8::1"] {
        let answer = as_client(&proxied, address).await;
        assert_eq!(answer.header("ratelimit"), Some("\"client\";r=1"), "{address}");
    }
    assert_eq!(as_client(&proxied, "2001:db8::2").await.status, 200);
    assert_eq!(as_client(&proxied, "2001:db8::3").await.status, 429, "one /64 is one client");
    let chosen = as_client(&proxied, "198.51.100.77, 203.0.113.1").await;
    assert_eq!(chosen.status, 200);
    let chosen = as_client(&proxied, "198.51.100.78, 203.0.113.1").await;
    assert_eq!(chosen.status, 429, "what the client wrote itself is nothing");

    let direct = World::with(strict).await;
    assert_eq!(as_client(&direct, "203.0.113.1").await.status, 200);
    assert_eq!(as_client(&direct, "203.0.113.2").await.status, 200);
    assert_eq!(as_client(&direct, "203.0.113.3").await.status, 429, "all of them are one");
}
