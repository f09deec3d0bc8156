//! The rules that ARCHITECTURE.md and CONTRIBUTING.md state, held against every file by machine.
//!
//! Each test is one rule, and its message says what to do about a breach. Rules on dependencies of
//! whole crates are in `deny.toml` too; here they also cover what only tests use.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::string_slice,
    reason = "Invariant: a test that cannot go on has failed"
)]

mod tidy {
    pub(crate) mod docs;
    pub(crate) mod rust;
    pub(crate) mod session;
    pub(crate) mod tree;
}

use std::path::Path;

use tidy::rust::{code_lines, log_messages, names_path};
use tidy::tree::{Source, files, read, root, rust};

/// Lines of one Rust file: beyond this nobody reads it in one go.
const MAX_LINES: usize = 500;

/// The documents that name files and tests.
const DOCUMENTS: [&str; 9] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "nats/README.md",
    "samples/README.md",
    "docs/accuracy.md",
    "docs/extending.md",
    "docs/quick-start.md",
];

/// Where people keep what is on their machine and not in the repository.
const PERSONAL_FOLDERS: [&str; 3] = ["/home/", "/root/", "/Users/"];

/// Fails with every breach of `rule`.
fn assert_none(rule: &str, breaches: &[String]) {
    assert!(breaches.is_empty(), "{rule}:\n  {}", breaches.join("\n  "));
}

/// Lines of code that break a rule, as `path:line: text`.
fn breaches(sources: &[Source], broken: impl Fn(&Source, &str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources {
        for (number, line) in code_lines(&source.text) {
            if broken(source, line) {
                found.push(format!("{}:{number}: {}", source.path, line.trim()));
            }
        }
    }
    found
}

/// Fails where a product's file outside `home` names one of `crates`.
fn assert_only_in(home: &[&str], crates: &[&str]) {
    let found = breaches(&rust(), |source, line| {
        let at_home = home.iter().any(|folder| source.is_under(folder));
        !at_home && !source.is_test() && crates.iter().any(|name| names_path(line, name))
    });
    assert_none(&format!("only {home:?} may name {crates:?}; call what is there"), &found);
}

#[test]
fn no_rust_file_is_longer_than_500_lines() {
    let long = |source: &Source| {
        let lines = source.text.lines().count();
        (lines > MAX_LINES).then(|| format!("{}: {lines} lines", source.path))
    };
    let found: Vec<String> = rust().iter().filter_map(long).collect();
    assert_none("split by concept", &found);
}

#[test]
fn every_rust_file_begins_by_saying_what_it_is() {
    let silent = |source: &&Source| !source.text.starts_with("//! ");
    let found: Vec<String> = rust().iter().filter(silent).map(|s| s.path.clone()).collect();
    assert_none("begin with a `//!` sentence", &found);
}

#[test]
fn only_jetstream_speaks_to_the_broker() {
    // The example is a program of somebody else.
    let homes = ["crates/common/src/jetstream", "examples/subscribers/rust"];
    assert_only_in(&homes, &["async_nats"]);
}

#[test]
fn only_the_pdf_files_name_pdfium() {
    assert_only_in(&["crates/preprocess/src/pdf"], &["pdfium_render"]);
}

#[test]
fn only_the_steps_on_pixels_name_opencv() {
    assert_only_in(&["crates/preprocess/src/mat", "crates/preprocess/src/step"], &["opencv"]);
}

#[test]
fn only_the_engine_names_tesseract() {
    let bindings = ["leptess", "tesseract_plumbing", "tesseract_sys", "leptonica_sys"];
    assert_only_in(&["crates/ocr/src/engine/tesseract"], &bindings);
}

#[test]
fn only_the_session_names_the_runtime_of_networks() {
    assert_only_in(&["crates/ocr/src/engine/ppocr/session"], &["ort::"]);
}

#[test]
fn only_the_e_invoices_name_the_xml_parser() {
    assert_only_in(&["crates/extract/src/einvoice"], &["roxmltree"]);
}

#[test]
fn only_the_sandbox_names_what_it_is_made_of() {
    // The benchmark plays a kernel that has neither.
    let homes = ["crates/common/src/worker/sandbox", "crates/ocr/benches/sandbox"];
    assert_only_in(&homes, &["landlock", "seccompiler"]);
}

#[test]
fn only_telemetry_names_what_carries_traces() {
    const CARRIERS: [&str; 5] = [
        "opentelemetry",
        "opentelemetry_http",
        "opentelemetry_otlp",
        "opentelemetry_sdk",
        "tracing_opentelemetry",
    ];
    assert_only_in(&["crates/common/src/telemetry"], &CARRIERS);
}

#[test]
fn processes_are_started_by_the_worker_pool_and_for_the_broker_only() {
    let home = ["crates/common/src/worker", "crates/common/src/testing", "src/serve/embedded"];
    let found = breaches(&rust(), |source, line| {
        let at_home = home.iter().any(|folder| source.is_under(folder));
        !at_home && !source.is_test() && line.contains("Command::new(")
    });
    assert_none(&format!("only {home:?} may start processes"), &found);
}

#[test]
fn unsafe_code_is_in_the_pdfium_files_only() {
    // One system call that the sandbox has to refuse, in a test.
    let others = ["tests/tidy.rs", "crates/common/tests/worker/attempt.rs"];
    let found = breaches(&rust(), |source, line| {
        let home =
            source.is_under("crates/preprocess/src/pdf") || others.contains(&source.path.as_str());
        !home && line.contains("(unsafe_code")
    });
    assert_none("the foreign function interface is one folder", &found);
}

#[test]
fn deliveries_are_answered_in_one_file() {
    let found = breaches(&rust(), |source, line| {
        let home = source.is_under("crates/common/src/jetstream/settle") || source.is_test();
        !home
            && ["\"+ACK", "\"-NAK", "\"+TERM", "\"+NXT"].iter().any(|answer| line.contains(answer))
    });
    assert_none("only jetstream::settle answers a delivery", &found);
}

#[test]
fn dependencies_between_crates_point_one_way() {
    let stages = ["gateway", "preprocess", "ocr", "extract"];
    let mut found = Vec::new();
    for name in stages.into_iter().chain(["common"]) {
        let manifest: toml::Table = read(&format!("crates/{name}/Cargo.toml")).parse().unwrap();
        for table in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let named = manifest.get(table).and_then(|table| table.as_table());
            for dependency in named.into_iter().flat_map(toml::Table::keys) {
                let sibling = stages.contains(&dependency.as_str()) || dependency == "invoice-ocr";
                let upwards =
                    name == "common" && dependency == "common" && table != "dev-dependencies";
                if sibling || upwards {
                    found.push(format!("{name} [{table}] {dependency}"));
                }
            }
        }
    }
    assert_none(
        "stages depend on common, common on none of us, and stages never on each other",
        &found,
    );
    let manifest: toml::Table = read("crates/export/Cargo.toml").parse().unwrap();
    let named = manifest["dependencies"].as_table().unwrap().keys();
    let ours = named.filter(|name| stages.contains(&name.as_str()) || *name == "common");
    let ours: Vec<String> = ours.cloned().collect();
    assert_none("export is text in, text out: it depends on none of us", &ours);
}

#[test]
fn every_topology_file_is_named_after_what_it_makes() {
    let mut found = Vec::new();
    let assets = files(&[".json"]);
    let assets: Vec<_> = assets.iter().filter(|source| source.path.starts_with("nats/")).collect();
    assert!(assets.len() >= 12, "only {} files in nats/", assets.len());
    for Source { path, text } in assets {
        let asset: serde_json::Value = match serde_json::from_str(text) {
            Ok(asset) => asset,
            Err(error) => {
                found.push(format!("{path}: {error}"));
                continue;
            }
        };
        let name = asset["name"].as_str().unwrap_or_default();
        let stem = Path::new(path).file_stem().unwrap().to_string_lossy().into_owned();
        // A consumer's file is `<stream>.<consumer>.json`, and the stream has a file beside it.
        let fits = match stem.split_once('.') {
            Some((stream, consumer)) if path.starts_with("nats/consumers/") => {
                consumer == name && root().join(format!("nats/streams/{stream}.json")).is_file()
            }
            _ => path.starts_with("nats/streams/") && stem == name,
        };
        if !fits {
            found.push(format!("{path}: it makes '{name}'"));
        }
    }
    assert_none("rename the file or the asset", &found);
}

#[test]
fn every_configuration_key_is_explained() {
    let mut found = Vec::new();
    // What was explained last: the words of a comment hold for the key below it, and for further
    // keys of its family (`work_hours`, `work_max_bytes`) that follow at once. Keys of a section
    // with a comment above its name are explained there, for its sister sections too.
    let (mut family, mut sections, mut section) = (String::new(), Vec::new(), String::new());
    let mut after_comment = false;
    for (index, line) in read("config.default.toml").lines().enumerate() {
        if line.starts_with('#') {
            after_comment = true;
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.split_once('.').map_or(name, |(parent, _)| parent).to_owned();
            if after_comment {
                sections.push(section.clone());
            }
            family.clear();
        } else if let Some((key, _)) = line.split_once('=') {
            let first = key.trim().split('_').next().unwrap_or_default().to_owned();
            let explained = after_comment || family == first || sections.contains(&section);
            if !explained {
                found.push(format!("config.default.toml:{}: {}", index + 1, key.trim()));
            }
            family = if explained { first } else { String::new() };
        } else {
            family.clear();
        }
        after_comment = false;
    }
    assert_none("say above the key what it does and why it has this default", &found);
}

#[test]
fn tests_are_named_as_facts() {
    let found = breaches(&rust(), |_, line| {
        let name = line.trim_start().trim_start_matches("async ");
        name.starts_with("fn test_")
    });
    assert_none("a test's name is the sentence that it proves, without `test_`", &found);
}

#[test]
fn no_test_is_switched_off() {
    let found = breaches(&rust(), |_, line| line.trim_start().starts_with("#[ignore"));
    assert_none("repair the test or remove it", &found);
}

#[test]
fn log_messages_are_clauses() {
    let mut found = Vec::new();
    for source in rust().iter().filter(|source| !source.is_test()) {
        for (line, message) in log_messages(&source.text) {
            let capital = message.starts_with(|c: char| c.is_uppercase());
            if capital || message.ends_with('.') {
                found.push(format!("{}:{line}: {message}", source.path));
            }
        }
    }
    assert_none("begin in lower case, end without a full stop", &found);
}

#[test]
fn no_file_names_somebodys_machine() {
    let text = files(&[
        ".rs", ".toml", ".md", ".py", ".sh", ".json", ".conf", ".txt", "demo", "setup", "test",
        "run", "latency", "bench",
    ]);
    let mut found = Vec::new();
    for source in text.iter().filter(|source| source.path != "tests/tidy.rs") {
        for (index, line) in source.text.lines().enumerate() {
            // At the beginning of a path, not inside one.
            let named = PERSONAL_FOLDERS.iter().any(|folder| {
                let inside = |c: char| c.is_alphanumeric() || "._-/$}".contains(c);
                line.match_indices(folder).any(|(at, _)| !line[..at].ends_with(inside))
            });
            if named {
                found.push(format!("{}:{}: {}", source.path, index + 1, line.trim()));
            }
        }
    }
    assert_none("a path of one machine means nothing on another", &found);
}

#[test]
fn documents_name_only_files_that_exist() {
    let mut found = Vec::new();
    for document in DOCUMENTS {
        for word in quoted_words(&read(document)) {
            let path = word.trim_end_matches('/');
            // An address such as `/docs` begins with nothing, and nothing is no folder of ours.
            let Some((first, _)) = path.split_once('/').filter(|(first, _)| !first.is_empty())
            else {
                continue;
            };
            let concrete = !path.contains(['<', '*', '{', '$', ' ', '…']);
            if concrete
                && root().join(first).is_dir()
                && !is_produced(first)
                && !root().join(path).exists()
            {
                found.push(format!("{document}: `{word}`"));
            }
        }
    }
    assert_none("the document is behind the code", &found);
}

/// Folders that running or building fills.
fn is_produced(folder: &str) -> bool {
    ["data", "target", "vendor"].contains(&folder)
}

#[test]
fn builds_that_the_laboratory_makes_for_itself_can_be_made() {
    let broken = std::fs::read_dir(root().join("tests/faults/broken")).unwrap();
    let mut patches: Vec<_> = broken.map(|entry| entry.unwrap().path()).collect();
    assert!(!patches.is_empty(), "there is nothing to check");
    patches.push(root().join("tests/faults/next.patch"));
    let stale = patches.iter().filter(|patch| {
        let check = std::process::Command::new("git")
            .current_dir(root())
            .args(["apply", "--check"])
            .arg(patch)
            .status();
        !check.unwrap().success()
    });
    let stale: Vec<String> = stale.map(|patch| patch.display().to_string()).collect();
    assert_none("make the patch anew on the code as it is", &stale);
}

#[test]
fn tests_named_by_the_architecture_exist() {
    let code: String = rust().into_iter().map(|source| source.text).collect();
    let is_fact = |word: &String| {
        word.matches('_').count() >= 3
            && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    let facts: Vec<String> =
        quoted_words(&read("ARCHITECTURE.md")).into_iter().filter(is_fact).collect();
    assert!(facts.len() >= 10, "ARCHITECTURE.md names {} tests", facts.len());
    let exists = |fact: &String| {
        code.contains(&format!("fn {fact}(")) || code.contains(&format!("\"{fact}\""))
    };
    let found: Vec<String> = facts.into_iter().filter(|fact| !exists(fact)).collect();
    assert_none("an invariant names a test that is not there", &found);
}

/// What stands between single backquotes in a Markdown text, outside its blocks of code.
fn quoted_words(markdown: &str) -> Vec<String> {
    let mut prose = String::new();
    let mut in_block = false;
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            prose.push_str(line);
            prose.push('\n');
        }
    }
    prose.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}
