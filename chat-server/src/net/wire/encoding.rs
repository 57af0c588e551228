//! The encodings of what a client is sent.

/// The encoding of what a client is sent. Its connection has it from the beginning, and its ids in rooms and in the
/// directory carry it in their lowest bit, so that it takes no memory there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Lines of text, as over TCP.
    #[default]
    Text,
    /// A JSON object on each line (the subprotocol `chat.v2`).
    Json,
}

impl Encoding {
    /// The id with this number: ids stay in the order of their numbers.
    pub(crate) const fn id(self, number: u64) -> u64 {
        number << 1 | self as u64
    }

    /// The encoding of the client with this id.
    pub(crate) fn of(id: u64) -> Self {
        if id & 1 == 1 { Self::Json } else { Self::Text }
    }
}
