//! Values as they are printed: amounts, dates, codes with check digits.

mod amount;
mod code;
mod date;
mod misread;
mod repair;

pub(crate) use amount::{NumberStyle, PrintedNumber, is_group, numbers};
pub(crate) use code::{
    PrintedCode, find_ibans, find_registrations, find_tax_numbers, find_vat_ids, iban_is_valid,
    luhn_is_valid, vat_form_is_known, vat_id_is_valid,
};
pub(crate) use date::{DateOrder, PrintedDate, dates};
pub(crate) use misread::misread_amounts;
pub(crate) use repair::repaired;
