//! Text layers that say something else than their pages show: none is believed.

use common::page::MediaType::Pdf;
use libtest_mimic::Trial;

use crate::layers::{
    PRINTED, PROSE_PLACE, WHOLE_PAGE, grey_image, lying_font, lying_prose, named, printed, prose,
    set, sheet, shifted, to_unicode,
};
use crate::paper::{FIRST_EXTRA, Paper};
use crate::world::prepare;

pub(crate) fn trials() -> Vec<Trial> {
    let groups = [maps(), fonts(), hidden(), covered(), scans()];
    groups.into_iter().flatten().map(|(name, paper)| trial(name, paper)).collect()
}

fn trial(name: &'static str, paper: Paper) -> Trial {
    Trial::test(format!("not_believed_{name}"), move || {
        let done = tokio::runtime::Runtime::new()?.block_on(prepare(Pdf, &paper.bytes()));
        let page = &done.unwrap().document.pages[0];
        let doubt = page.preparation.doubt.as_deref();
        assert!(page.words.is_empty(), "{} words are believed", page.words.len());
        assert!(page.raster.is_some() && doubt.is_some(), "{doubt:?}");
        Ok(())
    })
}

/// Something that shows beside the text, or the page would be blank.
const MARK: &str = "0 g 40 560 80 12 re f\n";

type Cases = Vec<(&'static str, Paper)>;

/// Fonts whose map names other characters than the glyphs show.
fn maps() -> Cases {
    let mirrored = |c: char| match c {
        'a'..='z' => u32::from(b'a' + b'z' - c as u8),
        'A'..='Z' => u32::from(b'A' + b'Z' - c as u8),
        other => u32::from(other),
    };
    // Any fixed order will do.
    let swapped = |c: char| match c {
        'a'..='z' => u32::from(b"qhfxvzjwkbcgmpoldtrsnueiya"[usize::from(c as u8 - b'a')]),
        other => u32::from(other),
    };
    let short = |by: u8| {
        let (font, map) = lying_font(move |c| shifted(c, by));
        let lines = ["Total hors taxes 2 840,00 EUR", "Montant de la taxe 568,00 EUR"];
        sheet(&set(&lines, "F2", ""), &named("F2", 0)).object(&font).stream("", map.as_bytes())
    };
    let in_part = |meaning: fn(char) -> u32| {
        let (font, map) = lying_font(meaning);
        let lines = ["Conditions de paiement et mentions legales", "Penalites de retard"];
        let content = prose("F1", "") + &format!("1 0 0 1 0 -260 cm {}", set(&lines, "F2", ""));
        sheet(&content, &named("F2", 0)).object(&font).stream("", map.as_bytes())
    };
    vec![
        ("letters_shifted_by_one", lying_prose(|c| shifted(c, 1))),
        ("letters_shifted_by_three", lying_prose(|c| shifted(c, 3))),
        ("letters_shifted_by_thirteen", lying_prose(|c| shifted(c, 13))),
        ("letters_mirrored", lying_prose(mirrored)),
        ("letters_swapped", lying_prose(swapped)),
        ("letters_shifted_on_a_short_page", short(5)),
        ("letters_shifted_in_one_font_of_two", in_part(|c| shifted(c, 7))),
        ("all_letters_the_same", lying_prose(|c| if c.is_ascii_digit() { c as u32 } else { 0x78 })),
        ("codes_moved_by_29", lying_prose(|c| c as u32 - 29)),
        ("characters_of_private_use", lying_prose(|c| 0xF000 + c as u32)),
        ("characters_of_private_use_beyond_the_first_plane", lying_prose(|c| 0xF_0000 + c as u32)),
        ("private_use_in_one_font_of_two", in_part(|c| 0xE000 + c as u32)),
        ("replacement_characters", lying_prose(|_| 0xFFFD)),
        ("control_characters", lying_prose(|c| c as u32 % 31 + 1)),
        ("null_characters", lying_prose(|_| 0)),
        ("unassigned_characters", lying_prose(|c| 0x4_0000 + c as u32)),
        ("symbols_for_letters", lying_prose(|c| 33 + c as u32 % 15)),
        ("lone_surrogates", lying_prose(|c| 0xD800 + c as u32)),
    ]
}

/// Fonts that do not say what their glyphs are.
fn fonts() -> Cases {
    let composite = |more: &str| {
        format!(
            "<< /Type /Font /Subtype /Type0 /BaseFont /Nameless /Encoding /Identity-H {more} \
             /DescendantFonts [ << /Type /Font /Subtype /CIDFontType2 /BaseFont /Nameless \
             /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> \
             /FontDescriptor << /Type /FontDescriptor /FontName /Nameless /Flags 4 \
             /FontBBox [0 0 1000 1000] /ItalicAngle 0 /Ascent 800 /Descent -200 \
             /CapHeight 700 /StemV 80 >> >> ] >>"
        )
    };
    let glyphs = |first: u32| {
        let line = |row: u32| {
            let codes: String =
                (0..30).map(|i| format!("{:04X}", first + (7 * i + row) % 60)).collect();
            format!("BT /F2 10 Tf 40 {} Td <{codes}> Tj ET\n", 480 - 24 * row)
        };
        MARK.to_owned() + &(0..10).map(line).collect::<String>()
    };
    let drawn = |entries: &str| {
        // Glyphs are boxes with a gap; 94 of them under one procedure each.
        format!(
            "<< /Type /Font /Subtype /Type3 /FontBBox [0 0 600 700] \
             /FontMatrix [0.001 0 0 0.001 0 0] /FirstChar 33 /LastChar 126 /Widths [{}] \
             /Encoding << /Type /Encoding /Differences [33 {}] >> /CharProcs << {} >> {entries} >>",
            "600 ".repeat(94),
            (33..127).map(|code| format!("/g{code} ")).collect::<String>(),
            (33..127).map(|code| format!("/g{code} {} 0 R ", FIRST_EXTRA + 1)).collect::<String>(),
        )
    };
    let box_glyph = "600 0 0 0 600 700 d1 50 0 400 700 re f";
    let differences: String = (33..127).map(|code| format!("/G{code:02X} ")).collect();
    let renamed = format!(
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica \
         /Encoding << /Type /Encoding /Differences [33 {differences}] >> >>"
    );
    let partial = to_unicode(2, [(3, 0x41), (4, 0x42)].into_iter());
    let mapped = composite(&format!("/ToUnicode {} 0 R", FIRST_EXTRA + 1));
    vec![
        ("glyph_numbers", sheet(&glyphs(3), &named("F2", 0)).object(&composite(""))),
        ("odd_glyph_numbers", sheet(&glyphs(0x1234), &named("F2", 0)).object(&composite(""))),
        ("glyph_numbers_that_look_like_cjk", {
            sheet(&glyphs(0x6000), &named("F2", 0)).object(&composite(""))
        }),
        ("a_map_of_two_of_sixty_glyphs", {
            let sheet = sheet(&glyphs(3), &named("F2", 0));
            sheet.object(&mapped).stream("", partial.as_bytes())
        }),
        ("drawn_glyphs_without_names", {
            let sheet = sheet(&prose("F2", ""), &named("F2", 0));
            sheet.object(&drawn("")).stream("", box_glyph.as_bytes())
        }),
        ("made_up_glyph_names", {
            sheet(&format!("{MARK}{}", prose("F2", "")), &named("F2", 0)).object(&renamed)
        }),
    ]
}

/// Text that leaves no ink by itself.
fn hidden() -> Cases {
    let tiny = prose("F1", "").replace(" 10 Tf", " 1 Tf");
    let scaled = format!("0.1 0 0 0.1 40 300 cm {}", prose("F1", ""));
    let below = format!("1 0 0 1 0 -700 cm {}", prose("F1", ""));
    let beside = format!("1 0 0 1 900 0 cm {}", prose("F1", ""));
    let half = set(&crate::layers::PROSE[..5], "F1", "3 Tr")
        + &format!("1 0 0 1 0 -200 cm {}", prose("F1", "0 Tr"));
    let form = "/Type /XObject /Subtype /Form /BBox [0 0 400 600] \
                /Resources << /Font << /F1 3 0 R >> >>";
    let layer = format!("/OC /Off BDC {} EMC", prose("F1", ""));
    let off = format!(
        "/OCProperties << /OCGs [{0} 0 R] /D << /OFF [{0} 0 R] /Order [{0} 0 R] >> >>",
        FIRST_EXTRA
    );
    let shown = |content: &str| Paper::default().page(&format!("{MARK}{content}"));
    vec![
        ("rendering_mode_3", shown(&prose("F1", "3 Tr"))),
        ("rendering_mode_7", shown(&format!("q {} Q", prose("F1", "7 Tr")))),
        ("rendering_mode_3_for_a_third_of_the_text", shown(&half)),
        ("rendering_mode_3_in_a_form", {
            let hidden = prose("F1", "3 Tr");
            shown("/Im Do").stream(form, hidden.as_bytes())
        }),
        ("white_on_white", shown(&prose("F1", "1 g"))),
        ("nearly_white_on_white", shown(&prose("F1", "0.99 g"))),
        ("the_colour_of_its_box", {
            shown(&format!("0 0 0.6 rg {PROSE_PLACE} f {}", prose("F1", "0 0 0.6 rg")))
        }),
        ("white_on_a_white_shading", {
            let shading = "<< /ShadingType 2 /ColorSpace /DeviceGray /Coords [0 0 400 0] \
                           /Function << /FunctionType 2 /Domain [0 1] /C0 [1] /C1 [0.99] /N 1 >> >>";
            let content = format!("{MARK} q {PROSE_PLACE} W n /Sh sh Q {}", prose("F1", "1 g"));
            sheet(&content, &format!("|/Shading << {} >>", named("Sh", 0))).object(shading)
        }),
        ("no_opacity", {
            let content = format!("{MARK} /Gs gs {}", prose("F1", ""));
            let state = format!("|/ExtGState << {} >>", named("Gs", 0));
            sheet(&content, &state).object("<< /Type /ExtGState /ca 0 /CA 0 >>")
        }),
        ("a_layer_that_is_off", {
            let properties = format!("|/Properties << {} >>", named("Off", 0));
            sheet(&format!("{MARK}{layer}"), &properties)
                .object("<< /Type /OCG /Name (Layer) >>")
                .catalog_entries(&off)
        }),
        ("outside_of_a_clip", shown(&format!("q 0 0 20 20 re W n {} Q", prose("F1", "")))),
        ("below_the_page", shown(&below)),
        ("beside_the_page", shown(&beside)),
        ("outside_of_the_crop_box", {
            shown(&prose("F1", "")).page_entries("/CropBox [0 520 400 600]")
        }),
        ("one_point_print", shown(&tiny)),
        ("print_scaled_to_one_point", shown(&scaled)),
        ("print_squeezed_to_nothing", shown(&prose("F1", "0 Tz"))),
    ]
}

/// Text with something over it.
fn covered() -> Cases {
    let texture: Vec<u8> = (0..80_usize * 120).map(|i| (i * i / 7 % 256) as u8).collect();
    let over = "q 370 0 0 260 20 240 cm /Im Do Q";
    let form = "/Type /XObject /Subtype /Form /BBox [0 0 400 600] \
                /Resources << /Font << /F1 3 0 R >> >>";
    vec![
        ("under_a_white_box", {
            Paper::default()
                .page(&format!("{} 1 g {PROSE_PLACE} f 0 g 9 9 50 9 re f", prose("F1", "")))
        }),
        ("blackened", Paper::default().page(&format!("{} 0 g {PROSE_PLACE} f", prose("F1", "")))),
        ("in_a_form_under_a_white_box", {
            let content = format!("/Im Do 1 g {PROSE_PLACE} f 0 g 9 9 50 9 re f");
            Paper::default().page(&content).stream(form, prose("F1", "").as_bytes())
        }),
        ("under_a_plain_image", {
            let image = Paper::default().page(&format!("{} {over}", prose("F1", "")));
            image.stream(&grey_image(80, 120), &[200; 80 * 120])
        }),
        ("under_a_textured_image", {
            let image = Paper::default().page(&format!("{} {over}", prose("F1", "")));
            image.stream(&grey_image(80, 120), &texture)
        }),
    ]
}

/// What recognisers leave on scans.
fn scans() -> Cases {
    let (width, height) = PRINTED;
    let scan = |content: &str, paper: u8| {
        Paper::default().page(content).stream(&grey_image(width, height), &printed(paper))
    };
    vec![
        ("recognised_text_under_a_scan", scan(&(prose("F1", "") + WHOLE_PAGE), 255)),
        ("invisible_text_over_a_scan", scan(&format!("{WHOLE_PAGE}{}", prose("F1", "3 Tr")), 250)),
        ("visible_text_over_a_scan", scan(&format!("{WHOLE_PAGE}{}", prose("F1", "")), 255)),
        ("coloured_text_over_a_grey_scan", {
            scan(&format!("{WHOLE_PAGE}{}", prose("F1", "0 0 1 rg")), 225)
        }),
        ("text_over_a_scan_in_strips", {
            let half = "q 400 0 0 600 0 0 cm /Im Do Q q 400 0 0 0.01 0 0 cm /Im Do Q";
            scan(&format!("{half} {}", prose("F1", "")), 250)
        }),
        ("a_scan_without_text", scan(WHOLE_PAGE, 250)),
    ]
}
