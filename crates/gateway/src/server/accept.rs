//! The next connection, whatever goes wrong on the way.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpStream};

/// Pause after a failure that is not of one connection, such as no free descriptor: accepting again
/// at once would fail again and take a whole core, and descriptors come back as connections end.
const PAUSE: Duration = Duration::from_millis(100);

/// Such failures are logged this often at most.
const LOG_EVERY: Duration = Duration::from_secs(10);

/// Accepts connections.
#[derive(Debug)]
pub(super) struct Acceptor {
    listener: TcpListener,
    logged: Option<Instant>,
}

impl Acceptor {
    pub(super) fn new(listener: TcpListener) -> Self {
        Self { listener, logged: None }
    }

    /// The next connection. May be dropped at any time.
    pub(super) async fn next(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok(accepted) => return accepted,
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    if self.logged.is_none_or(|logged| logged.elapsed() > LOG_EVERY) {
                        self.logged = Some(Instant::now());
                        tracing::error!(%error, "connections cannot be accepted for now");
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}

/// Whether the client went away before it was accepted.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
    )
}
