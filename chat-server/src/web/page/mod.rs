//! The page at `/`: one document with its style and its script, which asks nothing of any other host.
//!
//! It may run this script and no other: the policy names its hash, and that of the style. It may connect to its own
//! server and to the peers of this, which stand in its head (requirement 10.25).

use chat_protocol::options::server_address::ServerAddress;

/// The beginning of the document. The peers follow.
const HEAD: &str = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";

/// The rest of the document, in the order of its parts.
macro_rules! document {
    () => {
        concat!(
            "<style>",
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
const SCRIPT: &str = "zR9XWuxNKQFBX7fDHw4pGEwrYtrAgPWfP1XZkUa1AOc=";

/// The whole response, which ends its connection.
pub(super) fn response(peers: &[ServerAddress]) -> String {
    let page = [HEAD, &element(peers), document!()].concat();
    let origins: String = peers.iter().map(origin).collect();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Content-Security-Policy: default-src 'none'; script-src 'sha256-{SCRIPT}'; style-src 'sha256-{STYLE}'; \
         connect-src 'self'{origins}; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n\
         X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nCache-Control: no-cache\r\n\
         Connection: close\r\n\r\n{page}",
        page.len()
    )
}

/// The element by which the page is told of the peers.
fn element(peers: &[ServerAddress]) -> String {
    let urls: Vec<String> = peers.iter().map(ToString::to_string).collect();
    if urls.is_empty() {
        return String::new();
    }
    let escaped = urls.join(" ").replace('&', "&amp;").replace('"', "&quot;");
    format!("<meta name=\"peers\" content=\"{escaped}\">\n")
}

/// A peer's source for the policy, behind a blank.
fn origin(peer: &ServerAddress) -> String {
    format!(" {}://{}", peer.door.scheme(), peer.endpoint)
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
        let page = [HEAD, document!()].concat();
        for elsewhere in ["src=", "url(", "@import", "fetch(", "innerHTML", "style="] {
            assert!(!page.contains(elsewhere), "{elsewhere}");
        }
    }

    #[test]
    fn r10_25_the_policy_allows_the_peers_and_no_others() {
        assert!(response(&[]).contains("; connect-src 'self'; "));
        assert!(!response(&[]).contains("name=\"peers\""));
        let peers = ["wss://B.example", "ws://192.0.2.7:8080/chat?a=1&b=\"><script>'"];
        let response = response(&peers.map(|peer| peer.parse().unwrap()));
        let sources = "; connect-src 'self' wss://B.example:443 ws://192.0.2.7:8080; img-src";
        assert!(response.contains(sources), "{response}");
        let content = "wss://B.example:443/ws ws://192.0.2.7:8080/chat?a=1&amp;b=&quot;><script>'";
        let element = format!(
            "<meta charset=\"utf-8\">\n<meta name=\"peers\" content=\"{content}\">\n<style>"
        );
        assert!(response.contains(&element), "{response}");
        let (head, page) = response.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", page.len())), "{head}");
    }
}
