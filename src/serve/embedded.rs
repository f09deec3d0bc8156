//! The embedded broker: a supervised nats-server with its data under the data folder.

mod find;
mod secret;

use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use common::config;
use common::service::{self, StartError};

pub(crate) use self::find::{OLDEST, parse_version};
use self::secret::Secret;
use super::data::{BROKER_URL_FILE, DataFolder};

/// Subcommand that turns this program into the broker; see [`exec_broker`].
pub(crate) const BROKER_CHILD: &str = "broker-child";

/// Longest wait until the broker answers. It replays its streams from disk first, which takes a
/// while on gigabytes.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// How often its port file is looked for meanwhile.
const START_POLL: Duration = Duration::from_millis(20);

/// Longest wait for its clean end before it is killed.
const STOP_TIMEOUT: Duration = Duration::from_secs(15);

/// Pause before a broker that died is started again.
const RESTART_PAUSE: Duration = Duration::from_millis(500);

/// A running nats-server.
#[derive(Debug)]
pub(crate) struct EmbeddedBroker {
    program: PathBuf,
    folder: PathBuf,
    listen: SocketAddr,
    /// With user and password.
    url: String,
    child: Child,
}

impl EmbeddedBroker {
    /// Starts the broker on the data folder and waits until it answers.
    ///
    /// # Errors
    /// [`StartError::NatsServer`] when it is not installed, too old, or does not come up.
    pub(crate) async fn start(
        settings: &config::Broker,
        data: &DataFolder,
    ) -> Result<Self, StartError> {
        let program = find::nats_server(&settings.nats_server)?;
        let folder = data.path("broker");
        std::fs::create_dir_all(&folder)
            .map_err(|source| StartError::Data { path: folder.display().to_string(), source })?;
        let secret = Secret::new()?;
        data.write("broker/server.conf", &secret.configuration())?;
        let listen = same_port(settings.listen, data);
        let (child, url) = match launch(&program, &folder, listen).await {
            Ok(started) => started,
            // The port of the last run may have been taken by somebody else since.
            Err(_) if listen != settings.listen => {
                launch(&program, &folder, settings.listen).await?
            }
            Err(error) => return Err(error),
        };
        let listen = address_of(&url).unwrap_or(listen);
        tracing::info!(%url, "embedded broker started");
        let url = secret.within(&url);
        data.note_broker(&url)?;
        Ok(Self { program, folder, listen, url, child })
    }

    /// Where it listens, as a `nats://` URL with user and password: not for logs.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Starts the broker again whenever it dies, on the same port, so that clients reconnect by
    /// themselves. Returns when it does not come up any more.
    ///
    /// Runs on the thread that started the broker: see [`exec_broker`].
    pub(crate) async fn supervise(&mut self) -> StartError {
        loop {
            let ended = self.child.wait().await;
            tracing::error!(?ended, "embedded broker died and is started again");
            sleep(RESTART_PAUSE).await;
            match launch(&self.program, &self.folder, self.listen).await {
                Ok((child, _)) => self.child = child,
                Err(error) => return error,
            }
        }
    }

    /// Ends the broker cleanly.
    pub(crate) async fn stop(&mut self) {
        if let Some(pid) = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed()))
            && let Err(error) = kill_process(pid, Signal::TERM)
        {
            tracing::debug!(%error, "embedded broker was gone already");
        }
        if timeout(STOP_TIMEOUT, self.child.wait()).await.is_err() {
            tracing::warn!("embedded broker did not stop and is killed");
            if let Err(error) = self.child.kill().await {
                tracing::debug!(%error, "embedded broker was gone already");
            }
        }
    }
}

/// Starts nats-server and waits for its port file.
async fn launch(
    program: &Path,
    folder: &Path,
    listen: SocketAddr,
) -> Result<(Child, String), StartError> {
    let failed = |reason: String| StartError::NatsServer { reason };
    let port = if listen.port() == 0 { "-1".to_owned() } else { listen.port().to_string() };
    let mut command = Command::new(service::own_path()?);
    command
        .arg(BROKER_CHILD)
        .arg(program)
        .arg("--config")
        .arg(folder.join("server.conf"))
        .args(["--addr", &listen.ip().to_string(), "--port", &port])
        .arg("--store_dir")
        .arg(folder)
        .arg("--ports_file_dir")
        .arg(folder)
        .arg("--log")
        .arg(folder.join("nats-server.log"))
        .args(["--log_size_limit", "10485760"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
    let id = child.id().unwrap_or_default();
    let ports = folder.join(format!("nats-server_{id}.ports"));
    let started = Instant::now();
    while started.elapsed() < START_TIMEOUT {
        if let Some(url) = url_in(&ports) {
            if std::fs::remove_file(&ports).is_err() {
                tracing::debug!("the broker's port file was gone already");
            }
            return Ok((child, url));
        }
        if let Ok(Some(status)) = child.try_wait() {
            let log = folder.join("nats-server.log").display().to_string();
            return Err(failed(format!("it ended at once ({status}); its log is {log}")));
        }
        sleep(START_POLL).await;
    }
    Err(failed(format!("it did not come up within {} s", START_TIMEOUT.as_secs())))
}

fn url_in(ports: &Path) -> Option<String> {
    let text = std::fs::read_to_string(ports).ok()?;
    let ports: serde_json::Value = serde_json::from_str(&text).ok()?;
    Some(ports.get("nats")?.get(0)?.as_str()?.to_owned())
}

/// The configured address, with the port of the last run where any port would do: clients that
/// survived a restart of `serve` find the broker again.
fn same_port(listen: SocketAddr, data: &DataFolder) -> SocketAddr {
    let last = data.read(BROKER_URL_FILE).and_then(|url| address_of(&url));
    match last {
        Some(last) if listen.port() == 0 && last.ip() == listen.ip() => last,
        _ => listen,
    }
}

fn address_of(url: &str) -> Option<SocketAddr> {
    config::without_credentials(url).strip_prefix("nats://")?.parse().ok()
}

/// Becomes nats-server, in a process that ends with its parent: the parent-death signal is set
/// here because it survives `exec`, and nats-server itself has no such option. Without it a
/// killed `serve` would leave a broker behind that holds the data folder.
///
/// The signal follows the parent's *thread*, so the parent starts the broker from its main thread
/// only.
#[expect(clippy::print_stderr, reason = "the log belongs to the parent")]
pub(crate) fn exec_broker(arguments: &[String]) -> ExitCode {
    let Some((program, arguments)) = arguments.split_first() else {
        return ExitCode::FAILURE;
    };
    if let Err(error) = rustix::process::set_parent_process_death_signal(Some(Signal::TERM)) {
        eprintln!("error: cannot follow the parent process: {error}");
        return ExitCode::FAILURE;
    }
    // Its own process group: an interrupt from the terminal reaches `serve`, which stops the
    // broker last.
    let error = std::process::Command::new(program).args(arguments).process_group(0).exec();
    eprintln!("error: {program}: {error}");
    ExitCode::FAILURE
}
