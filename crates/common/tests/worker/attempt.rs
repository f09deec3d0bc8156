//! What a document that has taken over a child would try.

use std::io::{Error, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use memmap2::MmapMut;
use rustix::process::{Pid, test_kill_process};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Attempt {
    Read(PathBuf),
    Write(PathBuf),
    Create(PathBuf),
    Remove(PathBuf),
    List(PathBuf),
    Connect(SocketAddr),
    Listen,
    Datagram,
    LocalSocket,
    Execute,
    Start,
    Thread,
    Signal(i32),
    Trace,
    MakeExecutable,
}

impl Attempt {
    /// # Errors
    /// Whatever the kernel says, if this process is there to hear it.
    pub(crate) fn make(self) -> std::io::Result<()> {
        let mut options = std::fs::OpenOptions::new();
        match self {
            Self::Read(path) => options.read(true).open(path)?.read_exact(&mut [0]),
            Self::Write(path) => options.append(true).open(path)?.write_all(b"x"),
            Self::Create(path) => options.write(true).create_new(true).open(path).map(drop),
            Self::Remove(path) => std::fs::remove_file(path),
            Self::List(path) => std::fs::read_dir(path).map(drop),
            Self::Connect(address) => TcpStream::connect(address).map(drop),
            Self::Listen => TcpListener::bind("127.0.0.1:0").map(drop),
            Self::Datagram => UdpSocket::bind("127.0.0.1:0").map(drop),
            Self::LocalSocket => UnixDatagram::unbound().map(drop),
            Self::Execute => Err(Command::new("/bin/true").exec()),
            Self::Start => Command::new("/bin/true").status().map(drop),
            Self::Thread => std::thread::Builder::new().spawn(|| ()).map(drop),
            Self::Signal(process) => {
                let process = Pid::from_raw(process).ok_or(Error::other("no process"))?;
                Ok(test_kill_process(process)?)
            }
            Self::Trace => traced(),
            Self::MakeExecutable => MmapMut::map_anon(4096)?.make_exec().map(drop),
        }
    }
}

/// Asks to be traced by its parent.
#[expect(unsafe_code, reason = "no library has this call without others that change all the rest")]
fn traced() -> std::io::Result<()> {
    // SAFETY: PTRACE_TRACEME takes no arguments and writes nothing.
    match unsafe { libc::ptrace(libc::PTRACE_TRACEME) } {
        0 => Ok(()),
        _ => Err(Error::last_os_error()),
    }
}
