//! Text of a page under construction; what comes from outside is escaped on its way in.

#[derive(Debug, Default)]
pub struct Markup(String);

impl Markup {
    /// Our own markup, as it is.
    pub fn raw(&mut self, markup: &str) -> &mut Markup {
        self.0.push_str(markup);
        self
    }

    /// Anything, as text.
    pub fn text(&mut self, text: &str) -> &mut Markup {
        self.0.push_str(&escape(text));
        self
    }

    /// `<name>text</name>`; `name` may carry attributes of ours.
    pub fn element(&mut self, name: &str, text: &str) -> &mut Markup {
        let tag = name.split(' ').next().unwrap_or(name);
        self.raw("<").raw(name).raw(">").text(text).raw("</").raw(tag).raw(">\n")
    }

    /// A section with its heading and a sentence that says how to read it.
    pub fn section(&mut self, id: &str, title: &str, lead: &str) -> &mut Markup {
        self.raw(&format!("<section id=\"{id}\">\n"));
        self.element("h2", title);
        if !lead.is_empty() {
            self.element("p class=\"lead\"", lead);
        }
        self
    }

    pub fn end_section(&mut self) {
        self.raw("</section>\n");
    }

    pub fn finish(self) -> String {
        self.0
    }
}

pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // No page may hold control characters; a name with one would break the parser.
            c if c.is_control() && c != '\n' && c != '\t' => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
