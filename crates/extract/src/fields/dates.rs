//! Issue, due and delivery date.

use jiff::civil::Date;

use crate::candidate::{Candidate, choose};
use crate::evidence::{Clue, label_clues, links};
use crate::fields::Reading;
use crate::fields::kind::is_title;
use crate::lexicon::Label;
use crate::result::Field;
use crate::value::dates;

/// Labels that announce dates.
const FAMILY: &[Label] = &[Label::IssueDate, Label::DueDate, Label::DeliveryDate, Label::OtherDate];

/// Dates that are looked at; more is a timetable or a meter reading.
const MAX_DATES: usize = 200;

/// The document's dates.
#[derive(Debug, Default)]
pub(crate) struct Dates {
    pub(crate) issue: Option<Field<Date>>,
    pub(crate) due: Option<Field<Date>>,
    pub(crate) delivery: Option<Field<Date>>,
}

/// Finds the dates. A date without a label can be the issue date only.
pub(crate) fn find_dates(reading: &Reading<'_>) -> Dates {
    let any = candidates(reading, Label::IssueDate).into_iter().map(|(c, _)| c);
    let issue = choose(reading.tracer, &any.collect::<Vec<_>>(), "issue_date");
    let due = choose(reading.tracer, &labelled(candidates(reading, Label::DueDate)), "due_date");
    let delivery = choose(
        reading.tracer,
        &labelled(candidates(reading, Label::DeliveryDate)),
        "delivery_date",
    );
    Dates { issue, due, delivery }
}

fn labelled(candidates: Vec<(Candidate<Date>, bool)>) -> Vec<Candidate<Date>> {
    candidates.into_iter().filter(|(_, labelled)| *labelled).map(|(c, _)| c).collect()
}

fn candidates(reading: &Reading<'_>, label: Label) -> Vec<(Candidate<Date>, bool)> {
    let mut found = Vec::new();
    for (index, segment) in reading.segments() {
        for date in dates(&segment.text, reading.locale.dates) {
            if found.len() == MAX_DATES {
                return found;
            }
            let mut candidate = Candidate::read(date.value, segment, &date.range);
            let links = links(reading.layout, index, date.range.start, FAMILY);
            let evidence = &mut candidate.evidence;
            label_clues(&links, label, evidence);
            evidence.when(Clue::Title, is_title(segment));
            evidence.when(Clue::FirstPage, segment.page_index == 0);
            evidence.when(Clue::UpperHalf, segment.bbox.middle_y() < 0.5);
            evidence.when(Clue::First, found.is_empty());
            let unsettled = date.ambiguous && !reading.locale.dates_proven;
            evidence.when(Clue::Ambiguous, unsettled);
            evidence.when(Clue::Repeated, reading.repeats(&candidate.raw));
            let labelled = links.iter().any(|l| l.hit.strength(label) > 0.0);
            found.push((candidate, labelled));
        }
    }
    found
}
