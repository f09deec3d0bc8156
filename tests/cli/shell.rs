//! What shells and `man` take from the program.

use std::process::{Command, Stdio};

use crate::{code, program, run, stderr, stdout};

fn bash(script: &str) -> std::process::Output {
    let words = std::path::Path::new(env!("CARGO_BIN_EXE_invoice-ocr")).parent().unwrap();
    let path = format!("{}:/usr/bin:/bin", words.display());
    let mut command = Command::new("bash");
    command.args(["--norc", "-c", script]).env_clear().env("PATH", path);
    command.stdin(Stdio::null()).output().unwrap()
}

#[test]
fn bash_takes_the_script_and_completes_commands_options_and_values() {
    let output = bash("bash -n <(invoice-ocr completions bash)");
    assert_eq!((code(&output), stderr(&output)), (0, ""));
    let complete = |words: &str| {
        let script = format!(
            "source <(invoice-ocr completions bash)
             COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
             $(complete -p invoice-ocr | sed 's/.*-F \\([^ ]*\\).*/\\1/') invoice-ocr \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"
             echo \"${{COMPREPLY[*]}}\""
        );
        let output = bash(&script);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        stdout(&output).trim().to_owned()
    };
    assert_eq!(complete("invoice-ocr sub"), "submit");
    assert_eq!(complete("invoice-ocr submit --fail"), "--fail-on-review");
    assert_eq!(complete("invoice-ocr dead re"), "replay");
    assert_eq!(complete("invoice-ocr read --output nd"), "ndjson");
}

#[test]
fn every_shell_gets_a_script() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = run(&["completions", shell]);
        assert_eq!((code(&output), stderr(&output)), (0, ""), "{shell}");
        assert!(stdout(&output).contains("fail-on-review"), "{shell}");
    }
    assert_eq!(code(&run(&["completions", "csh"])), 2);
}

#[test]
fn man_shows_every_page_without_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("man1");
    let output = run(&["man", "--out", out.to_str().unwrap()]);
    assert_eq!((code(&output), stderr(&output)), (0, ""));
    let mut pages = 0;
    for entry in std::fs::read_dir(&out).unwrap() {
        let path = entry.unwrap().path();
        pages += 1;
        // As `man` has it shown, with every warning; nothing is shown.
        let checked =
            Command::new("groff").args(["-k", "-Tutf8", "-man", "-ww", "-z"]).arg(&path).output();
        // Not every machine has it; that pages are there is checked everywhere.
        let Ok(checked) = checked else { continue };
        assert_eq!((code(&checked), stderr(&checked)), (0, ""), "{}", path.display());
    }
    assert_eq!(pages, stdout(&output).lines().count());
    assert!(out.join("invoice-ocr.1").is_file() && out.join("invoice-ocr-dead-list.1").is_file());
    let page = std::fs::read_to_string(out.join("invoice-ocr-submit.1")).unwrap();
    assert!(page.contains("invoice\\-ocr submit \\-\\-wait invoice.pdf"), "{page}");
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let output = program(&["man", "--out", "/proc/man"]).output().unwrap();
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("/proc/man"), "{}", stderr(&output));
}
