//! The head of an HTTP request: however much of it has come, it is judged as the whole is.

use chat_protocol::websocket::handshake::Request;

/// Holds for every input.
///
/// # Panics
///
/// If it does not.
pub fn holds(input: &[u8]) {
    let whole = Request::parse(input);
    for length in 0..input.len() {
        match (Request::parse(&input[..length]), &whole) {
            (Ok(None), _) | (Err(_), Err(_)) | (Ok(Some(_)), Ok(Some(_))) => {}
            (part, whole) => panic!("{length} bytes are {part:?}, and all are {whole:?}"),
        }
    }
    if let Ok(Some(request)) = whole {
        assert!(!request.path().contains('?'), "a path without a query");
        let elements: usize = request.forwarded_for().iter().map(|element| element.len()).sum();
        // What is no UTF-8 takes three bytes for one.
        assert!(elements <= 3 * input.len(), "more than there was");
        if let Ok(upgrade) = request.upgrade(&[]) {
            let response = upgrade.response();
            let mut headers = [httparse::EMPTY_HEADER; 8];
            let mut parsed = httparse::Response::new(&mut headers);
            assert!(parsed.parse(response.as_bytes()).is_ok_and(|parsed| parsed.is_complete()));
            assert_eq!((parsed.code, parsed.headers.len() <= 4), (Some(101), true), "{response}");
        }
    }
}
