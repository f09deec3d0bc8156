//! Pools of probes, and what the kernel says about processes.

use std::future::Future;
use std::time::Duration;

use libtest_mimic::Trial;

use common::config::Sandbox;
use common::stage::StageName;
use common::worker::{Budget, Lease, Limits, Pool, Program};

use crate::probe::{Probe, Request, Response, Setup};

/// Enough for anything that is not meant to hit a limit, on a busy machine.
pub(crate) const AMPLE: Budget = Budget { wall: Duration::from_secs(60), cpu_seconds: 60 };

pub(crate) const LIMITS: Limits = Limits {
    memory_bytes: 512 << 20,
    start: Duration::from_secs(120),
    max_documents: 1000,
    sandbox: Sandbox::Required,
    max_resident_bytes: 256 << 20,
};

pub(crate) fn fact<F: Future<Output = ()> + 'static>(name: &str, body: fn() -> F) -> Trial {
    Trial::test(name, move || {
        tokio::runtime::Runtime::new()?.block_on(body());
        Ok(())
    })
}

pub(crate) fn program(args: &[&str]) -> Program {
    let args = args.iter().map(|&arg| arg.to_owned()).collect();
    Program { path: std::env::current_exe().unwrap(), args }
}

pub(crate) fn pool(size: usize) -> Pool<Probe> {
    pool_within(size, LIMITS)
}

pub(crate) fn pool_within(size: usize, limits: Limits) -> Pool<Probe> {
    Pool::new(StageName::Ocr, program(&["probe"]), size, limits, Setup::default())
}

/// Asks a fresh lease to count: the pool is well, and the child has seen `expected` requests.
pub(crate) async fn count(pool: &Pool<Probe>) -> u64 {
    count_on(&mut pool.lease().await.unwrap()).await
}

pub(crate) async fn count_on(lease: &mut Lease<Probe>) -> u64 {
    match lease.call(&Request::Count, AMPLE).await.unwrap() {
        Response::Number(seen) => seen,
        other => panic!("{other:?}"),
    }
}

/// The code with which `request` fails on a fresh lease.
pub(crate) async fn code_of(pool: &Pool<Probe>, request: Request, budget: Budget) -> String {
    let mut lease = pool.lease().await.unwrap();
    let error = lease.call(&request, budget).await.unwrap_err();
    assert!(!error.message.contains("secret"), "{error}");
    error.code.into_owned()
}

/// Whether a process exists and is no zombie.
pub(crate) fn runs(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
    state.is_some_and(|state| !"ZX".contains(state))
}

/// Whether a process exists, be it as a zombie.
pub(crate) fn exists(pid: u32) -> bool {
    std::path::Path::new(&format!("/proc/{pid}")).exists()
}

/// Waits until `condition` holds; fails after a time that no working system needs.
pub(crate) async fn eventually(what: &str, condition: impl Fn() -> bool) {
    for _ in 0..3000 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never happened: {what}");
}
