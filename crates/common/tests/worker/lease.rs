//! Lending children: who gets which, how often, how many at once.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use libtest_mimic::Trial;
use serde_bytes::ByteBuf;

use common::worker::Limits;

use crate::probe::{Request, Response};
use crate::world::{AMPLE, LIMITS, count, count_on, eventually, exists, fact, pool, pool_within};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        fact("eight_megabytes_come_back_byte_by_byte", eight_megabytes_come_back_byte_by_byte),
        fact("a_child_keeps_its_state_between_calls_and_leases", state_is_kept),
        fact("a_child_is_replaced_after_its_number_of_documents", replaced_after_documents),
        fact("a_child_that_has_grown_is_replaced", replaced_when_grown),
        fact("no_more_children_work_at_once_than_the_pool_has", concurrency_is_bounded),
        fact("help_is_lent_only_while_nobody_waits", help_is_lent_only_while_nobody_waits),
        fact("a_child_outlives_the_thread_that_asked_for_it", outlives_the_asking_thread),
        fact("children_end_with_their_pool", children_end_with_their_pool),
    ]
}

async fn eight_megabytes_come_back_byte_by_byte() {
    let bytes: Vec<u8> =
        (0..8_388_608_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut lease = pool(1).lease().await.unwrap();
    let request = Request::Echo(ByteBuf::from(bytes.clone()));
    let response = lease.call(&request, AMPLE).await.unwrap();
    assert!(response == Response::Bytes(ByteBuf::from(bytes)));
}

async fn state_is_kept() {
    let pool = pool(1);
    let mut lease = pool.lease().await.unwrap();
    assert_eq!((count_on(&mut lease).await, count_on(&mut lease).await), (1, 2));
    drop(lease);
    assert_eq!(count(&pool).await, 3);
}

async fn replaced_after_documents() {
    let pool = pool_within(1, Limits { max_documents: 2, ..LIMITS });
    assert_eq!([count(&pool).await, count(&pool).await, count(&pool).await], [1, 2, 1]);
}

async fn replaced_when_grown() {
    let pool = pool_within(1, Limits { max_resident_bytes: 64 << 20, ..LIMITS });
    assert_eq!([count(&pool).await, count(&pool).await], [1, 2]);
    let mut lease = pool.lease().await.unwrap();
    lease.call(&Request::Keep(100 << 20), AMPLE).await.unwrap();
    drop(lease);
    assert_eq!(count(&pool).await, 1);
}

async fn concurrency_is_bounded() {
    const SIZE: usize = 2;
    let pool = pool(SIZE);
    let (working, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (pool, working, most) = (pool.clone(), Arc::clone(&working), Arc::clone(&most));
            tokio::spawn(async move {
                let mut lease = pool.lease().await.unwrap();
                most.fetch_max(working.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                let pause = Request::Sleep(Duration::from_millis(50));
                lease.call(&pause, AMPLE).await.unwrap();
                working.fetch_sub(1, Ordering::SeqCst);
                lease.process_id().unwrap()
            })
        })
        .collect();
    let mut children = HashSet::new();
    for task in tasks {
        children.insert(task.await.unwrap());
    }
    assert_eq!((most.load(Ordering::SeqCst), children.len()), (SIZE, SIZE));
}

async fn help_is_lent_only_while_nobody_waits() {
    let pool = pool(1);
    let first = pool.try_lease().await.unwrap();
    assert!(first.is_some());
    assert!(pool.try_lease().await.unwrap().is_none());
    let mut waiting = std::pin::pin!(pool.lease());
    let soon = Duration::from_millis(50);
    assert!(tokio::time::timeout(soon, &mut waiting).await.is_err());
    drop(first);
    assert!(pool.try_lease().await.unwrap().is_none(), "it is promised");
    drop(waiting.await.unwrap());
    assert!(pool.try_lease().await.unwrap().is_some());
}

/// The kernel sends the parent-death signal when the *thread* that started a child ends.
async fn outlives_the_asking_thread() {
    let pool = pool(1);
    let (asking, runtime) = (pool.clone(), tokio::runtime::Handle::current());
    let thread = std::thread::spawn(move || runtime.block_on(asking.lease()).unwrap());
    let mut lease = tokio::task::spawn_blocking(|| thread.join().unwrap()).await.unwrap();
    // The signal would come with the thread's last breath, a little after the join.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(count_on(&mut lease).await, 1);
}

async fn children_end_with_their_pool() {
    let pool = pool(1);
    let pid = pool.lease().await.unwrap().process_id().unwrap();
    assert!(exists(pid));
    drop(pool);
    eventually("the idle child is gone", || !exists(pid)).await;
}
