//! The thread that starts the children of one pool.
//!
//! A child asks to be killed when its parent ends (`PR_SET_PDEATHSIG`), and to the kernel the
//! parent is the *thread* that started it. Tokio's threads come and go, and each would take its
//! children along. This one lives as long as the pool.

use std::io;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::stage::StageName;

/// Descriptors from here on are nobody's business in a child; those before are its pipes.
const FIRST_OWN_DESCRIPTOR: i32 = 3;

struct Order {
    command: Command,
    runtime: Handle,
    started: oneshot::Sender<io::Result<Child>>,
}

/// Starts children from a thread of its own, which ends when this is dropped.
pub(super) struct Keeper {
    stage: StageName,
    orders: Mutex<Option<mpsc::Sender<Order>>>,
}

impl Keeper {
    pub(super) fn new(stage: StageName) -> Self {
        Self { stage, orders: Mutex::new(None) }
    }

    /// Starts `command`.
    pub(super) async fn start(&self, command: Command) -> io::Result<Child> {
        let (started, answer) = oneshot::channel();
        self.order(Order { command, runtime: Handle::current(), started })?;
        answer.await.map_err(|_| io::Error::other("the thread that starts workers has ended"))?
    }

    fn order(&self, order: Order) -> io::Result<()> {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let unsent = match &*orders {
            Some(running) => match running.send(order) {
                Ok(()) => return Ok(()),
                Err(mpsc::SendError(unsent)) => unsent,
            },
            None => order,
        };
        // The first order, or the thread was lost to a panic and its children with it.
        let (sender, receiver) = mpsc::channel();
        let name = format!("workers-{}", self.stage);
        thread::Builder::new().name(name).spawn(move || serve(&receiver))?;
        // Cannot fail: the receiver is in the thread just started.
        sender.send(unsent).map_err(|_| io::Error::other("the thread has ended"))?;
        *orders = Some(sender);
        Ok(())
    }
}

fn serve(orders: &mpsc::Receiver<Order>) {
    while let Ok(Order { mut command, runtime, started }) = orders.recv() {
        let entered = runtime.enter();
        // What this process opened is closed by itself in a new one; what it was started with, by a
        // shell or a supervisor, is not.
        close_fds::set_fds_cloexec_threadsafe(FIRST_OWN_DESCRIPTOR, &[]);
        // Nobody waits any more when a lease was given up meanwhile; the child is then dropped
        // here, which kills it.
        drop(started.send(command.spawn()));
        drop(entered);
    }
}
