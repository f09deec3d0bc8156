//! A child that crashes, loops, eats or is lost fails its own request and no other.

use std::time::Duration;

use libtest_mimic::Trial;
use rustix::process::{Pid, Signal, kill_process};

use common::error::ErrorKind;
use common::stage::StageName;
use common::worker::{Budget, Limits, Pool, Program};

use crate::probe::{Probe, Request, Setup};
use crate::world::{
    AMPLE, LIMITS, code_of, count, count_on, eventually, exists, fact, pool, program, runs,
};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        fact("a_crashed_child_fails_only_its_request", crash),
        fact("a_child_that_exits_counts_as_crashed", exit),
        fact("a_panic_tells_its_place_and_not_its_words", panic_in_the_handler),
        fact("a_looping_child_is_killed_at_its_deadline", deadline),
        fact("a_looping_child_is_ended_by_its_cpu_limit", cpu_limit),
        fact("each_request_has_a_cpu_budget_of_its_own", cpu_budget_is_per_request),
        fact("a_greedy_child_dies_of_its_limit_and_the_pool_goes_on", greed),
        fact("a_crash_at_the_memory_limit_is_out_of_memory", silent_greed),
        fact("one_allocation_beyond_the_limit_is_out_of_memory", one_large_allocation),
        fact("what_is_done_without_memory_is_not_believed", passed_over),
        fact("what_no_child_could_be_given_changes_nothing", hopeless),
        fact("a_dropped_call_kills_its_child", dropped_call),
        fact("a_rejected_document_leaves_the_child_alive", rejection),
        fact("an_idle_child_killed_from_outside_is_replaced", idle_child_killed),
        fact("a_failed_start_is_told_by_warm_up", failed_start),
        fact("a_program_that_is_not_there_is_not_started", missing_program),
        fact("a_child_that_is_not_ready_in_time_is_not_waited_for", endless_start),
    ]
}

async fn crash() {
    let pool = pool(1);
    let mut lease = pool.lease().await.unwrap();
    let pid = lease.process_id().unwrap();
    let error = lease.call(&Request::Abort, AMPLE).await.unwrap_err();
    assert_eq!((error.kind, &*error.code), (ErrorKind::Internal, "worker_crashed"));
    assert!(error.message.contains("SIGABRT"), "{error}");
    assert!(!exists(pid), "reaped before the error is told");
    let later = lease.call(&Request::Count, AMPLE).await.unwrap_err();
    assert_eq!(later.code, "worker_crashed");
    drop(lease);
    assert_eq!(count(&pool).await, 1);
}

async fn exit() {
    let pool = pool(1);
    assert_eq!(code_of(&pool, Request::Exit, AMPLE).await, "worker_crashed");
    assert_eq!(count(&pool).await, 1);
}

async fn panic_in_the_handler() {
    let pool = pool(1);
    let mut lease = pool.lease().await.unwrap();
    let error = lease.call(&Request::Panic, AMPLE).await.unwrap_err();
    assert_eq!(error.code, "worker_panicked");
    assert!(error.message.contains("probe.rs:"), "{error}");
    assert!(!error.message.contains("secret"), "{error}");
    drop(lease);
    assert_eq!(count(&pool).await, 1);
}

async fn deadline() {
    let pool = pool(1);
    let mut lease = pool.lease().await.unwrap();
    let pid = lease.process_id().unwrap();
    let budget = Budget { wall: Duration::from_millis(200), ..AMPLE };
    let error = lease.call(&Request::Loop, budget).await.unwrap_err();
    assert_eq!(error.code, "worker_timed_out");
    assert!(!exists(pid), "killed and reaped");
    drop(lease);
    assert_eq!(count(&pool).await, 1);
}

async fn cpu_limit() {
    let pool = pool(1);
    let budget = Budget { cpu_seconds: 1, ..AMPLE };
    assert_eq!(code_of(&pool, Request::Loop, budget).await, "worker_cpu_exceeded");
    assert_eq!(count(&pool).await, 1);
}

async fn cpu_budget_is_per_request() {
    let pool = pool(1);
    let mut lease = pool.lease().await.unwrap();
    let small = Budget { cpu_seconds: 0, ..AMPLE };
    lease.call(&Request::Count, small).await.unwrap();
    lease.call(&Request::Keep(64 << 20), AMPLE).await.unwrap();
    assert_eq!(count_on(&mut lease).await, 3);
}

async fn greed() {
    let pool = pool(1);
    assert_eq!(code_of(&pool, Request::Eat, AMPLE).await, "worker_out_of_memory");
    assert_eq!(count(&pool).await, 1);
}

async fn silent_greed() {
    let pool = pool(1);
    assert_eq!(code_of(&pool, Request::EatInSilence, AMPLE).await, "worker_out_of_memory");
    assert_eq!(count(&pool).await, 1);
}

async fn one_large_allocation() {
    let pool = pool(1);
    let request = Request::Keep(LIMITS.memory_bytes * 2);
    assert_eq!(code_of(&pool, request, AMPLE).await, "worker_out_of_memory");
}

async fn passed_over() {
    let pool = pool(1);
    let mut lease = pool.lease().await.unwrap();
    let half = LIMITS.memory_bytes / 2;
    lease.call(&Request::PassOver(half), AMPLE).await.unwrap();
    lease.call(&Request::Keep(half), AMPLE).await.unwrap();
    let error = lease.call(&Request::PassOver(half), AMPLE).await.unwrap_err();
    assert_eq!((error.kind, &*error.code), (ErrorKind::Internal, "worker_out_of_memory"));
    drop(lease);
    assert_eq!(count(&pool).await, 1, "another child");
}

async fn hopeless() {
    let pool = pool(1);
    let mut lease = pool.lease().await.unwrap();
    lease.call(&Request::PassOver(LIMITS.memory_bytes), AMPLE).await.unwrap();
    assert_eq!(count_on(&mut lease).await, 2);
}

async fn dropped_call() {
    let pool = pool(1);
    let mut lease = pool.lease().await.unwrap();
    let pid = lease.process_id().unwrap();
    let given_up =
        tokio::time::timeout(Duration::from_millis(100), lease.call(&Request::Loop, AMPLE));
    assert!(given_up.await.is_err());
    eventually("the child is killed and reaped", || !exists(pid)).await;
    drop(lease);
    assert_eq!(count(&pool).await, 1);
}

async fn rejection() {
    let pool = pool(1);
    let mut lease = pool.lease().await.unwrap();
    let error = lease.call(&Request::Reject, AMPLE).await.unwrap_err();
    assert_eq!((error.kind, &*error.code), (ErrorKind::Rejected, "page_too_large"));
    assert_eq!(count_on(&mut lease).await, 2);
}

async fn idle_child_killed() {
    let pool = pool(1);
    let pid = pool.lease().await.unwrap().process_id().unwrap();
    let raw = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    kill_process(raw, Signal::KILL).unwrap();
    eventually("the child has ended", || !runs(pid)).await;
    assert_eq!(count(&pool).await, 1);
}

async fn failed_start() {
    let setup = Setup { library_is_missing: true, ..Setup::default() };
    let pool = Pool::<Probe>::new(StageName::Ocr, program(&["probe"]), 1, LIMITS, setup);
    let error = pool.warm_up().await.unwrap_err();
    assert_eq!((error.kind, &*error.code), (ErrorKind::Internal, "library_missing"));
    assert!(error.message.contains("apt-get install libx"), "{error}");
}

async fn missing_program() {
    let program = Program { path: "/no/such/program".into(), args: Vec::new() };
    let pool = Pool::<Probe>::new(StageName::Ocr, program, 1, LIMITS, Setup::default());
    assert_eq!(pool.warm_up().await.unwrap_err().code, "worker_not_started");
}

async fn endless_start() {
    let limits = Limits { start: Duration::from_millis(300), ..LIMITS };
    let setup = Setup { loads_for_ever: true, ..Setup::default() };
    let pool = Pool::<Probe>::new(StageName::Ocr, program(&["probe"]), 1, limits, setup);
    let error = pool.warm_up().await.unwrap_err();
    assert_eq!((error.kind, &*error.code), (ErrorKind::Internal, "worker_not_started"));
    assert!(error.message.contains("within 0.3 s (worker.start_seconds)"), "{error}");
}
