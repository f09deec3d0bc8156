//! Pages of the documentation that the program itself writes.

use crate::{code, run, stderr, stdout};

/// Fails where a committed page is not what `command` prints.
fn assert_current(page: &str, committed: &str, command: &[&str]) {
    let output = run(command);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let printed = stdout(&output);
    let differs = printed.lines().zip(committed.lines()).find(|(now, then)| now != then);
    assert!(
        printed == committed,
        "write it anew: invoice-ocr {} > {page}\nfirst difference: {differs:?}",
        command.join(" ")
    );
}

#[test]
fn the_reference_of_the_configuration_is_current() {
    let committed = include_str!("../../docs/configuration.md");
    assert_current("docs/configuration.md", committed, &["config", "reference"]);
}

#[test]
fn every_key_is_in_the_reference() {
    let committed = include_str!("../../docs/configuration.md");
    let documented: toml::Table = include_str!("../../config.default.toml").parse().unwrap();
    let mut keys = Vec::new();
    collect("", &documented, &mut keys);
    assert!(keys.len() >= 100, "only {} keys", keys.len());
    for key in keys {
        assert!(committed.contains(&format!("\n### `{key}`\n")), "{key}");
    }
}

fn collect(section: &str, table: &toml::Table, keys: &mut Vec<String>) {
    for (name, value) in table {
        let key = if section.is_empty() { name.clone() } else { format!("{section}.{name}") };
        match value {
            toml::Value::Table(inner) => collect(&key, inner, keys),
            _ => keys.push(key),
        }
    }
}

#[test]
fn the_catalogue_of_errors_is_current() {
    assert_current("docs/errors.md", include_str!("../../docs/errors.md"), &["errors"]);
}

#[test]
fn the_description_of_the_api_is_current() {
    let committed = include_str!("../../contract/openapi.json");
    assert_current("contract/openapi.json", committed, &["openapi"]);
}

#[test]
fn a_code_is_explained_and_one_that_is_none_is_a_wrong_argument() {
    let output = run(&["errors", "document_encrypted"]);
    assert_eq!(code(&output), 0);
    assert!(stdout(&output).contains("a password is needed"), "{}", stdout(&output));
    let output = run(&["errors", "no_such_code"]);
    assert_eq!((code(&output), stdout(&output)), (2, ""));
    assert!(stderr(&output).contains("no_such_code"), "{}", stderr(&output));
}
