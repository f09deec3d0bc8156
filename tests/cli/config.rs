//! `config check`: what is in effect, and what is wrong with it.

use std::path::Path;
use std::process::Output;

use crate::{code, run, stderr, stdout};

/// Checks a configuration of these lines.
fn check(folder: &Path, lines: &str) -> Output {
    let path = folder.join("c.toml");
    std::fs::write(&path, lines).unwrap();
    run(&["config", "check", "--config", path.to_str().unwrap()])
}

#[test]
fn the_checked_defaults_are_the_documented_ones() {
    let output = run(&["config", "check"]);
    assert_eq!(code(&output), 0);
    let printed: toml::Table = stdout(&output).parse().unwrap();
    let documented: toml::Table = include_str!("../../config.default.toml").parse().unwrap();
    assert_eq!(printed, documented);
}

#[test]
fn an_unknown_key_ends_with_64_and_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.toml");
    std::fs::write(&path, "[limits]\nmax_pagez = 3\n").unwrap();
    let output = run(&["config", "check", "--config", path.to_str().unwrap()]);
    assert_eq!(code(&output), 64);
    assert!(stderr(&output).contains("max_pagez"), "{}", stderr(&output));
    assert_eq!(stdout(&output), "");
}

#[test]
fn a_number_that_cannot_work_ends_with_64_its_key_and_what_would_come_of_it() {
    let folder = tempfile::tempdir().unwrap();
    for (lines, said) in [
        ("[sweeper]\ninterval_seconds = 0\n", "sweeper.interval_seconds = 0: "),
        ("[stages.ocr]\nworkers = 100000\n", "stages.ocr.workers = 100000: "),
        ("[limits]\nmax_page_side_px = 40000\n", "limits.max_page_side_px = 40000: "),
    ] {
        let output = check(folder.path(), lines);
        assert_eq!((code(&output), stdout(&output)), (64, ""));
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
}

#[test]
fn a_hints_file_is_checked_and_its_error_names_file_supplier_and_field() {
    let folder = tempfile::tempdir().unwrap();
    let hints = folder.path().join("hints.toml");
    let config = format!("[extract]\nhints = {:?}\n", hints.to_str().unwrap());
    let supplier = "[[supplier]]\nname = \"Dahu\"\n";
    std::fs::write(&hints, format!("{supplier}fields.number = {{ regex = '(' }}\n")).unwrap();
    let output = check(folder.path(), &config);
    assert_eq!((code(&output), stdout(&output)), (64, ""));
    for said in ["extract.hints", "hints.toml", "supplier 1 (Dahu), number", "unclosed group"] {
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
    std::fs::write(&hints, format!("{supplier}fields.number = {{ regex = '(a)' }}\n")).unwrap();
    assert_eq!(code(&check(folder.path(), &config)), 0);
}

#[test]
fn keys_of_tokens_are_checked_and_secrets_are_not_shown() {
    const SECRET: &str = "0123456789-not-to-be-seen-0123456789";
    let folder = tempfile::tempdir().unwrap();
    let shared = format!(
        "[gateway.auth.jwt]\nalgorithms = [\"HS256\"]\nissuer = \"i\"\naudience = \"a\"\nsecret = {SECRET:?}\n"
    );
    let output = check(folder.path(), &shared);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("secret = \"[redacted]\""), "{}", stdout(&output));
    assert!(!stdout(&output).contains("not-to-be-seen"));
    let short = check(folder.path(), &shared.replace(SECRET, "not-to-be-seen"));
    assert_eq!(code(&short), 64);
    assert!(stderr(&short).contains("gateway.auth.jwt.secret"), "{}", stderr(&short));
    assert!(!stderr(&short).contains("not-to-be-seen"), "{}", stderr(&short));
    let confused = shared.replace("HS256", "RS256");
    let output = check(folder.path(), &confused);
    assert_eq!(code(&output), 64);
    assert!(stderr(&output).contains("gateway.auth.jwt.algorithms"), "{}", stderr(&output));
}

#[test]
fn an_own_account_with_wrong_digits_ends_with_64_and_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let output = check(folder.path(), "[extract.own]\nibans = [\"DE89370400440532013001\"]\n");
    assert_eq!(code(&output), 64);
    assert!(stderr(&output).contains("extract.own.ibans"), "{}", stderr(&output));
    let output = check(folder.path(), "[extract.own]\nvat_id = [\"FR40303265045\"]\n");
    assert_eq!(code(&output), 64);
    assert!(stderr(&output).contains("vat_id"), "{}", stderr(&output));
}
