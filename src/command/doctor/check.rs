//! A check, and what all of them come to: pure.

use crate::exit::Exit;

/// What names of the stages' checks begin with.
pub(super) const STAGE: &str = "stage.";

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// As it should be.
    Ok,
    /// Works, and somebody should look.
    Warning,
    /// Does not work, or loses something that was promised.
    Failed,
    /// Could not be looked at.
    Skipped,
}

impl Verdict {
    /// As it is printed.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// What is to be said of a value that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Judgement {
    pub(super) verdict: Verdict,
    /// What was found, or why it was not looked for.
    pub(super) found: String,
    /// What to do; `None` when there is nothing to do.
    pub(super) remedy: Option<String>,
}

impl Judgement {
    pub(super) fn ok(found: impl Into<String>) -> Self {
        Self { verdict: Verdict::Ok, found: found.into(), remedy: None }
    }

    pub(super) fn warning(found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { verdict: Verdict::Warning, found: found.into(), remedy: Some(remedy.into()) }
    }

    pub(super) fn failed(found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { verdict: Verdict::Failed, found: found.into(), remedy: Some(remedy.into()) }
    }

    pub(super) fn skipped(why: impl Into<String>) -> Self {
        Self { verdict: Verdict::Skipped, found: why.into(), remedy: None }
    }

    /// With what would let it be looked at.
    pub(super) fn unless(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// As the check called `name`.
    pub(super) fn named(self, name: impl Into<String>) -> Check {
        let Self { verdict, found, remedy } = self;
        Check { name: name.into(), verdict, found, remedy }
    }
}

/// Something that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Check {
    /// Stable, for programs: `<what>.<which>`.
    pub(super) name: String,
    pub(super) verdict: Verdict,
    pub(super) found: String,
    pub(super) remedy: Option<String>,
}

/// How many checks ended how. Each counts the same: what matters most to an installation is its own to
/// say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Score {
    pub(super) passed: usize,
    /// Those that could be run.
    pub(super) of: usize,
    pub(super) warnings: usize,
    pub(super) failed: usize,
    pub(super) skipped: usize,
}

/// All checks of an installation.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) checks: Vec<Check>,
}

impl Report {
    pub(super) fn new(checks: Vec<Check>) -> Self {
        Self { checks }
    }

    pub(super) fn score(&self) -> Score {
        let count = |verdict| self.checks.iter().filter(|c| c.verdict == verdict).count();
        let skipped = count(Verdict::Skipped);
        Score {
            passed: count(Verdict::Ok),
            of: self.checks.len() - skipped,
            warnings: count(Verdict::Warning),
            failed: count(Verdict::Failed),
            skipped,
        }
    }

    /// What the process ends with.
    pub(super) fn exit(&self, fail_on_warning: bool) -> Exit {
        let score = self.score();
        match score.failed {
            0 if fail_on_warning && score.warnings > 0 => Exit::NeedsReview,
            0 => Exit::Done,
            _ => Exit::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(verdicts: &[Verdict]) -> Report {
        let check = |verdict: &Verdict| Check {
            name: "a.b".to_owned(),
            verdict: *verdict,
            found: String::new(),
            remedy: None,
        };
        Report::new(verdicts.iter().map(check).collect())
    }

    #[test]
    fn what_could_not_be_run_is_not_counted() {
        use Verdict::{Failed, Ok, Skipped, Warning};
        let score = report(&[Ok, Skipped, Warning, Ok, Failed]).score();
        let expected = Score { passed: 2, of: 4, warnings: 1, failed: 1, skipped: 1 };
        assert_eq!(score, expected);
    }

    #[test]
    fn a_failed_check_decides_and_a_warning_only_where_it_is_asked_for() {
        use Verdict::{Failed, Ok, Skipped, Warning};
        assert_eq!(report(&[Ok, Skipped]).exit(true), Exit::Done);
        assert_eq!(report(&[Ok, Warning]).exit(false), Exit::Done);
        assert_eq!(report(&[Ok, Warning]).exit(true), Exit::NeedsReview);
        assert_eq!(report(&[Warning, Failed]).exit(true), Exit::Failed);
    }
}
