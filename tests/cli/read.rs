//! `read` with the real workers, without any service.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::{code, program, run, stderr, stdout};

const DIGITAL: &str = "samples/facture-electronique.pdf";
const SCAN: &str = "samples/facture-scan.pdf";

fn json(output: &std::process::Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_document_is_read_without_a_service() {
    let output = run(&["read", DIGITAL]);
    assert_eq!((code(&output), stderr(&output)), (0, ""));
    let row = |name: &str| {
        stdout(&output).lines().find(|line| line.trim_start().starts_with(name)).unwrap().to_owned()
    };
    assert!(row("number").contains("FA-2025-0342") && row("state").contains("completed"));
    assert!(
        row("totals.gross").contains("1785.92") && row("totals.gross").contains("e-invoice BT-112")
    );
}

#[test]
fn files_folders_and_patterns_are_read_and_one_that_cannot_be_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
    };
    put("mail/a.pdf", &std::fs::read(DIGITAL).unwrap());
    put("mail/notes.txt", b"notes");
    put("b1.pdf", b"%PDF-1.7 damaged");
    put("b2.txt", b"no document, but named by a pattern");
    let mail = folder.path().join("mail");
    let pattern = folder.path().join("b*");
    let args = ["read", "-o", "json", mail.to_str().unwrap(), pattern.to_str().unwrap()];
    let output = run(&args);
    assert_eq!(code(&output), 1);
    let read = json(&output);
    let told: Vec<_> = read.as_array().unwrap().iter().collect();
    assert_eq!(told.len(), 3, "{read:#}");
    assert_eq!(told[0]["result"]["invoice"]["number"]["value"], "FA-2025-0342");
    assert_eq!(told[1]["error"]["code"], "document_damaged");
    assert_eq!(told[1]["error"]["stage"], "preprocess");
    assert_eq!(told[2]["error"]["code"], "unsupported_media_type");
    let summary = stderr(&output);
    let expected = "1 read, 2 failed (document_damaged 1, unsupported_media_type 1), 1 left out";
    assert!(summary.contains(expected), "{summary}");
}

#[test]
fn standard_input_is_a_document_and_languages_are_part_of_its_id() {
    let read = |languages: &[&str]| {
        let args = [&["read", "-", "-o", "ndjson"][..], languages].concat();
        let input = File::open(SCAN).unwrap();
        let output = program(&args).stdin(Stdio::from(input)).output().unwrap();
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        json(&output)
    };
    let (plain, english) = (read(&[]), read(&["--languages", "eng"]));
    assert_eq!(plain["file"], "-");
    assert_eq!(plain["filename"], Value::Null);
    assert_eq!(plain["result"]["invoice"]["number"]["value"], "2025/0187");
    assert_ne!(plain["id"], english["id"]);
    assert_eq!(english["result"]["pages"][0]["languages"], serde_json::json!(["eng"]));
}

#[test]
fn a_result_that_needs_review_ends_with_3_when_asked() {
    assert_eq!(code(&run(&["read", SCAN])), 0);
    assert_eq!(code(&run(&["read", SCAN, "--fail-on-review"])), 3);
}

#[test]
fn what_is_missing_is_said_before_anything_is_read() {
    let output = run(&["read", DIGITAL, "/no/such/file.pdf"]);
    assert_eq!((code(&output), stdout(&output)), (2, ""));
    assert!(stderr(&output).contains("/no/such/file.pdf"));
    assert_eq!(code(&run(&["read", DIGITAL, "--languages", "../etc"])), 2);

    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    std::fs::write(&config, "[worker]\npdfium_library = \"/no/such/libpdfium.so\"\n").unwrap();
    let output = run(&["read", DIGITAL, SCAN, "--config", config.to_str().unwrap()]);
    assert_eq!((code(&output), stdout(&output)), (70, ""));
    assert_eq!(stderr(&output).matches("/no/such/libpdfium.so").count(), 1, "{}", stderr(&output));
}

#[test]
fn a_document_that_is_too_large_is_refused_as_the_service_refuses_it() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    std::fs::write(&config, "[gateway]\nmax_upload_bytes = 1000\n").unwrap();
    let output =
        run(&["read", DIGITAL, "-o", "json", "--config", Path::new(&config).to_str().unwrap()]);
    assert_eq!(code(&output), 1);
    assert_eq!(json(&output)[0]["error"]["code"], "document_too_large");
}
