//! A fixed number of children, lent out one at a time.

use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::{debug, warn};

use crate::config::Sandbox;
use crate::error::StageError;
use crate::metrics::{Busy, Crew, Metrics};
use crate::stage::StageName;
use crate::worker::keeper::Keeper;
use crate::worker::message::{Hello, Ready, Reply};
use crate::worker::process::Process;
use crate::worker::sandbox::names;
use crate::worker::{
    Budget, Enforced, Fault, Handler, Limits, Mechanism, Program, WorkerError, frame,
};

/// Why a worker ended that was found so when it was wanted: somebody killed it.
const ENDED_IDLE: &str = "ended_idle";

/// Why a worker ended that had done its share, or grown.
const REPLACED: &str = "replaced";

/// At most `size` children of one kind, started when needed, kept warm between leases.
pub struct Pool<H: Handler> {
    shared: Arc<Shared>,
    kind: PhantomData<fn() -> H>,
}

struct Shared {
    stage: StageName,
    program: Program,
    size: usize,
    limits: Limits,
    /// The first frame of every child. Encoded once; a failure is told to whoever wants a child.
    hello: Result<Vec<u8>, String>,
    free: Arc<Semaphore>,
    idle: Mutex<Vec<Process>>,
    keeper: Keeper,
    crew: Arc<Crew>,
    /// What the first child could enforce; the others are on the same machine.
    enforced: OnceLock<Enforced>,
}

impl<H: Handler> Pool<H> {
    /// A pool of at most `size` (at least 1) children; none is started yet.
    #[must_use]
    pub fn new(
        stage: StageName,
        program: Program,
        size: usize,
        limits: Limits,
        setup: H::Setup,
    ) -> Self {
        let size = size.max(1);
        let (parent, memory_bytes) = (std::process::id(), limits.memory_bytes);
        let hello = frame::encode(&Hello { parent, memory_bytes, setup });
        let shared = Shared {
            stage,
            program,
            size,
            limits,
            hello: hello.map_err(|error| error.to_string()),
            free: Arc::new(Semaphore::new(size)),
            idle: Mutex::default(),
            keeper: Keeper::new(stage),
            crew: Arc::new(Crew::new(stage)),
            enforced: OnceLock::new(),
        };
        Self { shared: Arc::new(shared), kind: PhantomData }
    }

    /// Children that may work at once.
    #[must_use]
    pub fn size(&self) -> usize {
        self.shared.size
    }

    /// Starts one child and waits until it is ready, so that what is missing on this machine stops
    /// the service at its start and not its first document.
    ///
    /// # Errors
    /// As [`Pool::lease`].
    pub async fn warm_up(&self) -> Result<(), StageError> {
        self.lease().await.map(drop)
    }

    /// Shows its children in `metrics`: how many, what they use, why they end, and what of their sandbox
    /// holds, unless the first has not started yet. Once.
    pub fn register(&self, metrics: &Metrics) {
        metrics.watch(Arc::clone(&self.shared.crew));
        let Some(enforced) = self.shared.enforced.get() else { return };
        for mechanism in Mechanism::ALL {
            metrics.stages.sandbox(self.shared.stage, mechanism, enforced.has(mechanism));
        }
    }

    /// Waits for a free child, and starts one if there are fewer than `size`.
    ///
    /// A lease is the exclusive use of one child for one document or page. Several calls may be
    /// made on it, and the child keeps its state between them.
    ///
    /// # Errors
    /// `Internal`: a [`WorkerError`], or the [`Fault`] that the child's start ended with.
    pub async fn lease(&self) -> Result<Lease<H>, StageError> {
        let free = Arc::clone(&self.shared.free).acquire_owned().await;
        // The semaphore is never closed; if it were, no child would be there.
        self.lend(free.map_err(|_| WorkerError::LeaseOver)?).await
    }

    /// Lends a child if one is free now and nobody waits for it.
    ///
    /// # Errors
    /// As [`Pool::lease`].
    pub async fn try_lease(&self) -> Result<Option<Lease<H>>, StageError> {
        // What is given back goes to those who wait first, so a free permit is one nobody waits for.
        match Arc::clone(&self.shared.free).try_acquire_owned() {
            Ok(permit) => self.lend(permit).await.map(Some),
            Err(_) => Ok(None),
        }
    }

    async fn lend(&self, permit: OwnedSemaphorePermit) -> Result<Lease<H>, StageError> {
        let mut process = match self.shared.take_idle() {
            Some(idle) => idle,
            None => self.shared.start().await?,
        };
        process.leases += 1;
        let (shared, busy) = (Arc::clone(&self.shared), self.shared.crew.busy());
        let (process, kind) = (Some(process), PhantomData);
        Ok(Lease { process, shared, _busy: busy, _permit: permit, kind })
    }
}

impl Shared {
    fn take_idle(&self) -> Option<Process> {
        loop {
            let mut process = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            if process.is_alive() {
                return Some(process);
            }
            debug!(stage = %self.stage, worker.pid = process.id, "an idle worker had ended");
            process.ends_for(ENDED_IDLE);
        }
    }

    async fn start(&self) -> Result<Process, StageError> {
        let hello = self.hello.as_ref().map_err(|why| WorkerError::Protocol(why.clone()))?;
        let started =
            Process::start(&self.keeper, &self.program, hello, &self.limits, &self.crew).await;
        let (process, ready) = started?;
        let Ready { enforced } = done(ready)?;
        self.check(enforced)?;
        debug!(stage = %self.stage, worker.pid = process.id, "worker started");
        Ok(process)
    }

    /// Decides whether a child that could enforce this much may have a document.
    fn check(&self, enforced: Enforced) -> Result<(), WorkerError> {
        let needed = enforced.lacks(Mechanism::is_needed);
        if self.limits.sandbox == Sandbox::Required && !needed.is_empty() {
            return Err(WorkerError::SandboxMissing(names(&needed)));
        }
        let missing = names(&enforced.lacks(|_| true));
        // Each child would say the same.
        if self.enforced.set(enforced).is_ok() && !missing.is_empty() {
            warn!(stage = %self.stage, missing, "workers run without a part of their sandbox");
        }
        Ok(())
    }

    fn take_back(&self, mut process: Process) {
        let Limits { max_documents, max_resident_bytes, .. } = self.limits;
        let resident_bytes = process.resident_bytes();
        let grown = resident_bytes.is_none_or(|bytes| bytes > max_resident_bytes);
        if grown || process.leases >= max_documents {
            let (pid, leases) = (process.id, process.leases);
            debug!(stage = %self.stage, worker.pid = pid, leases, resident_bytes, "worker replaced");
            process.ends_for(REPLACED);
            return;
        }
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(process);
    }
}

impl<H: Handler> Clone for Pool<H> {
    /// Another handle to the same children.
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), kind: PhantomData }
    }
}

impl<H: Handler> fmt::Debug for Pool<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shared { stage, size, program, .. } = &*self.shared;
        f.debug_struct("Pool")
            .field("stage", stage)
            .field("size", size)
            .field("program", program)
            .finish_non_exhaustive()
    }
}

/// Exclusive use of one child. Dropped, it gives a healthy child back and ends any other.
pub struct Lease<H: Handler> {
    // Before the permit, so that a child is back before its place is free.
    process: Option<Process>,
    shared: Arc<Shared>,
    _busy: Busy,
    _permit: OwnedSemaphorePermit,
    kind: PhantomData<fn() -> H>,
}

impl<H: Handler> Lease<H> {
    /// Asks the child and waits for its answer. A call that is dropped before it ends kills the
    /// child.
    ///
    /// # Errors
    /// The child's own [`Fault`], after which the lease can be used again; or a [`WorkerError`],
    /// after which the child is gone and later calls fail.
    pub async fn call(
        &mut self,
        request: &H::Request,
        budget: Budget,
    ) -> Result<H::Response, StageError> {
        // Taken out while it works: whatever ends this future early drops it, and so kills it.
        let mut process = self.process.take().ok_or(WorkerError::LeaseOver)?;
        match process.ask(request, budget).await {
            Ok(Reply::Panicked { place }) => {
                let error = WorkerError::Panicked(place.clone());
                process.ends_for(error.code());
                done(Reply::Panicked { place })
            }
            Ok(reply) => {
                self.process = Some(process);
                done(reply)
            }
            Err(silence) => Err(process.bury(silence, budget).await.into()),
        }
    }

    /// The child's process id; `None` when it is gone.
    #[must_use]
    pub fn process_id(&self) -> Option<u32> {
        self.process.as_ref().map(|process| process.id)
    }
}

impl<H: Handler> Drop for Lease<H> {
    fn drop(&mut self) {
        if let Some(process) = self.process.take() {
            self.shared.take_back(process);
        }
    }
}

impl<H: Handler> fmt::Debug for Lease<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").field("process_id", &self.process_id()).finish_non_exhaustive()
    }
}

/// A reply as a result. A panic's place is the child's word too, and cleaned like a fault's message.
fn done<T>(reply: Reply<T>) -> Result<T, StageError> {
    let fault = match reply {
        Reply::Done(value) => return Ok(value),
        Reply::Fault(fault) => fault,
        Reply::Panicked { place } => {
            let error = StageError::from(WorkerError::Panicked(place));
            Fault::internal(error.code, error.message)
        }
    };
    let unnamed = || WorkerError::Protocol("a fault without a legal code".to_owned()).into();
    Err(fault.checked().unwrap_or_else(unnamed))
}
