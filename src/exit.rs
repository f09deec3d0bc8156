//! Exit codes, in one place: scripts rely on them, `--help` lists them.

use std::process::ExitCode;

use common::service::{EXIT_CONFIG, EXIT_UNAVAILABLE};

/// How a command ended, from best to worst: of several documents the worst one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// Everything asked for was done.
    Done,
    /// With `--fail-on-review` or `--fail-on-warning`: a person has to look at a result, or at what
    /// `doctor` warns of.
    NeedsReview,
    /// A document failed or was refused, input could not be read, or a check of `doctor` failed.
    Failed,
    /// No such document, dead letter or key.
    NotFound,
    /// The broker's topology is not the one of this build and configuration.
    Drift,
    /// `--timeout` ended before the document did; its work goes on.
    TimedOut,
    /// Wrong arguments.
    Usage,
    /// Unusable configuration.
    BadConfig,
    /// The service or the broker is not there.
    Unavailable,
    /// A bug.
    Internal,
    /// Ctrl-C, or a system that stops programs.
    Interrupted,
}

impl Exit {
    const ALL: [Self; 11] = [
        Self::Done,
        Self::Failed,
        Self::Usage,
        Self::NeedsReview,
        Self::NotFound,
        Self::Drift,
        Self::BadConfig,
        Self::Unavailable,
        Self::Internal,
        Self::TimedOut,
        Self::Interrupted,
    ];

    /// The process's exit code. 64 and above are those of sysexits.h.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            // Chosen by clap.
            Self::Usage => 2,
            Self::NeedsReview => 3,
            Self::NotFound => 4,
            Self::Drift => 5,
            Self::BadConfig => EXIT_CONFIG,
            Self::Unavailable => EXIT_UNAVAILABLE,
            Self::Internal => 70,
            Self::TimedOut => 75,
            // As shells tell of a program that SIGINT ended.
            Self::Interrupted => 130,
        }
    }

    fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => {
                "a document failed or was refused, input could not be read, or a check failed"
            }
            Self::Usage => "wrong arguments",
            Self::NeedsReview => {
                "somebody should look (only with --fail-on-review or --fail-on-warning)"
            }
            Self::NotFound => "no such document, dead letter or key",
            Self::Drift => "the broker's topology differs",
            Self::BadConfig => "unusable configuration",
            Self::Unavailable => "the service or the broker is not available",
            Self::Internal => "internal error",
            Self::TimedOut => "--timeout ended first; the document is still being worked on",
            Self::Interrupted => "interrupted before everything was done",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// The list of codes, for `--help`.
pub(crate) fn help() -> String {
    let mut text = "Exit codes:".to_owned();
    for exit in Exit::ALL {
        text.push_str(&format!("\n  {:>3}  {}", exit.code(), exit.meaning()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_frozen() {
        let codes: Vec<u8> = Exit::ALL.into_iter().map(Exit::code).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 64, 69, 70, 75, 130]);
    }

    #[test]
    fn the_worst_of_several_documents_counts() {
        let ends = [Exit::Done, Exit::Failed, Exit::NeedsReview, Exit::Done];
        assert_eq!(ends.into_iter().max(), Some(Exit::Failed));
        assert!(Exit::Unavailable > Exit::TimedOut && Exit::TimedOut > Exit::Failed);
    }
}
