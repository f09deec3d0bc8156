//! Business terms of seller and buyer, which are read alike.

/// Which terms a party's values are.
pub(super) struct PartyTerms {
    pub(super) name: &'static str,
    pub(super) address: &'static str,
    pub(super) country: &'static str,
    pub(super) vat_id: &'static str,
    pub(super) registration: &'static str,
    pub(super) email: &'static str,
    pub(super) phone: &'static str,
    pub(super) electronic_address: &'static str,
}

/// Terms of the seller.
pub(super) const SELLER: PartyTerms = PartyTerms {
    name: "BT-27",
    address: "BT-35",
    country: "BT-40",
    vat_id: "BT-31",
    registration: "BT-30",
    email: "BT-43",
    phone: "BT-42",
    electronic_address: "BT-34",
};

/// Terms of the buyer.
pub(super) const BUYER: PartyTerms = PartyTerms {
    name: "BT-44",
    address: "BT-50",
    country: "BT-55",
    vat_id: "BT-48",
    registration: "BT-47",
    email: "BT-58",
    phone: "BT-57",
    electronic_address: "BT-49",
};
