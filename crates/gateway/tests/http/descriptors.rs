//! A gateway that may open no more files.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::world::World;

/// Connections above what the process may open.
const TOO_MANY: usize = 60;

/// Longest wait for what should happen soon.
const PATIENCE: Duration = Duration::from_secs(60);

/// The gateway's own program; killed when dropped.
struct Gateway {
    child: Child,
    address: SocketAddr,
}

impl Gateway {
    async fn start(world: &World) -> Self {
        // Free a moment ago: the program does not say which one it took.
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_gateway"))
            .args(["--nats-url", &world.nats.url()])
            .env("INVOICE_OCR__GATEWAY__LISTEN", free.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let gateway = Self { child, address: free };
        gateway.answers().await;
        gateway
    }

    async fn answers(&self) {
        let asked = async {
            while !self.is_healthy().await {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(PATIENCE, asked).await.expect("the gateway answers");
    }

    async fn is_healthy(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(self.address).await else { return false };
        let head = b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        let mut answer = Vec::new();
        let asked = async {
            stream.write_all(head).await?;
            stream.read_to_end(&mut answer).await
        };
        let in_time = tokio::time::timeout(Duration::from_secs(2), asked).await;
        in_time.is_ok() && answer.starts_with(b"HTTP/1.1 200")
    }

    fn open_files(&self) -> u64 {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count() as u64
    }

    /// Clock ticks of CPU time used.
    fn cpu_ticks(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _killed = self.child.kill();
        let _waited = self.child.wait();
    }
}

#[tokio::test]
async fn running_out_of_descriptors_neither_ends_the_gateway_nor_keeps_it_busy() {
    let world = World::start().await;
    let mut gateway = Gateway::start(&world).await;
    let pid = Pid::from_raw(i32::try_from(gateway.child.id()).unwrap());
    let few = Some(gateway.open_files() + 20);
    prlimit(pid, Resource::Nofile, Rlimit { current: few, maximum: few }).unwrap();
    let mut held = Vec::new();
    for _ in 0..TOO_MANY {
        held.push(TcpStream::connect(gateway.address).await.unwrap());
    }
    assert!(!gateway.is_healthy().await, "there is no descriptor left");
    let before = gateway.cpu_ticks();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let used = gateway.cpu_ticks() - before;
    assert!(used < 50, "{used} of some 200 ticks: it tries again and again");
    drop(held);
    gateway.answers().await;
    assert!(gateway.child.try_wait().unwrap().is_none(), "it lives");
}
