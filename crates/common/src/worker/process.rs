//! One live child, seen from its parent.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::metrics::{Crew, Member};
use crate::worker::exit::Ended;
use crate::worker::frame::{self, FrameError};
use crate::worker::keeper::Keeper;
use crate::worker::memory::Memory;
use crate::worker::message::{Answer, Ask, Ready, Reply};
use crate::worker::{Budget, Limits, Program, WorkerError, stderr};

/// What a child may know of its surroundings: nothing of the service's, which holds credentials.
///
/// One thread (two pages at once take 12–18 s each instead of 2 s when OpenMP starts its own);
/// UTF-8, which Tesseract's data is in; one malloc arena, which keeps the address space small; what is
/// larger than 8 MiB goes back to the system when it is freed. Left to itself, glibc keeps blocks of up
/// to 32 MiB once it has seen one, and a page's tensors leave holes: 283 instead of 254 MB for six pages
/// with the default engines, for 3 % less time. With 1 MiB it is 219 MB and 15 % more time.
const ENVIRONMENT: [(&str, &str); 5] = [
    ("OMP_THREAD_LIMIT", "1"),
    ("LC_ALL", "C.UTF-8"),
    ("MALLOC_ARENA_MAX", "1"),
    ("MALLOC_MMAP_THRESHOLD_", "8388608"),
    ("MALLOC_TRIM_THRESHOLD_", "33554432"),
];

/// How long the kernel may take to end a child that has closed its pipe: it gives back gigabytes.
const EXIT_PATIENCE: Duration = Duration::from_secs(5);

/// How often a working child's address space is looked at, for the cause of its end. A document that
/// eats memory takes seconds for it; most requests are over before the first look.
const LOOK: Duration = Duration::from_millis(100);

/// Bytes a pipe holds at once. The kernel's 64 KiB cost a switch for every 64 KiB of a page;
/// 1 MiB is the most that it gives to an unprivileged process.
const PIPE_BYTES: usize = 1024 * 1024;

/// A child and the pipes to it. Dropped, it is killed and reaped.
pub(super) struct Process {
    child: Option<Child>,
    input: ChildStdin,
    output: ChildStdout,
    said_out_of_memory: JoinHandle<bool>,
    runtime: Handle,
    /// Process id.
    pub(super) id: u32,
    /// Leases so far.
    pub(super) leases: u32,
    /// Its place among the workers; given up before the child is reaped.
    member: Option<Member>,
    memory_bytes: u64,
    /// Most address space seen, bytes.
    address_space_bytes: u64,
    asked: u64,
}

/// Why an exchange gave no answer.
pub(super) enum Silence {
    TimedOut,
    NotReady,
    Frame(FrameError),
    WrongSequence,
}

impl From<FrameError> for Silence {
    fn from(error: FrameError) -> Self {
        Self::Frame(error)
    }
}

impl Process {
    /// Starts a child and waits until it is ready. `hello` is its first frame.
    pub(super) async fn start(
        keeper: &Keeper,
        program: &Program,
        hello: &[u8],
        limits: &Limits,
        crew: &Arc<Crew>,
    ) -> Result<(Self, Reply<Ready>), WorkerError> {
        let mut command = Command::new(&program.path);
        command
            .args(&program.args)
            .env_clear()
            .envs(ENVIRONMENT)
            .current_dir("/")
            // What a terminal sends to its foreground is for the service, which ends its children.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let child = keeper.start(command).await.map_err(WorkerError::NotStarted)?;
        let mut process = Self::around(child, limits.memory_bytes, crew)?;
        let budget = Budget { wall: limits.start, cpu_seconds: 0 };
        match process.exchange(0, hello, budget.wall).await {
            Ok(ready) => Ok((process, ready)),
            Err(Silence::TimedOut) => Err(process.bury(Silence::NotReady, budget).await),
            Err(silence) => Err(process.bury(silence, budget).await),
        }
    }

    /// Sends `request` and waits for the answer.
    pub(super) async fn ask<Q: Serialize, R: DeserializeOwned>(
        &mut self,
        request: &Q,
        budget: Budget,
    ) -> Result<Reply<R>, Silence> {
        self.asked += 1;
        let ask = Ask { sequence: self.asked, cpu_seconds: budget.cpu_seconds, request };
        let frame = frame::encode(&ask)?;
        self.exchange(self.asked, &frame, budget.wall).await
    }

    /// Ends a child that did not answer, and says why it did not.
    pub(super) async fn bury(mut self, silence: Silence, budget: Budget) -> WorkerError {
        if let Some(member) = &self.member {
            member.look();
        }
        let error = match silence {
            Silence::TimedOut => WorkerError::TimedOut(budget.wall),
            Silence::NotReady => WorkerError::NotReady(budget.wall),
            Silence::WrongSequence => {
                WorkerError::Protocol("an answer to another request".to_owned())
            }
            Silence::Frame(error) => match error {
                FrameError::Pipe(_) => self.died(budget).await,
                FrameError::TooLong { .. } | FrameError::Malformed | FrameError::Unencodable => {
                    WorkerError::Protocol(error.to_string())
                }
            },
        };
        self.ends_for(error.code());
        self.end().await;
        error
    }

    /// Why it is going to end, for the metrics.
    pub(super) fn ends_for(&mut self, reason: &str) {
        if let Some(member) = &mut self.member {
            member.ends_for(reason);
        }
    }

    /// Whether the child still runs; an idle one may have been killed from outside.
    pub(super) fn is_alive(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// Resident memory, bytes; `None` when the kernel does not say.
    pub(super) fn resident_bytes(&self) -> Option<u64> {
        Memory::of(self.id).map(|memory| memory.resident)
    }

    fn around(mut child: Child, memory_bytes: u64, crew: &Arc<Crew>) -> Result<Self, WorkerError> {
        let missing = || WorkerError::NotStarted(std::io::Error::other("no pipe to the child"));
        let id = child.id().ok_or_else(missing)?;
        let input = child.stdin.take().ok_or_else(missing)?;
        let output = child.stdout.take().ok_or_else(missing)?;
        let errors = child.stderr.take().ok_or_else(missing)?;
        // Only faster: a kernel that refuses costs nothing but time.
        rustix::pipe::fcntl_setpipe_size(&input, PIPE_BYTES).ok();
        rustix::pipe::fcntl_setpipe_size(&output, PIPE_BYTES).ok();
        let runtime = Handle::current();
        let said_out_of_memory = runtime.spawn(stderr::said_out_of_memory(errors));
        let (child, member) = (Some(child), Some(crew.join(id)));
        let (leases, asked, address_space_bytes) = (0, 0, 0);
        Ok(Self {
            child,
            input,
            output,
            said_out_of_memory,
            runtime,
            id,
            leases,
            member,
            memory_bytes,
            address_space_bytes,
            asked,
        })
    }

    async fn exchange<R: DeserializeOwned>(
        &mut self,
        sequence: u64,
        frame: &[u8],
        wall: Duration,
    ) -> Result<Reply<R>, Silence> {
        let (input, output, id) = (&mut self.input, &mut self.output, self.id);
        let conversation = async {
            input.write_all(frame).await.map_err(FrameError::Pipe)?;
            frame::read(output).await
        };
        let watch = async {
            loop {
                sleep(LOOK).await;
                let seen = Memory::of(id).map_or(0, |memory| memory.address_space);
                self.address_space_bytes = self.address_space_bytes.max(seen);
            }
        };
        let body = tokio::select! {
            talked = timeout(wall, conversation) => talked.map_err(|_| Silence::TimedOut)??,
            never = watch => never,
        };
        let answer: Answer<R> = frame::decode(&body)?;
        if answer.sequence != sequence {
            return Err(Silence::WrongSequence);
        }
        Ok(answer.reply)
    }

    /// Kills the child and waits until its memory is free for the next one.
    async fn end(&mut self) {
        let Some(child) = self.child.as_mut() else { return };
        // Fails only for a child that has ended already.
        drop(child.start_kill());
        drop(timeout(EXIT_PATIENCE, child.wait()).await);
    }

    async fn died(&mut self, budget: Budget) -> WorkerError {
        let Some(child) = self.child.as_mut() else { return WorkerError::LeaseOver };
        let Ok(Ok(status)) = timeout(EXIT_PATIENCE, child.wait()).await else {
            return WorkerError::Protocol("closed its pipe and went on".to_owned());
        };
        let said = timeout(EXIT_PATIENCE, &mut self.said_out_of_memory).await;
        let said_out_of_memory = matches!(said, Ok(Ok(true)));
        let Budget { cpu_seconds, .. } = budget;
        let Self { memory_bytes, address_space_bytes, .. } = *self;
        Ended { status, address_space_bytes, said_out_of_memory, cpu_seconds, memory_bytes }.error()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.member.take());
        let Some(mut child) = self.child.take() else { return };
        // Fails only for a child that has ended already.
        drop(child.start_kill());
        // Reaped here and not some day: a zombie keeps its process id.
        self.runtime.spawn(async move { child.wait().await });
    }
}
