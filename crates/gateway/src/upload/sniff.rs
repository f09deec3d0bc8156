//! Names for what a refused document looks like, so that a client sees its mistake. General terms
//! only: no byte of the document is repeated.

/// Readers look for a PDF's header this far into a file; we do not (see `MediaType::sniff`).
const LOOSE_HEADER_RANGE: usize = 1024;

/// First bytes of what is sent by mistake.
const KNOWN: [(&[u8], &str); 17] = [
    (b"PK\x03\x04", "zip"),
    (b"GIF8", "gif"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"BM", "bmp"),
    (b"\x1f\x8b", "gzip"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"\xd0\xcf\x11\xe0", "legacy office document"),
    (b"{\\rtf", "rtf"),
    (b"%!PS", "postscript"),
    (b"\x7fELF", "executable"),
    (b"MZ", "executable"),
    (b"<?xml", "a web page or drawing in XML"),
    (b"\xef\xbb\xbf<?xml", "a web page or drawing in XML"),
    (b"\0\0\0\x0cjP  ", "jpeg 2000"),
    (b"\xff\x4f\xff\x51", "jpeg 2000"),
];

/// What `bytes` look like: one of a fixed set of words.
pub(crate) fn in_general_terms(bytes: &[u8]) -> &'static str {
    if let Some((_, name)) = KNOWN.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return name;
    }
    match bytes {
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "webp",
        [_, _, _, _, b'f', b't', b'y', b'p', b'h' | b'm', b'e' | b'i', ..] => "heic",
        [_, _, _, _, b'f', b't', b'y', b'p', b'a', b'v', b'i', b'f', ..] => "avif",
        _ if is_html(bytes) => "html",
        _ if begins_with(bytes, b"<svg") => "svg",
        _ if has_late_pdf_header(bytes) => "pdf with other bytes before its header",
        _ => "unknown",
    }
}

fn is_html(bytes: &[u8]) -> bool {
    [&b"<!doctype html"[..], b"<html"].iter().any(|opening| begins_with(bytes, opening))
}

fn begins_with(bytes: &[u8], opening: &[u8]) -> bool {
    let text = bytes.trim_ascii_start();
    text.get(..opening.len()).is_some_and(|start| start.eq_ignore_ascii_case(opening))
}

fn has_late_pdf_header(bytes: &[u8]) -> bool {
    let start = bytes.get(..LOOSE_HEADER_RANGE).unwrap_or(bytes);
    start.windows(b"%PDF-".len()).any(|window| window == b"%PDF-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_mistakes_have_a_name() {
        for (bytes, name) in [
            (&b"PK\x03\x04\x14\0"[..], "zip"),
            (b"\n <!DOCTYPE HTML><title>", "html"),
            (b"<?xml version='1.0'?><svg>", "a web page or drawing in XML"),
            (b"<svg xmlns=", "svg"),
            (b"II*\0\x08", "tiff"),
            (b"RIFF\x10\0\0\0WEBPVP8 ", "webp"),
            (b"\0\0\0\x18ftypheic", "heic"),
            (b"\0\0\0\x18ftypmif1", "heic"),
            (b"\n%PDF-1.7", "pdf with other bytes before its header"),
            (b"Dear Sir, the invoice", "unknown"),
            (b"", "unknown"),
        ] {
            assert_eq!(in_general_terms(bytes), name, "{bytes:?}");
        }
    }
}
