//! Slow clients, crowds, and the end of the service.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::client::{PDF, UPLOAD, begin, finish, get, post};
use crate::world::World;

/// Starts an upload and sends its first bytes only.
async fn stalled(world: &World) -> TcpStream {
    let length = PDF.len();
    let head = format!(
        "POST {UPLOAD} HTTP/1.1\r\nContent-Type: application/pdf\r\nContent-Length: {length}"
    );
    let mut stream = begin(world.address, &head).await;
    stream.write_all(&PDF[..5]).await.unwrap();
    // Only an upload that has been taken up counts; another request is answered after it is.
    tokio::time::sleep(Duration::from_millis(100)).await;
    stream
}

#[tokio::test]
async fn an_upload_that_stalls_is_cut_off() {
    let world = World::with(|config| config.gateway.upload_timeout_seconds = 1).await;
    let answer = finish(stalled(&world).await).await;
    assert_eq!((answer.status, answer.problem().as_str()), (408, "upload_timeout"));
    assert_eq!(answer.json()["limit"], 1);
    assert_eq!(world.stored().await, [0, 0, 0]);
}

#[tokio::test]
async fn an_upload_that_finds_no_place_is_told_to_come_back() {
    let world = World::with(|config| {
        config.gateway.max_concurrent_uploads = 1;
        config.gateway.accept_patience_seconds = 1;
    })
    .await;
    let mut slow = stalled(&world).await;
    let refused = post(world.address, "application/pdf", b"%PDF-1.7 another").await;
    assert_eq!((refused.status, refused.problem().as_str()), (503, "too_many_uploads"));
    assert_eq!(refused.json()["limit"], 1);
    assert!(refused.header("retry-after").is_some());
    assert_eq!(get(world.address, "/health").await.status, 200, "only uploads wait");
    slow.write_all(&PDF[5..]).await.unwrap();
    assert_eq!(finish(slow).await.status, 202);
    assert_eq!(post(world.address, "application/pdf", PDF).await.status, 200, "the place is free");
}

#[tokio::test]
async fn stopping_lets_a_running_upload_end_and_takes_no_new_one() {
    let world = World::start().await;
    let mut slow = stalled(&world).await;
    world.stop.cancel();
    let refused = async {
        while TcpStream::connect(world.address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), refused).await.expect("nothing listens");
    slow.write_all(&PDF[5..]).await.unwrap();
    assert_eq!(finish(slow).await.status, 202);
    world.serving.await.unwrap();
}

#[tokio::test]
async fn stopping_does_not_wait_for_ever() {
    let world = World::with(|config| config.service.shutdown_grace_seconds = 1).await;
    let slow = stalled(&world).await;
    world.stop.cancel();
    tokio::time::timeout(Duration::from_secs(20), world.serving).await.expect("ended").unwrap();
    drop(slow);
}
