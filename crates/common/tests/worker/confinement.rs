//! What a child cannot do, and that it does not stay behind.

use std::io::{BufRead, BufReader};
use std::process::{Command, ExitCode, Stdio};

use libtest_mimic::Trial;

use crate::attempt::Attempt;
use crate::probe::{Request, Response};
use crate::world::{AMPLE, LIMITS, code_of, count, count_on, eventually, fact, pool, runs};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        fact("standard_streams_of_native_code_do_not_touch_the_frames", standard_streams),
        fact("a_child_inherits_nothing_of_the_service_but_its_pipes", inheritance),
        fact("a_child_cannot_write_a_file", files),
        fact("a_child_lives_under_its_limits", limits_for_life),
        fact("a_child_dies_with_its_killed_parent", parent_killed),
    ]
}

async fn standard_streams() {
    let mut lease = pool(1).lease().await.unwrap();
    assert_eq!(lease.call(&Request::UseStandardStreams, AMPLE).await.unwrap(), Response::Done);
    assert_eq!(count_on(&mut lease).await, 2);
}

/// The service has a secret in its environment, in its arguments, and an open file that it was started
/// with; its child shows what it has.
async fn inheritance() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["heir", "--nats-url", "nats://user:secret@localhost"])
        .env("SECRET", "secret")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    let mut seen: Vec<&str> = said.lines().collect();
    seen.sort_unstable();
    let expected = [
        "arg probe",
        "env LC_ALL=C.UTF-8",
        "env MALLOC_ARENA_MAX=1",
        "env MALLOC_MMAP_THRESHOLD_=8388608",
        "env MALLOC_TRIM_THRESHOLD_=33554432",
        "env OMP_THREAD_LIMIT=1",
        "fd 0 /dev/null",
        "fd 1 /dev/null",
        "fd 2 pipe",
        "fd 3 pipe",
        "fd 4 pipe",
    ];
    assert_eq!(seen, expected);
}

/// `main()` of that service.
pub(crate) fn be_an_heir() -> ExitCode {
    let file = std::fs::File::open("/etc/passwd").unwrap();
    rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty()).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut lease = pool(1).lease().await.unwrap();
        // What the kernel says of the live child, to those whom it tells.
        let pid = lease.process_id().unwrap();
        for file in ["environ", "cmdline"] {
            let content = std::fs::read_to_string(format!("/proc/{pid}/{file}"));
            assert!(!content.unwrap_or_default().contains("secret"), "{file}");
        }
        let response = lease.call(&Request::Inheritance, AMPLE).await.unwrap();
        let Response::Texts(seen) = response else { panic!("{response:?}") };
        for line in seen {
            println!("{line}");
        }
    });
    drop(file);
    ExitCode::SUCCESS
}

async fn files() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let pool = pool(1);
    let request = Request::Try(Attempt::Write(file.path().into()));
    assert_eq!(code_of(&pool, request, AMPLE).await, "worker_sandbox_violated");
    assert_eq!(file.path().metadata().unwrap().len(), 0);
    assert_eq!(count(&pool).await, 1);
}

async fn limits_for_life() {
    let lease = pool(1).lease().await.unwrap();
    let pid = lease.process_id().unwrap();
    let memory = LIMITS.memory_bytes.to_string();
    for (name, most) in [
        ("Max address space", memory.as_str()),
        ("Max core file size", "0"),
        ("Max file size", "0"),
        ("Max open files", "64"),
        ("Max processes", "0"),
    ] {
        assert_eq!(limits(pid, name), [most, most], "{name}");
    }
}

/// In the middle of a request, when it does not look at its pipe.
async fn parent_killed() {
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .arg("parent")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(parent.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let child: u32 = line.trim().parse().unwrap();
    // Its CPU budget is set when the request has arrived, just before the handler loops.
    eventually("the child is at work", || has_cpu_budget(child)).await;
    parent.kill().unwrap();
    parent.wait().unwrap();
    eventually("the child is gone", || !runs(child)).await;
}

fn has_cpu_budget(pid: u32) -> bool {
    limits(pid, "Max cpu time").first().is_some_and(|soft| soft != "unlimited")
}

/// The soft and the hard limit of a process, as the kernel tells them; empty when it has ended.
fn limits(pid: u32, name: &str) -> Vec<String> {
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap_or_default();
    let row = limits.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    row.split_whitespace().take(2).map(str::to_owned).collect()
}

/// `main()` of the parent in the fact above: tells its child's id and waits for its own end.
pub(crate) fn be_a_parent() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut lease = pool(1).lease().await.unwrap();
        println!("{}", lease.process_id().unwrap());
        drop(lease.call(&Request::Loop, AMPLE).await);
    });
    ExitCode::FAILURE
}
