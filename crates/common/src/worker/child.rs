//! The loop of a child process: frames in, frames out, until the parent closes the pipe.

use std::alloc::{Layout, handle_alloc_error};
use std::fs::File;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::worker::frame::{self, FrameError};
use crate::worker::message::{Answer, Ask, Hello, Ready, Reply};
use crate::worker::{Fault, Handler, allocation, confine, sandbox};

/// Where the last panic happened, left by the hook for the code that catches it.
static LAST_PANIC: Mutex<String> = Mutex::new(String::new());

/// `main()` of a child: confines the process, then answers frames until the parent is gone.
///
/// Not for use at a terminal: it says nothing there, since all it could say is for the parent.
#[must_use]
pub fn run_child<H: Handler>() -> ExitCode {
    match serve::<H>() {
        Ok(()) => ExitCode::SUCCESS,
        // The parent sees the pipe end and the exit code; there is nobody else to tell.
        Err(_) => ExitCode::FAILURE,
    }
}

fn serve<H: Handler>() -> Result<(), FrameError> {
    // First of all: no library may print before this.
    let confine::Pipes { mut input, mut output } = confine::take_pipes()?;
    confine::die_with_parent()?;
    remember_panics();

    let Some(body) = frame::read_blocking(&mut input)? else { return Ok(()) };
    let hello: Hello<H::Setup> = frame::decode(&body)?;
    if !confine::is_child_of(hello.parent) {
        return Ok(());
    }
    confine::limit_for_life(hello.memory_bytes)?;
    allocation::limited_to(hello.memory_bytes);

    let mut handler = None;
    let reply = guarded(|| {
        let started = H::start(hello.setup)?;
        confine::used_cpu_seconds();
        let enforced = sandbox::enforce(&started.read_later());
        handler = Some(started);
        Ok(Ready { enforced })
    });
    send(&mut output, &Answer { sequence: 0, reply })?;
    let Some(mut handler) = handler else { return Ok(()) };

    while let Some(body) = frame::read_blocking(&mut input)? {
        let ask: Ask<H::Request> = frame::decode(&body)?;
        // Given back before the work starts: the request holds the same bytes.
        drop(body);
        confine::grant_cpu(ask.cpu_seconds)?;
        let answer =
            Answer { sequence: ask.sequence, reply: guarded(|| handler.handle(ask.request)) };
        send(&mut output, &answer)?;
        if matches!(answer.reply, Reply::Panicked { .. }) {
            break;
        }
    }
    Ok(())
}

/// What comes of `work`; nothing where an allocation failed meanwhile. The process ends then as it does when Rust itself
/// finds no memory: the parent understands that, and what a library has half done is not used again.
fn guarded<T>(work: impl FnOnce() -> Result<T, Fault>) -> Reply<T> {
    let failed_before = allocation::failed();
    // What a panic leaves half changed is never used again: the process ends after it.
    let done = catch_unwind(AssertUnwindSafe(work));
    if allocation::failed() != failed_before {
        handle_alloc_error(Layout::new::<u8>());
    }
    match done {
        Ok(Ok(done)) => Reply::Done(done),
        Ok(Err(fault)) => Reply::Fault(fault),
        Err(_) => {
            let place = LAST_PANIC.lock().unwrap_or_else(PoisonError::into_inner).clone();
            Reply::Panicked { place }
        }
    }
}

/// Keeps a panic's place and drops its words, which may quote the document.
fn remember_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|at| format!("{}:{}", at.file(), at.line()));
        *LAST_PANIC.lock().unwrap_or_else(PoisonError::into_inner) = place.unwrap_or_default();
    }));
}

fn send<T: Serialize>(output: &mut File, answer: &Answer<T>) -> Result<(), FrameError> {
    Ok(output.write_all(&frame::encode(answer)?)?)
}
