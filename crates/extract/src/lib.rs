//! Finds the invoice in the words: pure functions from pages to the published result
