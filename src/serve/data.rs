//! The data folder: what `serve` keeps between runs, and where other commands find it.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use common::config::Tls;
use common::service::StartError;

/// URL of the broker in use; read by `events`, `dead` and `topology`.
pub(crate) const BROKER_URL_FILE: &str = "broker.url";

/// URL of the gateway in use; read by `submit` and `status`.
pub(crate) const GATEWAY_URL_FILE: &str = "gateway.url";

/// Taken while an embedded broker runs on the folder.
const LOCK_FILE: &str = "lock";

/// Documents are private to the user who runs the service.
const PRIVATE_FOLDER: u32 = 0o700;
const PRIVATE_FILE: u32 = 0o600;

/// An open data folder.
#[derive(Debug)]
pub(crate) struct DataFolder(PathBuf);

impl DataFolder {
    /// Opens the folder, creating it if it is not there.
    ///
    /// # Errors
    /// [`StartError::Data`] naming the path.
    pub(crate) fn open(path: &Path) -> Result<Self, StartError> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true).mode(PRIVATE_FOLDER);
        builder.create(path).map_err(|source| failed(path, source))?;
        let path = path.canonicalize().map_err(|source| failed(path, source))?;
        Ok(Self(path))
    }

    /// A path inside.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Takes the folder for this process; released when dropped, also by `kill -9`.
    ///
    /// # Errors
    /// [`StartError::Data`] when another process has it.
    pub(crate) fn lock(&self) -> Result<File, StartError> {
        let path = self.path(LOCK_FILE);
        let file = open_private(&path).map_err(|source| failed(&path, source))?;
        flock(&file, FlockOperation::NonBlockingLockExclusive).map_err(|_| {
            let reason = "another `invoice-ocr serve` works on this data folder";
            failed(&path, std::io::Error::new(std::io::ErrorKind::ResourceBusy, reason))
        })?;
        Ok(file)
    }

    /// Writes down which broker is in use.
    ///
    /// # Errors
    /// [`StartError::Data`].
    pub(crate) fn note_broker(&self, url: &str) -> Result<(), StartError> {
        self.write(BROKER_URL_FILE, url)
    }

    /// Writes down where the gateway listens.
    ///
    /// # Errors
    /// [`StartError::Data`].
    pub(crate) fn note_gateway(&self, address: SocketAddr, tls: &Tls) -> Result<(), StartError> {
        let scheme = if tls.is_on() { "https" } else { "http" };
        self.write(GATEWAY_URL_FILE, &format!("{scheme}://{address}"))
    }

    /// What a file inside says; `None` when there is none.
    pub(crate) fn read(&self, name: &str) -> Option<String> {
        let text = std::fs::read_to_string(self.path(name)).ok()?;
        Some(text.trim().to_owned())
    }

    /// Replaces a file inside.
    ///
    /// # Errors
    /// [`StartError::Data`].
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<(), StartError> {
        let path = self.path(name);
        let written = open_private(&path).and_then(|mut file| {
            file.set_len(0)?;
            writeln!(file, "{}", text.trim_end())
        });
        written.map_err(|source| failed(&path, source))
    }
}

fn open_private(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().create(true).truncate(false).write(true).mode(PRIVATE_FILE).open(path)
}

fn failed(path: &Path, source: std::io::Error) -> StartError {
    StartError::Data { path: path.display().to_string(), source }
}
