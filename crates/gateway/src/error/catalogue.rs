//! The kinds of problems for whoever documents them.

use super::kind::{ALL, Kind};

/// Statuses of which the same request may succeed later: RFC 9110 for 408 and 503, RFC 6585 for 429.
/// A 500 is a bug or a moment's fault, and repeating is harmless: ids follow from content.
const LATER: [u16; 4] = [408, 429, 500, 503];

/// Said by the remedy of what passes by itself, whatever its status.
const WAIT: &str = "Retry-After";

/// The client went away, which says nothing about the request.
const INTERRUPTED: &str = "upload_interrupted";

/// One kind of problem that the API answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProblemKind {
    /// Stable name.
    pub code: &'static str,
    /// HTTP status.
    pub status: u16,
    /// In a few words.
    pub title: &'static str,
    /// What a client can do.
    pub remedy: &'static str,
    /// Whether the same request may succeed later.
    pub again: bool,
}

/// All kinds of problems, by status.
#[must_use]
pub fn problem_kinds() -> Vec<ProblemKind> {
    ALL.iter().map(|kind| described(kind)).collect()
}

fn described(kind: &Kind) -> ProblemKind {
    let Kind { code, status, title, remedy } = *kind;
    let again = LATER.contains(&status) || remedy.contains(WAIT) || code == INTERRUPTED;
    ProblemKind { code, status, title, remedy, again }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_succeed_later_is_there_and_says_so() {
        let kinds = problem_kinds();
        let again = |code| kinds.iter().find(|kind| kind.code == code).unwrap().again;
        for code in [INTERRUPTED, "pages_pending", "too_many_requests", "broker_away"] {
            assert!(again(code), "{code}");
        }
        assert!(!again("document_too_large"));
    }
}
