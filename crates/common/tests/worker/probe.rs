//! A child that does on request what real ones do by accident.

use std::io::{Read, Write};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use common::worker::{Fault, Handler};

#[derive(Serialize, Deserialize)]
pub(crate) struct Setup {
    /// Fails its start, as for a missing library.
    pub(crate) library_is_missing: bool,
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
    /// Prints to standard output and standard error and reads standard input, as C code may.
    UseStandardStreams,
    Environment,
    /// Writes a byte to a file that exists.
    WriteFile(String),
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
}

impl Handler for Probe {
    type Setup = Setup;
    type Request = Request;
    type Response = Response;

    fn start(setup: Setup) -> Result<Self, Fault> {
        if setup.library_is_missing {
            return Err(Fault::internal("library_missing", "no libx.so; apt-get install libx"));
        }
        Ok(Self { seen: 0, kept: Vec::new() })
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
            Request::UseStandardStreams => {
                std::io::stdout().write_all(&[0xFF; 1000]).unwrap();
                std::io::stdout().flush().unwrap();
                std::io::stderr().write_all(&[b'x'; 1_000_000]).unwrap();
                std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
            }
            Request::Environment => {
                let all = std::env::vars().map(|(key, value)| format!("{key}={value}"));
                return Ok(Response::Texts(all.collect()));
            }
            Request::WriteFile(path) => {
                let file = std::fs::OpenOptions::new().append(true).open(path);
                file.unwrap().write_all(b"x").unwrap();
            }
        }
        Ok(Response::Done)
    }
}

fn piece() -> Result<Vec<u8>, std::collections::TryReserveError> {
    let mut piece = Vec::new();
    piece.try_reserve_exact(16 << 20)?;
    Ok(piece)
}
