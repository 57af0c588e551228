//! The page at `/`: one document with its style and its script, which asks nothing of any other host.
//!
//! It may run this script and no other: the policy names its hash, and that of the style.

/// The document, in the order of its parts.
macro_rules! document {
    () => {
        concat!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<style>",
            style!(),
            "</style>\n",
            include_str!("page.html"),
            "<script>",
            script!(),
            "</script>\n"
        )
    };
}

macro_rules! style {
    () => {
        concat!(include_str!("look.css"), include_str!("chat.css"))
    };
}

macro_rules! script {
    () => {
        concat!(
            "\"use strict\";\n{\n",
            include_str!("words.js"),
            include_str!("log.js"),
            include_str!("history.js"),
            include_str!("rooms.js"),
            include_str!("events.js"),
            include_str!("resume.js"),
            include_str!("connection.js"),
            include_str!("input.js"),
            "}\n"
        )
    };
}

/// The hashes of style and script. A test says what they have to be.
const STYLE: &str = "liqLsEq8w+4X6pGaO6u4pdpmKNRpZeyhs/RFe0MKZEk=";
const SCRIPT: &str = "fjtVSFj2Shq2FdptjAvdS1OJkiimOsylI6BfEHM+L7o=";

/// The whole response, which ends its connection.
pub(super) fn response() -> String {
    let page = document!();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Content-Security-Policy: default-src 'none'; script-src 'sha256-{SCRIPT}'; style-src 'sha256-{STYLE}'; \
         connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n\
         X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nCache-Control: no-cache\r\n\
         Connection: close\r\n\r\n{page}",
        page.len()
    )
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_STANDARD, Engine};
    use ring::digest::{SHA256, digest};

    use super::*;

    #[test]
    fn r10_23_the_policy_names_the_style_and_the_script() {
        let hash = |text: &str| BASE64_STANDARD.encode(digest(&SHA256, text.as_bytes()));
        assert_eq!(STYLE, hash(style!()));
        assert_eq!(SCRIPT, hash(script!()));
    }

    #[test]
    fn r10_23_the_page_refers_to_nothing_elsewhere() {
        let page = document!();
        for elsewhere in ["src=", "url(", "@import", "fetch(", "innerHTML", "style="] {
            assert!(!page.contains(elsewhere), "{elsewhere}");
        }
    }
}
