//! What happened in a room since the last pass over its members, in the room's order.

use std::fmt::{self, Write};
use std::ops::Range;

use tokio::sync::oneshot;

use crate::net::wire::encoding::Encoding;
use crate::net::wire::text::Framed;
use crate::room::letter::Letter;
use crate::room::seat::{MemberId, Seat};

/// The buffer that an idle room keeps, in bytes, so that ordinary talk need not ask for memory.
pub(super) const KEPT: usize = 1024;

/// The text that members get in one write each, and what differs from member to member.
///
/// Almost every member gets the whole text. The exceptions are those that spoke (they do not get
/// their own messages), were told something, joined or left.
pub(crate) struct Batch<T> {
    pub(crate) text: Framed,
    /// The same in JSON, from where the first member came that takes it. A member's exceptions are places in the
    /// text of its encoding.
    pub(crate) json: Framed,
    pub(crate) exceptions: Vec<Exception>,
    pub(crate) joined: Vec<(MemberId, Seat<T>)>,
    pub(crate) left: Vec<Departure<T>>,
    /// Members that go on under another id, each with that.
    pub(crate) switched: Vec<(MemberId, MemberId)>,
    /// Bytes of the lines for single members.
    told: usize,
    /// The number of lines for all members, and of those that a member has said.
    pub(crate) lines: usize,
    pub(crate) own: usize,
}

/// A member has left.
pub(crate) struct Departure<T> {
    pub(crate) member: MemberId,
    /// The receiver of its seat, if it changes the room.
    pub(crate) onward: Option<oneshot::Sender<Seat<T>>>,
}

/// A difference between one member's text and the batch's.
pub(crate) struct Exception {
    pub(crate) member: MemberId,
    difference: Difference,
}

enum Difference {
    /// This part of the text is not for the member.
    Without(Range<usize>),
    /// At this place of the text the member gets something of its own, which may be a letter.
    With(usize, Box<[u8]>, Option<Letter>),
}

/// The text of a member that gets one of its own, and the letters in it. Used again for the next.
#[derive(Default)]
pub(crate) struct OwnText {
    pub(crate) text: Framed,
    pub(crate) letters: Vec<Letter>,
}

/// Not derived: a derived one would ask `T` to have a default.
impl<T> Default for Batch<T> {
    fn default() -> Self {
        Self {
            text: Framed::default(),
            json: Framed::default(),
            exceptions: Vec::new(),
            joined: Vec::new(),
            left: Vec::new(),
            switched: Vec::new(),
            told: 0,
            lines: 0,
            own: 0,
        }
    }
}

impl<T> Batch<T> {
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
            && self.exceptions.is_empty()
            && self.joined.is_empty()
            && self.left.is_empty()
            && self.switched.is_empty()
    }

    /// The bytes in it, those for single members included.
    pub(crate) fn size(&self) -> usize {
        self.text.len() + self.json.len() + self.told
    }

    /// Forgets everything but the memory it was held in.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.json.clear();
        self.exceptions.clear();
        self.joined.clear();
        self.left.clear();
        self.switched.clear();
        (self.told, self.lines, self.own) = (0, 0, 0);
    }

    /// Gives back the memory of a busy moment, when empty.
    pub(crate) fn shrink(&mut self) {
        let exceptions = self.exceptions.capacity() * size_of::<Exception>();
        let capacity = self.text.capacity().max(self.json.capacity()).max(exceptions);
        if self.is_empty() && capacity > KEPT {
            *self = Self::default();
        }
    }

    /// The member hears everything from here on.
    pub(crate) fn join(&mut self, id: MemberId, seat: Seat<T>) {
        self.joined.push((id, seat));
        self.exclude(id, 0..self.length_for(id));
    }

    /// The member hears nothing from here on.
    pub(crate) fn leave(&mut self, member: MemberId, onward: Option<oneshot::Sender<Seat<T>>>) {
        self.left.push(Departure { member, onward });
        self.exclude(member, self.length_for(member)..usize::MAX);
    }

    /// The member goes on under another id, which has another encoding, and misses nothing.
    pub(crate) fn switch(&mut self, member: MemberId, id: MemberId) {
        self.switched.push((member, id));
        self.exclude(member, self.length_for(member)..usize::MAX);
        self.exclude(id, 0..self.length_for(id));
    }

    /// All members but the sender get this event: its text, and its JSON if that is given.
    pub(crate) fn say(
        &mut self,
        sender: MemberId,
        text: &(impl fmt::Display + ?Sized),
        json: Option<String>,
    ) {
        let start = self.length_for(sender);
        self.lines += 1;
        self.own += usize::from(sender != MemberId::OPERATOR);
        // Writing to memory cannot fail.
        let _ = writeln!(self.text, "{text}");
        if let Some(json) = json {
            let _ = writeln!(self.json, "{json}");
        }
        self.exclude(sender, start..self.length_for(sender));
    }

    /// The member alone gets this line, which has its encoding.
    pub(crate) fn tell(&mut self, member: MemberId, line: impl fmt::Display) {
        self.post(member, line, None);
    }

    /// The same, for a line that is a letter.
    pub(crate) fn post(
        &mut self,
        member: MemberId,
        line: impl fmt::Display,
        letter: Option<Letter>,
    ) {
        let line = format!("{line}\n").into_bytes().into_boxed_slice();
        self.told += line.len();
        let difference = Difference::With(self.length_for(member), line, letter);
        self.exceptions.push(Exception { member, difference });
    }

    /// The length of the text in the member's encoding, in bytes.
    fn length_for(&self, member: MemberId) -> usize {
        match member.encoding() {
            Encoding::Text => self.text.len(),
            Encoding::Json => self.json.len(),
        }
    }

    /// Leaves a part of the text out for one member; a part that continues the last one extends
    /// it, so that a sender that says much at once is one exception.
    fn exclude(&mut self, member: MemberId, part: Range<usize>) {
        if part.is_empty() {
            return;
        }
        if let Some(Exception { member: same, difference: Difference::Without(last) }) =
            self.exceptions.last_mut()
            && (*same, last.end) == (member, part.start)
        {
            last.end = part.end;
            return;
        }
        self.exceptions.push(Exception { member, difference: Difference::Without(part) });
    }
}

impl OwnText {
    /// Puts the text of one member together, given its exceptions in the order of their making.
    pub(crate) fn compose(&mut self, text: &[u8], exceptions: &mut [Exception]) {
        let Self { text: own, letters } = self;
        own.clear();
        letters.clear();
        let mut done = 0;
        for exception in exceptions {
            match &mut exception.difference {
                Difference::Without(part) => {
                    own.extend_from_slice(&text[done..part.start]);
                    if part.end == usize::MAX {
                        // It has left. Its connection may still say something.
                        return;
                    }
                    done = part.end;
                }
                Difference::With(place, line, letter) => {
                    own.extend_from_slice(&text[done..*place]);
                    own.extend_from_slice(line);
                    letters.extend(letter.take());
                    done = *place;
                }
            }
        }
        own.extend_from_slice(&text[done..]);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::net::transport::fake::Recorder;

    const ANA: MemberId = MemberId::new(1, Encoding::Text);
    const BEA: MemberId = MemberId::new(2, Encoding::Text);

    fn heard_by(member: MemberId, batch: &mut Batch<Recorder>) -> String {
        batch.exceptions.sort_by_key(|exception| exception.member);
        let mut own: Vec<Exception> =
            batch.exceptions.extract_if(.., |exception| exception.member == member).collect();
        let mut composed = OwnText::default();
        composed.compose(batch.text.bytes(), &mut own);
        batch.exceptions.extend(own);
        String::from_utf8(composed.text.bytes().to_vec()).unwrap()
    }

    #[test]
    fn r2_2_senders_do_not_hear_themselves() {
        let mut batch = Batch::default();
        for (sender, text) in [(ANA, "a1"), (BEA, "b1"), (ANA, "a2"), (ANA, "a3"), (BEA, "b2")] {
            batch.say(sender, text, None);
        }
        assert_eq!(heard_by(ANA, &mut batch), "b1\nb2\n");
        assert_eq!(heard_by(BEA, &mut batch), "a1\na2\na3\n");
        assert_eq!(heard_by(MemberId::new(3, Encoding::Text), &mut batch), "a1\nb1\na2\na3\nb2\n");
    }

    #[test]
    fn r2_3_what_one_member_is_told_stands_in_the_rooms_order() {
        let mut batch = Batch::default();
        batch.say(BEA, "b1", None);
        batch.tell(ANA, "! no");
        batch.say(ANA, "a1", None);
        batch.tell(ANA, "! no");
        batch.say(BEA, "b2", None);
        assert_eq!(heard_by(ANA, &mut batch), "b1\n! no\n! no\nb2\n");
        assert_eq!(heard_by(BEA, &mut batch), "a1\n");
    }

    #[test]
    fn r2_3_a_member_hears_what_is_said_between_its_joining_and_its_leaving() {
        let mut batch = Batch::default();
        batch.say(BEA, "before", None);
        batch.join(ANA, Seat::new(Arc::new(Recorder::default())));
        batch.tell(ANA, "welcome");
        batch.say(ANA, "mine", None);
        batch.say(BEA, "while", None);
        batch.tell(ANA, "bye");
        batch.leave(ANA, None);
        batch.say(BEA, "after", None);
        assert_eq!(heard_by(ANA, &mut batch), "welcome\nwhile\nbye\n");
        // Another connection has taken its place, and it has not heard of that.
        batch.say(ANA, "more", None);
        batch.tell(ANA, "more");
        batch.say(BEA, "after", None);
        assert_eq!(heard_by(ANA, &mut batch), "welcome\nwhile\nbye\n");
    }

    #[test]
    fn one_sender_is_one_exception_however_much_it_says() {
        let mut batch: Batch<Recorder> = Batch::default();
        for text in ["a1", "a2", "a3"] {
            batch.say(ANA, text, None);
        }
        assert_eq!(batch.exceptions.len(), 1);
    }
}
