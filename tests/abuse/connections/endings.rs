//! Ends that come while a client still has much to be heard, or that it uses to come back at once.

use std::net::Ipv4Addr;

use chat_drive::failure::Result;
use chat_tests::chat::Chat;

/// More lines than the rate limit of the profile lets through within the patience of a test.
const MUCH: usize = 20_000;

#[test]
fn r3_3_a_client_that_is_gone_is_not_heard_for_as_long_as_it_has_sent() -> Result {
    let chat = Chat::start_with(&["--profile", "grupal", "--slow-timeout", "1s"])?;
    let mut bea = chat.member("Bea")?;
    let mut ana = chat.member("Ana")?;
    bea.expect("* Ana se ha unido")?;
    ana.send("a\n".repeat(MUCH))?;
    bea.expect("Ana > a")?;
    let gone = format!("cliente {} desconectado", ana.address());
    ana.reset();
    chat.server.out.wait_for(&gone)?;
    while bea.hear()?.is_some_and(|line| line != "* Ana ha salido") {}
    // The name is free again.
    chat.member("Ana").map(drop)
}

#[test]
fn r1_4_a_client_that_takes_nothing_goes_although_it_has_much_to_be_heard() -> Result {
    let options = ["--label", "none", "--max-rate", "200/s", "--slow-timeout", "1s", "--quiet"];
    let chat = Chat::start_with(&options)?;
    let mut stuck = chat.stuck_peer("stuck")?;
    let mut ana = chat.peer("ana")?;
    ana.forget_what_arrives()?;
    stuck.send("a\n".repeat(MUCH))?;
    // More than a socket holds.
    ana.send(format!("{:x>4000}\n", "").repeat(400))?;
    chat.server.out.wait_for(&format!("cliente {} desconectado", stuck.address()))
}

#[test]
fn r7_2_a_client_that_comes_back_from_its_port_is_the_same_to_all() -> Result {
    let mut chat = Chat::start_with(&["--operator", "Profe"])?;
    let mut bea = chat.peer("bea")?;
    // Nobody else connects from this address, so the port stays free.
    let own_address = (Ipv4Addr::new(127, 0, 0, 3), 0).into();
    let mut ana = chat.stage.connect_from("ana", own_address, chat.address)?;
    let source = ana.address();
    for _ in 0..5 {
        ana.reset();
        ana = chat.stage.connect_from("ana", source, chat.address)?;
        ana.send("hola\n")?;
        bea.expect(&format!("usuario {}: hola", source.port()))?;
    }
    chat.server.type_in(&format!("/echar {source}\n"))?;
    while ana.hear()?.is_some_and(|line| line != "* el operador ha cerrado la conexión") {}
    ana.expect_end()
}
