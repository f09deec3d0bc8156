//! Candidates of a field, and the choice among them when nothing else depends on it.

use std::fmt::Display;
use std::ops::Range;

use crate::confidence::calibrated;
use crate::evidence::{Clue, Evidence};
use crate::layout::{Place, Segment};
use crate::result::{Confidence, Field, Source};
use crate::trace::{Chosen, Considered, Decision, Tracer};

/// A possible value with its evidence.
#[derive(Clone, Debug)]
pub(crate) struct Candidate<T> {
    pub(crate) value: T,
    /// The text as read.
    pub(crate) raw: String,
    pub(crate) place: Place,
    pub(crate) evidence: Evidence,
}

/// Below this probability a field stays empty: a wrong value costs more than a missing one.
const MIN_PROBABILITY: f64 = 0.30;

/// Largest share of a value that could be read in two ways: usage settles nine cases in ten.
const UNSETTLED: f64 = 0.9;

/// Longest text kept as read; more is a reading accident.
const MAX_RAW_CHARS: usize = 500;

impl<T> Candidate<T> {
    /// A candidate read from the bytes `range` of a segment.
    pub(crate) fn read(value: T, segment: &Segment, range: &Range<usize>) -> Self {
        let raw = segment.text.get(range.clone()).unwrap_or(&segment.text).trim().to_owned();
        Self { value, raw, place: segment.place(range), evidence: Evidence::default() }
    }

    /// What the trace shows of it as an option for the field (index and section of the weights).
    pub(crate) fn considered(&self, field: (usize, &str)) -> Considered
    where
        T: Display,
    {
        Considered::new(field, self.value.to_string(), &self.place, &self.evidence)
    }

    /// The field with this value, chosen with `share` of the probability of all that was considered.
    /// `section` is the field's in the weights and the calibration.
    pub(crate) fn chosen(&self, section: &str, share: f64) -> Field<T>
    where
        T: Clone,
    {
        let share = if self.evidence.has(Clue::Ambiguous) { share.min(UNSETTLED) } else { share };
        chosen(self.value.clone(), &self.raw, &self.place, (section, share))
    }

    /// The field with this value at `probability`, lowered by how surely the words were read.
    pub(crate) fn field(&self, probability: f64) -> Field<T>
    where
        T: Clone,
    {
        field(self.value.clone(), &self.raw, &self.place, probability)
    }
}

/// A field read at `place`, whose value has that share among all candidates of the section.
pub(crate) fn chosen<T>(
    value: T,
    raw: &str,
    place: &Place,
    (section, share): (&str, f64),
) -> Field<T> {
    Field {
        confidence: calibrated(section, share, place.confidence),
        ..field(value, raw, place, share)
    }
}

/// A field read at `place`.
pub(crate) fn field<T>(value: T, raw: &str, place: &Place, probability: f64) -> Field<T> {
    Field {
        value,
        confidence: Confidence::new(probability * f64::from(place.confidence)),
        raw: Some(raw.chars().take(MAX_RAW_CHARS).collect()),
        source: Source::page(place.page, place.bbox),
    }
}

/// The most probable value of `field`, if one is probable enough. Equal values count as one.
pub(crate) fn choose<T: Clone + PartialEq + Display>(
    tracer: &Tracer,
    candidates: &[Candidate<T>],
    field: &'static str,
) -> Option<Field<T>> {
    let best = most_probable(candidates, field);
    let chosen = best.filter(|(_, probability)| *probability >= MIN_PROBABILITY);
    tracer.record(|| Decision {
        fields: vec![field],
        options: candidates.iter().map(|c| c.considered((0, field))).collect(),
        combinations: Vec::new(),
        chosen: vec![
            chosen.map(|(c, probability)| Chosen { value: c.value.to_string(), probability }),
        ],
    });
    chosen.map(|(candidate, share)| candidate.chosen(field, share))
}

/// The most probable candidate with the probability of its value.
fn most_probable<'c, T: PartialEq>(
    candidates: &'c [Candidate<T>],
    field: &str,
) -> Option<(&'c Candidate<T>, f64)> {
    let mut best: Vec<(&Candidate<T>, f64)> = Vec::new();
    for candidate in candidates {
        let logit = candidate.evidence.logit(field);
        match best.iter_mut().find(|(c, _)| c.value == candidate.value) {
            Some(known) if known.1 < logit => *known = (candidate, logit),
            Some(_) => {}
            None => best.push((candidate, logit)),
        }
    }
    let total: f64 = 1.0 + best.iter().map(|(_, logit)| logit.exp()).sum::<f64>();
    let (candidate, logit) = best.into_iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
    Some((candidate, logit.exp() / total))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Layout;
    use crate::sample;

    fn candidate(layout: &Layout, value: &str, label: f32) -> Candidate<String> {
        let mut candidate = Candidate::read(value.to_owned(), &layout.segments[0], &(0..1));
        candidate.evidence.add(Clue::LabelSame, label);
        candidate
    }

    #[test]
    fn the_better_announced_value_wins_and_a_rival_lowers_its_probability() {
        let layout = Layout::of(&sample::document(&["F-1"]));
        let (strong, weak) = (candidate(&layout, "a", 1.0), candidate(&layout, "b", 0.7));
        let alone = choose(&Tracer::default(), std::slice::from_ref(&strong), "number").unwrap();
        let contested = choose(&Tracer::default(), &[weak, strong], "number").unwrap();
        assert_eq!(contested.value, "a");
        assert!(contested.confidence < alone.confidence);
    }

    #[test]
    fn nothing_is_chosen_without_a_reason() {
        let layout = Layout::of(&sample::document(&["F-1"]));
        assert!(choose(&Tracer::default(), &[candidate(&layout, "a", 0.0)], "number").is_none());
    }

    #[test]
    fn doubtful_words_lower_the_confidence() {
        let mut document = sample::document(&["F-1"]);
        let sure =
            choose(&Tracer::default(), &[candidate(&Layout::of(&document), "a", 1.0)], "number")
                .unwrap();
        document.pages[0].words[0].confidence = 0.5;
        let unsure =
            choose(&Tracer::default(), &[candidate(&Layout::of(&document), "a", 1.0)], "number")
                .unwrap();
        assert!(unsure.confidence < sure.confidence);
    }
}
