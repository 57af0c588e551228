//! Chapter 2: the copy of the messages on the console.

use super::*;

#[test]
fn r2_5_without_labels_an_imitation_of_the_server_is_marked_on_the_console_alone() -> Result {
    let chat = Chat::start_with(&["--label", "none"])?;
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.peer("bea")?);
    chat.server.out.wait_for(&format!("nuevo cliente conectado: {}", bea.address()))?;
    for (text, mark) in [
        ("hola", ""),
        ("Ana > hola", ""),
        ("cerrando servidor...", "| "),
        ("cliente 127.0.0.1:4000 desconectado", "| "),
        ("closing the server...", "| "),
        ("* Ana ha salido", "| "),
        ("! no", "| "),
        ("| ya", "| "),
    ] {
        ana.send(format!("{text}\n"))?;
        bea.expect(text)?;
        chat.server.out.expect(&format!("{mark}{text}"))?;
    }
    Ok(())
}
