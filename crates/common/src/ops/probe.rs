//! Asks a service whether it is ready, for orchestrators that can start a program and nothing else.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use thiserror::Error;

/// Longest wait for each step of the conversation. The answer is made from memory; a service that needs longer on a
/// busy machine is asked again by whoever asked.
const PATIENCE: Duration = Duration::from_secs(3);

/// Most bytes of an answer that are read: its first line is what counts.
const MAX_ANSWER_BYTES: u64 = 1024;

/// Why a service does not count as ready.
#[derive(Debug, Error)]
pub enum ProbeError {
    /// There is nothing to ask.
    #[error("service.ops_listen is empty: this service serves no health")]
    Off,
    /// It is no address.
    #[error("service.ops_listen = {0}: not an address")]
    BadAddress(String),
    /// Nobody answers there, or not in time.
    #[error("{address} does not answer: {source}")]
    Silent {
        /// Who was asked.
        address: SocketAddr,
        /// What happened instead.
        source: io::Error,
    },
    /// It says that it is not, or something else altogether.
    #[error("{address} is not ready: {said}")]
    NotReady {
        /// Who was asked.
        address: SocketAddr,
        /// First line of the answer.
        said: String,
    },
}

/// Asks the service of this machine that listens on `ops_listen` for `/ready`.
///
/// # Errors
/// [`ProbeError`] unless it says yes.
pub fn probe(ops_listen: &str) -> Result<(), ProbeError> {
    let address = target(ops_listen)?;
    let answer = ask(address).map_err(|source| ProbeError::Silent { address, source })?;
    let said = answer.lines().next().unwrap_or_default().to_owned();
    if is_yes(&said) { Ok(()) } else { Err(ProbeError::NotReady { address, said }) }
}

/// Where to ask: who listens everywhere listens on loopback too.
fn target(ops_listen: &str) -> Result<SocketAddr, ProbeError> {
    if ops_listen.is_empty() {
        return Err(ProbeError::Off);
    }
    let mut address: SocketAddr =
        ops_listen.parse().map_err(|_| ProbeError::BadAddress(ops_listen.to_owned()))?;
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    Ok(address)
}

fn ask(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "GET /ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(MAX_ANSWER_BYTES).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Whether the first line of an answer is a 200.
fn is_yes(said: &str) -> bool {
    let mut words = said.split(' ');
    words.next().is_some_and(|version| version.starts_with("HTTP/1."))
        && words.next() == Some("200")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_listens_everywhere_is_asked_on_loopback() {
        assert_eq!(target("0.0.0.0:9464").unwrap(), "127.0.0.1:9464".parse().unwrap());
        assert_eq!(target("[::]:9464").unwrap(), "[::1]:9464".parse().unwrap());
        assert_eq!(target("10.0.0.3:9464").unwrap(), "10.0.0.3:9464".parse().unwrap());
    }

    #[test]
    fn without_an_address_there_is_nothing_to_ask() {
        assert!(matches!(target(""), Err(ProbeError::Off)));
        assert!(matches!(target("9464"), Err(ProbeError::BadAddress(seen)) if seen == "9464"));
    }

    #[test]
    fn only_a_200_is_a_yes() {
        assert!(is_yes("HTTP/1.1 200 OK"));
        assert!(is_yes("HTTP/1.0 200"));
        for no in ["HTTP/1.1 503 Service Unavailable", "HTTP/1.1 2000", "SSH-2.0-x 200", "200", ""]
        {
            assert!(!is_yes(no), "{no}");
        }
    }
}
