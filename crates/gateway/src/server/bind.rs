//! The listening socket.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

/// Connections that wait to be accepted: a flood that fills the queue makes others wait a second
/// for their next try. The kernel lowers it to `net.core.somaxconn`, 4096 by default.
const BACKLOG: u32 = 4096;

/// What the kernel may hold of answers for each client, bytes. Left alone it goes up to 4 MB, which
/// a few thousand clients that do not read turn into all memory there is. It is doubled for
/// bookkeeping, and there is room again when a third is free, some 40 kB. At 50 ms to the client it
/// is 1.3 MB/s.
const SEND_BUFFER_BYTES: u32 = 64 * 1024;

/// Listens on `address`. Accepted connections inherit the size of the buffer.
///
/// # Errors
/// The system's.
pub(crate) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // As the standard library does: a restart does not wait for the last connections to be
    // forgotten.
    socket.set_reuseaddr(true)?;
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}
