//! `chat-loadgen`: puts a chat under load, times every delivery and proves what arrived.

use std::process::ExitCode;

fn main() -> ExitCode {
    chat_loadgen::main()
}
