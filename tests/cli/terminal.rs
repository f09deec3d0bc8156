//! What a person sees at a terminal, and what a file or a pipe gets instead.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::json;

use crate::cli::http::{Answer, Service};
use crate::{ID, code, completed, program, stderr, stdout};

/// Runs the program on a pseudo-terminal, with what it shows there as its standard output.
fn on_a_terminal(args: &[&str], environment: &[(&str, &str)]) -> Output {
    let program = env!("CARGO_BIN_EXE_invoice-ocr");
    let line = format!("stty cols 160 rows 40; exec {program} {}", args.join(" "));
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command", &line, "/dev/null"]).env_clear();
    command.env("PATH", "/usr/bin:/bin").env("TERM", "xterm-256color");
    command.envs(environment.iter().copied());
    command.stdin(Stdio::null()).output().unwrap()
}

/// Whether there is a sequence that sets a colour or a weight.
fn is_coloured(text: &str) -> bool {
    text.split("\u{1b}[").skip(1).any(|rest| {
        rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').starts_with('m')
    })
}

fn service() -> Service {
    let taken = || Answer::json(202, &json!({"id": ID, "state": "queued", "links": {}}));
    let read = |review| Answer::json(200, &completed(review));
    Service::start([taken(), read(false), taken(), read(true)])
}

fn two_files(folder: &Path) -> [String; 2] {
    ["a.pdf", "b.pdf"].map(|name| {
        let path = folder.join(name);
        std::fs::write(&path, "%PDF-1.7").unwrap();
        path.to_str().unwrap().to_owned()
    })
}

#[test]
fn a_terminal_shows_progress_and_colours() {
    let folder = tempfile::tempdir().unwrap();
    let service = service();
    let [a, b] = two_files(folder.path());
    let args = ["submit", "--wait", "--parallel", "1", "--url", &service.url, &a, &b];
    let output = on_a_terminal(&args, &[]);
    let shown = stdout(&output);
    assert_eq!(code(&output), 0, "{shown}");
    assert!(shown.contains("0/2"), "a bar: {shown:?}");
    assert!(is_coloured(shown) && shown.contains("completed") && shown.contains("review"));
    assert!(shown.contains("2 files in "), "{shown:?}");
}

#[test]
fn no_color_takes_the_colours_and_leaves_the_bar() {
    let folder = tempfile::tempdir().unwrap();
    let service = service();
    let [a, b] = two_files(folder.path());
    let args = ["submit", "--wait", "--parallel", "1", "--url", &service.url, &a, &b];
    let output = on_a_terminal(&args, &[("NO_COLOR", "1")]);
    let shown = stdout(&output);
    assert!(!is_coloured(shown) && shown.contains("0/2"), "{shown:?}");
    let output = on_a_terminal(&["status", "no-id"], &[("NO_COLOR", "1")]);
    assert_eq!((code(&output), is_coloured(stdout(&output))), (2, false));
    let output = on_a_terminal(&["explain", "/no/such/file"], &[]);
    assert!(is_coloured(stdout(&output)), "{:?}", stdout(&output));
}

#[test]
fn pipes_get_neither_progress_nor_colours_unless_they_ask() {
    let folder = tempfile::tempdir().unwrap();
    let [a, b] = two_files(folder.path());
    let output = |environment: &[(&str, &str)]| {
        let service = service();
        let args = ["submit", "--wait", "--parallel", "1", "--url", &service.url, &a, &b];
        program(&args).envs(environment.iter().copied()).output().unwrap()
    };
    let plain = output(&[]);
    assert_eq!(code(&plain), 0);
    assert!(!stdout(&plain).contains('\u{1b}') && !stderr(&plain).contains('\u{1b}'));
    assert!(!stderr(&plain).contains("0/2"), "{}", stderr(&plain));
    let forced = output(&[("CLICOLOR_FORCE", "1")]);
    assert!(is_coloured(stdout(&forced)) && !stderr(&forced).contains("0/2"));
    let both = output(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]);
    assert!(!stdout(&both).contains('\u{1b}'), "{:?}", stdout(&both));
}

#[test]
fn a_document_at_a_terminal_cannot_command_it() {
    let mut answer = completed(false);
    answer["result"]["invoice"]["number"]["value"] = "1\u{1b}[2J\u{1b}]0;x\u{7}".into();
    let service = Service::start([Answer::json(200, &answer)]);
    let output = on_a_terminal(&["status", "--url", &service.url, ID], &[]);
    let shown = stdout(&output);
    assert!(!shown.contains("\u{1b}[2J") && !shown.contains("\u{1b}]0"), "{shown:?}");
}
