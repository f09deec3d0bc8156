//! An element of an e-invoice, asked for its descendants by path.

use roxmltree::Node;

use crate::einvoice::zugferd1;

/// Which names a file uses for the same things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Names {
    /// Those that paths are written in.
    Current,
    /// Those of ZUGFeRD 1.
    Zugferd1,
}

/// An element. Namespaces below the root are not compared: versions differ in them, local names
/// are unique.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    node: Node<'a, 'a>,
    names: Names,
}

impl<'a> Element<'a> {
    pub(super) fn new(node: Node<'a, 'a>, names: Names) -> Self {
        Self { node, names }
    }

    /// The element's own name.
    pub(super) fn name(self) -> &'a str {
        self.node.tag_name().name()
    }

    /// Which names it uses.
    pub(super) fn names(self) -> Names {
        self.names
    }

    /// All elements at `path`, such as `PaymentMeans/PayeeFinancialAccount`, in document order.
    pub(super) fn all(self, path: &str) -> Vec<Self> {
        path.split('/').fold(vec![self], |found, name| {
            found.into_iter().flat_map(|element| element.children(name)).collect()
        })
    }

    /// The first element at `path`.
    pub(super) fn at(self, path: &str) -> Option<Self> {
        self.all(path).into_iter().next()
    }

    fn children(self, name: &str) -> impl Iterator<Item = Self> {
        let name = match self.names {
            Names::Current => name,
            Names::Zugferd1 => zugferd1::former(name),
        };
        let names = self.names;
        let named = self.node.children().filter(move |node| node.tag_name().name() == name);
        named.map(move |node| Self { node, names })
    }

    /// An attribute without prefix.
    pub(super) fn attribute(self, name: &str) -> Option<&'a str> {
        self.node.attribute(name).map(str::trim)
    }

    /// The text of the element itself, as it stands; `None` where there is nothing but space.
    pub(super) fn text(self) -> Option<String> {
        // Comments split a text.
        let pieces = self.node.children().filter(Node::is_text).filter_map(|node| node.text());
        let text: String = pieces.collect();
        (!text.trim().is_empty()).then_some(text)
    }

    /// Whether the element says exactly `text`, case aside.
    pub(super) fn says(self, text: &str) -> bool {
        self.text().is_some_and(|own| own.trim().eq_ignore_ascii_case(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_all_that_have_it() {
        let xml = "<r><a><c>1</c></a><a/><x:a xmlns:x='u'><c>2<!-- , -->3</c><c> </c></x:a></r>";
        let document = roxmltree::Document::parse(xml).unwrap();
        let root = Element::new(document.root_element(), Names::Current);
        let texts: Vec<_> = root.all("a/c").into_iter().map(Element::text).collect();
        assert_eq!(texts, [Some("1".to_owned()), Some("23".to_owned()), None]);
        assert!(root.at("a/d").is_none());
        assert!(root.at("a/c").unwrap().says("1"));
    }
}
