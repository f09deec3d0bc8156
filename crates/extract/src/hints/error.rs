//! What can be wrong with a hints file, for the person who writes it.

use thiserror::Error;

use super::field::HintField;

/// A hints file that cannot be used.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum HintsError {
    /// No TOML at all.
    #[error("line {line}: {message}")]
    Syntax {
        /// 1 for the first.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// A table of another name than `supplier`, or one that is no list of tables.
    #[error("{seen} is not known here; the file is a list of [[supplier]]")]
    NotSuppliers {
        /// The key seen.
        seen: String,
    },
    /// More than anybody writes by hand.
    #[error("{seen} suppliers are more than {limit}")]
    TooManySuppliers {
        /// The number seen.
        seen: usize,
        /// The largest number that is taken.
        limit: usize,
    },
    /// Something about a supplier as a whole.
    #[error("{supplier}: {problem}")]
    Supplier {
        /// Its place in the file, and its name or VAT id.
        supplier: String,
        /// What is wrong.
        problem: SupplierProblem,
    },
    /// Something about one of a supplier's fields.
    #[error("{supplier}, {field}: {problem}")]
    Field {
        /// Its place in the file, and its name or VAT id.
        supplier: String,
        /// Dotted path of the field.
        field: String,
        /// What is wrong.
        problem: FieldProblem,
    },
}

/// What is wrong with a supplier.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum SupplierProblem {
    /// A key that suppliers do not have, or a value of another type.
    #[error("{0}")]
    Malformed(String),
    /// Neither a VAT id nor a name.
    #[error("it needs a vat_id or a name by which its invoices are known")]
    Nameless,
    /// Nearly every page holds it.
    #[error(
        "{key} = {value:?} is too short to tell it from others: {limit} letters or digits at least"
    )]
    TooShort {
        /// `vat_id` or `name`.
        key: &'static str,
        /// The value seen.
        value: String,
        /// Fewest letters and digits.
        limit: usize,
    },
    /// An earlier supplier has the same.
    #[error("{key} = {value:?} is that of {earlier} too; give each supplier once")]
    Duplicate {
        /// `vat_id` or `name`.
        key: &'static str,
        /// The value seen.
        value: String,
        /// The supplier that had it before.
        earlier: String,
    },
    /// No field at all.
    #[error("it has no fields")]
    NoFields,
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum FieldProblem {
    /// No such field, or none that can be told.
    #[error("there is no such field; there are {}", HintField::paths())]
    Unknown,
    /// A key that rules do not have, or a value of another type.
    #[error("{0}")]
    Malformed(String),
    /// None of `regex`, `label` and `value`, or more than one.
    #[error("it needs exactly one of regex, label and value, and has {seen}")]
    NotOneRule {
        /// How many it has.
        seen: usize,
    },
    /// `place` or `reach` without a label.
    #[error("place and reach belong to a label")]
    NoLabelForPlace,
    /// Longer than an expression that anybody can read.
    #[error("the regular expression has {seen} characters, more than {limit}")]
    RegexTooLong {
        /// The number seen.
        seen: usize,
        /// The largest number that is taken.
        limit: usize,
    },
    /// It does not compile, or only into too much.
    #[error("the regular expression is not valid: {0}")]
    BadRegex(String),
    /// It has no capture group, or several.
    #[error(
        "the regular expression needs exactly one group (…) around the value, and has {seen}; (?:…) only groups"
    )]
    NotOneGroup {
        /// How many it has.
        seen: usize,
    },
    /// It has no letters or digits.
    #[error("the label has no letters or digits")]
    EmptyLabel,
    /// Nothing, negative, or more than a page.
    #[error("reach = {seen} is not between 0 and {limit} text heights")]
    ReachOutOfRange {
        /// The value seen.
        seen: f64,
        /// The farthest.
        limit: f64,
    },
    /// It differs from invoice to invoice.
    #[error("it differs from invoice to invoice and cannot have a fixed value")]
    NotFixable,
    /// The fixed value is none of its kind.
    #[error("{value:?} is no {expected}")]
    BadValue {
        /// The value seen.
        value: String,
        /// What it should be.
        expected: &'static str,
    },
}
