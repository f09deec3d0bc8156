//! What the service says about itself.

use crate::client::{Answer, PDF, UPLOAD, get, post};
use crate::world::World;

#[tokio::test]
async fn the_description_lists_every_route_and_holds_the_contract() {
    let world = World::start().await;
    let answer = get(world.address, "/openapi.json").await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let api = answer.json();
    assert_eq!(api["openapi"], "3.1.0");
    let routes: Vec<_> = api["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "/api/v1/invoices",
        "/api/v1/invoices/{id}",
        "/api/v1/invoices/{id}/events",
        "/api/v1/invoices/{id}/pages",
        "/api/v1/invoices/{id}/pages/{n}/image",
        "/api/v1/invoices/{id}/reprocess",
        "/api/v1/invoices/{id}/result",
        "/api/v1/invoices/{id}/result/corrections",
        UPLOAD,
        "/api/v1/process-invoices",
        "/api/v1/quota",
        "/api/v1/webhooks",
        "/api/v1/webhooks/{webhook}",
        "/api/v1/webhooks/{webhook}/deliveries",
        "/api/v1/webhooks/{webhook}/deliveries/{delivery}/replay",
        "/api/v1/webhooks/{webhook}/secret",
        "/api/v1/webhooks/{webhook}/test",
        "/contract/asyncapi.yaml",
        "/contract/invoice-corrected.schema.json",
        "/contract/invoice-extracted.schema.json",
        "/contract/invoice-failed.schema.json",
        "/health",
        "/metrics",
        "/ready",
    ];
    assert_eq!(routes, expected);
    let answers = api["paths"][UPLOAD]["post"]["responses"].as_object().unwrap();
    let statuses: Vec<_> = answers.keys().map(String::as_str).collect();
    assert_eq!(
        statuses,
        ["200", "202", "400", "401", "403", "408", "409", "413", "415", "422", "429", "503"]
    );

    let removal = &api["paths"]["/api/v1/invoices/{id}"]["delete"]["responses"];
    let statuses: Vec<_> = removal.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(statuses, ["204", "401", "403", "404", "429", "503"]);

    for (path, operations) in api["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let counted = operation["responses"].get("429").is_some();
            assert_eq!(counted, path != "/health", "{method} {path}");
        }
    }

    let bodies = &api["paths"][UPLOAD]["post"]["requestBody"]["content"];
    assert_eq!(bodies.as_object().unwrap().len(), 6);
    let bare = &api["components"]["schemas"]["BareDocument"];
    assert_eq!((&bare["type"], &bare["format"]), (&"string".into(), &"binary".into()));

    let mut references = Vec::new();
    collect_references(&api, &mut references);
    assert!(references.len() > 20, "{references:?}");
    for reference in references {
        assert!(api.pointer(&reference[1..]).is_some(), "{reference} leads nowhere");
    }
    let result = api.pointer("/components/schemas/InvoiceExtracted").unwrap();
    assert_eq!(result["properties"]["schema"]["const"], "invoice.extracted/1");
}

fn collect_references<'a>(value: &'a serde_json::Value, found: &mut Vec<&'a str>) {
    match value {
        serde_json::Value::Object(members) => {
            found.extend(members.get("$ref").and_then(serde_json::Value::as_str));
            members.values().for_each(|value| collect_references(value, found));
        }
        serde_json::Value::Array(items) => {
            items.iter().for_each(|value| collect_references(value, found));
        }
        _ => {}
    }
}

#[tokio::test]
async fn the_contract_is_served_as_it_is() {
    let world = World::start().await;
    let files = [
        (
            "invoice-corrected.schema.json",
            "application/schema+json",
            include_str!("../../../../contract/invoice-corrected.schema.json"),
        ),
        (
            "invoice-extracted.schema.json",
            "application/schema+json",
            include_str!("../../../../contract/invoice-extracted.schema.json"),
        ),
        (
            "invoice-failed.schema.json",
            "application/schema+json",
            include_str!("../../../../contract/invoice-failed.schema.json"),
        ),
        ("asyncapi.yaml", "application/yaml", include_str!("../../../../contract/asyncapi.yaml")),
    ];
    for (name, media_type, text) in files {
        let answer = get(world.address, &format!("/contract/{name}")).await;
        assert_eq!((answer.header("content-type"), answer.text()), (Some(media_type), text));
        // What it refers to beside itself is served beside it.
        for other in text.split("$ref: ./").skip(1).filter_map(|rest| rest.lines().next()) {
            assert!(files.iter().any(|(name, ..)| *name == other), "{name} refers to {other}");
        }
    }
}

#[tokio::test]
async fn swagger_ui_loads_nothing_from_elsewhere() {
    let world = World::start().await;
    let moved = get(world.address, "/docs").await;
    assert_eq!((moved.status, moved.header("location")), (303, Some("/docs/")));
    let page = get(world.address, "/docs/").await;
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    assert_no_foreign_address(&page);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self';"));
    let mut assets: Vec<_> = page.text().split("src=\"./").skip(1).collect();
    assets.extend(page.text().split("href=\"./").skip(1));
    assert!(assets.len() >= 4, "{}", page.text());
    for asset in assets {
        let name = asset.split('"').next().unwrap();
        let answer = get(world.address, &format!("/docs/{name}")).await;
        assert_eq!(answer.status, 200, "{name}");
        assert!(!answer.body.is_empty());
    }
    let start = get(world.address, "/docs/swagger-initializer.js").await;
    assert!(start.text().contains("/openapi.json"));
    assert_no_foreign_address(&start);
}

fn assert_no_foreign_address(page: &Answer) {
    assert!(!page.text().contains("://"), "{}", page.text());
}

#[tokio::test]
async fn kinds_of_problems_are_described_where_their_type_points() {
    let world = World::start().await;
    let problem = post(world.address, "application/pdf", b"").await.json();
    let (path, anchor) = problem["type"].as_str().unwrap().split_once('#').unwrap();
    let page = get(world.address, path).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains(&format!("id=\"{anchor}\"")));
}

#[tokio::test]
async fn requests_are_counted_by_route_not_by_path() {
    let world = World::start().await;
    post(world.address, "application/pdf", PDF).await;
    get(world.address, "/api/v1/invoices/secret").await;
    get(world.address, "/etc/passwd").await;
    let answer = get(world.address, "/metrics").await;
    assert!(answer.header("content-type").unwrap().starts_with("application/openmetrics-text"));
    for line in [
        r#"{method="POST",route="/api/v1/process-invoice",status="202"} 1"#,
        r#"{method="GET",route="/api/v1/invoices/{id}",status="404"} 1"#,
        r#"{method="GET",route="unmatched",status="404"} 1"#,
    ] {
        let name = "invoice_ocr_http_requests_total";
        assert!(answer.text().contains(&format!("{name}{line}")), "{}", answer.text());
    }
    assert!(!answer.text().contains("secret") && !answer.text().contains("passwd"));
}

#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let world = World::start().await;
    for path in ["/health", "/docs/", "/openapi.json", "/nowhere", "/metrics"] {
        let answer = get(world.address, path).await;
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{path}");
        assert!(answer.header("content-security-policy").unwrap().contains("default-src 'none'"));
        assert!(!answer.header("x-request-id").unwrap().is_empty());
    }
}
