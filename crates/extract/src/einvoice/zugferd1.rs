//! Names that ZUGFeRD 1 (2014) uses for what later versions renamed; structure and meaning are the
//! same as in UN/CEFACT's Cross Industry Invoice.

/// Namespace of the root element, up to its version.
pub(super) const NAMESPACE: &str = "urn:ferd:CrossIndustryDocument:invoice:1p";

/// ZUGFeRD 1's name of an element.
pub(super) fn former(name: &str) -> &str {
    match name {
        "ExchangedDocumentContext" => "SpecifiedExchangedDocumentContext",
        "ExchangedDocument" => "HeaderExchangedDocument",
        "SupplyChainTradeTransaction" => "SpecifiedSupplyChainTradeTransaction",
        "ApplicableHeaderTradeAgreement" => "ApplicableSupplyChainTradeAgreement",
        "ApplicableHeaderTradeDelivery" => "ApplicableSupplyChainTradeDelivery",
        "ApplicableHeaderTradeSettlement" => "ApplicableSupplyChainTradeSettlement",
        "SpecifiedLineTradeAgreement" => "SpecifiedSupplyChainTradeAgreement",
        "SpecifiedLineTradeDelivery" => "SpecifiedSupplyChainTradeDelivery",
        "SpecifiedLineTradeSettlement" => "SpecifiedSupplyChainTradeSettlement",
        "SpecifiedTradeSettlementHeaderMonetarySummation"
        | "SpecifiedTradeSettlementLineMonetarySummation" => {
            "SpecifiedTradeSettlementMonetarySummation"
        }
        "RateApplicablePercent" => "ApplicablePercent",
        "IssuerAssignedID" => "ID",
        _ => name,
    }
}
