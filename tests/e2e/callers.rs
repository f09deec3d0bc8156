//! Keys from their making to their end, as an operator and a client use them.

use std::fs;
use std::process::Output;

use common::testing::TestBroker;
use serde_json::{Value, json};

use crate::support::{Setup, folder, get, invoice_ocr, until};

const ASKING: &str = "[gateway.auth]\nmode = \"required\"\n";

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    stdout(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_key_works_from_its_making_until_it_is_revoked_and_the_trail_tells_it_all() {
    let (server, data) = (TestBroker::start(), folder());
    let url = server.url();
    let operator = |args: &[&str]| invoice_ocr(&[args, &["--nats-url", &url]].concat());
    assert!(operator(&["topology", "apply"]).status.success());
    let setup = Setup {
        stages: "gateway",
        broker: Some(url.clone()),
        config: ASKING,
        ..Setup::all(data.path())
    };
    let service = setup.start();

    let made = operator(&[
        "keys",
        "create",
        "--name",
        "scanner",
        "--tenant",
        "acme",
        "--scope",
        "read,write",
        "--scope",
        "delete",
        "--expires",
        "90d",
        "--documents-per-day",
        "50",
    ]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let key = stdout(&made).trim().to_owned();
    let id = key.split('_').nth(1).unwrap().to_owned();
    let key_file = data.path().join("key");
    fs::write(&key_file, &key).unwrap();
    let key_file = key_file.to_str().unwrap();
    let document = data.path().join("a.pdf");
    fs::write(&document, b"%PDF-1.7 a").unwrap();
    let document = document.to_str().unwrap();
    let client = |args: &[&str]| invoice_ocr(&[args, &["--url", &service.url]].concat());

    let refused = client(&["submit", document]);
    assert_eq!(refused.status.code(), Some(69), "without the key");
    let sent = until("the key is known", || {
        let sent = client(&["submit", "--output", "ndjson", "--key-file", key_file, document]);
        sent.status.success().then_some(sent)
    });
    let document_id = lines(&sent)[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(get(&format!("{}/api/v1/invoices/{document_id}", service.url)).0, 401);
    assert!(client(&["status", &document_id, "--key-file", key_file]).status.success());
    assert!(client(&["delete", &document_id, "--key-file", key_file]).status.success());

    let listed = lines(&operator(&["keys", "list", "--output", "ndjson"]));
    assert_eq!((&listed[0]["id"], &listed[0]["state"]), (&id.as_str().into(), &"good".into()));
    assert_eq!(listed[0]["scopes"].as_array().unwrap().len(), 3);
    // It was read, though it is gone by now.
    assert_eq!(listed[0]["documents_today"], json!({"limit": 50, "used": 1}));
    assert_eq!(listed[0]["bytes_today"], Value::Null);
    assert!(stdout(&operator(&["keys", "list"])).contains("scanner"));

    assert!(operator(&["keys", "revoke", &id]).status.success());
    assert_eq!(operator(&["keys", "revoke", "00112233445566ff"]).status.code(), Some(4));
    until("the end of the key", || {
        let answer = client(&["status", &document_id, "--key-file", key_file]);
        (answer.status.code() == Some(69)).then_some(())
    });

    let trail = operator(&["audit", "--since", "1h", "--output", "ndjson"]);
    let told: Vec<(String, String)> = lines(&trail)
        .iter()
        .map(|record| {
            let text =
                |pointer: &str| record.pointer(pointer).unwrap().as_str().unwrap().to_owned();
            (text("/actor/kind"), text("/action"))
        })
        .collect();
    let expected = [
        ("operator", "key_created"),
        ("key", "uploaded"),
        ("key", "deleted"),
        ("operator", "key_revoked"),
        ("operator", "key_revoked"),
    ];
    assert_eq!(told, expected.map(|(actor, action)| (actor.to_owned(), action.to_owned())));
    let secret = key.rsplit('_').next().unwrap();
    let log = fs::read_to_string(data.path().join("gateway.log")).unwrap();
    for text in [stdout(&trail), log, stdout(&operator(&["keys", "list", "-o", "json"]))] {
        assert!(!text.contains(secret), "the secret is shown once");
    }
}

#[test]
fn a_gateway_that_asks_nobody_stays_on_loopback() {
    let data = folder();
    let data = data.path().to_str().unwrap();
    let start = ["serve", "--data", data, "--listen", "0.0.0.0:0", "--stages", "gateway"];
    let refused = invoice_ocr(&start);
    assert_eq!(refused.status.code(), Some(69));
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(message.contains("gateway.auth.mode"), "{message}");
}
