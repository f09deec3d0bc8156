//! Waiting, and asking over HTTP.

use std::ffi::OsStr;
use std::process::Command;
use std::time::{Duration, Instant};

use common::testing::process;
use serde_json::Value;

/// Longer than any one thing here takes, short enough to fail what hangs. Many documents may take longer together, as
/// long as one after the other ends.
pub(crate) const PATIENCE: Duration = Duration::from_secs(150);

/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// `program` as a process that ends with this one, however this one ends.
pub(crate) fn mortal(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

/// Polls `look` until it finds something. Blocks the thread.
pub(crate) fn until<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    process::until(PATIENCE, what, look)
}

/// Likewise, without blocking the thread.
pub(crate) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "waited too long for {what}");
        tokio::time::sleep(LOOK).await;
    }
}

pub(crate) fn agent(timeout: Duration) -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .proxy(None)
        .timeout_global(Some(timeout))
        .build();
    config.into()
}

/// `None` when nobody answers, or not with 200.
pub(crate) fn get_json(url: &str) -> Option<Value> {
    let mut answer = agent(Duration::from_secs(5)).get(url).call().ok()?;
    let sound = answer.status().as_u16() == 200;
    let text = answer.body_mut().read_to_string().ok()?;
    sound.then(|| serde_json::from_str(&text).unwrap_or(Value::String(text)))
}
