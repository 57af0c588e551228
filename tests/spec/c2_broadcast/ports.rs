//! Chapter 2: clients with the same source port, from different addresses. Linux only: other systems
//! have only one address of 127.0.0.0/8.

use super::*;

/// Connects from 127.0.0.HOST and the port of another peer.
fn namesake(chat: &Chat, host: u8, of: &Peer) -> Result<Peer> {
    let source = ([127, 0, 0, host], of.address().port()).into();
    let mut peer = chat.stage.connect_from(&format!("{host}"), source, chat.address)?;
    peer.expect(ES.greeting())?;
    Ok(peer)
}

#[test]
fn r2_4_clients_with_one_port_have_different_labels() -> Result {
    let chat = Chat::start()?;
    let (mut ana, mut caro) = (chat.peer("ana")?, chat.peer("caro")?);
    let mut bea = namesake(&chat, 2, &ana)?;
    let port = ana.address().port();
    ana.send("hola\n")?;
    bea.expect(&format!("usuario {port}: hola"))?;
    caro.expect(&format!("usuario {port}: hola"))?;
    bea.send("hola\n")?;
    ana.expect(&format!("usuario {port}-2: hola"))?;
    caro.expect(&format!("usuario {port}-2: hola"))?;
    chat.server.out.wait_for(&format!("cliente 127.0.0.2:{port}: hola"))?;

    // With a client of this port gone, the label of the other stays, and is not given again.
    let gone = format!("cliente {} desconectado", ana.address());
    drop(ana);
    chat.server.out.wait_for(&gone)?;
    let mut dora = namesake(&chat, 3, &bea)?;
    for (peer, label) in [(&mut bea, "-2"), (&mut dora, "-3")] {
        peer.send("aqui\n")?;
        caro.expect(&format!("usuario {port}{label}: aqui"))?;
    }
    // With all of them gone, the numbers start again.
    for peer in [bea, dora] {
        let gone = format!("cliente {} desconectado", peer.address());
        drop(peer);
        chat.server.out.wait_for(&gone)?;
    }
    let source = ([127, 0, 0, 4], port).into();
    let mut eva = chat.stage.connect_from("eva", source, chat.address)?;
    eva.expect(ES.greeting())?;
    eva.send("hola\n")?;
    caro.expect(&format!("usuario {port}: hola"))
}

#[test]
fn r2_4_guests_with_one_port_have_different_names() -> Result {
    let chat = Chat::start_with(&["--presence", "on"])?;
    let mut ana = chat.peer("ana")?;
    let port = ana.address().port();
    ana.expect(&format!("* eres usuario-{port}; en general (1): usuario-{port}"))?;
    for host in [2, 3] {
        drop(namesake(&chat, host, &ana)?);
        ana.expect(&format!("* usuario-{port}-{host} se ha unido"))?;
        ana.expect(&format!("* usuario-{port}-{host} ha salido"))?;
    }
    Ok(())
}
