//! What words mean: label lists, months, currencies, countries, rates. All of it is data in
//! `data/`, parsed once; nothing here knows a word.

mod labels;
mod world;

pub(crate) use labels::{Label, LabelHit, WEAK, labels};
pub(crate) use world::{
    company_words, countries, country, country_by_name, currency_by_sign, currency_decimals,
    embedded, month, speaks_of, usual_rates,
};
