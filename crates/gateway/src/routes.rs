//! One file a route.

pub(crate) mod contract;
pub(crate) mod correct_result;
pub(crate) mod corrections;
pub(crate) mod delete_invoice;
pub(crate) mod docs;
pub(crate) mod errors;
pub(crate) mod health;
pub(crate) mod invoice;
pub(crate) mod invoice_events;
pub(crate) mod invoices;
pub(crate) mod metrics;
pub(crate) mod page_image;
pub(crate) mod pages;
pub(crate) mod process_invoice;
pub(crate) mod process_invoices;
pub(crate) mod quota;
pub(crate) mod ready;
pub(crate) mod reprocess;
pub(crate) mod result;
pub(crate) mod webhooks;
