//! A proxy between a service and its broker that can be told to behave like a bad network.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use rand::Rng;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How long a lost segment delays what follows it: TCP's usual first retransmission.
const RETRANSMISSION: Duration = Duration::from_millis(200);

/// Bytes of one read, which are delayed together.
const SEGMENT_BYTES: usize = 16 * 1024;

/// Segments on their way in one direction.
const SEGMENTS: usize = 64;

/// How the network behaves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Network {
    /// As it should.
    Sound,
    /// Each segment takes this long.
    Slow(Duration),
    /// This share of the segments is lost and sent again.
    Lossy(f64),
    /// Half-open: connections stand, nothing passes and nobody is told.
    Silent,
    /// Connections are reset and new ones refused.
    Cut,
}

/// Listens on a port of its own and passes on to another one.
#[derive(Debug)]
pub(crate) struct Proxy {
    port: u16,
    network: watch::Sender<Network>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Between whoever connects to it and `target`.
    pub(crate) async fn to(target: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (network, watched) = watch::channel(Network::Sound);
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if *watched.borrow() != Network::Cut {
                    tokio::spawn(connect(client, target, watched.clone()));
                }
            }
        });
        Self { port, network, accepting }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// From now on, also for connections that stand.
    pub(crate) fn set(&self, network: Network) {
        self.network.send_replace(network);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.network.send_replace(Network::Cut);
    }
}

async fn connect(client: TcpStream, target: u16, network: watch::Receiver<Network>) {
    let target = SocketAddr::from((Ipv4Addr::LOCALHOST, target));
    let Ok(server) = TcpStream::connect(target).await else { return };
    for stream in [&client, &server] {
        // Otherwise small messages would wait for each other.
        stream.set_nodelay(true).unwrap_or(());
    }
    let ((client_in, client_out), (server_in, server_out)) =
        (client.into_split(), server.into_split());
    let cut = async {
        let mut network = network.clone();
        // Also when the proxy is gone.
        network.wait_for(|now| *now == Network::Cut).await.map(drop).unwrap_or(());
    };
    tokio::select! {
        () = pass(client_in, server_out, network.clone()) => {}
        () = pass(server_in, client_out, network.clone()) => {}
        () = cut => {}
    }
}

/// Passes one direction on until it ends.
async fn pass(mut from: OwnedReadHalf, to: OwnedWriteHalf, mut network: watch::Receiver<Network>) {
    let (segments, late) = mpsc::channel::<(Instant, Vec<u8>)>(SEGMENTS);
    let writing = write(to, late, network.clone());
    let reading = async {
        let mut buffer = vec![0; SEGMENT_BYTES];
        loop {
            if audible(&mut network).await.is_none() {
                return;
            }
            let read = match from.read(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(read) => read,
            };
            let due = Instant::now() + delay(*network.borrow());
            if segments.send((due, buffer[..read].to_vec())).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = reading => {}
        () = writing => {}
    }
}

async fn write(
    mut to: OwnedWriteHalf,
    mut segments: mpsc::Receiver<(Instant, Vec<u8>)>,
    mut network: watch::Receiver<Network>,
) {
    while let Some((due, segment)) = segments.recv().await {
        tokio::time::sleep_until(due).await;
        if audible(&mut network).await.is_none() || to.write_all(&segment).await.is_err() {
            return;
        }
    }
}

/// Waits while the network is silent; `None` when the proxy is gone.
async fn audible(network: &mut watch::Receiver<Network>) -> Option<()> {
    network.wait_for(|now| *now != Network::Silent).await.ok().map(drop)
}

fn delay(network: Network) -> Duration {
    match network {
        Network::Slow(time) => time,
        Network::Lossy(share) if rand::rng().random_bool(share) => RETRANSMISSION,
        _ => Duration::ZERO,
    }
}
