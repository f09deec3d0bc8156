//! What pages of other origins may do, and what browsers are told.

use crate::client::{PDF, UPLOAD, get, post, raw};
use crate::world::World;

const APP: &str = "https://app.example.org";

async fn preflight(world: &World, origin: &str) -> crate::client::Answer {
    let head = format!(
        "OPTIONS {UPLOAD} HTTP/1.1\r\nOrigin: {origin}\r\nAccess-Control-Request-Method: POST\r\n\
         Access-Control-Request-Headers: content-type,authorization"
    );
    raw(world.address, &head, b"").await
}

#[tokio::test]
async fn no_page_of_another_origin_is_let_in_by_default() {
    let world = World::start().await;
    let answer = preflight(&world, APP).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (405, None));
    let head = format!("GET /health HTTP/1.1\r\nOrigin: {APP}");
    let answer = raw(world.address, &head, b"").await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, None));
}

#[tokio::test]
async fn an_origin_on_the_list_is_let_in_and_its_neighbours_are_not() {
    let world = World::with(|config| config.gateway.cors.origins = vec![APP.to_owned()]).await;
    let answer = preflight(&world, APP).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some(APP)));
    for method in ["POST", "PATCH", "DELETE"] {
        assert!(
            answer.header("access-control-allow-methods").unwrap().contains(method),
            "{method}"
        );
    }
    assert!(answer.header("access-control-allow-headers").unwrap().contains("authorization"));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    for other in ["https://app.example.org.evil.example", "http://app.example.org", "null"] {
        let answer = preflight(&world, other).await;
        assert_eq!(answer.header("access-control-allow-origin"), None, "{other}");
    }
    let head = format!("GET /api/v1/invoices/none HTTP/1.1\r\nOrigin: {APP}");
    let refused = raw(world.address, &head, b"").await;
    assert_eq!((refused.status, refused.problem().as_str()), (404, "not_found"));
    assert_eq!(refused.header("access-control-allow-origin"), Some(APP), "errors can be read too");
    assert!(refused.header("access-control-expose-headers").unwrap().contains("x-request-id"));
    assert!(refused.header("vary").is_some_and(|vary| vary.to_lowercase().contains("origin")));
}

#[tokio::test]
async fn answers_are_for_nobody_else_to_keep_embed_or_run() {
    let world = World::start().await;
    let taken = post(world.address, "application/pdf", PDF).await;
    let place = taken.header("location").unwrap().to_owned();
    let (status, nothing) =
        (get(world.address, &place).await, get(world.address, "/nowhere").await);
    // A status has a tag: its client may keep it, and has to ask whether it is still good.
    let caching = ["no-store", "private, no-cache", "no-store"];
    for (answer, caching) in [taken, status, nothing].into_iter().zip(caching) {
        for (name, value) in [
            ("cache-control", caching),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{name}");
        }
        assert_eq!(answer.header("strict-transport-security"), None, "this is plain HTTP");
        assert_eq!(answer.header("server"), None);
    }
}
