//! What a service has accepted so far: a line a document, for a run that takes up where another ended.
//!
//! A line that is lost or torn costs an upload that the service knows already, so nothing is synced.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::command::CommandError;

/// How each line begins.
const BEGINNING: &[u8] = br#"{"file":"#;

/// What makes two uploads the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Sent {
    /// URL of the service.
    pub(crate) service: String,
    /// blake3 of the content, hexadecimal digits.
    pub(crate) blake3: String,
    /// Language codes as the API takes them; empty: those that the service is set to.
    pub(crate) languages: String,
}

/// An open journal.
#[derive(Debug)]
pub(crate) struct Journal {
    file: Mutex<File>,
    /// Id by what was sent, of earlier runs.
    before: HashMap<Sent, String>,
}

impl Journal {
    /// Opens the journal at `path`, or begins one there.
    ///
    /// # Errors
    /// [`CommandError::Usage`] where there is something else, or nothing can be written.
    pub(crate) fn open(path: &Path) -> Result<Self, CommandError> {
        let unusable = |why: &str| CommandError::Usage(format!("{}: {why}", path.display()));
        let failed = |error: std::io::Error| unusable(&error.to_string());
        let mut options = OpenOptions::new();
        let file = options.read(true).append(true).create(true).open(path).map_err(failed)?;
        let mut reader = BufReader::new(&file);
        let (mut before, mut line) = (HashMap::new(), Vec::new());
        let mut whole = true;
        while reader.read_until(b'\n', &mut line).map_err(failed)? > 0 {
            whole = line.ends_with(b"\n");
            match parsed(&line) {
                Some((sent, id)) => _ = before.insert(sent, id),
                None if is_torn(&line) => {}
                None => return Err(unusable("this is no journal of `submit --resume`")),
            }
            line.clear();
        }
        if !whole {
            (&file).write_all(b"\n").map_err(failed)?;
        }
        Ok(Self { file: Mutex::new(file), before })
    }

    /// The id of what an earlier run has sent.
    pub(crate) fn id(&self, sent: &Sent) -> Option<&str> {
        self.before.get(sent).map(String::as_str)
    }

    /// Notes that the document in `file` was accepted as `id`.
    ///
    /// # Errors
    /// Those of writing.
    pub(crate) fn note(&self, file: &str, sent: &Sent, id: &str) -> Result<(), std::io::Error> {
        let Sent { service, blake3, languages } = sent;
        let line = json!({
            "file": file, "blake3": blake3, "id": id, "service": service, "languages": languages,
        });
        // One write: lines of two runs at once do not mix.
        let line = format!("{line}\n");
        self.file.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes())
    }
}

/// Whether an unreadable line is what is left of one of ours, after whatever ended its run.
fn is_torn(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    BEGINNING.starts_with(line) || line.starts_with(BEGINNING)
}

/// What a line notes.
fn parsed(line: &[u8]) -> Option<(Sent, String)> {
    let line: Value = serde_json::from_slice(line).ok()?;
    let text = |key: &str| line.get(key).and_then(Value::as_str).map(str::to_owned);
    let (service, blake3, languages) = (text("service")?, text("blake3")?, text("languages")?);
    Some((Sent { service, blake3, languages }, text("id")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(blake3: &str) -> Sent {
        let (service, languages) = ("http://x".to_owned(), String::new());
        Sent { service, blake3: blake3.to_owned(), languages }
    }

    #[test]
    fn what_was_noted_is_known_to_the_next_run_for_the_same_service_and_languages() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let first = Journal::open(&path).unwrap();
        first.note("a\n.pdf", &sent("1"), "id 1").unwrap();
        first.note("b.pdf", &sent("2"), "id 2").unwrap();
        assert_eq!(first.id(&sent("1")), None);
        let second = Journal::open(&path).unwrap();
        assert_eq!(second.id(&sent("1")), Some("id 1"));
        assert_eq!(second.id(&sent("2")), Some("id 2"));
        assert_eq!(second.id(&Sent { service: "http://y".to_owned(), ..sent("1") }), None);
        assert_eq!(second.id(&Sent { languages: "fra".to_owned(), ..sent("1") }), None);
    }

    #[test]
    fn a_torn_line_costs_itself_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        Journal::open(&path).unwrap().note("a", &sent("1"), "id 1").unwrap();
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, [&whole[..], &whole[..20]].concat()).unwrap();
        Journal::open(&path).unwrap().note("b", &sent("2"), "id 2").unwrap();
        let third = Journal::open(&path).unwrap();
        assert_eq!((third.id(&sent("1")), third.id(&sent("2"))), (Some("id 1"), Some("id 2")));
    }

    #[test]
    fn somebody_elses_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("invoice.pdf");
        std::fs::write(&path, b"%PDF-1.7\nand more\n").unwrap();
        assert!(Journal::open(&path).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"%PDF-1.7\nand more\n");
    }
}
