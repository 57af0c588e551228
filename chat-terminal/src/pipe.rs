//! Standard input and output in pipes: the program as a filter (requirement 4.7).

use std::io;
use std::mem;

use bytes::{Buf, BytesMut};
use chat_protocol::decoder::Line;
use chat_protocol::framing::Framing;
use tokio::io::{AsyncReadExt, AsyncWriteExt, Stdin, Stdout};

use crate::lines::Lines;
use crate::person::{Input, Keyboard, MAX_INPUT, Screen};

/// Size of one read, in bytes: the capacity of a Linux pipe.
const READ: usize = 64 * 1024;

/// Standard input; it need not be a terminal.
pub struct PipeIn<R = Stdin> {
    input: R,
    lines: Lines,
    ended: bool,
}

/// Standard output; it need not be a terminal.
pub struct PipeOut<W = Stdout> {
    output: W,
    /// Number of bytes at the front that are written but perhaps not flushed yet.
    unflushed: usize,
}

/// Opens standard input and output.
pub fn open() -> (PipeIn, PipeOut) {
    (PipeIn::open(), PipeOut::of(tokio::io::stdout()))
}

impl PipeIn {
    /// Opens standard input alone.
    pub fn open() -> Self {
        Self::of(tokio::io::stdin())
    }
}

impl<R> PipeIn<R> {
    fn of(input: R) -> Self {
        Self { input, lines: Lines::new(Framing::Line, MAX_INPUT, READ), ended: false }
    }
}

impl<W> PipeOut<W> {
    fn of(output: W) -> Self {
        Self { output, unflushed: 0 }
    }
}

impl<R: AsyncReadExt + Unpin> Keyboard for PipeIn<R> {
    async fn next(&mut self) -> Input {
        loop {
            if let Some(line) = self.lines.next() {
                return line.into();
            }
            if self.ended {
                return Input::End;
            }
            match self.input.read(self.lines.buffer()).await {
                Ok(n) if n > 0 => self.lines.filled(n),
                // A read error ends the input too.
                Ok(_) | Err(_) => {
                    self.ended = true;
                    self.lines.filled(0);
                    if let Some(line) = self.lines.decoder.finish() {
                        return line.into();
                    }
                }
            }
        }
    }
}

impl<W: AsyncWriteExt + Unpin> Screen for PipeOut<W> {
    async fn show(&mut self, lines: &mut BytesMut) -> io::Result<()> {
        if self.unflushed == 0 {
            self.unflushed = self.output.write(lines).await?;
        }
        let flushed = self.output.flush().await;
        lines.advance(mem::take(&mut self.unflushed));
        flushed
    }

    async fn close(self) {}
}

impl From<Line<'_>> for Input {
    fn from(line: Line<'_>) -> Self {
        match line {
            Line::Text(text) => Self::Text(text.into_owned()),
            Line::Empty => Self::Text(String::new()),
            Line::TooLong => Self::TooLong,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn inputs(bytes: &[u8]) -> Vec<Input> {
        let mut pipe = PipeIn::of(bytes);
        let mut inputs = vec![pipe.next().await];
        while inputs.last() != Some(&Input::End) {
            inputs.push(pipe.next().await);
        }
        inputs
    }

    #[tokio::test]
    async fn r4_7_lines_then_the_end() {
        let expected = ["uno", "dos", "tres"].map(|line| Input::Text(line.to_owned()));
        let inputs = inputs(b"uno\r\n\ndos\ntres").await;
        assert_eq!(inputs[..3], expected);
        assert_eq!(inputs[3..], [Input::End]);
    }

    #[tokio::test]
    async fn r4_7_an_endless_line_is_not_held() {
        let endless = vec![b'x'; MAX_INPUT + 2];
        assert_eq!(inputs(&endless).await, [Input::TooLong, Input::End]);
    }

    #[tokio::test]
    async fn r4_7_what_was_shown_is_taken_off() {
        let mut pipe = PipeOut::of(Vec::new());
        let mut lines = BytesMut::from("año\ndos\n");
        pipe.show(&mut lines).await.unwrap();
        assert_eq!(pipe.output, "año\ndos\n".as_bytes());
        assert!(lines.is_empty());
    }
}
