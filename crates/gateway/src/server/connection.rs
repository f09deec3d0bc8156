//! One connection, from its handshake to its end.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, Response, Version, header};
use common::config;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::activity::{Activity, Overdue, Patience};
use super::answer::{Answer, Open, is_chunked};
use super::gate::Gate;
use super::metrics::ConnectionMetrics;
use super::watched::Watched;
use crate::layer::identity::Peer;

/// How often a connection's activity is looked at: what is overdue is noticed this much later at
/// most.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// An idle connection of HTTP/2 is told to go, and has this long to.
const FAREWELL: Duration = Duration::from_secs(1);

/// Most bytes, and longest time, that are still read of a client that sends on after its answer:
/// closed at once, its connection would be reset, and the answer (401, 429) lost on the way. An
/// upload takes this long to give up.
const LINGER_BYTES: u64 = 64 * 1024 * 1024;
const LINGER_TIME: Duration = Duration::from_secs(2);

/// Streams that a client reset before they were taken up, per connection (HTTP/2 rapid reset):
/// above, the connection is closed. Honest clients reset one now and then.
const MAX_PENDING_RESETS: usize = 20;

/// Bytes of each answer of HTTP/2 that may wait for the client: one chunk of an object more would
/// do no good.
const STREAM_SEND_BYTES: usize = 64 * 1024;

/// What all connections share.
pub(super) struct Service {
    pub(super) router: Router,
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) limits: config::Connections,
    pub(super) patience: Patience,
    pub(super) metrics: ConnectionMetrics,
    pub(super) stop: CancellationToken,
}

impl Service {
    /// Answers the requests of one connection until it ends, is overdue, or the service stops.
    pub(super) async fn serve(self: Arc<Self>, stream: TcpStream, peer: SocketAddr) {
        // Answers are written as a whole, so there is nothing to wait for.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::trace!(%error, "a connection went away");
            return;
        }
        let activity = Arc::new(Activity::new(self.patience, Instant::now()));
        let transport = Watched::new(stream, Arc::clone(&activity));
        let Some(tls) = &self.tls else {
            return self.http1(transport, peer, activity).await;
        };
        let limit = Duration::from_secs(self.limits.head_timeout_seconds);
        match tokio::time::timeout(limit, tls.accept(transport)).await {
            Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(b"h2") => {
                self.http2(stream, peer, activity).await;
            }
            Ok(Ok(stream)) => self.http1(stream, peer, activity).await,
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_elapsed) => self.metrics.ended("slow_handshake"),
        }
    }

    async fn http1<T>(&self, mut transport: T, peer: SocketAddr, activity: Arc<Activity>)
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let limit = self.limits.max_head_bytes;
        let gate = Gate::new(&mut transport, Arc::clone(&activity), limit);
        let mut builder = http1::Builder::new();
        builder
            .max_header_size(limit)
            .max_headers(self.limits.max_headers)
            // Also what is read of a body, and written of an answer, at once.
            .max_buf_size(limit)
            // It would also end connections that are merely idle; `Activity` tells the two apart.
            .header_read_timeout(None);
        let answer = service_fn(|request| self.answer(request, peer, &activity));
        let connection = builder.serve_connection(TokioIo::new(gate), answer);
        if self.attend(connection, |connection| connection.graceful_shutdown(), &activity).await {
            let lingered = tokio::time::timeout(LINGER_TIME, linger(&mut transport)).await;
            if let Ok(Err(error)) = lingered {
                tracing::trace!(%error, "a connection went away");
            }
        }
    }

    async fn http2<T>(&self, transport: T, peer: SocketAddr, activity: Arc<Activity>)
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .max_concurrent_streams(self.limits.max_streams)
            .max_pending_accept_reset_streams(MAX_PENDING_RESETS)
            .max_header_list_size(u32::try_from(self.limits.max_head_bytes).unwrap_or(u32::MAX))
            .max_send_buf_size(STREAM_SEND_BYTES);
        // Requests run as tasks of their own, which may outlive this call by a moment.
        let (router, noted) = (self.router.clone(), Arc::clone(&activity));
        let answer = service_fn(move |request| {
            let (router, noted) = (router.clone(), Arc::clone(&noted));
            async move { respond(router, request, peer, &noted).await }
        });
        let connection = builder.serve_connection(TokioIo::new(transport), answer);
        self.attend(connection, |connection| connection.graceful_shutdown(), &activity).await;
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        activity: &Arc<Activity>,
    ) -> Result<Response<Answer>, Infallible> {
        let close = is_chunked(request.headers());
        let mut response = respond(self.router.clone(), request, peer, activity).await?;
        if close {
            // The gate does not know where a chunked body ends, so nothing may come after it.
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(response)
    }

    /// Lets `connection` go on until it ends, is overdue, or the service stops, which `farewell`
    /// begins. Whether it ended by itself.
    async fn attend<C>(&self, connection: C, farewell: fn(Pin<&mut C>), activity: &Activity) -> bool
    where
        C: Future<Output = hyper::Result<()>>,
    {
        let mut connection = pin!(connection);
        let mut stopping = false;
        loop {
            let look = activity.due().0.min(Instant::now() + LOOK_EVERY);
            tokio::select! {
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, "a connection ended with an error");
                    }
                    return true;
                }
                () = self.stop.cancelled(), if !stopping => {
                    stopping = true;
                    farewell(connection.as_mut());
                }
                () = tokio::time::sleep_until(look.into()) => {
                    let (due, reason) = activity.due();
                    if due > Instant::now() {
                        continue;
                    }
                    if reason == Overdue::Idle {
                        farewell(connection.as_mut());
                        let _ended = tokio::time::timeout(FAREWELL, connection.as_mut()).await;
                    } else {
                        tracing::debug!(reason = reason.name(), "a connection is cut off");
                    }
                    self.metrics.ended(reason.name());
                    return false;
                }
            }
        }
    }
}

/// Says that no more will come, and reads what the client still sends.
async fn linger(transport: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> io::Result<()> {
    transport.shutdown().await?;
    let mut rest = transport.take(LINGER_BYTES);
    tokio::io::copy(&mut rest, &mut tokio::io::sink()).await?;
    Ok(())
}

async fn respond(
    router: Router,
    request: Request<Incoming>,
    peer: SocketAddr,
    activity: &Arc<Activity>,
) -> Result<Response<Answer>, Infallible> {
    let open = Open::new(activity);
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(Peer(peer));
    let is_http2 = request.version() == Version::HTTP_2;
    let mut response = router.oneshot(request).await?;
    if is_http2 {
        // Where it means nothing and is forbidden (RFC 9113, 8.2.2).
        response.headers_mut().remove(header::CONNECTION);
    }
    Ok(response.map(|body| Answer::new(body, open)))
}
