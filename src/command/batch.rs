//! Many documents, some of them at once: progress, order, and what is printed in the end.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread::scope;
use std::time::{Duration, Instant};

use super::exporting::{self, ExportArgs};
use super::interrupt::Interrupt;
use super::outcome::Outcome;
use super::progress::Progress;
use super::source::{Source, Sources};
use super::table::{detail, overview, render};
use super::{CommandError, Output, console};
use crate::exit::Exit;

/// What there is to do, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Batch<'a> {
    pub(crate) sources: &'a Sources,
    /// Documents under way at once.
    pub(crate) parallel: usize,
    pub(crate) output: Output,
    /// Whether the documents are read in the end, or only sent.
    pub(crate) read: bool,
    /// What is to be made of results.
    pub(crate) export: &'a ExportArgs,
    pub(crate) interrupt: &'a Interrupt,
}

/// What was done.
#[derive(Debug)]
pub(crate) struct Done {
    /// In the order of the sources.
    pub(crate) outcomes: Vec<Outcome>,
    /// Sources that nothing was done about, since somebody asked to end.
    pub(crate) untouched: usize,
    pub(crate) took: Duration,
}

impl Batch<'_> {
    /// Does `work` for each source, makes files of the results where they are asked for, and prints what became
    /// of it. `work` returns `None` where it was asked to
    /// end before anything was done.
    ///
    /// # Errors
    /// Those of printing, and [`CommandError::Usage`] before anything is done where files cannot be made.
    pub(crate) fn run(
        &self,
        work: impl Fn(&Source, &Progress) -> Option<Outcome> + Sync,
    ) -> Result<Done, CommandError> {
        self.export.prepare(self.sources, self.output)?;
        let began = Instant::now();
        let sources = &self.sources.all;
        let progress = Progress::new(sources.len());
        let next = AtomicUsize::new(0);
        let (sender, receiver) = mpsc::channel();
        let mut outcomes: Vec<(usize, Outcome)> = Vec::new();
        scope(|threads| {
            for _ in 0..sources.len().min(self.parallel) {
                let (sender, next, work, progress) = (sender.clone(), &next, &work, &progress);
                threads.spawn(move || {
                    while !self.interrupt.is_set() {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(source) = sources.get(index) else { return };
                        let Some(outcome) = work(source, progress) else { return };
                        let outcome = self.export.apply(source, outcome);
                        // Nobody listens any more once standard output is closed.
                        if sender.send((index, outcome)).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(sender);
            for (index, outcome) in receiver {
                progress.ended();
                if self.output == Output::Ndjson {
                    progress.suspend(|| console::line(&outcome.json().to_string()))?;
                }
                outcomes.push((index, outcome));
            }
            Ok::<(), CommandError>(())
        })?;
        progress.finish();
        outcomes.sort_by_key(|(index, _)| *index);
        let outcomes: Vec<Outcome> = outcomes.into_iter().map(|(_, outcome)| outcome).collect();
        self.print(&outcomes)?;
        let untouched = sources.len() - outcomes.len();
        Ok(Done { outcomes, untouched, took: began.elapsed() })
    }

    fn print(&self, outcomes: &[Outcome]) -> Result<(), CommandError> {
        let answer = outcomes.first().and_then(Outcome::answer);
        match (self.output, outcomes, answer) {
            (_, [outcome], _) if self.export.takes_output() => exporting::print(outcome),
            // Printed as they ended.
            (Output::Ndjson, ..) => Ok(()),
            (Output::Json, ..) => console::json(&outcomes.iter().map(Outcome::json).collect()),
            (Output::Table, [], _) => Ok(()),
            (Output::Table, [outcome], Some(_)) if self.read && !self.export.is_wanted() => {
                console::line(&detail::document(&outcome.json()))
            }
            (Output::Table, ..) => {
                let (header, rows) =
                    if self.read { overview::read(outcomes) } else { overview::sent(outcomes) };
                console::line(&render(&header, rows))
            }
        }
    }
}

impl Done {
    /// The exit code: that of the document that fared worst.
    pub(crate) fn exit(&self, fail_on_review: bool) -> Exit {
        let exits = self.outcomes.iter().map(|outcome| outcome.exit(fail_on_review));
        let interrupted = (self.untouched > 0).then_some(Exit::Interrupted);
        exits.chain(interrupted).max().unwrap_or(Exit::Done)
    }
}
