//! The services as processes, each started again when it dies, as an orchestrator does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use common::testing::process::{children, signal};
use common::testing::repository;
use rustix::process::Signal;

use crate::server::free_port;
use crate::wait::{eventually, get_json, mortal, until};

/// The services, in the order in which a document passes them.
pub(crate) const ROLES: [&str; 4] = ["gateway", "preprocess", "ocr", "extract"];

/// Those that take jobs.
pub(crate) const STAGES: [&str; 3] = ["preprocess", "ocr", "extract"];

/// Pause before a service that ended is started again.
const RESTART_PAUSE: Duration = Duration::from_millis(200);

/// Short times, so that what happens in minutes in production happens in seconds here; the order of
/// the times among each other is that of the defaults.
const SETTINGS: &str = "
[broker]
publish_patience_seconds = 30
object_timeout_seconds = 5
[gateway]
accept_patience_seconds = 4
[worker]
wall_seconds_per_page = 4
start_seconds = 14
[stages.preprocess]
workers = 2
retry_delays_seconds = [1]
deadline_seconds = 15
[stages.ocr]
workers = 1
retry_delays_seconds = [1]
deadline_seconds = 15
[stages.extract]
workers = 1
retry_delays_seconds = [1]
deadline_seconds = 15
[sweeper]
interval_seconds = 1
stuck_after_seconds = 6
[service]
shutdown_grace_seconds = 5
";

/// How one service is started.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) role: &'static str,
    /// What tells it from others of its role.
    pub(crate) name: String,
    pub(crate) program: PathBuf,
    pub(crate) broker: String,
    /// `[faults] points` of its first life; it comes back without them.
    pub(crate) faults: Vec<String>,
    /// Environment of all its lives.
    pub(crate) environment: Vec<(String, String)>,
    /// Configuration over [`SETTINGS`], by environment variables' names without their prefix.
    pub(crate) settings: Vec<(String, String)>,
}

/// A service that lives again.
#[derive(Debug)]
pub(crate) struct Service {
    plan: Plan,
    folder: PathBuf,
    port: u16,
    life: Arc<Mutex<Life>>,
}

#[derive(Debug)]
struct Life {
    child: Option<Child>,
    /// Whether it is started again when it ends.
    wanted: bool,
    /// Lives that ended unasked.
    deaths: usize,
}

impl Service {
    /// Starts it, without waiting for it, and keeps it alive.
    pub(crate) fn start(folder: &Path, plan: Plan) -> Self {
        fs::create_dir_all(folder).unwrap();
        let settings = folder.join("settings.toml");
        if !settings.exists() {
            // Once: a service that is just starting would read what another one is writing, half or empty.
            fs::write(settings, SETTINGS).unwrap();
        }
        let life = Arc::new(Mutex::new(Life { child: None, wanted: true, deaths: 0 }));
        let service = Self { plan, folder: folder.to_path_buf(), port: free_port(), life };
        service.lock().child = Some(service.spawn(&service.plan.faults));
        service.keep_alive();
        service
    }

    fn lock(&self) -> MutexGuard<'_, Life> {
        self.life.lock().unwrap()
    }

    fn spawn(&self, faults: &[String]) -> Child {
        let Plan { role, name, program, broker, environment, settings, .. } = &self.plan;
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder.join(format!("{role}-{name}.log")))
            .unwrap();
        let listen = format!("127.0.0.1:{}", self.port);
        let mut command = mortal(program);
        command
            .current_dir(repository())
            .args(["serve", "--stages", role, "--listen", &listen, "--nats-url", broker, "--data"])
            .arg(self.folder.join(format!("{role}-{name}")))
            .arg("--config")
            .arg(self.folder.join("settings.toml"))
            .envs(environment.iter().map(|(key, value)| (key, value)))
            .envs(settings.iter().map(|(key, value)| (format!("INVOICE_OCR__{key}"), value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        if !faults.is_empty() {
            let points: Vec<String> = faults.iter().map(|fault| format!("\"{fault}\"")).collect();
            command.env("INVOICE_OCR__FAULTS__POINTS", format!("[{}]", points.join(",")));
        }
        command.spawn().unwrap()
    }

    fn keep_alive(&self) {
        let again = Self {
            plan: self.plan.clone(),
            folder: self.folder.clone(),
            port: self.port,
            life: self.life.clone(),
        };
        tokio::spawn(async move {
            // Ends with the last other handle.
            while Arc::strong_count(&again.life) > 1 {
                tokio::time::sleep(RESTART_PAUSE).await;
                let mut life = again.lock();
                let ended = life.child.as_mut().is_some_and(|c| !matches!(c.try_wait(), Ok(None)));
                if life.wanted && ended {
                    life.deaths += 1;
                    life.child = Some(again.spawn(&[]));
                }
            }
        });
    }

    pub(crate) fn role(&self) -> &'static str {
        self.plan.role
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Waits until a gateway takes uploads.
    pub(crate) async fn ready(&self) {
        let url = format!("{}/ready", self.url());
        eventually("the gateway", async || get_json(&url).map(drop)).await;
    }

    /// How often it died unasked.
    pub(crate) fn deaths(&self) -> usize {
        self.lock().deaths
    }

    pub(crate) fn signal(&self, what: Signal) {
        if let Some(child) = &self.lock().child {
            signal(child.id(), what);
        }
    }

    /// Process id of its present life.
    pub(crate) fn id(&self) -> Option<u32> {
        self.lock().child.as_ref().map(Child::id)
    }

    /// Ends it for good: `kill -9`.
    pub(crate) fn kill(&self) {
        let mut life = self.lock();
        life.wanted = false;
        if let Some(mut child) = life.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Ends it for good: SIGTERM. Whether it ended well.
    pub(crate) fn stop(&self) -> bool {
        let mut life = self.lock();
        life.wanted = false;
        let Some(mut child) = life.child.take() else { return true };
        signal(child.id(), Signal::TERM);
        until("a clean end", || child.try_wait().unwrap()).success()
    }

    /// Starts it after it was ended for good.
    pub(crate) fn start_again(&self) {
        let mut life = self.lock();
        life.wanted = true;
        life.child = Some(self.spawn(&[]));
    }

    /// Process ids of its worker processes.
    pub(crate) fn workers(&self) -> Vec<u32> {
        let Some(parent) = self.id() else { return Vec::new() };
        children(parent, "worker")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // The task that keeps it alive holds a handle too, and its end is not an end.
        if Arc::strong_count(&self.life) <= 2
            && let Ok(mut life) = self.life.lock()
        {
            life.wanted = false;
            if let Some(mut child) = life.child.take() {
                drop(child.kill());
                drop(child.wait());
            }
        }
    }
}
