//! The executable as a shell sees it: arguments, standard streams, exit codes. No broker; the HTTP
//! service is a few scripted answers.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "Invariant: a test that cannot go on has failed"
)]

mod cli {
    mod config;
    mod doctor;
    mod explain;
    mod exporting;
    pub(crate) mod http;
    mod pages;
    mod read;
    mod shell;
    mod submit;
    mod terminal;
    mod watch;
}

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use cli::http::{Answer, Service};

const ID: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const COMMANDS: [&[&str]; 30] = [
    &[],
    &["serve"],
    &["submit"],
    &["status"],
    &["delete"],
    &["read"],
    &["watch"],
    &["events"],
    &["completions"],
    &["man"],
    &["explain"],
    &["doctor"],
    &["story"],
    &["dead"],
    &["dead", "list"],
    &["dead", "show"],
    &["dead", "replay"],
    &["dead", "discard"],
    &["keys"],
    &["keys", "create"],
    &["keys", "list"],
    &["keys", "revoke"],
    &["audit"],
    &["topology", "apply"],
    &["topology", "check"],
    &["topology", "users"],
    &["config", "check"],
    &["config", "reference"],
    &["errors"],
    &["openapi"],
];

fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_invoice-ocr"));
    command.args(args).env_clear();
    command
}

fn run(args: &[&str]) -> Output {
    program(args).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// Longer than anything here takes, short enough to fail a hanging test.
fn until<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    common::testing::process::until(Duration::from_secs(60), what, look)
}

fn invoice(folder: &Path) -> String {
    let path = folder.join("facture n° 1.pdf");
    std::fs::write(&path, b"%PDF-1.7 not really").unwrap();
    path.to_str().unwrap().to_owned()
}

fn status(state: &str) -> Value {
    json!({"id": ID, "state": state, "stage": "extract", "attempt": 1, "generation": 1})
}

fn completed(review: bool) -> Value {
    let mut answer = status("completed");
    answer["result"] = json!({
        "invoice": {
            "number": {"value": "F-2026-1", "confidence": 0.93, "source": {"page": 1, "box": [0, 0, 1, 1]}},
            "lines": [],
        },
        "checks": [],
        "review": {"required": review, "reasons": []},
    });
    answer
}

#[test]
fn every_help_shows_an_example() {
    for command in COMMANDS.into_iter().chain([&["decode"] as &[&str]]) {
        let output = run(&[command, &["--help"]].concat());
        let help = stdout(&output);
        let example = format!("  invoice-ocr {}", command.join(" "));
        assert!(help.contains("Examples:") && help.contains(example.trim_end()), "{help}");
    }
}

#[test]
fn help_lists_the_exit_codes() {
    let output = run(&["--help"]);
    for code in ["0", "1", "2", "3", "4", "5", "64", "69", "70", "75", "130"] {
        let listed =
            stdout(&output).lines().any(|line| line.trim().starts_with(&format!("{code}  ")));
        assert!(listed, "{code} in {}", stdout(&output));
    }
}

#[test]
fn wrong_arguments_end_with_2() {
    assert_eq!(code(&run(&["submit"])), 2);
    assert_eq!(code(&run(&["status", "no-id"])), 2);
    assert_eq!(code(&run(&["delete", "no-id"])), 2);
    assert_eq!(code(&run(&["story", "no-id"])), 2);
    assert_eq!(code(&run(&["story"])), 2);
    assert_eq!(code(&run(&["doctor", "--json", "--output", "table"])), 2);
    for create in [
        &["keys", "create", "--name", "x"][..],
        &["keys", "create", "--scope", "read"],
        &["keys", "create", "--name", "x", "--scope", "everything"],
        &["keys", "create", "--name", "x", "--scope", "read", "--tenant", "A.*"],
        &["keys", "create", "--name", "x", "--scope", "read", "--expires", "never"],
        &["keys", "revoke", "x"],
        &["audit", "--since", "soon"],
    ] {
        assert_eq!(code(&run(create)), 2, "{create:?}");
    }
    assert_eq!(code(&run(&["dead", "discard"])), 2);
    assert_eq!(code(&run(&["dead", "discard", "--all"])), 2);
    assert_eq!(code(&run(&["dead", "discard", "--all", "--yes", "name"])), 2);
}

#[test]
fn the_key_is_shown_to_the_service_and_to_nobody_else() {
    const KEY: &str = "ioc_0123456789abcdef_secret";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, format!("{KEY}\n")).unwrap();
    let path = path.to_str().unwrap();
    let service = Service::start([Answer::problem(401, "credentials_invalid")]);
    let from_file = run(&["status", ID, "--url", &service.url, "--key-file", path]);
    let mut command = program(&["delete", ID, "--url", &service.url]);
    let from_environment = command.env("INVOICE_OCR_API_KEY", KEY).output().unwrap();
    run(&["status", ID, "--url", &service.url]);
    let line = format!("authorization: bearer {KEY}");
    let requests = service.requests();
    let shown = requests.iter().map(|seen| seen.head.to_ascii_lowercase().contains(&line));
    assert_eq!(shown.collect::<Vec<_>>(), [true, true, false]);
    for output in [&from_file, &from_environment] {
        assert_eq!(code(output), 69);
        assert!(stderr(output).contains("credentials_invalid"), "{}", stderr(output));
        assert!(!stderr(output).contains("secret") && !stdout(output).contains("secret"));
    }
    let missing = run(&["status", ID, "--url", &service.url, "--key-file", "/nowhere/key"]);
    assert_eq!(code(&missing), 64);
}

#[test]
fn cbor_is_decoded_to_json() {
    // {"id": "x", "bytes": h'00ff', 1: [true, null]}
    let cbor = b"\xa3\x62id\x61x\x65bytes\x42\x00\xff\x01\x82\xf5\xf6";
    let mut child =
        program(&["decode"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(cbor).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 0);
    let decoded: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(decoded, json!({"id": "x", "bytes": {"$bytes": "AP8="}, "1": [true, null]}));
}

#[test]
fn input_that_is_not_cbor_ends_with_1() {
    let output = program(&["decode"]).stdin(Stdio::null()).output().unwrap();
    assert_eq!(code(&output), 1);
    assert!(stderr(&output).contains("standard input"), "{}", stderr(&output));
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = program(&["config", "check"]).stdout(writer).stderr(Stdio::piped()).output();
    let output = output.unwrap();
    assert_eq!((code(&output), stderr(&output)), (0, ""));
}

#[test]
fn a_document_is_sent_waited_for_and_printed() {
    let service = Service::start([
        Answer::json(202, &json!({"id": ID, "state": "queued", "links": {"self": "/x"}})),
        Answer::json(200, &status("processing")),
        Answer::json(200, &completed(true)),
    ]);
    let folder = tempfile::tempdir().unwrap();
    let file = invoice(folder.path());
    let output = run(&["submit", "--url", &service.url, "--wait", "-o", "json", &file]);
    assert_eq!((code(&output), stderr(&output)), (0, ""));
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut expected = completed(true);
    expected["file"] = file.into();
    assert_eq!(printed, json!([expected]));

    let requests = service.requests();
    let upload = "POST /api/v1/process-invoice?filename=facture%20n%C2%B0%201.pdf";
    assert!(requests[0].head.starts_with(upload), "{}", requests[0].head);
    assert!(requests[0].head.to_lowercase().contains("content-type: application/pdf"));
    assert_eq!(requests[0].body, b"%PDF-1.7 not really");
    let ask = format!("GET /api/v1/invoices/{ID} ");
    assert!(requests[1..].iter().all(|request| request.head.starts_with(&ask)));
    assert_eq!(requests.len(), 3);
}

#[test]
fn a_single_document_is_a_table_of_fields() {
    let service = Service::start([
        Answer::json(200, &json!({"id": ID, "state": "completed", "links": {}})),
        Answer::json(200, &completed(true)),
    ]);
    let folder = tempfile::tempdir().unwrap();
    let file = invoice(folder.path());
    let output = run(&["submit", "--url", &service.url, "--wait", "--fail-on-review", &file]);
    assert_eq!(code(&output), 3);
    let row = stdout(&output).lines().find(|line| line.trim().starts_with("number")).unwrap();
    assert!(row.contains("F-2026-1") && row.contains("93 %") && row.contains("page 1"), "{row}");
}

#[test]
fn a_busy_service_is_asked_again() {
    let service = Service::start([
        Answer::problem(503, "busy").header("Retry-After: 0"),
        Answer::json(202, &json!({"id": ID, "state": "queued", "links": {}})),
    ]);
    let folder = tempfile::tempdir().unwrap();
    let output = run(&["submit", "--url", &service.url, &invoice(folder.path())]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains(ID));
    assert_eq!(service.requests().len(), 2);
}

#[test]
fn a_failed_document_ends_with_1_and_its_reason() {
    let mut failed = status("failed");
    failed["error"] =
        json!({"code": "encrypted", "message": "a password is needed", "stage": "preprocess"});
    let service = Service::start([
        Answer::json(202, &json!({"id": ID, "state": "queued", "links": {}})),
        Answer::json(200, &failed),
    ]);
    let folder = tempfile::tempdir().unwrap();
    let output = run(&["submit", "--url", &service.url, "--wait", &invoice(folder.path())]);
    assert_eq!(code(&output), 1);
    assert!(stdout(&output).contains("encrypted: a password is needed"), "{}", stdout(&output));
}

#[test]
fn a_refused_document_does_not_stop_the_others() {
    let service = Service::start([
        Answer::problem(415, "unsupported_type"),
        Answer::json(202, &json!({"id": ID, "state": "queued", "links": {}})),
    ]);
    let folder = tempfile::tempdir().unwrap();
    let file = invoice(folder.path());
    let args = ["submit", "--url", &service.url, "--parallel", "1", "-o", "ndjson", &file, &file];
    let output = run(&args);
    assert_eq!(code(&output), 1);
    let lines: Vec<Value> =
        stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["error"]["code"], "unsupported_type");
    assert_eq!(lines[1]["id"], ID);
}

#[test]
fn a_document_that_is_still_worked_on_ends_with_75() {
    let service = Service::start([
        Answer::json(202, &json!({"id": ID, "state": "queued", "links": {}})),
        Answer::json(200, &status("processing")),
    ]);
    let folder = tempfile::tempdir().unwrap();
    let file = invoice(folder.path());
    let output = run(&["submit", "--url", &service.url, "--wait", "--timeout", "0", &file]);
    assert_eq!(code(&output), 75, "{}", stdout(&output));
}

#[test]
fn a_service_that_is_not_there_ends_with_69() {
    let folder = tempfile::tempdir().unwrap();
    // Bound and closed again: nobody listens there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}");
    let output = run(&["submit", "--url", &url, &invoice(folder.path())]);
    assert_eq!(code(&output), 69);
    assert!(stdout(&output).contains(&url), "{}", stdout(&output));
    let output = run(&["status", "--url", &url, ID]);
    assert_eq!(code(&output), 69);
    assert!(stderr(&output).contains(&url), "{}", stderr(&output));
}

#[test]
fn a_removed_document_ends_with_0_and_an_unknown_one_with_4() {
    let service =
        Service::start([Answer::json(204, &Value::Null), Answer::problem(404, "not_found")]);
    let output = run(&["delete", "--url", &service.url, ID]);
    assert_eq!((code(&output), stdout(&output), stderr(&output)), (0, "", ""));
    let output = run(&["delete", "--url", &service.url, ID]);
    assert_eq!(code(&output), 4);
    assert!(stderr(&output).contains("not_found"), "{}", stderr(&output));
    let ask = format!("DELETE /api/v1/invoices/{ID} ");
    let requests = service.requests();
    assert!(requests.iter().all(|request| request.head.starts_with(&ask)), "{requests:?}");
    assert_eq!(requests.len(), 2);
}

#[test]
fn a_file_that_is_not_there_stops_before_anything_is_sent() {
    let service = Service::start([]);
    let folder = tempfile::tempdir().unwrap();
    let file = invoice(folder.path());
    let output = run(&["submit", "--url", &service.url, &file, "/no/such/file.pdf"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("/no/such/file.pdf"));
    assert_eq!(service.requests().len(), 0);
}

#[test]
fn an_unknown_document_ends_with_4() {
    let service = Service::start([Answer::problem(404, "unknown_document")]);
    let output = run(&["status", "--url", &service.url, ID]);
    assert_eq!(code(&output), 4);
    assert!(stderr(&output).contains("unknown_document"), "{}", stderr(&output));
}

#[test]
fn commands_find_the_service_by_its_data_folder() {
    let service = Service::start([Answer::json(200, &status("processing"))]);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("gateway.url"), format!("{}\n", service.url)).unwrap();
    let data = folder.path().to_str().unwrap();
    let output = run(&["status", "--data", data, "-o", "json", ID]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed, status("processing"));
}

#[test]
fn a_data_folder_without_a_service_ends_with_69_and_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    for command in
        [&["events"] as &[&str], &["dead", "list"], &["topology", "check"], &["story", ID]]
    {
        let output = run(&[command, &["--data", data]].concat());
        assert_eq!(code(&output), 69);
        assert!(stderr(&output).contains("broker.url"), "{}", stderr(&output));
    }
}
