//! Text layers that say what their pages show: all are believed, without a reading.

use common::page::MediaType::Pdf;
use libtest_mimic::Trial;

use crate::layers::{
    PRINTED, PROSE_PLACE, WHOLE_PAGE, grey_image, lying_font, lying_prose, named, printed, prose,
    set, sheet, to_unicode,
};
use crate::paper::{FIRST_EXTRA, Paper, text};
use crate::world::prepare;

pub(crate) fn trials() -> Vec<Trial> {
    let believed = [languages(), content(), looks(), pictures()].into_iter().flatten();
    let believed = believed.map(|(name, paper)| trial("believed", name, paper, false));
    believed
        .chain(parts().into_iter().map(|(name, paper)| trial("in_part", name, paper, true)))
        .collect()
}

/// The words are used; a raster is there only if `more` has to be read.
fn trial(kind: &str, name: &'static str, paper: Paper, more: bool) -> Trial {
    Trial::test(format!("{kind}_{name}"), move || {
        let done = tokio::runtime::Runtime::new()?.block_on(prepare(Pdf, &paper.bytes()));
        let page = &done.unwrap().document.pages[0];
        let preparation = &page.preparation;
        assert!(!page.words.is_empty() && page.doubted.is_empty(), "{preparation:?}");
        assert_eq!((page.raster.is_some(), &preparation.doubt), (more, &None), "{preparation:?}");
        Ok(())
    })
}

type Cases = Vec<(&'static str, Paper)>;

/// Accents as WinAnsi's octal codes.
fn latin(lines: &[&str]) -> Paper {
    let font = "<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman \
                /Encoding /WinAnsiEncoding >>";
    let escaped: Vec<String> = lines
        .iter()
        .map(|line| {
            let code = |c: char| {
                if c.is_ascii() { c.to_string() } else { format!("\\{:03o}", c as u32) }
            };
            line.chars().map(code).collect()
        })
        .collect();
    let escaped: Vec<&str> = escaped.iter().map(String::as_str).collect();
    sheet(&set(&escaped, "F2", ""), &named("F2", 0)).object(font)
}

fn languages() -> Cases {
    let cyrillic = |c: char| if c.is_ascii_alphabetic() { 0x410 + c as u32 % 64 } else { c as u32 };
    vec![
        ("french", latin(&["Désignation Quantité Prix unitaire Montant", "Échéance à réception"])),
        ("english", latin(&["Invoice number Due date", "Description Quantity Unit price Amount"])),
        ("german", latin(&["Rechnungsdatum Fälligkeit Kundennummer", "Straße Größe Übertrag"])),
        ("dutch", latin(&["Factuurdatum Vervaldatum Omschrijving", "Totaal te betalen BTW"])),
        ("italian", latin(&["Fattura elettronica Partita IVA", "Imponibile Quantità Scadenza"])),
        ("spanish", latin(&["Factura número Fecha de vencimiento", "Descripción Año Importe"])),
        ("portuguese", latin(&["Fatura número Data de vencimento", "Descrição Quantidade Preço"])),
        ("swedish", latin(&["Fakturanummer Förfallodatum", "Beskrivning Antal Belopp moms"])),
        ("another_script", lying_prose(cyrillic)),
        ("a_map_that_says_the_truth", lying_prose(|c| c as u32)),
    ]
}

fn content() -> Cases {
    vec![
        (
            "amounts_only",
            Paper::default().page(&set(
                &["1 240,00 248,00 1 488,00", "12/03/2024 20,00 % 17,50", "3 x 4,20 -15,00 0,00"],
                "F1",
                "",
            )),
        ),
        (
            "codes_and_abbreviations",
            Paper::default().page(&set(
                &[
                    "TVA SIRET IBAN BIC RCS NAF APE",
                    "FR76 3000 4000 0312 3456 7890 143",
                    "XPTG-4471/B",
                ],
                "F1",
                "",
            )),
        ),
        (
            "capitals",
            Paper::default().page(&set(
                &["TOTAL HORS TAXES", "MONTANT TVA 20 %", "NET A PAYER AVANT LE 12 AVRIL"],
                "F1",
                "",
            )),
        ),
        (
            "leaders_and_rules_of_signs",
            Paper::default().page(&set(
                &[
                    "Total ................ 120,00",
                    "--------------------------",
                    "==========================",
                ],
                "F1",
                "",
            )),
        ),
        ("one_line", Paper::default().page(&text(40, 300, 12, "page 2 / 2"))),
        ("bullets", {
            let bullets: String =
                (0..3).map(|i| format!("BT /F2 10 Tf 28 {} Td (l) Tj ET ", 480 - 24 * i)).collect();
            let font = "<< /Type /Font /Subtype /Type1 /BaseFont /ZapfDingbats >>";
            sheet(&(bullets + &prose("F1", "")), &named("F2", 0)).object(font)
        }),
        ("three_signs_of_private_use", {
            let (font, map) = lying_font(|c| 0xF000 + c as u32);
            let signs = "BT /F2 10 Tf 40 200 Td (abc) Tj ET";
            let sheet = sheet(&(prose("F1", "") + signs), &named("F2", 0));
            sheet.object(&font).stream("", map.as_bytes())
        }),
        ("a_hidden_anchor", {
            let anchor = format!("1 g {}", text(40, 60, 8, "#sign1#"));
            Paper::default().page(&(prose("F1", "") + &anchor))
        }),
        ("an_invisible_order_number", {
            let number = format!("3 Tr {}", text(40, 60, 8, "471100"));
            Paper::default().page(&(prose("F1", "") + &number))
        }),
    ]
}

fn looks() -> Cases {
    let header = format!("0.1 0.2 0.4 rg 20 500 360 24 re f 1 g {}", text(40, 508, 10, "Total"));
    let form = "/Type /XObject /Subtype /Form /BBox [0 0 400 600] \
                /Resources << /Font << /F1 3 0 R >> >>";
    let grid: String = (0..12)
        .map(|i| format!("30 {} m 390 {0} l S ", 497 - 24 * i))
        .chain((0..6).map(|i| format!("{} 230 m {0} 500 l S ", 30 + 72 * i)))
        .collect();
    let zebra: String = (0..5).map(|i| format!("0.9 g 30 {} 360 24 re f ", 473 - 48 * i)).collect();
    let shading = "<< /ShadingType 2 /ColorSpace /DeviceGray /Coords [0 0 400 0] \
                   /Function << /FunctionType 2 /Domain [0 1] /C0 [0.6] /C1 [1] /N 1 >> >>";
    let watermark = "q 0.9 g 0.7 0.7 -0.7 0.7 80 120 cm BT /F1 90 Tf 0 0 Td (COPIE) Tj ET Q ";
    // Glyphs in points, set in size 1.
    let own_units = format!(
        "<< /Type /Font /Subtype /Type3 /FontBBox [0 -2 6 9] /FontMatrix [1 0 0 1 0 0] \
         /FirstChar 33 /LastChar 126 /Widths [{}] /ToUnicode {} 0 R \
         /Encoding << /Type /Encoding /Differences [33 {}] >> /CharProcs << /box {} 0 R >> >>",
        "6 ".repeat(94),
        FIRST_EXTRA + 2,
        "/box ".repeat(94),
        FIRST_EXTRA + 1,
    );
    let truth = to_unicode(1, (33..127).map(|code| (code, code)));
    vec![
        ("drawn_glyphs_with_units_of_their_own", {
            let content = prose("F2", "").replace(" 10 Tf", " 1 Tf");
            let sheet = sheet(&content, &named("F2", 0)).object(&own_units);
            sheet.stream("", b"6 0 0 0 6 7 d1 1 0 4 7 re f").stream("", truth.as_bytes())
        }),
        ("one_half_of_a_double_page", {
            let other_half = format!("q 1 0 0 1 420 0 cm {} Q", prose("F1", ""));
            Paper::default().page(&(prose("F1", "") + &other_half))
        }),
        ("white_on_a_dark_header", Paper::default().page(&(prose("F1", "") + &header))),
        ("white_on_a_dark_page", {
            Paper::default().page(&format!("0.1 g 0 0 400 600 re f {}", prose("F1", "1 g")))
        }),
        ("pale_grey_print", Paper::default().page(&prose("F1", "0.75 g"))),
        ("yellow_print", Paper::default().page(&prose("F1", "1 0.8 0 rg"))),
        ("small_print", Paper::default().page(&prose("F1", "").replace(" 10 Tf", " 5 Tf"))),
        ("outlined_print", Paper::default().page(&prose("F1", "0.3 w 1 Tr"))),
        ("filled_and_outlined_print", Paper::default().page(&prose("F1", "0.2 w 2 Tr"))),
        ("print_made_bold_by_printing_twice", {
            let again = format!("q 1 0 0 1 0.3 0 cm {} Q", prose("F1", ""));
            Paper::default().page(&(prose("F1", "") + &again))
        }),
        ("a_grid", Paper::default().page(&format!("0.5 w {grid} {}", prose("F1", "")))),
        ("shaded_rows", Paper::default().page(&format!("{zebra} 0 g {}", prose("F1", "")))),
        ("print_on_a_shading", {
            let content = format!("q {PROSE_PLACE} W n /Sh sh Q {}", prose("F1", "0 g"));
            sheet(&content, &format!("|/Shading << {} >>", named("Sh", 0))).object(shading)
        }),
        (
            "a_pale_watermark",
            Paper::default().page(&format!("{watermark} 0 g {}", prose("F1", ""))),
        ),
        ("text_in_a_form", {
            Paper::default().page("/Im Do").stream(form, prose("F1", "").as_bytes())
        }),
        ("a_clip_around_the_text", {
            Paper::default().page(&format!("q {PROSE_PLACE} W n {} Q", prose("F1", "")))
        }),
        ("half_transparent_print", {
            let state = format!("|/ExtGState << {} >>", named("Gs", 0));
            sheet(&format!("/Gs gs {}", prose("F1", "")), &state).object("<< /ca 0.5 >>")
        }),
        ("a_turned_page", Paper::default().page(&prose("F1", "")).page_entries("/Rotate 90")),
        ("a_page_upside_down", Paper::default().page(&prose("F1", "")).page_entries("/Rotate 180")),
        ("sideways_text", {
            let sideways = format!("0 1 -1 0 600 0 cm {}", prose("F1", ""));
            Paper::default().page(&sideways).page_entries("/MediaBox [0 0 600 400]")
        }),
        ("a_crop_box", {
            Paper::default().page(&prose("F1", "")).page_entries("/CropBox [10 100 390 590]")
        }),
        ("a_scaled_page", {
            let large = format!("5 0 0 5 0 0 cm {}", prose("F1", ""));
            Paper::default().page(&large).page_entries("/MediaBox [0 0 2000 3000]")
        }),
        ("bars_of_a_barcode", {
            let bars: String =
                (0..60).map(|i| format!("{} 40 {} 40 re f ", 40 + 4 * i, 1 + i * i % 3)).collect();
            Paper::default().page(&(bars + &prose("F1", "")))
        }),
    ]
}

fn pictures() -> Cases {
    let (width, height) = PRINTED;
    // A letterhead: a coloured band and a logo above the text, a line below.
    let mut letterhead = vec![255_u8; width * height];
    letterhead[..width * 60].fill(120);
    for y in 80..180 {
        letterhead[y * width + 60..y * width + 200].fill(60);
    }
    let checks: Vec<u8> =
        (0..80 * 80).map(|i| if (i % 80 / 4 + i / 80 / 4) % 2 == 0 { 0 } else { 255 }).collect();
    let pale: Vec<u8> =
        (0..width * height).map(|i| if i / width / 30 % 2 == 0 { 244 } else { 255 }).collect();
    let under = |pixels: &[u8]| {
        let content = format!("{WHOLE_PAGE}{}", prose("F1", ""));
        Paper::default().page(&content).stream(&grey_image(width, height), pixels)
    };
    vec![
        ("a_letterhead", under(&letterhead)),
        ("a_blank_picture_of_paper", under(&vec![252; width * height])),
        ("a_pale_picture", under(&pale)),
        ("a_logo", {
            let logo = format!("q 60 0 0 60 40 520 cm /Im Do Q {}", prose("F1", ""));
            Paper::default().page(&logo).stream(&grey_image(80, 80), &[90; 80 * 80])
        }),
        ("a_square_code", {
            let code = format!("q 80 0 0 80 300 20 cm /Im Do Q {}", prose("F1", ""));
            Paper::default().page(&code).stream(&grey_image(80, 80), &checks)
        }),
    ]
}

/// Pages that show more than their sound text.
fn parts() -> Cases {
    let (width, height) = PRINTED;
    let small = format!("q 400 0 0 600 0 -235 cm /Im Do Q {}", prose("F1", ""));
    let outlines: String = (0..300)
        .map(|i| format!("{} {} 3.5 6 re f ", 40 + 5 * (i % 60), 200 - 14 * (i / 60)))
        .collect();
    let stamped = format!("{WHOLE_PAGE}{}", text(60, 40, 12, "Bon a payer, le 14 mars 2024"));
    vec![
        ("text_above_a_picture_of_text", {
            Paper::default().page(&small).stream(&grey_image(width, height), &printed(255))
        }),
        ("text_above_outlined_letters", Paper::default().page(&(outlines + &prose("F1", "")))),
        ("a_stamp_on_a_scan", {
            Paper::default().page(&stamped).stream(&grey_image(width, height), &printed(250))
        }),
    ]
}
