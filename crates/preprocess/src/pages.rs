//! The pages of one document, made by as many workers as are free: a document that comes alone is done
//! sooner, and on a busy service each has one worker.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures_util::future::{join, join_all};

use common::error::StageError;
use common::id::DocumentId;
use common::job::Job;
use common::object::{Bucket, ObjectStore};
use common::page::{PageGeometry, PreparedPage};
use common::worker::{Budget, Pool};

use crate::error::PreprocessError;
use crate::params::Params;
use crate::reader::{MadePage, PageMaker};
use crate::reading::Reading;

/// So many pages a helper makes before it gives its worker to whoever waits for one. Opening the
/// document again costs about as much as a page of text.
const PAGES_OF_A_HELPER: u32 = 8;

/// A document whose pages are made.
pub(crate) struct Pages<'a, S> {
    pub(crate) pool: &'a Pool<PageMaker>,
    pub(crate) budget: Budget,
    pub(crate) params: &'a Params,
    pub(crate) job: &'a Job,
    pub(crate) bytes: &'a Bytes,
    pub(crate) objects: &'a S,
    /// Number of pages.
    pub(crate) count: u32,
}

impl<S: ObjectStore> Pages<'_, S> {
    /// Makes all pages, in order. `first` has the document open already.
    ///
    /// # Errors
    /// That of the first page which cannot be made, however the workers shared them.
    pub(crate) async fn make(&self, first: Reading) -> Result<Vec<PreparedPage>, StageError> {
        let desk = Desk::new(self.count);
        let helpers = self.pool.size().min(self.count as usize).saturating_sub(1);
        let helped = join_all((0..helpers).map(|_| self.help(&desk)));
        let (own, helped) = join(self.make_some(first, &desk, u32::MAX), helped).await;
        let mut pages = Vec::with_capacity(self.count as usize);
        let mut failures = Vec::new();
        for (made, failed) in helped.into_iter().chain([own]) {
            pages.extend(made);
            failures.extend(failed);
        }
        // Pages are given out in order, so all before the first that fails were made or failed too.
        match failures.into_iter().min_by_key(|failure| failure.page) {
            Some(failure) => Err(failure.error),
            None => {
                pages.sort_by_key(|page: &PreparedPage| page.geometry.number);
                Ok(pages)
            }
        }
    }

    /// Makes pages in further workers as long as one is free.
    async fn help(&self, desk: &Desk) -> (Vec<PreparedPage>, Option<Failure>) {
        let mut made = Vec::new();
        while desk.has_more() {
            // Nobody depends on help: the document's own worker makes what is left.
            let Ok(Some(lease)) = self.pool.try_lease().await else { break };
            let mut reading = Reading::new(lease, self.budget, self.params);
            if reading.open(self.job.media_type, self.bytes).await.is_err() {
                break;
            }
            let (some, failed) = self.make_some(reading, desk, PAGES_OF_A_HELPER).await;
            made.extend(some);
            if failed.is_some() {
                return (made, failed);
            }
        }
        (made, None)
    }

    /// Makes up to `most` pages that nobody has taken yet.
    async fn make_some(
        &self,
        mut reading: Reading,
        desk: &Desk,
        most: u32,
    ) -> (Vec<PreparedPage>, Option<Failure>) {
        let mut made = Vec::new();
        for _ in 0..most {
            let Some(number) = desk.take() else { break };
            match self.make_one(&mut reading, desk, number).await {
                Ok(page) => made.push(page),
                Err(error) => {
                    desk.close();
                    return (made, Some(Failure { page: number, error }));
                }
            }
        }
        // A worker that cannot forget is not used again; the pages are made all the same.
        reading.close().await.ok();
        (made, None)
    }

    async fn make_one(
        &self,
        reading: &mut Reading,
        desk: &Desk,
        number: u32,
    ) -> Result<PreparedPage, StageError> {
        let page = reading.page(number).await?;
        desk.count_pixels(&page, self.params.max_document_pixels)?;
        stored(page, &self.job.id, self.objects).await
    }
}

/// A page whose raster lies among the objects of document `id`.
///
/// # Errors
/// Those of the store.
pub(crate) async fn stored(
    page: MadePage,
    id: &DocumentId,
    objects: &impl ObjectStore,
) -> Result<PreparedPage, StageError> {
    let MadePage { geometry, words, doubted, preparation, png } = page;
    let raster = match png {
        Some(png) => Some(objects.write(Bucket::Work, id, png.into_vec().into()).await?),
        None => None,
    };
    Ok(PreparedPage { geometry, words, doubted, raster, preparation })
}

/// Gives out page numbers from 1.
struct Desk {
    /// `None` when there is no more, or one has failed.
    next: Mutex<Option<u32>>,
    count: u32,
    /// Pixels of all rasters so far.
    pixels: AtomicU64,
}

/// A page that could not be made.
struct Failure {
    page: u32,
    error: StageError,
}

impl Desk {
    fn new(count: u32) -> Self {
        Self { next: Mutex::new(Some(1)), count, pixels: AtomicU64::new(0) }
    }

    /// Adds the raster of `page`, if it has one, to those of the document.
    fn count_pixels(&self, page: &MadePage, limit: u64) -> Result<(), PreprocessError> {
        if page.png.is_none() {
            return Ok(());
        }
        let PageGeometry { width_px, height_px, .. } = page.geometry;
        let pixels = u64::from(width_px).saturating_mul(u64::from(height_px));
        let seen = self.pixels.fetch_add(pixels, Ordering::Relaxed).saturating_add(pixels);
        if seen > limit {
            return Err(PreprocessError::TooManyPixels { limit, seen });
        }
        Ok(())
    }

    /// The next page to make.
    fn take(&self) -> Option<u32> {
        let mut next = self.lock();
        let number = next.filter(|number| *number <= self.count)?;
        *next = number.checked_add(1);
        Some(number)
    }

    fn has_more(&self) -> bool {
        self.lock().is_some_and(|number| number <= self.count)
    }

    /// Gives out no more pages: the document has failed.
    fn close(&self) {
        *self.lock() = None;
    }

    fn lock(&self) -> MutexGuard<'_, Option<u32>> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_page_is_given_out_once_until_one_fails() {
        let desk = Desk::new(3);
        assert_eq!((desk.take(), desk.take(), desk.has_more()), (Some(1), Some(2), true));
        assert_eq!((desk.take(), desk.take(), desk.has_more()), (Some(3), None, false));
        let desk = Desk::new(3);
        assert_eq!(desk.take(), Some(1));
        desk.close();
        assert_eq!((desk.take(), desk.has_more()), (None, false));
    }
}
