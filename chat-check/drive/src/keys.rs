//! Keyboard of a program: a thread writes what is typed, so that a program that does not read
//! blocks no test.

use std::io::Write;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use crate::failure::Result;
use crate::role::Role;
use crate::transcript::How;

/// Limit on typed input that was not read, in writes.
const UNREAD: usize = 10_000;

/// The input of a program. Dropping it ends the input, once all that was typed is written.
pub struct Keys {
    texts: SyncSender<Vec<u8>>,
}

impl Keys {
    /// Writes to `input` in a thread of its own until this is dropped.
    pub fn new(role: &Role, mut input: impl Write + Send + 'static) -> Self {
        let (texts, typed) = sync_channel::<Vec<u8>>(UNREAD);
        let role = role.clone();
        thread::spawn(move || {
            for text in typed {
                if input.write_all(&text).and_then(|()| input.flush()).is_err() {
                    role.event("reads its input no more");
                    return;
                }
            }
        });
        Self { texts }
    }

    /// Types a text, and records it. Does not wait until it is read.
    #[track_caller]
    pub fn press(&self, role: &Role, text: &str) -> Result {
        role.said(How::In, text);
        role.check(self.texts.try_send(text.into()), "does not read its input")
    }
}
