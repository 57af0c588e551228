//! Rooms in a scene: filling them, and proving that a message has or has not come.

use std::time::{Duration, Instant};

use chat_drive::captured::Heard;

use crate::scene::participant::Participant;
use crate::scene::{Scene, Server};
use crate::verdict::{Checked, Halt};

/// Time-out for a message, after which another is sent in its place, while a room gathers.
const PROBE: Duration = Duration::from_millis(250);

impl Scene<'_> {
    /// Starts the server and fills a room: each of these joins, in this order, hears the first, and
    /// the first hears the second.
    ///
    /// # Errors
    ///
    /// A participant cannot join or does not hear.
    pub(crate) fn room<const N: usize>(
        &mut self,
        names: [&str; N],
    ) -> Checked<(Server, [Participant; N])> {
        let server = self.start()?;
        let mut participants = Vec::new();
        for name in names {
            let participant = self.join(&server, name)?;
            self.is_admitted(&server, &participant)?;
            participants.push(participant);
        }
        self.gather(&mut participants)?;
        let participants: Result<[Participant; N], _> = participants.try_into();
        Ok((server, participants.map_err(|_| Halt::Checker("a room of another size".to_owned()))?))
    }

    /// Waits until all of these hear the first, and the first hears the second. A server needs a
    /// moment until a new connection takes part, so what is not heard is said again.
    ///
    /// # Errors
    ///
    /// A participant does not hear while patience lasts.
    pub(crate) fn gather(&self, participants: &mut [Participant]) -> Checked {
        let [first, others @ ..] = participants else { return Ok(()) };
        for other in &mut *others {
            self.probe(first, other)?;
        }
        others.first_mut().map_or(Ok(()), |second| self.probe(second, first))
    }

    /// Lets the first speak until the other hears it: then the other takes part.
    ///
    /// # Errors
    ///
    /// The other does not hear while patience lasts.
    pub(crate) fn probe(&self, speaker: &mut Participant, listener: &mut Participant) -> Checked {
        let deadline = Instant::now() + self.timeouts.patience;
        loop {
            let token = self.token();
            speaker.say(&token)?;
            match listener.hears_within(&token, PROBE) {
                Err(Halt::Fault { expected, .. })
                    if Instant::now() > deadline || listener.end().is_some() =>
                {
                    let came = listener.instead(self.timeouts.patience);
                    return Err(Halt::Fault { expected, came });
                }
                Err(_) => {}
                Ok(_) => return Ok(()),
            }
        }
    }

    /// Waits until one participant's words reach the other. If the listener was to hear something that was sent
    /// before them, it has heard it now: the server had it first. A server with threads may do things in another
    /// order, so a moment's grace follows.
    ///
    /// # Errors
    ///
    /// It does not reach the other.
    pub(crate) fn barrier(&self, speaker: &mut Participant, listener: &mut Participant) -> Checked {
        let token = self.token();
        speaker.say(&token)?;
        listener.hears(&token)?;
        self.pause(self.timeouts.grace)
    }

    /// Separates what these two say from now on from what was said before. Returns the number of
    /// messages that the listener has heard, behind a barrier. A line that has not ended, as a
    /// prompt, is none of them: the next message goes on with it.
    ///
    /// # Errors
    ///
    /// The one does not reach the other.
    pub(crate) fn mark(
        &self,
        speaker: &mut Participant,
        listener: &mut Participant,
    ) -> Checked<usize> {
        self.barrier(speaker, listener)?;
        if self.dialect.framing.is_lines() {
            let lines = |heard: &Heard| memchr::memchr_iter(b'\n', &heard.bytes).count();
            return Ok(listener.captured().look(lines));
        }
        Ok(listener.messages().len())
    }
}
