//! Looking for some of a tenant's documents: which of them are meant, and where a list goes on. Pure.

mod cursor;

pub(crate) use cursor::{encode, position};

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use common::status::{Arrival, Digest, State};

use crate::register::Entry;

/// Most documents that are looked at for one page, so that a rare filter on a long list takes milliseconds;
/// the next page goes on where this one ended.
const MAX_LOOKED_AT: usize = 20_000;

/// Which documents are meant: those that fit everything that is given. What is said of the invoice fits
/// completed documents only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) state: Option<State>,
    /// Taken then or later.
    pub(crate) received_after: Option<Timestamp>,
    /// Taken before.
    pub(crate) received_before: Option<Timestamp>,
    /// Issued on this day or later.
    pub(crate) issued_after: Option<Date>,
    /// Issued before this day.
    pub(crate) issued_before: Option<Date>,
    /// Part of the seller's name, in lower case.
    pub(crate) seller: Option<String>,
    /// The invoice's number.
    pub(crate) number: Option<String>,
    /// Whether a person should look at it.
    pub(crate) review: Option<bool>,
}

/// A part of a list.
#[derive(Debug)]
pub(crate) struct Page {
    /// Documents, newest first.
    pub(crate) entries: Vec<Arc<Entry>>,
    /// Before which document the list goes on; `None` at its end.
    pub(crate) next: Option<Arrival>,
}

impl Filter {
    /// Whether a document is meant.
    fn admits(&self, digest: &Digest) -> bool {
        let Self { state, received_before, received_after, .. } = self;
        let received_at = &digest.arrival.received_at;
        state.is_none_or(|state| digest.moment.state == state)
            && received_after.is_none_or(|after| *received_at >= after)
            && received_before.is_none_or(|before| *received_at < before)
            && (!self.is_about_invoices() || self.admits_invoice(digest))
    }

    fn is_about_invoices(&self) -> bool {
        let Self { issued_after, issued_before, seller, number, review, .. } = self;
        issued_after.is_some()
            || issued_before.is_some()
            || seller.is_some()
            || number.is_some()
            || review.is_some()
    }

    fn admits_invoice(&self, digest: &Digest) -> bool {
        let Some(summary) = &digest.summary else { return false };
        let issued = |fits: &dyn Fn(Date) -> bool| summary.issue_date.is_some_and(fits);
        self.review.is_none_or(|review| summary.review_required == review)
            && self.number.as_deref().is_none_or(|number| summary.number.as_deref() == Some(number))
            && self.issued_after.is_none_or(|after| issued(&|date| date >= after))
            && self.issued_before.is_none_or(|before| issued(&|date| date < before))
            && self.seller.as_deref().is_none_or(|part| {
                let name = summary.seller.as_deref();
                name.is_some_and(|name| name.to_lowercase().contains(part))
            })
    }

    /// Whether nothing that came before this document is meant either.
    fn ends_at(&self, digest: &Digest) -> bool {
        self.received_after.is_some_and(|after| digest.arrival.received_at < after)
    }
}

impl Page {
    /// The first `limit` of `documents`, which come newest first, that `filter` means.
    pub(crate) fn of<'a>(
        documents: impl Iterator<Item = &'a Arc<Entry>>,
        filter: &Filter,
        limit: usize,
    ) -> Self {
        let mut entries: Vec<Arc<Entry>> = Vec::new();
        for (looked_at, entry) in documents.enumerate() {
            if filter.ends_at(&entry.digest) {
                break;
            }
            let meant = filter.admits(&entry.digest);
            if meant && entries.len() == limit {
                let next = entries.last().map(|last| last.digest.arrival.clone());
                return Self { entries, next };
            }
            if meant {
                entries.push(Arc::clone(entry));
            }
            if looked_at + 1 >= MAX_LOOKED_AT {
                return Self { entries, next: Some(entry.digest.arrival.clone()) };
            }
        }
        Self { entries, next: None }
    }
}

#[cfg(test)]
mod tests {
    use common::status::Summary;

    use super::*;
    use crate::register::testing::digest;

    /// Documents `numbers`, as they come.
    fn entries(numbers: impl Iterator<Item = u32>) -> Vec<Arc<Entry>> {
        let entry = |number| Arc::new(Entry { revision: 1, digest: digest(number, "a") });
        numbers.map(entry).collect()
    }

    fn completed(seller: &str) -> Digest {
        let mut digest = digest(7, "a");
        digest.moment.state = State::Completed;
        digest.summary = Some(Summary {
            seller: Some(seller.into()),
            number: Some("F-7".into()),
            issue_date: Some("2026-02-06".parse().unwrap()),
            review_required: true,
            ..Summary::default()
        });
        digest
    }

    #[test]
    fn a_page_says_where_the_list_goes_on_only_where_it_does() {
        let all = entries((1..=5).rev());
        let page = |limit| Page::of(all.iter(), &Filter::default(), limit);
        assert_eq!(page(2).entries.len(), 2);
        assert_eq!(page(2).next, Some(digest(4, "a").arrival));
        assert_eq!((page(5).entries.len(), page(5).next), (5, None));
        assert_eq!(page(6).next, None);
    }

    #[test]
    fn a_rare_filter_ends_a_page_before_it_is_full() {
        let count = u32::try_from(MAX_LOOKED_AT).unwrap() + 10;
        let all = entries((0..count).rev());
        let filter = Filter { state: Some(State::Failed), ..Filter::default() };
        let page = Page::of(all.iter(), &filter, 20);
        assert!(page.entries.is_empty());
        assert_eq!(page.next, Some(digest(10, "a").arrival));
    }

    #[test]
    fn times_are_from_and_until() {
        let all = entries((1..=9).rev());
        let second = |number| Some(digest(number, "a").arrival.received_at);
        let filter =
            Filter { received_after: second(3), received_before: second(6), ..Filter::default() };
        let page = Page::of(all.iter(), &filter, 20);
        let found: Vec<_> = page.entries.iter().map(|e| e.digest.arrival.id.clone()).collect();
        assert_eq!(found, [5, 4, 3].map(crate::register::testing::id));
        assert_eq!(page.next, None, "what came before is not meant either");
    }

    #[test]
    fn what_is_said_of_the_invoice_fits_completed_documents_only() {
        let simorgh = completed("Société SIMORGH");
        let day = |text: &str| Some(text.parse().unwrap());
        let fits = |filter: Filter| filter.admits(&simorgh);
        let none = Filter::default;
        assert!(fits(Filter { seller: Some("été sim".into()), ..none() }));
        assert!(!fits(Filter { seller: Some("dahu".into()), ..none() }));
        assert!(fits(Filter { number: Some("F-7".into()), ..none() }));
        assert!(!fits(Filter { number: Some("F-".into()), ..none() }));
        assert!(fits(Filter { issued_after: day("2026-02-06"), ..none() }));
        assert!(!fits(Filter { issued_before: day("2026-02-06"), ..none() }));
        assert!(fits(Filter { review: Some(true), state: Some(State::Completed), ..none() }));
        assert!(!fits(Filter { review: Some(false), ..none() }));
        let undated = Digest { summary: Some(Summary::default()), ..simorgh.clone() };
        assert!(!Filter { issued_before: day("2030-01-01"), ..none() }.admits(&undated));
        let waiting = digest(7, "a");
        assert!(!Filter { review: Some(false), ..none() }.admits(&waiting));
        assert!(none().admits(&waiting));
    }
}
