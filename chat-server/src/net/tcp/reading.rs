//! A connection as it is read: the way by which its client has come, who is asked for what there is, and what comes.

use chat_protocol::options::server_address::Door;

use super::TcpConnection;

impl TcpConnection {
    /// The way by which its client has come.
    pub(crate) fn door(&self) -> Door {
        self.wire.door()
    }
}

/// The source of the knowledge that there is something to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// The runtime, which knows what the system has told it. Costs no system call in vain.
    Runtime,
    /// The system itself. When the process is continued, timers fire before the runtime has heard of what has
    /// arrived meanwhile.
    System,
}

/// The result of one read.
pub(crate) enum Received<'a> {
    /// These bytes of lines: of frames, there may be none. There is `more` at once, if that is certain.
    Some { bytes: &'a [u8], more: bool },
    /// The peer sends nothing more.
    End,
}
