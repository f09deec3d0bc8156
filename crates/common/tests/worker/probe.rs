//! A child that does on request what real ones do by accident.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use common::worker::{Fault, Handler};

use crate::attempt::Attempt;

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Setup {
    /// Fails its start, as for a missing library.
    pub(crate) library_is_missing: bool,
    /// Never gets ready, as one whose disk does not answer.
    pub(crate) loads_for_ever: bool,
    /// A folder that it reads from later.
    pub(crate) folder: Option<PathBuf>,
    /// Starts a thread that stays.
    pub(crate) starts_a_thread: bool,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Request {
    Echo(ByteBuf),
    /// Answers how many requests this child has seen.
    Count,
    Sleep(Duration),
    Loop,
    Abort,
    Exit,
    Panic,
    Reject,
    /// Asks for memory piece by piece until there is no more.
    Eat,
    /// As [`Request::Eat`], but then crashes without a word, as C code does.
    EatInSilence,
    /// Asks once for this many bytes, keeps and touches them.
    Keep(u64),
    /// Asks for this many bytes, and goes on without them where there are none.
    PassOver(u64),
    /// Prints to standard output and standard error and reads standard input, as C code may.
    UseStandardStreams,
    /// What it was born with: environment, arguments, and what its descriptors are.
    Inheritance,
    /// Tries to get out; answers why it could not, or nothing.
    Try(Attempt),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Response {
    Done,
    Bytes(ByteBuf),
    Number(u64),
    Texts(Vec<String>),
}

pub(crate) struct Probe {
    seen: u64,
    kept: Vec<Vec<u8>>,
    folder: Option<PathBuf>,
    inheritance: Vec<String>,
}

impl Handler for Probe {
    type Setup = Setup;
    type Request = Request;
    type Response = Response;

    fn start(setup: Setup) -> Result<Self, Fault> {
        if setup.library_is_missing {
            return Err(Fault::internal("library_missing", "no libx.so; apt-get install libx"));
        }
        if setup.loads_for_ever {
            std::thread::sleep(Duration::from_secs(600));
        }
        if setup.starts_a_thread {
            std::thread::spawn(|| std::thread::sleep(Duration::from_secs(600)));
        }
        let Setup { folder, .. } = setup;
        Ok(Self { seen: 0, kept: Vec::new(), folder, inheritance: inheritance() })
    }

    fn read_later(&self) -> Vec<PathBuf> {
        self.folder.iter().cloned().collect()
    }

    fn handle(&mut self, request: Request) -> Result<Response, Fault> {
        self.seen += 1;
        match request {
            Request::Echo(bytes) => return Ok(Response::Bytes(bytes)),
            Request::Count => return Ok(Response::Number(self.seen)),
            Request::Sleep(time) => std::thread::sleep(time),
            Request::Loop => loop {
                std::hint::black_box(&self.seen);
            },
            Request::Abort => std::process::abort(),
            Request::Exit => std::process::exit(3),
            Request::Panic => panic!("secret content of a document"),
            Request::Reject => return Err(Fault::rejected("page_too_large", "12 px, limit 10 px")),
            Request::Eat => loop {
                self.kept.push(vec![1; 16 << 20]);
            },
            Request::EatInSilence => {
                while let Ok(piece) = piece() {
                    self.kept.push(piece);
                }
                // Eating takes a real document seconds; this one was done too soon to be seen.
                std::thread::sleep(Duration::from_secs(1));
                std::process::abort();
            }
            Request::Keep(bytes) => self.kept.push(vec![1; usize::try_from(bytes).unwrap()]),
            Request::PassOver(bytes) => {
                let mut wanted: Vec<u8> = Vec::new();
                // As PDFium does with an image that it finds no room for.
                drop(wanted.try_reserve_exact(usize::try_from(bytes).unwrap()));
                std::hint::black_box(&mut wanted);
            }
            Request::UseStandardStreams => {
                std::io::stdout().write_all(&[0xFF; 1000]).unwrap();
                std::io::stdout().flush().unwrap();
                std::io::stderr().write_all(&[b'x'; 1_000_000]).unwrap();
                std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
            }
            Request::Inheritance => return Ok(Response::Texts(self.inheritance.clone())),
            Request::Try(attempt) => {
                let error = attempt.make().err().map(|error| error.kind().to_string());
                return Ok(Response::Texts(error.into_iter().collect()));
            }
        }
        Ok(Response::Done)
    }
}

/// Looked at before the sandbox is up: what was closed by then is not there later either.
fn inheritance() -> Vec<String> {
    let environment = std::env::vars().map(|(key, value)| format!("env {key}={value}"));
    let arguments = std::env::args().skip(1).map(|argument| format!("arg {argument}"));
    let descriptors = std::fs::read_dir("/proc/self/fd").unwrap().filter_map(|entry| {
        let path = entry.unwrap().path();
        let target = std::fs::read_link(&path).ok()?.display().to_string();
        let is_the_list = target.ends_with("/fd");
        let kind = target.split(':').next().unwrap().to_owned();
        let number = path.file_name().unwrap().to_string_lossy().into_owned();
        (!is_the_list).then(|| format!("fd {number} {kind}"))
    });
    environment.chain(arguments).chain(descriptors).collect()
}

fn piece() -> Result<Vec<u8>, std::collections::TryReserveError> {
    let mut piece = Vec::new();
    piece.try_reserve_exact(16 << 20)?;
    Ok(piece)
}
