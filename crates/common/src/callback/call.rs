//! One call: a POST to a URL that was held against the policy, at the addresses that were looked at.

use std::io::Read;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use thiserror::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error};

use super::target::{Policy, Target, TargetError, system_resolver};

/// Bytes of an answer's head that are taken: far more than a status and some headers.
const MAX_HEAD_BYTES: usize = 16 * 1024;

/// Bytes of an answer's body that are read and thrown away, so that a receiver which writes a word is not cut off.
const MAX_BODY_BYTES: u64 = 16 * 1024;

/// Addresses that are tried, one after the other, within the time of one call.
const MAX_ADDRESSES: usize = 4;

/// Who calls, for logs of receivers.
const USER_AGENT: &str = concat!("invoice-ocr/", env!("CARGO_PKG_VERSION"));

/// A call without an answer. Messages never hold the URL.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CallError {
    /// It is not called.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// `http`, where only `https` is called.
    #[error("its scheme is http, and only https is called")]
    PlainHttp,
    /// Nobody takes the connection.
    #[error("nobody took the connection")]
    Connect,
    /// The server's certificate is not good, or it does not speak TLS.
    #[error("the server is not who it should be, or does not speak TLS")]
    Tls,
    /// Not in time.
    #[error("there was no answer in time")]
    TimedOut,
    /// Something that is no answer.
    #[error("what was answered is not HTTP, or too long")]
    Answer,
}

impl CallError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Target(TargetError::Unresolved) => "unresolved",
            Self::Target(_) => "address_refused",
            Self::PlainHttp => "plain_http",
            Self::Connect => "not_connected",
            Self::Tls => "tls_failed",
            Self::TimedOut => "timed_out",
            Self::Answer => "answer_unreadable",
        }
    }
}

/// What a server answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status; 3xx is not followed.
    pub status: u16,
    /// `Retry-After`, where it is a number of seconds.
    pub retry_after: Option<Duration>,
}

/// Calls servers that clients name.
#[derive(Clone, Debug)]
pub struct Caller {
    policy: Policy,
    /// Whether `http` is called, too.
    plain_http: bool,
    /// For all of one call after the look-up of its host.
    timeout: Duration,
    roots: RootCerts,
}

impl Caller {
    /// One that trusts the certificates in `roots` (PEM), or those that browsers trust.
    ///
    /// # Errors
    /// What is wrong with `roots`.
    pub fn new(
        policy: Policy,
        plain_http: bool,
        timeout: Duration,
        roots: Option<&[u8]>,
    ) -> Result<Self, String> {
        let roots = match roots {
            None => RootCerts::WebPki,
            Some(pem) => {
                let mut certificates = Vec::new();
                for item in parse_pem(pem) {
                    match item.map_err(|error| error.to_string())? {
                        PemItem::Certificate(certificate) => certificates.push(certificate),
                        _ => return Err("it holds something that is no certificate".to_owned()),
                    }
                }
                if certificates.is_empty() {
                    return Err("it holds no certificate".to_owned());
                }
                RootCerts::new_with_certs(&certificates)
            }
        };
        Ok(Self { policy, plain_http, timeout, roots })
    }

    /// Holds `url` against the policy, with a look-up of its host.
    ///
    /// # Errors
    /// [`CallError::Target`] or [`CallError::PlainHttp`].
    pub async fn look_at(&self, url: &str) -> Result<Target, CallError> {
        let target = Target::find(url, &self.policy, system_resolver).await?;
        match target.url().scheme() {
            "http" if !self.plain_http => Err(CallError::PlainHttp),
            _ => Ok(target),
        }
    }

    /// Sends `body` with `headers` to `url`, which is looked at anew. Returns also how long the call took.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn post(
        &self,
        url: &str,
        headers: Vec<(String, String)>,
        body: Bytes,
    ) -> (Result<Answer, CallError>, Duration) {
        let started = Instant::now();
        let answer = match self.look_at(url).await {
            Ok(target) => {
                let agent = self.agent(&target);
                // The library blocks. A call ends with its time-out, also when nobody waits for it any more.
                let called =
                    tokio::task::spawn_blocking(move || send(&agent, &target, headers, &body));
                called.await.unwrap_or(Err(CallError::Answer))
            }
            Err(error) => Err(error),
        };
        (answer, started.elapsed())
    }

    /// For one call: it knows no other address.
    fn agent(&self, target: &Target) -> Agent {
        let tls = TlsConfig::builder().root_certs(self.roots.clone()).build();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // Where a redirect leads to was not looked at.
            .max_redirects(0)
            .max_redirects_will_error(false)
            // From the environment otherwise: the proxy would look up the host once more.
            .proxy(None)
            .timeout_global(Some(self.timeout))
            .max_response_header_size(MAX_HEAD_BYTES)
            .max_idle_connections(0)
            .user_agent(USER_AGENT)
            .accept_encoding("identity")
            .tls_config(tls)
            .build();
        let addresses = target.addresses().iter().copied().take(MAX_ADDRESSES).collect();
        Agent::with_parts(config, DefaultConnector::new(), Pinned(addresses))
    }
}

/// Answers every look-up with the addresses that were looked at.
#[derive(Debug)]
struct Pinned(Vec<SocketAddr>);

impl Resolver for Pinned {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let mut found = self.empty();
        for address in &self.0 {
            found.push(*address);
        }
        Ok(found)
    }
}

fn send(
    agent: &Agent,
    target: &Target,
    headers: Vec<(String, String)>,
    body: &[u8],
) -> Result<Answer, CallError> {
    let mut request = agent.post(target.url().as_str());
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let answer = request.send(body).map_err(|error| failure(&error))?;
    let retry_after = answer.headers().get("retry-after");
    let retry_after = retry_after.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let status = answer.status().as_u16();
    // Its content says nothing to us, nor does an end before its time.
    let mut rest = answer.into_body().into_reader().take(MAX_BODY_BYTES);
    let _read = std::io::copy(&mut rest, &mut std::io::sink());
    Ok(Answer { status, retry_after: retry_after.map(Duration::from_secs) })
}

fn failure(error: &Error) -> CallError {
    match error {
        Error::Timeout(_) => CallError::TimedOut,
        Error::Tls(_) | Error::Rustls(_) | Error::Pem(_) => CallError::Tls,
        Error::Io(error) if is_tls(error) => CallError::Tls,
        Error::Io(error) if error.kind() == std::io::ErrorKind::TimedOut => CallError::TimedOut,
        Error::Io(_) | Error::ConnectionFailed | Error::HostNotFound => CallError::Connect,
        _ => CallError::Answer,
    }
}

/// How the TLS library tells its errors through the interface of connections.
fn is_tls(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::InvalidData
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(plain_http: bool) -> Caller {
        Caller::new(Policy::default(), plain_http, Duration::from_secs(1), None).unwrap()
    }

    #[tokio::test]
    async fn http_is_called_only_where_that_is_wanted() {
        let refused = caller(false).look_at("http://8.8.8.8/hook").await;
        assert_eq!(refused, Err(CallError::PlainHttp));
        assert!(caller(true).look_at("http://8.8.8.8/hook").await.is_ok());
        assert!(caller(false).look_at("https://8.8.8.8/hook").await.is_ok());
    }

    #[tokio::test]
    async fn what_the_policy_forbids_is_not_called() {
        for url in ["https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/", "x"] {
            let (answer, _) = caller(true).post(url, Vec::new(), Bytes::new()).await;
            assert_eq!(answer.unwrap_err().code(), "address_refused", "{url}");
        }
    }

    #[test]
    fn a_file_of_certificates_has_to_hold_some() {
        let made = |pem: &[u8]| {
            Caller::new(Policy::default(), false, Duration::from_secs(1), Some(pem)).map(drop)
        };
        assert!(made(b"").unwrap_err().contains("no certificate"));
        assert!(made(b"-----BEGIN CERTIFICATE-----\nAAA").is_err());
    }
}
