//! A writer of small PDFs with a correct cross-reference table.

/// A PDF whose pages are 400 x 600 points.
#[derive(Default)]
pub(crate) struct Paper {
    /// What each page draws.
    contents: Vec<String>,
    /// More entries of every page's dictionary.
    page_entries: String,
    /// More entries of the catalogue.
    catalog_entries: String,
    /// Further objects, numbered from [`FIRST_EXTRA`].
    extra: Vec<Vec<u8>>,
}

/// Number of the first object given to [`Paper::object`].
pub(crate) const FIRST_EXTRA: usize = 10;

/// The only font: Helvetica, as `/F1`.
const FONT: usize = 3;

impl Paper {
    /// Adds a page that draws `content`.
    pub(crate) fn page(mut self, content: &str) -> Self {
        self.contents.push(content.to_owned());
        self
    }

    pub(crate) fn page_entries(mut self, entries: &str) -> Self {
        self.page_entries.push_str(entries);
        self
    }

    pub(crate) fn catalog_entries(mut self, entries: &str) -> Self {
        self.catalog_entries.push_str(entries);
        self
    }

    /// Adds an object.
    pub(crate) fn object(mut self, body: &str) -> Self {
        self.extra.push(body.as_bytes().to_vec());
        self
    }

    /// Adds a stream with `entries` in its dictionary.
    pub(crate) fn stream(mut self, entries: &str, data: &[u8]) -> Self {
        let mut body = format!("<< {entries} /Length {} >>\nstream\n", data.len()).into_bytes();
        body.extend_from_slice(data);
        body.extend_from_slice(b"\nendstream");
        self.extra.push(body);
        self
    }

    /// The file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let first_page = FIRST_EXTRA + self.extra.len();
        let pages = self.contents.len();
        let kids: String = (0..pages).map(|i| format!("{} 0 R ", first_page + 2 * i)).collect();
        let mut objects: Vec<(usize, Vec<u8>)> = vec![
            (1, format!("<< /Type /Catalog /Pages 2 0 R {} >>", self.catalog_entries).into()),
            (2, format!("<< /Type /Pages /Count {pages} /Kids [ {kids}] >>").into()),
            (FONT, b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_vec()),
        ];
        let extra = self.extra.iter().enumerate();
        objects.extend(extra.map(|(i, body)| (FIRST_EXTRA + i, body.clone())));
        for (i, content) in self.contents.iter().enumerate() {
            let number = first_page + 2 * i;
            let page = format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 600] /Contents {} 0 R \
                 /Resources << /Font << /F1 {FONT} 0 R >> /XObject << /Im {FIRST_EXTRA} 0 R >> >> \
                 {} >>",
                number + 1,
                self.page_entries
            );
            let stream = format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len());
            objects.extend([(number, page.into_bytes()), (number + 1, stream.into_bytes())]);
        }
        assembled(&objects)
    }
}

/// Text at (x, y) from the lower left corner.
pub(crate) fn text(x: u32, y: u32, size: u32, text: &str) -> String {
    format!("BT /F1 {size} Tf {x} {y} Td ({text}) Tj ET\n")
}

fn assembled(objects: &[(usize, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    let mut offsets = Vec::new();
    for (number, body) in objects {
        offsets.push((*number, bytes.len()));
        bytes.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
        bytes.extend_from_slice(body);
        bytes.extend_from_slice(b"\nendobj\n");
    }
    let table = bytes.len();
    bytes.extend_from_slice(b"xref\n0 1\n0000000000 65535 f \n");
    for (number, offset) in &offsets {
        bytes.extend_from_slice(format!("{number} 1\n{offset:010} 00000 n \n").as_bytes());
    }
    let size = offsets.iter().map(|(number, _)| number + 1).max().unwrap();
    let trailer = format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n");
    bytes.extend_from_slice(trailer.as_bytes());
    bytes
}
