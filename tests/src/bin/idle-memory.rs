//! `make memory`: what an idle client costs the server, in resident memory.
//!
//! Linux only: the figures come from `/proc`.

fn main() {
    #[cfg(target_os = "linux")]
    if let Err(failure) = measure() {
        eprintln!("idle-memory: {failure}");
        std::process::exit(1);
    }
    #[cfg(not(target_os = "linux"))]
    eprintln!("idle-memory: there is no /proc here");
}

/// Connects a thousand clients that stay silent. Each needs a descriptor here and in the server.
#[cfg(target_os = "linux")]
fn measure() -> chat_drive::failure::Result {
    use chat_drive::process::resident;
    use chat_tests::chat::Chat;

    const CLIENTS: u32 = 1000;

    let chat = Chat::start_with(&["--idle-timeout", "off"])?;
    let resident = || resident(chat.server.id()).map_err(|e| chat.stage.failure(e));
    let before = resident()?;
    let mut peers = Vec::new();
    for i in 0..CLIENTS {
        peers.push(chat.peer(&format!("peer {i}"))?);
    }
    let after = resident()?;
    let each = after.saturating_sub(before) / u64::from(CLIENTS);
    let (before, after) = (before / 1024, after / 1024);
    println!("{before} KiB with nobody, {after} KiB with {CLIENTS} idle: {each} bytes each");
    Ok(())
}
