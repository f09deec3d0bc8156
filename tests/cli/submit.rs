//! `submit` of folders and patterns, taken up where an earlier run ended.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use common::testing::process::signal;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::cli::http::{Answer, Service};
use crate::{ID, code, program, run, stderr, stdout, until};

fn taken(status: u16) -> Answer {
    Answer::json(status, &json!({"id": ID, "state": "queued", "links": {}}))
}

/// A folder of three documents and one that is none.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("2025")).unwrap();
    for (name, text) in [
        ("a.pdf", "%PDF-1.7 a"),
        ("b.pdf", "%PDF-1.7 b"),
        ("2025/c.scan", "%PDF-1.7 c"),
        ("notes.txt", "notes"),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn bodies(service: &Service) -> Vec<String> {
    let requests = service.requests();
    requests.iter().map(|request| String::from_utf8(request.body.clone()).unwrap()).collect()
}

#[test]
fn a_folder_is_sent_and_the_run_summed_up() {
    let folder = folder();
    let service = Service::start([taken(202), taken(200), Answer::problem(415, "odd"), taken(202)]);
    let args = ["submit", "--url", &service.url, "--parallel", "1", text(folder.path())];
    let output = run(&args);
    assert_eq!(code(&output), 1);
    assert_eq!(bodies(&service), ["%PDF-1.7 c", "%PDF-1.7 a", "%PDF-1.7 b"]);
    let summary = stderr(&output);
    assert!(summary.starts_with("3 files in "), "{summary}");
    let counted = "1 accepted, 1 known, 1 failed (odd 1), 1 left out as no documents";
    assert!(summary.contains(counted), "{summary}");
}

#[test]
fn a_pattern_in_quotes_reaches_into_folders() {
    let folder = folder();
    let service = Service::start([taken(202)]);
    let pattern = folder.path().join("**/*.scan");
    let output = run(&["submit", "--url", &service.url, text(&pattern)]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(bodies(&service), ["%PDF-1.7 c"]);
}

#[test]
fn standard_input_is_sent_with_the_languages_that_were_chosen() {
    let folder = folder();
    let service = Service::start([taken(202)]);
    let input = std::fs::File::open(folder.path().join("a.pdf")).unwrap();
    let output = program(&["submit", "--url", &service.url, "--languages", "deu,eng", "-"])
        .stdin(Stdio::from(input))
        .output()
        .unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let request = &service.requests()[0];
    assert!(request.head.starts_with("POST /api/v1/process-invoice?languages=deu%2Beng "));
    assert_eq!(request.body, b"%PDF-1.7 a");
}

#[test]
fn what_the_journal_knows_by_its_content_is_not_sent_again() {
    let folder = folder();
    let journal = folder.path().join(".journal");
    let service = Service::start([
        taken(202),
        Answer::problem(413, "document_too_large"),
        taken(202),
        taken(202),
    ]);
    let args = [
        "submit",
        "--url",
        &service.url,
        "--parallel",
        "1",
        "--resume",
        text(&journal),
        text(folder.path()),
    ];
    assert_eq!(code(&run(&args)), 1);
    assert_eq!(service.requests().len(), 3);
    // Renamed, not changed; and one that was refused comes again.
    std::fs::rename(folder.path().join("b.pdf"), folder.path().join("z.pdf")).unwrap();
    let output = run(&args);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(bodies(&service)[3..], ["%PDF-1.7 a"]);
    assert!(stderr(&output).contains("1 accepted, 2 sent before"), "{}", stderr(&output));
    assert_eq!(stdout(&output).matches(ID).count(), 3);
    // Another service knows nothing of it.
    let other = Service::start([taken(202)]);
    let output =
        run(&["submit", "--url", &other.url, "--resume", text(&journal), text(folder.path())]);
    assert_eq!((code(&output), other.requests().len()), (0, 3));
}

#[test]
fn a_quota_that_is_used_up_is_not_waited_for() {
    let folder = folder();
    let exhausted = Answer::problem(429, "quota_exhausted").header("Retry-After: 43200");
    let service = Service::start([taken(202), exhausted]);
    let args = ["submit", "--url", &service.url, "--parallel", "1", text(folder.path())];
    let output = run(&args);
    assert_eq!(code(&output), 69, "{}", stderr(&output));
    assert!(stderr(&output).contains("quota_exhausted"), "{}", stderr(&output));
    // The last answer is given to all further requests: each file was sent once.
    assert_eq!(service.requests().len(), 3);
}

#[test]
fn nobody_waits_longer_than_a_clock_counts() {
    for command in [["submit", "a.pdf"].as_slice(), &["doctor"]] {
        let longest = u64::MAX.to_string();
        let output = run(&[command, &["--timeout", longest.as_str()]].concat());
        assert_eq!(code(&output), 2, "{}", stderr(&output));
        assert!(stderr(&output).contains("31536000"), "{}", stderr(&output));
    }
}

#[test]
fn what_was_sent_before_and_is_gone_since_is_sent_again() {
    let folder = folder();
    let (journal, file) = (folder.path().join(".journal"), folder.path().join("a.pdf"));
    let completed = json!({"id": ID, "state": "completed", "result": {"invoice": {}}});
    let service = Service::start([
        taken(202),
        Answer::problem(404, "not_found"),
        taken(202),
        Answer::json(200, &completed),
    ]);
    let sent = ["submit", "--url", &service.url, "--resume", text(&journal), text(&file)];
    assert_eq!(code(&run(&sent)), 0);
    let output = run(&[&sent[..], &["--wait"]].concat());
    assert_eq!(code(&output), 0, "{}", stdout(&output));
    let heads = service.requests().into_iter().map(|request| request.head);
    let methods: Vec<_> = heads.map(|head| head.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(methods, ["POST", "GET", "POST", "GET"]);
}

#[test]
fn ctrl_c_ends_in_order_and_the_next_run_goes_on() {
    let folder = folder();
    let journal = folder.path().join(".journal");
    // The first is taken, then the service is busy for longer than anybody waits.
    let busy = Answer::problem(503, "busy").header("Retry-After: 20");
    let service = Service::start([taken(202), busy, taken(202)]);
    let (url, resume) = (service.url.as_str(), text(&journal));
    let args = ["submit", "--url", url, "--parallel", "1", "-o", "ndjson", "--resume", resume];
    let args = [&args[..], &[text(folder.path())]].concat();
    let mut child = program(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["id"], ID);
    until("a second upload", || (service.requests().len() > 1).then_some(()));
    signal(child.id(), Signal::INT);
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 130);
    assert!(stderr(&output).contains("1 accepted, 2 not begun"), "{}", stderr(&output));
    assert!(stderr(&output).contains("the same command goes on"), "{}", stderr(&output));

    let output = run(&args);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stderr(&output).contains("2 accepted, 1 sent before"), "{}", stderr(&output));
    // One, one that was refused, and the two that were left.
    assert_eq!(service.requests().len(), 4);
    assert_eq!(std::fs::read_to_string(&journal).unwrap().lines().count(), 3);
}
