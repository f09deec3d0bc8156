//! Listening, and stopping without cutting anybody off.

use std::net::SocketAddr;
use std::time::Duration;

use thiserror::Error;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::router::router;
use crate::state::GatewayState;

/// An address that must not be listened on.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ListenError {
    /// Reachable from elsewhere, while nobody is asked for a key.
    #[error(
        "gateway.listen = {address}: while nobody is asked for a key the gateway listens on loopback only \
         (127.0.0.1 or [::1]); set gateway.auth.mode = \"required\""
    )]
    NotLoopback {
        /// The address asked for.
        address: SocketAddr,
    },
}

/// Whether the gateway may listen on `address`, where everybody is let in or callers are `asked` who they
/// are. Ask before binding.
///
/// # Errors
/// [`ListenError`] with the reason.
pub fn check_listen(address: SocketAddr, asked: bool) -> Result<(), ListenError> {
    if asked || address.ip().to_canonical().is_loopback() {
        return Ok(());
    }
    Err(ListenError::NotLoopback { address })
}

/// Answers requests until `stop`; then takes no more, and lets the running ones end within the
/// configured grace period.
pub async fn serve(listener: TcpListener, state: GatewayState, stop: CancellationToken) {
    let grace = Duration::from_secs(state.config.service.shutdown_grace_seconds);
    let serving =
        axum::serve(listener, router(state).into_make_service_with_connect_info::<SocketAddr>())
            .with_graceful_shutdown(stop.clone().cancelled_owned());
    let too_long = async {
        stop.cancelled().await;
        tokio::time::sleep(grace).await;
    };
    tokio::select! {
        ended = serving => match ended {
            Ok(()) => tracing::info!("gateway stopped"),
            Err(error) => tracing::error!(%error, "gateway stopped by an error"),
        },
        () = too_long => {
            let grace_seconds = grace.as_secs();
            tracing::warn!(grace_seconds, "gateway stopped; requests still running were cut off");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_listened_on_while_there_are_no_keys() {
        for good in ["127.0.0.1:8080", "127.9.9.9:1", "[::1]:0", "[::ffff:127.0.0.1]:80"] {
            assert_eq!(check_listen(good.parse().unwrap(), false), Ok(()), "{good}");
        }
        for bad in ["0.0.0.0:8080", "[::]:8080", "192.168.1.4:80", "[::ffff:10.0.0.1]:80"] {
            let address = bad.parse().unwrap();
            assert_eq!(
                check_listen(address, false),
                Err(ListenError::NotLoopback { address }),
                "{bad}"
            );
            assert_eq!(check_listen(address, true), Ok(()), "{bad}");
        }
    }
}
