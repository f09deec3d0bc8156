//! Elements, and their writing. What has no content is not written, so that whoever builds a document
//! names every place once, whether it is filled or not.

use std::fmt::Write as _;

/// An element with a text or with elements inside.
#[derive(Clone, Debug)]
pub(crate) struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    text: String,
    children: Vec<Self>,
    stays: bool,
}

impl Element {
    /// An empty element; `name` has its prefix.
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            attributes: Vec::new(),
            text: String::new(),
            children: Vec::new(),
            stays: false,
        }
    }

    /// Written also when it is empty: a schema asks for it.
    pub(crate) fn always(self) -> Self {
        Self { stays: true, ..self }
    }

    /// An element of this text, where there is one.
    pub(crate) fn text(name: &'static str, text: Option<impl AsRef<str>>) -> Self {
        let text = text.as_ref().map_or("", |text| text.as_ref().trim());
        Self { text: text.chars().filter(|c| is_legal(*c)).collect(), ..Self::new(name) }
    }

    /// With an attribute, where it has a value.
    pub(crate) fn attribute(
        mut self,
        name: &'static str,
        value: Option<impl Into<String>>,
    ) -> Self {
        self.attributes.extend(value.map(|value| (name, value.into())));
        self
    }

    /// With one more element inside, unless that is empty.
    pub(crate) fn with(mut self, child: Self) -> Self {
        self.children.extend(Some(child).filter(|child| !child.is_empty()));
        self
    }

    /// With several more.
    pub(crate) fn with_all(self, children: impl IntoIterator<Item = Self>) -> Self {
        children.into_iter().fold(self, Self::with)
    }

    fn is_empty(&self) -> bool {
        self.text.is_empty() && self.children.is_empty() && !self.stays
    }
}

/// The document whose root is `root`, indented, with its declaration.
pub(crate) fn write(root: &Element) -> String {
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    write_element(root, 0, &mut out);
    out
}

/// Documents of ours are eight elements deep, so recursion ends soon.
fn write_element(element: &Element, depth: usize, out: &mut String) {
    let Element { name, attributes, text, children, .. } = element;
    // Writing to a String cannot fail.
    let _written = write!(out, "{:indent$}<{name}", "", indent = 2 * depth);
    for (name, value) in attributes {
        let _written = write!(out, " {name}=\"");
        escape(value, out);
        out.push('"');
    }
    if children.is_empty() {
        out.push('>');
        escape(text, out);
    } else {
        out.push_str(">\n");
        children.iter().for_each(|child| write_element(child, depth + 1, out));
        let _written = write!(out, "{:indent$}", "", indent = 2 * depth);
    }
    let _written = writeln!(out, "</{name}>");
}

/// Escapes what means something between tags or quotes, and a return, which a reader would make a line
/// feed of.
fn escape(text: &str, out: &mut String) {
    for c in text.chars().filter(|c| is_legal(*c)) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            c => out.push(c),
        }
    }
}

/// The characters that XML 1.0 has; there is no way to write the others.
fn is_legal(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_empty_is_not_written_and_what_means_something_is_escaped() {
        let root = Element::new("a")
            .attribute("xmlns", Some("urn:x\"<&"))
            .attribute("none", None::<String>)
            .with(Element::text("b", Some(" 1 < 2 & \"3\" > \u{0}\u{1f}\u{ffff}2 ")))
            .with(Element::text("c", None::<String>))
            .with(Element::text("d", Some("  ")).attribute("e", Some("f")))
            .with(Element::new("g").with(Element::new("h").with_all([])))
            .with(Element::new("i").always());
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
                        <a xmlns=\"urn:x&quot;&lt;&amp;\">\n  \
                        <b>1 &lt; 2 &amp; &quot;3&quot; &gt; 2</b>\n  <i></i>\n</a>\n";
        assert_eq!(write(&root), expected);
    }
}
