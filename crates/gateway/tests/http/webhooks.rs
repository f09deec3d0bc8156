//! Webhooks over HTTP: made, shown, changed, tested, removed; and what is refused.

use std::net::SocketAddr;

use common::key::Scope;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::client::{Answer, PDF, UPLOAD, get, post, raw, send};
use crate::tls::{encrypted, issue};
use crate::world::World;

const WEBHOOKS: &str = "/api/v1/webhooks";

async fn say(address: SocketAddr, method: &str, path: &str, body: &Value, key: &str) -> Answer {
    let body = body.to_string();
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         X-API-Key: {key}"
    );
    raw(address, &head, body.as_bytes()).await
}

async fn ask(world: &World, method: &str, path: &str, body: &Value) -> Answer {
    say(world.address, method, path, body, "").await
}

/// A gateway that may call this machine at `port`.
async fn calling(port: u16) -> World {
    World::with(|config| {
        config.webhooks.allowed_networks = vec!["127.0.0.1/32".parse().unwrap()];
        config.webhooks.ports = vec![port, 443];
        config.webhooks.plain_http = true;
        config.webhooks.timeout_seconds = 5;
    })
    .await
}

/// Takes one request and answers 200; what it was.
async fn receiver() -> (u16, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let received = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = Vec::new();
        while !String::from_utf8_lossy(&bytes).contains("webhook.test/1") {
            assert!(stream.read_buf(&mut bytes).await.unwrap() > 0);
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        String::from_utf8(bytes).unwrap()
    });
    (port, received)
}

#[tokio::test]
async fn a_webhook_is_made_shown_changed_and_removed_and_its_secret_shown_once() {
    let (port, received) = receiver().await;
    let world = calling(port).await;
    let url = format!("http://127.0.0.1:{port}/hook");
    let new = json!({ "url": url, "description": " books ", "kinds": ["invoice.failed"] });
    let made = ask(&world, "POST", WEBHOOKS, &new).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let place = made.header("location").unwrap().to_owned();
    let shown = made.json();
    let secret = shown["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_"), "{shown}");
    assert_eq!((&shown["url"], &shown["description"]), (&json!(url), &json!("books")));
    assert_eq!((&shown["state"], &shown["uploads"]), (&json!("enabled"), &json!(false)));

    let list = get(world.address, WEBHOOKS).await;
    assert_eq!(list.json()["items"][0]["id"], shown["id"]);
    let one = get(world.address, &place).await;
    assert_eq!(one.json()["health"]["failed_in_a_row"], 0);
    for answer in [&list, &one] {
        assert!(!answer.text().contains(secret) && !answer.text().contains("whsec_"));
    }

    let changed = ask(&world, "PATCH", &place, &json!({ "enabled": false, "kinds": [] })).await;
    assert_eq!((changed.status, &changed.json()["state"]), (200, &json!("paused")));
    assert_eq!(changed.json()["kinds"], json!([]));
    assert_eq!(changed.json()["description"], "books", "what is absent stays");
    let changed = ask(&world, "PATCH", &place, &json!({ "enabled": true })).await;
    assert_eq!(changed.json()["state"], "enabled");

    let exchanged = send(world.address, "POST", &format!("{place}/secret")).await.json();
    assert_ne!(exchanged["secret"], shown["secret"]);
    assert!(exchanged["old_secret_until"].is_string(), "{exchanged}");

    let tested = send(world.address, "POST", &format!("{place}/test")).await.json();
    assert_eq!((&tested["taken"], &tested["attempt"]["status"]), (&json!(true), &json!(200)));
    let request = received.await.unwrap().to_lowercase();
    assert!(
        request.contains("ce-type: webhook.test") && request.contains("webhook-signature: v1,")
    );
    let tested = send(world.address, "POST", &format!("{place}/test")).await.json();
    assert_eq!(tested["attempt"]["error"], "not_connected", "nobody is there any more");

    let deliveries = get(world.address, &format!("{place}/deliveries")).await.json();
    assert_eq!(deliveries, json!({ "items": [], "next_cursor": null }));
    let unknown = format!("{place}/deliveries/dlv_{}/replay", "0".repeat(32));
    assert_eq!(send(world.address, "POST", &unknown).await.problem(), "delivery_not_found");

    assert_eq!(send(world.address, "DELETE", &place).await.status, 204);
    for (method, tail) in [
        ("DELETE", ""),
        ("GET", ""),
        ("GET", "/deliveries"),
        ("POST", "/secret"),
        ("POST", "/test"),
        ("POST", "/deliveries/dlv_0/replay"),
    ] {
        let answer = send(world.address, method, &format!("{place}{tail}")).await;
        assert_eq!((answer.status, answer.problem().as_str()), (404, "webhook_not_found"));
    }
    let actions: Vec<_> = world.trail().await.iter().map(|r| r.action.as_str()).collect();
    for action in ["webhook_created", "webhook_changed", "webhook_removed"] {
        assert!(actions.contains(&action), "{action}: {actions:?}");
    }
}

/// What a test says that is sent to `receiver`, trusting the certificates in `trusted`.
async fn tested(receiver: &World, trusted: &str) -> Value {
    let port = receiver.address.port();
    let world = World::with(|config| {
        let loopback = ["127.0.0.1/32", "::1/128"].map(|network| network.parse().unwrap());
        config.webhooks.allowed_networks = loopback.into();
        config.webhooks.ports = vec![port];
        config.webhooks.tls_ca = trusted.to_owned();
    })
    .await;
    let new = json!({ "url": format!("https://localhost:{port}/health") });
    let made = ask(&world, "POST", WEBHOOKS, &new).await;
    let place = made.header("location").unwrap();
    send(world.address, "POST", &format!("{place}/test")).await.json()["attempt"].clone()
}

#[tokio::test]
async fn only_a_receiver_with_a_certificate_that_is_trusted_is_sent_anything() {
    let issued = issue();
    let (receiver, files) = encrypted(&issued).await;
    let trusted = files.path("certificate.pem").to_str().unwrap().to_owned();
    // It takes nothing that is posted there, and was reached.
    assert_eq!(tested(&receiver, &trusted).await["status"], 405);
    assert_eq!(tested(&receiver, "").await["error"], "tls_failed", "not one of the public ones");
    let (other, other_files) = encrypted(&issue()).await;
    assert_eq!(tested(&other, &trusted).await["error"], "tls_failed", "another one of that name");
    drop(other_files);
}

#[tokio::test]
async fn a_webhook_on_an_address_that_only_this_service_can_reach_is_not_made() {
    let world = World::start().await;
    for url in [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://[::1]/",
        "https://[::ffff:169.254.169.254]/",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/",
        "https://8.8.8.8:22/",
        "http://8.8.8.8/",
        "https://user:password@8.8.8.8/",
        "ftp://8.8.8.8/",
        "nowhere",
    ] {
        let answer = ask(&world, "POST", WEBHOOKS, &json!({ "url": url })).await;
        assert_eq!((answer.status, answer.problem().as_str()), (422, "url_refused"), "{url}");
        assert!(!answer.text().contains(url), "the URL is not quoted");
    }
    let made = ask(&world, "POST", WEBHOOKS, &json!({ "url": "https://8.8.8.8/x" })).await;
    assert_eq!(made.status, 201);
    let place = made.header("location").unwrap();
    let changed = ask(&world, "PATCH", place, &json!({ "url": "https://127.0.0.1/" })).await;
    assert_eq!(changed.problem(), "url_refused");
    assert_eq!(get(world.address, place).await.json()["url"], "https://8.8.8.8/x");
}

#[tokio::test]
async fn what_is_no_webhook_is_refused_by_name() {
    let world = World::start().await;
    let url = "https://8.8.8.8/";
    for (body, code) in [
        (json!({}), "field_invalid"),
        (json!({ "url": url, "uploads": true }), "field_invalid"),
        (json!({ "url": url, "kinds": ["invoice.*"] }), "field_invalid"),
        (json!({ "url": url, "description": "x".repeat(201) }), "field_invalid"),
        (json!({ "url": url, "description": "a\nb" }), "field_invalid"),
        (json!({ "url": url, "secret": "mine" }), "json_malformed"),
        (json!({ "url": 7 }), "json_malformed"),
        (json!([]), "json_malformed"),
        (json!({ "url": url, "description": "x".repeat(20_000) }), "body_too_large"),
    ] {
        let answer = ask(&world, "POST", WEBHOOKS, &body).await;
        assert_eq!(answer.problem(), code, "{}", answer.text());
    }
    assert_eq!(post(world.address, "text/plain", b"x").await.problem(), "unsupported_content_type");
    let head = format!("POST {WEBHOOKS} HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: 2");
    assert_eq!(raw(world.address, &head, b"{}").await.problem(), "not_json");
    for query in ["limit=0", "limit=101", "state=lost", "cursor=x"] {
        let made = ask(&world, "POST", WEBHOOKS, &json!({ "url": url })).await;
        let place = made.header("location").unwrap();
        let answer = get(world.address, &format!("{place}/deliveries?{query}")).await;
        assert_eq!(answer.status, 422, "{query}");
        assert_eq!(send(world.address, "DELETE", place).await.status, 204);
    }
    for number in 0..20 {
        let answer = ask(&world, "POST", WEBHOOKS, &json!({ "url": url })).await;
        assert_eq!(answer.status, 201, "{number}");
    }
    let one_more = ask(&world, "POST", WEBHOOKS, &json!({ "url": url })).await;
    assert_eq!((one_more.status, one_more.problem().as_str()), (409, "too_many_webhooks"));
}

#[tokio::test]
async fn a_webhook_of_another_tenant_answers_like_one_that_does_not_exist() {
    let world = World::asking(|_| {}).await;
    let owner = world.key("acme", &[Scope::WebhooksManage]).await.reveal();
    let other = world.key("rival", &[Scope::WebhooksManage]).await.reveal();
    let new = json!({ "url": "https://8.8.8.8/" });
    let made = say(world.address, "POST", WEBHOOKS, &new, &owner).await;
    let place = made.header("location").unwrap();
    let delivery = format!("/deliveries/dlv_{}/replay", "0".repeat(32));
    for (method, tail) in [
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/secret"),
        ("POST", "/test"),
        ("GET", "/deliveries"),
        ("POST", delivery.as_str()),
    ] {
        let body = json!({});
        let foreign = say(world.address, method, &format!("{place}{tail}"), &body, &other).await;
        let path = format!("{WEBHOOKS}/0123456789abcdef{tail}");
        let missing = say(world.address, method, &path, &body, &other).await;
        assert_eq!((foreign.status, foreign.problem().as_str()), (404, "webhook_not_found"));
        assert_eq!(foreign.seen(), missing.seen(), "{method} {tail}");
    }
    let list = say(world.address, "GET", WEBHOOKS, &json!({}), &other).await.json();
    assert_eq!(list["items"], json!([]));
    let still = say(world.address, "GET", place, &json!({}), &owner).await;
    assert_eq!(still.status, 200);
    let reader = world.key("acme", &[Scope::DocumentsRead]).await.reveal();
    let refused = say(world.address, "GET", place, &json!({}), &reader).await;
    assert_eq!(refused.problem(), "scope_missing");
}

#[tokio::test]
async fn an_upload_that_names_where_to_call_back_is_taken_only_if_it_can_be_called() {
    let world = World::start().await;
    let with = |url: &str| format!("{UPLOAD}?callback_url={url}");
    let send_pdf = async |url: &str| {
        crate::client::post_to(world.address, &with(url), "application/pdf", PDF).await
    };
    let refused = send_pdf("https%3A%2F%2F127.0.0.1%2F").await;
    assert_eq!((refused.status, refused.problem().as_str()), (422, "url_refused"));
    let unsigned = send_pdf("https%3A%2F%2F8.8.8.8%2F").await;
    assert_eq!((unsigned.status, unsigned.problem().as_str()), (422, "uploads_webhook_missing"));
    assert_eq!(world.stored().await, [0, 0, 0], "nothing of the document is stored");

    let made = ask(&world, "POST", WEBHOOKS, &json!({ "uploads": true })).await;
    assert_eq!((made.status, &made.json()["url"]), (201, &Value::Null));
    let again = ask(&world, "POST", WEBHOOKS, &json!({ "uploads": true })).await;
    assert_eq!((again.status, again.problem().as_str()), (409, "uploads_webhook_exists"));
    let place = made.header("location").unwrap();
    let tested = send(world.address, "POST", &format!("{place}/test")).await;
    assert_eq!(tested.problem(), "field_invalid");

    let taken = send_pdf("https%3A%2F%2F8.8.8.8%2F").await;
    assert_eq!(taken.status, 202);
    assert_eq!(world.count("KV_invoice_deliveries").await, 1);
    let form = "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n%PDF-1.7 other\r\n\
                --b\r\nContent-Disposition: form-data; name=\"callback_url\"\r\n\r\n\
                https://8.8.4.4/\r\n--b--\r\n";
    let taken = post(world.address, "multipart/form-data; boundary=b", form.as_bytes()).await;
    assert_eq!((taken.status, world.count("KV_invoice_deliveries").await), (202, 2));
    let id = taken.json()["id"].as_str().unwrap().to_owned();
    let erased = send(world.address, "DELETE", &format!("/api/v1/invoices/{id}")).await;
    assert_eq!((erased.status, world.count("KV_invoice_deliveries").await), (204, 1));
}
