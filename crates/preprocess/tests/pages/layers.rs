//! Pages for the trust test: prose, fonts that lie, pictures.

use crate::paper::{FIRST_EXTRA, Paper};

/// Lines of an invoice as its reader sees them.
pub(crate) const PROSE: [&str; 10] = [
    "Facture numero 2024-0117 du 12 mars 2024",
    "Votre commande du 28 fevrier, livraison a Lyon",
    "Designation Quantite Prix unitaire Montant hors taxes",
    "Installation du chauffage au rez de chaussee 1 2 400,00",
    "Remplacement de la pompe et du filtre 2 175,50 351,00",
    "Deplacement et petites fournitures 1 89,00 89,00",
    "Total hors taxes 2 840,00 EUR",
    "Taxe sur la valeur ajoutee 20,00 % 568,00 EUR",
    "Total a payer 3 408,00 EUR avant le 12 avril 2024",
    "Merci de votre confiance, paiement par virement bancaire",
];

/// Left edge and first baseline of [`prose`], and its pitch: points.
const LEFT: u32 = 40;
const FIRST_BASELINE: u32 = 480;
const PITCH: u32 = 24;

/// [`PROSE`] in `font`, 10 points, `operators` before each line.
pub(crate) fn prose(font: &str, operators: &str) -> String {
    set(&PROSE, font, operators)
}

/// `lines` one below the other.
pub(crate) fn set(lines: &[&str], font: &str, operators: &str) -> String {
    let baseline = |row: usize| FIRST_BASELINE - PITCH * row as u32;
    let line = |(row, text): (usize, &&str)| {
        let y = baseline(row);
        format!("{operators} BT /{font} 10 Tf {LEFT} {y} Td ({text}) Tj ET\n")
    };
    lines.iter().enumerate().map(line).collect()
}

/// Where [`prose`] stands, with a margin: `x y width height re`.
pub(crate) const PROSE_PLACE: &str = "20 240 370 260 re";

/// A page with `content` that may name the extra objects as fonts, images, and so on.
pub(crate) fn sheet(content: &str, resources: &str) -> Paper {
    let all = "/F1 3 0 R";
    let (fonts, others) = resources.split_once('|').unwrap_or((resources, ""));
    Paper::default()
        .page(content)
        .page_entries(&format!("/Resources << /Font << {all} {fonts} >> {others} >>"))
}

/// `/NAME N 0 R` for the extra object of this place.
pub(crate) fn named(name: &str, extra: usize) -> String {
    format!("/{name} {} 0 R", FIRST_EXTRA + extra)
}

/// Helvetica that says of each printable character that it is `meaning` of it: glyphs stay.
pub(crate) fn lying_font(meaning: impl Fn(char) -> u32) -> (String, String) {
    let font = format!(
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding \
         /ToUnicode {} 0 R >>",
        FIRST_EXTRA + 1
    );
    (font, to_unicode(1, (33..127).map(|code| (code, meaning(char::from(code as u8))))))
}

/// A CMap from codes of `code_bytes` bytes to Unicode.
pub(crate) fn to_unicode(code_bytes: usize, pairs: impl Iterator<Item = (u32, u32)>) -> String {
    let digits = 2 * code_bytes;
    let pairs: Vec<String> =
        pairs.map(|(code, meaning)| format!("<{code:0digits$X}> <{}>", utf16(meaning))).collect();
    let blocks: String = pairs
        .chunks(100)
        .map(|block| format!("{} beginbfchar\n{}\nendbfchar\n", block.len(), block.join("\n")))
        .collect();
    format!(
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n\
         /CMapName /Lies def /CMapType 2 def\n\
         1 begincodespacerange <{}> <{}> endcodespacerange\n{blocks}\
         endcmap CMapName currentdict /CMap defineresource pop end end",
        "00".repeat(code_bytes),
        "FF".repeat(code_bytes)
    )
}

fn utf16(meaning: u32) -> String {
    match meaning {
        0..=0xFFFF => format!("{meaning:04X}"),
        _ => {
            let rest = meaning - 0x1_0000;
            format!("{:04X}{:04X}", 0xD800 + (rest >> 10), 0xDC00 + (rest & 0x3FF))
        }
    }
}

/// [`prose`] in a font with such a map, alone on its page.
pub(crate) fn lying_prose(meaning: impl Fn(char) -> u32) -> Paper {
    let (font, map) = lying_font(meaning);
    sheet(&prose("F2", ""), &named("F2", 0)).object(&font).stream("", map.as_bytes())
}

/// The letter `by` places further on, from z to a.
pub(crate) fn shifted(c: char, by: u8) -> u32 {
    let turn = |first: u8| u32::from(first + (c as u8 - first + by) % 26);
    match c {
        'a'..='z' => turn(b'a'),
        'A'..='Z' => turn(b'A'),
        other => u32::from(other),
    }
}

/// Entries of a grey image of `width` x `height` pixels.
pub(crate) fn grey_image(width: usize, height: usize) -> String {
    format!(
        "/Type /XObject /Subtype /Image /Width {width} /Height {height} \
         /ColorSpace /DeviceGray /BitsPerComponent 8"
    )
}

/// Width and height of [`printed`], pixels: 144 DPI on 400 x 600 points.
pub(crate) const PRINTED: (usize, usize) = (800, 1200);

/// A picture of the page with marks like letters where [`prose`] stands, on paper of `paper`.
pub(crate) fn printed(paper: u8) -> Vec<u8> {
    let (width, height) = PRINTED;
    let mut pixels = vec![paper; width * height];
    for row in 0..PROSE.len() {
        // Two pixels are a point; capitals of 10 points are 7 points high.
        let baseline = height - 2 * (FIRST_BASELINE as usize - PITCH as usize * row);
        for letter in 0..44 {
            let x = 2 * LEFT as usize + 12 * letter;
            for y in baseline - 13..baseline {
                pixels[y * width + x..y * width + x + 7].fill(30);
            }
        }
    }
    pixels
}

/// Paints image `/Im` over the whole page.
pub(crate) const WHOLE_PAGE: &str = "q 400 0 0 600 0 0 cm /Im Do Q\n";
