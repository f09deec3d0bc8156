//! What comes out of anything else.

use libtest_mimic::Trial;

use common::error::ErrorKind;
use common::stage::Stage;

use crate::fixtures::{FACTURE, Page, config, fact, run, stage};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        fact("a_configured_language_without_data_stops_the_start", missing_language),
        fact("a_folder_without_data_stops_the_start", wrong_folder),
        fact("a_document_in_a_language_that_is_not_there_is_rejected", unavailable_language),
        fact("a_missing_network_stops_the_start_and_says_what_to_do", missing_network),
        fact("a_damaged_raster_fails_its_document_and_the_next_is_read", damaged_raster),
        fact("a_raster_over_the_pixel_limit_is_rejected", large_raster),
        fact("a_page_over_its_time_fails_its_document", time_limit),
    ]
}

async fn missing_language() {
    let config = config().with("ocr.languages", ["fra", "xyz"]).unwrap();
    let error = stage(&config).warm_up().await.unwrap_err();
    assert_eq!((error.kind, &*error.code), (ErrorKind::Internal, "language_missing"));
    assert!(error.message.contains("apt-get install tesseract-ocr-xyz"), "{error}");
    stage(&crate::fixtures::config()).warm_up().await.unwrap();
}

async fn wrong_folder() {
    let config = config().with("worker.tessdata", "/nonexistent/tessdata").unwrap();
    let error = stage(&config).warm_up().await.unwrap_err();
    assert_eq!(error.code, "language_missing");
    assert!(error.message.contains("/nonexistent/tessdata"), "{error}");
}

async fn unavailable_language() {
    let pages = [Page::image(FACTURE)];
    let error = run(&stage(&config()), &pages, &["fra", "xyz"]).await.unwrap_err();
    assert_eq!((error.kind, &*error.code), (ErrorKind::Rejected, "language_unavailable"));
}

async fn missing_network() {
    let elsewhere = config().with("worker.models", "/nonexistent/models").unwrap();
    let error = stage(&elsewhere).warm_up().await.unwrap_err();
    assert_eq!((error.kind, &*error.code), (ErrorKind::Internal, "engine_missing"));
    assert!(error.message.contains("/nonexistent/models/ppocrv6"), "{error}");
    assert!(error.message.contains("scripts/setup"), "{error}");
    let alone = elsewhere.with("ocr.engines", "tesseract").unwrap();
    stage(&alone).warm_up().await.unwrap();
}

async fn damaged_raster() {
    let stage = stage(&config().with("stages.ocr.workers", 1).unwrap());
    let mut damaged = FACTURE.to_vec();
    damaged.truncate(9000);
    let error = run(&stage, &[Page::image(&damaged)], &[]).await.unwrap_err();
    assert_eq!((error.kind, &*error.code), (ErrorKind::Internal, "raster_unreadable"));
    run(&stage, &[Page::image(FACTURE)], &[]).await.unwrap();
}

async fn large_raster() {
    let config = config().with("limits.max_page_pixels", 1_000_000).unwrap();
    let error = run(&stage(&config), &[Page::image(FACTURE)], &[]).await.unwrap_err();
    assert_eq!((error.kind, &*error.code), (ErrorKind::Rejected, "page_too_large"));
    assert!(error.message.contains("1653 x 2339"), "{error}");
}

async fn time_limit() {
    let mut hasty = config();
    // Less than the configuration takes, so that any page is too slow.
    hasty.worker.wall_seconds_per_page = 0;
    let error = run(&stage(&hasty), &[Page::image(FACTURE)], &[]).await.unwrap_err();
    assert_eq!((error.kind, &*error.code), (ErrorKind::Internal, "worker_timed_out"));
}
