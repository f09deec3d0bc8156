//! `--format`: results as files for other programs, as a terminal's user sees it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::cli::http::{Answer, Service};
use crate::{ID, code, run, stderr, stdout};

/// States all that EN 16931 asks for.
const WHOLE: &str = "samples/facture-electronique.pdf";
/// Does not: it is a scan of an invoice in words for people.
const PART: &str = "samples/facture-scan.pdf";

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Terms of the gaps that are listed on standard error, a line each.
fn terms(told: &str) -> BTreeSet<&str> {
    let lines = told.lines().filter(|line| line.starts_with("BT-") || line.starts_with("BG-"));
    lines.filter_map(|line| line.split(' ').next()).collect()
}

#[test]
fn a_result_is_a_file_on_standard_output() {
    let csv = run(&["read", WHOLE, "--format", "csv"]);
    assert_eq!((code(&csv), stderr(&csv)), (0, ""));
    let mut lines = stdout(&csv).lines();
    assert!(lines.next().unwrap().contains("quantity"), "{}", stdout(&csv));
    assert!(lines.count() >= 1 && stdout(&csv).ends_with('\n'));
    for (format, root) in [("ubl", "<Invoice "), ("cii", "<rsm:CrossIndustryInvoice ")] {
        let xml = run(&["read", WHOLE, "--format", format]);
        assert_eq!((code(&xml), stderr(&xml)), (0, ""), "{format}");
        assert!(stdout(&xml).starts_with("<?xml ") && stdout(&xml).contains(root), "{format}");
        assert!(stdout(&xml).contains("FA-2025-0342"), "{format}");
    }
}

#[test]
fn what_is_no_whole_invoice_is_not_written_and_its_gaps_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("files");
    let told = run(&["read", PART, "--format", "ubl"]);
    assert_eq!((code(&told), stdout(&told)), (1, ""), "{}", stderr(&told));
    let last = stderr(&told).lines().last().unwrap();
    assert!(last.starts_with(&format!("{PART}: export_incomplete: ubl asks for")), "{last}");

    // The same for programs, in the words of the API.
    let args = ["read", PART, "--format", "ubl", "--out", text(&out), "--output", "json"];
    let listed = run(&args);
    assert_eq!(code(&listed), 1);
    let object: Value = serde_json::from_slice(&listed.stdout).unwrap();
    let problem = &object[0]["problem"];
    assert_eq!((&problem["code"], &problem["status"]), (&"export_incomplete".into(), &422.into()));
    assert_eq!(object[0]["state"], "completed");
    let gaps = problem["gaps"].as_array().unwrap();
    let of_program: BTreeSet<_> = gaps.iter().map(|gap| gap["term"].as_str().unwrap()).collect();
    assert!(!of_program.is_empty());
    assert_eq!(of_program, terms(stderr(&told)));
    assert_eq!(fs::read_dir(&out).unwrap().count(), 0, "no file of it");

    let part = run(&["read", PART, "--format", "ubl", "--partial"]);
    assert_eq!((code(&part), stderr(&part)), (0, ""));
    assert!(stdout(&part).starts_with("<?xml "));
    let csv = run(&["read", PART, "--format", "csv"]);
    assert_eq!((code(&csv), stderr(&csv)), (0, ""), "of CSV nothing is ever missing");
}

#[test]
fn several_results_go_to_a_folder_each_under_the_name_of_its_document() {
    let folder = tempfile::tempdir().unwrap();
    let damaged = folder.path().join("damaged.pdf");
    fs::write(&damaged, "%PDF-1.7 damaged").unwrap();
    let out = folder.path().join("files");
    let args = ["read", WHOLE, PART, text(&damaged), "--format", "cii", "--out", text(&out)];
    for _ in 0..2 {
        let output = run(&args);
        assert_eq!(code(&output), 1);
        let table = stdout(&output);
        assert!(
            table.contains("export_incomplete") && table.contains("document_damaged"),
            "{table}"
        );
        let failed = "2 failed (document_damaged 1, export_incomplete 1)";
        assert!(stderr(&output).contains(failed), "{}", stderr(&output));
    }
    let names: Vec<_> =
        fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["facture-electronique.pdf.cii.xml"]);
    let output = run(&["read", WHOLE, "--format", "csv", "--out", text(&out), "-o", "ndjson"]);
    let object: Value = serde_json::from_slice(&output.stdout).unwrap();
    let file = out.join("facture-electronique.pdf.csv");
    assert_eq!((code(&output), &object["export"]), (0, &text(&file).into()));
    let alone = run(&["read", WHOLE, "--format", "csv"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), stdout(&alone));
}

#[test]
fn what_cannot_be_meant_is_said_before_anything_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("facture-scan.pdf");
    fs::copy(PART, &copy).unwrap();
    let out = folder.path().join("files");
    let cases: [(&[&str], &str); 7] = [
        (&["read", PART, "--format", "pdf"], "csv, ubl and cii"),
        (&["read", PART, WHOLE, "--format", "csv"], "--out"),
        (&["read", PART, "--format", "csv", "-o", "json"], "--out"),
        (&["read", PART, "--partial"], "--format"),
        (&["read", PART, "--out", "x"], "--format"),
        (&["read", PART, text(&copy), "--format", "csv", "--out", text(&out)], "would both become"),
        (&["submit", PART, "--format", "csv"], "--wait"),
    ];
    for (args, why) in cases {
        let output = run(args);
        assert_eq!((code(&output), stdout(&output)), (2, ""), "{args:?}");
        assert!(stderr(&output).contains(why), "{args:?}: {}", stderr(&output));
    }
    assert!(!out.exists());
}

#[test]
fn a_document_that_failed_is_told_instead_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let damaged = folder.path().join("damaged.pdf");
    fs::write(&damaged, "%PDF-1.7 damaged").unwrap();
    let output = run(&["read", text(&damaged), "--format", "csv"]);
    assert_eq!((code(&output), stdout(&output)), (1, ""));
    assert!(stderr(&output).contains("document_damaged"), "{}", stderr(&output));
}

#[test]
fn what_the_service_has_read_is_written_as_what_is_read_here() {
    let read = run(&["read", WHOLE, PART, "-o", "json"]);
    let read: Value = serde_json::from_slice(&read.stdout).unwrap();
    for (index, file) in [WHOLE, PART].into_iter().enumerate() {
        let taken = json!({"id": ID, "state": "queued", "links": {}});
        let done = json!({"id": ID, "state": "completed", "result": read[index]["result"]});
        let service = Service::start([Answer::json(202, &taken), Answer::json(200, &done)]);
        let sent = run(&["submit", "--url", &service.url, "--wait", file, "--format", "ubl"]);
        let here = run(&["read", file, "--format", "ubl"]);
        assert_eq!((code(&sent), stdout(&sent)), (code(&here), stdout(&here)), "{file}");
        assert_eq!(terms(stderr(&sent)), terms(stderr(&here)), "{file}");
    }
}
