//! Ctrl-C: the first one asks a command to end in order, the second one ends it at once.

use std::convert::Infallible;
use std::process;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use super::{CommandError, operator};
use crate::exit::Exit;

/// Whether somebody wants the command to end. A clone tells the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupt(Arc<(Mutex<bool>, Condvar)>);

impl Interrupt {
    /// Listens to SIGINT and SIGTERM from now on.
    ///
    /// # Errors
    /// [`CommandError::Internal`] where the system lets nobody listen.
    pub(crate) fn listen() -> Result<Self, CommandError> {
        let interrupt = Self::default();
        let told = interrupt.clone();
        let heard = move || operator::block_on(pass_on(told));
        let builder = thread::Builder::new().name("interrupt".to_owned());
        builder.spawn(heard).map_err(|error| CommandError::Internal(error.to_string()))?;
        Ok(interrupt)
    }

    /// Whether the command should end.
    pub(crate) fn is_set(&self) -> bool {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sleeps for so long, or until the command should end. Returns whether it may go on.
    pub(crate) fn sleep(&self, pause: Duration) -> bool {
        let (flag, changed) = &*self.0;
        let set = flag.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = changed.wait_timeout_while(set, pause, |set| !*set);
        !*waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Asks the command to end. Returns whether it had been asked already.
    pub(crate) fn set(&self) -> bool {
        let (flag, changed) = &*self.0;
        let was =
            std::mem::replace(&mut *flag.lock().unwrap_or_else(PoisonError::into_inner), true);
        changed.notify_all();
        was
    }
}

/// Tells what the system says, for as long as the process lives.
async fn pass_on(told: Interrupt) -> Result<Infallible, CommandError> {
    let failed = |error: std::io::Error| CommandError::Internal(error.to_string());
    let mut from_keyboard = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut from_system = signal(SignalKind::terminate()).map_err(failed)?;
    loop {
        tokio::select! {
            _ = from_keyboard.recv() => {}
            _ = from_system.recv() => {}
        }
        if told.set() {
            process::exit(Exit::Interrupted.code().into());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_sleeper_is_woken() {
        let interrupt = Interrupt::default();
        assert!(interrupt.sleep(Duration::ZERO));
        let sleeper = interrupt.clone();
        let (began, hours) = (Instant::now(), Duration::from_secs(7200));
        let asleep = thread::spawn(move || sleeper.sleep(hours));
        assert!(!interrupt.set());
        assert!(!asleep.join().unwrap() && began.elapsed() < hours);
        assert!(interrupt.set() && interrupt.is_set());
    }
}
