//! A document that keeps a reader busy for longer than anybody has.

/// Forms in one another, and how often each draws the next: ten to the ninth power of marks.
const DEPTH: usize = 9;
const TIMES: usize = 10;

/// Objects before the first form: catalogue, pages, page, its content.
const BEFORE_FORMS: usize = 4;

/// A PDF of one page that draws a form that draws a form ten times, and so on: two kilobytes that
/// take PDFium hours.
pub(crate) fn looping_pdf() -> Vec<u8> {
    let draw_next = "/F Do ".repeat(TIMES);
    let first = BEFORE_FORMS + 1;
    let mut objects = vec![
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
        format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R\
             /Resources<</XObject<</F {first} 0 R>>>>>>"
        ),
        stream("", &draw_next),
    ];
    for form in 1..DEPTH {
        let resources = format!("/Resources<</XObject<</F {} 0 R>>>>", first + form);
        objects.push(stream(&format!("{FORM}{resources}"), &draw_next));
    }
    objects.push(stream(FORM, "0 0 9 9 re f"));
    document(&objects)
}

const FORM: &str = "/Type/XObject/Subtype/Form/BBox[0 0 595 842]";

fn stream(entries: &str, content: &str) -> String {
    format!("<<{entries}/Length {}>>stream\n{content}\nendstream", content.len())
}

fn document(objects: &[String]) -> Vec<u8> {
    let mut file = "%PDF-1.7\n".to_owned();
    let mut table = "0000000000 65535 f \n".to_owned();
    for (number, object) in (1..).zip(objects) {
        table += &format!("{:010} 00000 n \n", file.len());
        file += &format!("{number} 0 obj\n{object}\nendobj\n");
    }
    let (size, start) = (objects.len() + 1, file.len());
    file += &format!("xref\n0 {size}\n{table}trailer<</Size {size}/Root 1 0 R>>\n");
    file += &format!("startxref\n{start}\n%%EOF\n");
    file.into_bytes()
}
