//! The forms that a result can be written in.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A form of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// One row a line of the invoice.
    Csv,
    /// OASIS UBL 2.1, `Invoice` or `CreditNote`.
    Ubl,
    /// UN/CEFACT Cross Industry Invoice D16B, as Factur-X has it in its profile EN 16931.
    Cii,
}

/// No form of ours.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("a format is one of csv, ubl and cii")]
pub struct UnknownFormat;

impl Format {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Csv, Self::Ubl, Self::Cii];

    /// Its name, as [`FromStr`] takes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ubl => "ubl",
            Self::Cii => "cii",
        }
    }

    /// Media type of the file. Neither syntax has one that is registered.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Ubl | Self::Cii => "application/xml",
        }
    }

    /// End of a file's name, without a dot before it.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ubl => "ubl.xml",
            Self::Cii => "cii.xml",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        Self::ALL.into_iter().find(|format| format.name() == text).ok_or(UnknownFormat)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_found_by_its_name_alone() {
        for format in Format::ALL {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        for unknown in ["", "CSV", "xml", "json"] {
            assert_eq!(unknown.parse::<Format>(), Err(UnknownFormat), "{unknown}");
        }
    }
}
