//! A person behind a pipe: the client as a filter (requirement 4.7).

use std::io;

use chat_protocol::decoder::Line;
use chat_protocol::framing::Framing;
use tokio::io::{AsyncReadExt, AsyncWriteExt, Stdin, Stdout};

use crate::lines::Lines;
use crate::person::{Input, MAX_INPUT, Person};

/// How much one read takes, in bytes: what a Linux pipe holds.
const READ: usize = 64 * 1024;

/// Standard input and output, neither of which needs to be a terminal.
pub(crate) struct Pipe<R = Stdin, W = Stdout> {
    input: R,
    output: W,
    lines: Lines,
    ended: bool,
}

impl Pipe {
    pub(crate) fn new() -> Self {
        Self::of(tokio::io::stdin(), tokio::io::stdout())
    }
}

impl<R, W> Pipe<R, W> {
    fn of(input: R, output: W) -> Self {
        Self { input, output, lines: Lines::new(Framing::Line, MAX_INPUT, READ), ended: false }
    }
}

impl<R: AsyncReadExt + Unpin, W: AsyncWriteExt + Unpin> Person for Pipe<R, W> {
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
                // A broken input has ended as well.
                Ok(_) | Err(_) => {
                    self.ended = true;
                    if let Some(line) = self.lines.decoder.finish() {
                        return line.into();
                    }
                }
            }
        }
    }

    async fn show(&mut self, line: &str) -> io::Result<()> {
        self.output.write_all(format!("{line}\n").as_bytes()).await?;
        self.output.flush().await
    }

    async fn close(self) {}
}

impl From<Line<'_>> for Input {
    fn from(line: Line<'_>) -> Self {
        match line {
            Line::Text(text) => Self::Text(text.into_owned()),
            Line::TooLong => Self::TooLong,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn inputs(bytes: &[u8]) -> Vec<Input> {
        let mut pipe = Pipe::of(bytes, tokio::io::sink());
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
    async fn r4_7_shows_line_by_line() {
        let mut pipe = Pipe::of(tokio::io::empty(), Vec::new());
        pipe.show("año").await.unwrap();
        pipe.show("dos").await.unwrap();
        assert_eq!(pipe.output, "año\ndos\n".as_bytes());
    }
}
