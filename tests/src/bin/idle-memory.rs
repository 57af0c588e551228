//! `make memory`: resident memory of the server per idle client.
//!
//! With `BEFORE=FILE` in the environment, that server, usually an older one, is measured as well.
//! Linux only: the figures come from `/proc`.

fn main() {
    #[cfg(target_os = "linux")]
    if let Err(failure) = linux::measure_all() {
        eprintln!("idle-memory: {failure}");
        std::process::exit(1);
    }
    #[cfg(not(target_os = "linux"))]
    eprintln!("idle-memory: there is no /proc here");
}

#[cfg(target_os = "linux")]
mod linux {
    use std::process::Command;

    use chat_drive::failure::Result;
    use chat_drive::process::resident;
    use chat_tests::binaries;
    use chat_tests::chat::{Certificate, Chat};
    use chat_tests::harness::door::Door;
    use chat_tests::harness::peer::Peer;

    /// Number of clients. Each needs a descriptor here and in the server.
    const CLIENTS: u32 = 1000;

    pub(super) fn measure_all() -> Result {
        let before = std::env::var_os("BEFORE").map(Command::new);
        let servers = [("now", Some(binaries::server())), ("before", before)];
        for (name, command) in servers {
            let Some(command) = command else { continue };
            for profile in ["basico", "grupal"] {
                let mut command = Command::new(command.get_program());
                command.args(["--bind", "127.0.0.1:0", "--idle-timeout", "off"]);
                command.args(["--profile", profile]);
                let connect = if profile == "grupal" { Chat::member } else { Chat::peer };
                measure(&format!("{name}, {profile}"), command, connect)?;
            }
        }
        let certificate = Certificate::make();
        for door in [Door::WebSocket, Door::Tls, Door::SecureWebSocket] {
            let mut server = binaries::server();
            server.args(["--bind", "127.0.0.1:0", "--idle-timeout", "off"]);
            server.args(match door {
                Door::Tls => &["--tls-bind", "127.0.0.1:0"][..],
                Door::SecureWebSocket => &["--web", "127.0.0.1:0", "--web-tls"],
                Door::Plain | Door::WebSocket => &["--web", "127.0.0.1:0"],
            });
            if door.is_encrypted() {
                server.args(certificate.options());
            }
            let connect = |chat: &Chat, name: &str| chat.peer_through(door, name);
            measure(&format!("now, basico, {}", door.scheme()), server, connect)?;
        }
        Ok(())
    }

    /// Measures a server with [`CLIENTS`] clients that stay silent, apart from their names.
    fn measure(
        name: &str,
        command: Command,
        connect: impl Fn(&Chat, &str) -> Result<Peer>,
    ) -> Result {
        let chat = Chat::start_command(command)?;
        let resident = || resident(chat.server.id()).map_err(|e| chat.stage.failure(e));
        let before = resident()?;
        let mut peers = Vec::new();
        for i in 0..CLIENTS {
            peers.push(connect(&chat, &format!("peer-{i}"))?);
        }
        let after = resident()?;
        let each = after.saturating_sub(before) / u64::from(CLIENTS);
        let (before, after) = (before / 1024, after / 1024);
        println!("{name}: {before} KiB with nobody, {after} KiB with {CLIENTS}: {each} bytes each");
        Ok(())
    }
}
