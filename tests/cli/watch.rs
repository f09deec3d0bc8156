//! `watch DIR`: files that are put into a folder, whatever the service does.

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};

use common::testing::process::signal;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::cli::http::{Answer, Service};
use crate::{ID, code, completed, program, run, status, stderr, stdout, until};

fn taken() -> Answer {
    Answer::json(202, &json!({"id": ID, "state": "queued", "links": {}}))
}

fn start(folder: &Path, url: &str) -> Child {
    program(&["watch", "--url", url, "--settle", "0", folder.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn once(folder: &Path, url: &str) -> std::process::Output {
    let folder = folder.to_str().unwrap();
    run(&[
        "watch",
        "--once",
        "--settle",
        "0",
        "--parallel",
        "1",
        "-o",
        "ndjson",
        "--url",
        url,
        folder,
    ])
}

fn kept(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_file_that_appears_is_read_and_moved_with_its_result() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start([taken(), Answer::json(200, &completed(true))]);
    let child = start(folder.path(), &service.url);
    until("its folders", || folder.path().join("failed").is_dir().then_some(()));
    // As it should be put there: under another name until it is complete.
    let unfinished = folder.path().join("a.pdf.part");
    fs::write(&unfinished, "%PDF-1.7 a").unwrap();
    fs::rename(&unfinished, folder.path().join("a.pdf")).unwrap();
    let done = folder.path().join("done");
    until("the file", || done.join("a.pdf").is_file().then_some(()));
    signal(child.id(), Signal::INT);
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("completed") && stdout(&output).contains("F-2026-1"));
    assert_eq!(names(folder.path()), ["done", "failed"]);
    assert_eq!(names(&done), ["a.pdf", "a.pdf.json"]);
    let result = kept(&done.join("a.pdf.json"));
    assert_eq!(result["result"]["invoice"]["number"]["value"], "F-2026-1");
    assert_eq!(result["moved_to"], done.join("a.pdf").to_str().unwrap());
}

#[test]
fn what_is_there_is_done_once_and_what_is_refused_goes_to_failed_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.txt"), "notes").unwrap();
    fs::write(folder.path().join("b.pdf"), "%PDF-1.7 b").unwrap();
    fs::write(folder.path().join("c.pdf"), "%PDF-1.7 c").unwrap();
    fs::write(folder.path().join(".hidden.pdf"), "%PDF-1.7").unwrap();
    let mut failed = status("failed");
    failed["error"] = json!({"code": "document_encrypted", "message": "a password is needed"});
    let service = Service::start([
        Answer::problem(415, "unsupported_media_type"),
        taken(),
        Answer::json(200, &failed),
        taken(),
        Answer::json(200, &completed(false)),
    ]);
    let output = once(folder.path(), &service.url);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    let told: Vec<Value> =
        stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(told.len(), 3);
    assert_eq!(names(folder.path()), [".hidden.pdf", "done", "failed"]);
    assert_eq!(names(&folder.path().join("done")), ["c.pdf", "c.pdf.json"]);
    let failed = folder.path().join("failed");
    assert_eq!(names(&failed), ["a.txt", "a.txt.json", "b.pdf", "b.pdf.json"]);
    assert_eq!(kept(&failed.join("a.txt.json"))["error"]["code"], "unsupported_media_type");
    assert_eq!(kept(&failed.join("b.pdf.json"))["error"]["code"], "document_encrypted");
    assert_eq!(told[0], kept(&failed.join("a.txt.json")));
}

#[test]
fn a_file_stays_until_its_result_is_there_and_the_next_run_finishes_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.pdf");
    fs::write(&file, "%PDF-1.7 a").unwrap();
    let service = Service::start([taken(), Answer::json(200, &status("processing"))]);
    let mut child = start(folder.path(), &service.url);
    until("a question for its status", || (service.requests().len() > 2).then_some(()));
    assert!(file.is_file());
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), "%PDF-1.7 a");

    let service = Service::start([taken(), Answer::json(200, &completed(false))]);
    let output = once(folder.path(), &service.url);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(names(&folder.path().join("done")), ["a.pdf", "a.pdf.json"]);
    assert!(!file.exists());
}

#[test]
fn while_the_service_is_away_or_refuses_the_caller_nothing_moves() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.pdf");
    fs::write(&file, "%PDF-1.7 a").unwrap();
    // Bound and closed again: nobody listens there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let output = once(folder.path(), &format!("http://127.0.0.1:{port}"));
    assert_eq!(code(&output), 69);
    assert!(stderr(&output).contains("left in place"), "{}", stderr(&output));
    let exhausted = Answer::problem(429, "quota_exhausted").header("Retry-After: 43200");
    let service = Service::start([exhausted]);
    let output = once(folder.path(), &service.url);
    assert_eq!((code(&output), service.requests().len()), (69, 1), "{}", stderr(&output));
    let service = Service::start([Answer::problem(401, "credentials_missing")]);
    let output = once(folder.path(), &service.url);
    assert_eq!(code(&output), 69);
    assert!(stderr(&output).contains("--key-file"), "{}", stderr(&output));
    assert!(file.is_file());
}

#[test]
fn a_file_that_changes_while_it_is_read_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.pdf");
    fs::write(&file, "%PDF-1.7 half").unwrap();
    let service = Service::start([
        taken(),
        Answer::json(200, &status("processing")),
        Answer::json(200, &status("processing")),
        Answer::json(200, &status("processing")),
        Answer::json(200, &status("processing")),
        Answer::json(200, &status("processing")),
        Answer::json(200, &completed(false)),
        taken(),
        Answer::json(200, &completed(false)),
    ]);
    let child = start(folder.path(), &service.url);
    until("the upload", || (!service.requests().is_empty()).then_some(()));
    fs::write(&file, "%PDF-1.7 half and the rest").unwrap();
    let done = folder.path().join("done/a.pdf");
    until("the file", || done.is_file().then_some(()));
    signal(child.id(), Signal::INT);
    child.wait_with_output().unwrap();
    let uploads: Vec<_> =
        service.requests().into_iter().filter(|request| request.head.starts_with("POST")).collect();
    assert_eq!(uploads.len(), 2);
    assert_eq!(uploads[1].body, b"%PDF-1.7 half and the rest");
    assert_eq!(fs::read_to_string(&done).unwrap(), "%PDF-1.7 half and the rest");
}

#[test]
fn a_folder_has_one_watcher_and_has_to_be_there() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start([taken()]);
    let mut child = start(folder.path(), &service.url);
    until("its folders", || folder.path().join("failed").is_dir().then_some(()));
    let output = once(folder.path(), &service.url);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("another"), "{}", stderr(&output));
    child.kill().unwrap();
    child.wait().unwrap();
    let output = once(&folder.path().join("none"), &service.url);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("no such folder"), "{}", stderr(&output));
}
