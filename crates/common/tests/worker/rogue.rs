//! Children that were taken over by a document: they say what no honest child says.

use std::io::{Read, Write};
use std::process::ExitCode;
use std::time::Duration;

use libtest_mimic::Trial;
use serde::Serialize;

use common::error::{ErrorKind, StageError};
use common::stage::StageName;
use common::worker::Pool;

use crate::probe::{Probe, Setup};
use crate::world::{LIMITS, fact, program};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        fact("what_no_child_says_breaks_the_protocol", protocol),
        fact("a_child_without_its_sandbox_gets_no_document", bare),
        fact("a_child_that_ends_before_it_is_ready_has_crashed", early_end),
    ]
}

async fn protocol() {
    for (way, message) in [
        ("endless", "4294967295 bytes"),
        ("garbage", "not the expected message"),
        ("out-of-turn", "another request"),
        ("mute", "closed its pipe"),
        ("illegal-code", "without a legal code"),
    ] {
        let error = failed_start(way).await;
        assert_eq!((error.kind, &*error.code), (ErrorKind::Internal, "worker_protocol"), "{way}");
        assert!(error.message.contains(message), "{way}: {error}");
    }
}

async fn bare() {
    let error = failed_start("bare").await;
    assert_eq!((error.kind, &*error.code), (ErrorKind::Internal, "sandbox_missing"));
    assert!(error.message.contains("landlock_files, seccomp missing"), "{error}");
}

async fn early_end() {
    assert_eq!(failed_start("gone").await.code, "worker_crashed");
}

async fn failed_start(way: &str) -> StageError {
    let setup = Setup::default();
    let pool = Pool::<Probe>::new(StageName::Ocr, program(&["rogue", way]), 1, LIMITS, setup);
    pool.warm_up().await.unwrap_err()
}

#[derive(Serialize)]
struct Answer {
    sequence: u64,
    reply: Reply,
}

#[derive(Serialize)]
enum Reply {
    Done(Ready),
    Fault { kind: &'static str, code: &'static str, message: &'static str },
}

/// What of its sandbox holds: nothing, in a child that says so.
#[derive(Serialize)]
struct Ready {
    enforced: Vec<&'static str>,
}

/// `main()` of such a child. It goes on until it is killed, unless its way is to end.
pub(crate) fn misbehave(way: &str) -> ExitCode {
    let mut output = std::io::stdout();
    let said = match way {
        "endless" => output.write_all(&[0xFF; 4096]),
        "garbage" => output.write_all(b"\0\0\0\x05words"),
        "out-of-turn" => output.write_all(&frame(&ready(9))),
        "bare" => output.write_all(&frame(&ready(0))),
        "illegal-code" => {
            let reply = Reply::Fault { kind: "internal", code: "Invoice No 17", message: "" };
            output.write_all(&frame(&Answer { sequence: 0, reply }))
        }
        // Closes its pipe and lives on.
        "mute" => rustix::stdio::dup2_stdout(std::fs::File::open("/dev/null").unwrap())
            .map_err(Into::into),
        _ => return ExitCode::SUCCESS,
    };
    said.and_then(|()| output.flush()).unwrap();
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    std::thread::sleep(Duration::from_secs(600));
    ExitCode::SUCCESS
}

fn ready(sequence: u64) -> Answer {
    Answer { sequence, reply: Reply::Done(Ready { enforced: Vec::new() }) }
}

fn frame(answer: &Answer) -> Vec<u8> {
    let mut body = Vec::new();
    ciborium::into_writer(answer, &mut body).unwrap();
    [&u32::try_from(body.len()).unwrap().to_be_bytes(), body.as_slice()].concat()
}
