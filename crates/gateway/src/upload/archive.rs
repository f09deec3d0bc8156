//! A ZIP of documents: its files one after the other, held against what they may become.
//!
//! An archive is held whole, since what is in it stands at its end, and only that listing is believed:
//! readers that go by the headers in between see other files than those who go by the listing.

use std::borrow::Cow;
use std::io::{Cursor, Read};

use bytes::Bytes;
use zip::ZipArchive;
use zip::result::ZipError;

use crate::error::ApiError;

/// Bytes that the files of an archive may have together, for each byte of the archive: documents are
/// compressed already (1 to 3), XML in UTF-16 comes to 40.
const MAX_EXPANSION: u64 = 50;

/// Where archivers of macOS put what is beside a file: no document of anybody's.
const RESOURCE_FORKS: &str = "__MACOSX/";

/// A listed archive.
pub(crate) struct Archive {
    zip: ZipArchive<Cursor<Bytes>>,
    /// Places of the files that may be documents.
    files: Vec<usize>,
    /// Longest file that is read.
    max_bytes: u64,
    /// Bytes that the files still to come may have together.
    left: u64,
}

/// A file of an archive.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Its path.
    pub(crate) name: String,
    /// What it holds, or why it is not read.
    pub(crate) bytes: Result<Bytes, ApiError>,
}

impl Archive {
    /// Lists an archive of at most `max_files` files, each of at most `max_bytes`.
    ///
    /// # Errors
    /// `ArchiveDamaged`, `TooManyFiles`, `FileMissing` when there is none.
    pub(crate) fn open(bytes: Bytes, max_files: u64, max_bytes: u64) -> Result<Self, ApiError> {
        let left = (bytes.len() as u64).saturating_mul(MAX_EXPANSION);
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|_| ApiError::ArchiveDamaged)?;
        let is_file = |place: &usize| {
            let name = zip.name_for_index(*place).and_then(Result::ok);
            name.is_some_and(|name| !name.ends_with('/') && !name.starts_with(RESOURCE_FORKS))
        };
        let files: Vec<usize> = (0..zip.len()).filter(is_file).collect();
        let seen = files.len() as u64;
        if seen > max_files {
            return Err(ApiError::TooManyFiles { limit: max_files, seen });
        }
        if files.is_empty() {
            return Err(ApiError::FileMissing);
        }
        Ok(Self { zip, files: files.into_iter().rev().collect(), max_bytes, left })
    }

    /// The next file. What it says of its length is a reason to refuse it, never to trust it. Takes CPU
    /// time: not for a thread that others wait for.
    pub(crate) fn next_file(&mut self) -> Option<Entry> {
        let place = self.files.pop()?;
        let name = self.zip.name_for_index(place).and_then(Result::ok);
        let name = name.map(Cow::into_owned).unwrap_or_default();
        let bytes = self.read(place);
        if let Ok(bytes) = &bytes {
            self.left = self.left.saturating_sub(bytes.len() as u64);
        }
        Some(Entry { name, bytes })
    }

    fn read(&mut self, place: usize) -> Result<Bytes, ApiError> {
        let (limit, left) = (self.max_bytes, self.left);
        let file = self.zip.by_index(place).map_err(|error| match error {
            ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => ApiError::ArchiveEncrypted,
            ZipError::UnsupportedArchive(_) => ApiError::ArchiveUnsupported,
            _ => ApiError::ArchiveDamaged,
        })?;
        let declared = file.size();
        if declared > limit {
            return Err(ApiError::DocumentTooLarge { limit, seen: declared });
        }
        let mut bytes = Vec::new();
        // One more than may be, to see that there is more.
        let most = limit.min(left).saturating_add(1);
        file.take(most).read_to_end(&mut bytes).map_err(|_| ApiError::ArchiveDamaged)?;
        let seen = bytes.len() as u64;
        if seen > left {
            return Err(ApiError::ArchiveExpands { limit: MAX_EXPANSION });
        }
        if seen > limit {
            return Err(ApiError::DocumentTooLarge { limit, seen });
        }
        Ok(bytes.into())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn archive(files: &[(&str, &[u8])]) -> Bytes {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            if name.ends_with('/') {
                writer.add_directory(*name, SimpleFileOptions::default()).unwrap();
            } else {
                writer.start_file(*name, SimpleFileOptions::default()).unwrap();
                writer.write_all(bytes).unwrap();
            }
        }
        writer.finish().unwrap().into_inner().into()
    }

    fn all(bytes: Bytes, max_bytes: u64) -> Vec<(String, Result<usize, ApiError>)> {
        let mut archive = Archive::open(bytes, 10, max_bytes).unwrap();
        std::iter::from_fn(|| archive.next_file())
            .map(|entry| (entry.name, entry.bytes.map(|bytes| bytes.len())))
            .collect()
    }

    #[test]
    fn files_come_in_order_and_folders_and_forks_do_not() {
        let bytes = archive(&[
            ("a/", b""),
            ("a/one.pdf", b"%PDF-1"),
            ("__MACOSX/a/._one.pdf", b"fork"),
            ("two.pdf", b"%PDF-2.0"),
        ]);
        let names = [("a/one.pdf".to_owned(), Ok(6)), ("two.pdf".to_owned(), Ok(8))];
        assert_eq!(all(bytes, 100), names);
    }

    #[test]
    fn one_file_too_large_stops_no_other() {
        let bytes = archive(&[("large", b"0123456789"), ("small", b"1")]);
        let refused = ApiError::DocumentTooLarge { limit: 4, seen: 10 };
        assert_eq!(
            all(bytes, 4),
            [("large".to_owned(), Err(refused)), ("small".to_owned(), Ok(1))]
        );
    }

    #[test]
    fn an_archive_that_becomes_far_more_than_it_is_is_not_unpacked() {
        let zeros = vec![0; 10_000_000];
        let bytes = archive(&[("zeros", &zeros), ("more", b"1")]);
        assert!((bytes.len() as u64) * MAX_EXPANSION < 10_000_000);
        let expands = ApiError::ArchiveExpands { limit: MAX_EXPANSION };
        assert_eq!(all(bytes, 20_000_000).first().unwrap().1, Err(expands));
    }

    #[test]
    fn what_is_no_archive_or_has_too_many_files_or_none_is_refused_as_a_whole() {
        let open = |bytes: Bytes| Archive::open(bytes, 2, 100).err();
        assert_eq!(
            open(Bytes::from_static(b"PK\x03\x04 and nothing")),
            Some(ApiError::ArchiveDamaged)
        );
        let three = archive(&[("a", b"1"), ("b", b"2"), ("c", b"3")]);
        assert_eq!(open(three), Some(ApiError::TooManyFiles { limit: 2, seen: 3 }));
        assert_eq!(open(archive(&[("only/", b"")])), Some(ApiError::FileMissing));
    }
}
