//! Every kind of abuse at once, while the server itself is stopped now and then.

use std::thread;
use std::time::Duration;

use chat_drive::failure::Result;
use chat_tests::binaries;
use chat_tests::chat::Chat;

use crate::healthy::Healthy;

const SIGCONT: i32 = 18;
const SIGSTOP: i32 = 19;

/// Longer than the idle timeout, so that every timer of the server is overdue when it goes on.
const STOP: Duration = Duration::from_millis(3500);

#[test]
fn r2_1_nothing_is_lost_doubled_or_out_of_order_for_those_who_read() -> Result {
    let chat = Chat::start_with(&["--profile", "grupal", "--idle-timeout", "3s"])?;
    let healthy = Healthy::start_apart(&chat, &["--clients", "200"])?;
    let mut abusers = binaries::abusers();
    abusers.args([&chat.address.to_string(), "--duration", "12s"]);
    let mut abusers = chat.stage.start("abusers", abusers)?;
    for _ in 0..2 {
        healthy.go_on(&chat.stage)?;
        chat.server.signal(SIGSTOP)?;
        // The time is the abuse itself; nothing is waited for.
        thread::sleep(STOP);
        chat.server.signal(SIGCONT)?;
    }
    abusers.expect_exit(0)?;
    healthy.finish(&chat.stage)
}
