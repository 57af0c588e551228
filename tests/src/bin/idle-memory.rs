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
    use chat_tests::chat::Chat;
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
        let mut web = binaries::server();
        web.args(["--bind", "127.0.0.1:0", "--idle-timeout", "off", "--web", "127.0.0.1:0"]);
        measure("now, basico, WebSocket", web, Chat::web_peer)
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
