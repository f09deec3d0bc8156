//! Any first bytes, recognised as a document.

use common::page::MediaType;

/// The same document is recognised in each encoding, and whatever follows its head.
pub fn media_type(bytes: &[u8]) {
    let seen = MediaType::sniff(bytes);
    if let Some(MediaType::Pdf | MediaType::Jpeg | MediaType::Png) = seen {
        let longer = [bytes, b"<?xml version='1.0'?>"].concat();
        assert_eq!(MediaType::sniff(&longer), seen);
    }
    let is_xml = seen == Some(MediaType::Xml);
    // Zeros are how wide characters are told, and no part of XML.
    if let Ok(text) = std::str::from_utf8(bytes)
        && text.is_ascii()
        && !text.contains('\0')
    {
        assert_eq!(is_xml, is_xml_as(text, "\u{feff}", u16::to_le_bytes), "{text:?}");
        assert_eq!(is_xml, is_xml_as(text, "\u{feff}", u16::to_be_bytes), "{text:?}");
        let marked = ["\u{feff}", text].concat();
        assert_eq!(is_xml, MediaType::sniff(marked.as_bytes()) == Some(MediaType::Xml), "{text:?}");
    }
}

fn is_xml_as(text: &str, mark: &str, order: fn(u16) -> [u8; 2]) -> bool {
    let wide: Vec<u8> = mark.encode_utf16().chain(text.encode_utf16()).flat_map(order).collect();
    MediaType::sniff(&wide) == Some(MediaType::Xml)
}
