//! The stories of the course's assignments, each played whole on its profile.

use chat_drive::failure::Result;
use chat_tests::chat::Chat;
use chat_tests::harness::peer::Peer;

/// Checks that this is the next line for all these peers.
fn all_hear<const N: usize>(peers: [&mut Peer; N], line: &str) -> Result {
    peers.into_iter().try_for_each(|peer| peer.expect(line))
}

/// S2: a room asks for names, and its members see the others join and leave.
#[test]
fn r5_3_the_story_of_the_room() -> Result {
    let chat = Chat::start_with(&["--profile", "sala"])?;
    let mut ana = chat.stage.connect("Ana", chat.address)?;
    chat.server.out.expect(&format!("nuevo cliente conectado: {}", ana.address()))?;
    ana.expect("bienvenido al chat! escribe 'salir' para salir")?;
    ana.expect("nombre del cliente")?;
    ana.send("Ana\nhay alguien?\n")?;
    chat.server.out.expect(&format!("* Ana ({}) se ha unido", ana.address()))?;
    chat.server.out.expect("Ana > hay alguien?")?;
    ana.expect("* eres Ana; en general (1): Ana")?;

    let mut luis = chat.stage.connect("Luis", chat.address)?;
    chat.server.out.expect(&format!("nuevo cliente conectado: {}", luis.address()))?;
    luis.expect("bienvenido al chat! escribe 'salir' para salir")?;
    luis.expect("nombre del cliente")?;
    luis.send("ana\n")?;
    luis.expect("! nombre ocupado: alguien se llama así, o de un modo que se confunde")?;
    luis.expect("nombre del cliente")?;
    luis.send("Luis\n")?;
    luis.expect("* eres Luis; en general (2): Ana, Luis")?;
    ana.expect("* Luis se ha unido")?;
    chat.server.out.expect(&format!("* Luis ({}) se ha unido", luis.address()))?;

    ana.send("Hola que tal?\n")?;
    luis.expect("Ana > Hola que tal?")?;
    chat.server.out.expect("Ana > Hola que tal?")?;
    luis.send("Bien, haciendo un trabajo\n")?;
    ana.expect("Luis > Bien, haciendo un trabajo")?;
    chat.server.out.expect("Luis > Bien, haciendo un trabajo")?;

    luis.send("salir\n")?;
    luis.expect_end()?;
    ana.expect("* Luis ha salido")?;
    chat.server.out.expect(&format!("* Luis ({}) ha salido", luis.address()))?;
    chat.server.out.expect(&format!("cliente {} desconectado", luis.address()))?;
    let address = ana.address();
    drop(ana);
    chat.server.out.expect(&format!("* Ana ({address}) ha salido"))?;
    chat.server.out.expect(&format!("cliente {address} desconectado"))
}

/// S3: the operator talks with one client after another, and silence ends a conversation.
#[test]
fn r7_1_the_story_of_the_laboratory() -> Result {
    let mut chat = Chat::start_with(&["--profile", "practico", "--idle-timeout", "2s"])?;
    let mut facundo = chat.stage.connect("Facundo", chat.address)?;
    let served = facundo.address();
    facundo.expect("bienvenido al chat! escribe 'salir' para salir")?;
    chat.server.out.expect(&format!("nuevo cliente conectado: {served}"))?;
    let mut maria = chat.stage.connect("Maria", chat.address)?;
    let next = maria.address();
    chat.server.out.expect(&format!("nuevo cliente conectado: {next}"))?;
    chat.server.out.expect(&format!("cliente {next} espera su turno"))?;

    facundo.send("Facundo > Hola, como estas?")?;
    chat.server.out.expect("Facundo > Hola, como estas?")?;
    chat.server.type_in("Bien, y vos?\n")?;
    assert_eq!(facundo.receive()?, b"Servidor > Bien, y vos?\n");
    facundo.send("salir")?;
    facundo.expect_end()?;
    chat.server.out.expect(&format!("cliente {served} desconectado"))?;

    chat.server.out.expect(&format!("cliente {next} tiene el turno"))?;
    maria.expect("bienvenido al chat! escribe 'salir' para salir")?;
    maria.send("Maria > Buenas")?;
    chat.server.out.expect("Maria > Buenas")?;
    chat.server.type_in("Buenas tardes\n")?;
    maria.expect("Servidor > Buenas tardes")?;
    // From here on, no message is sent.
    maria.expect("* conexión cerrada por inactividad")?;
    maria.expect_end()?;
    chat.server.out.expect(&format!("cliente {next} inactivo"))?;
    chat.server.out.expect(&format!("cliente {next} desconectado"))?;

    chat.server.type_in("salir\n")?;
    chat.server.out.expect("cerrando servidor...")?;
    chat.server.out.expect_end()?;
    chat.server.expect_exit(0)
}

/// S1: four users talk in private and in two rooms, under names of their own choice.
#[test]
fn r6_2_the_story_of_the_social_network() -> Result {
    let chat = Chat::start_with(&["--profile", "grupal"])?;
    let mut ana = chat.member("Ana")?;
    let mut bea = chat.member("Bea")?;
    ana.expect("* Bea se ha unido")?;
    let mut caro = chat.member("Caro")?;
    all_hear([&mut ana, &mut bea], "* Caro se ha unido")?;
    let mut dino = chat.member("Dino")?;
    all_hear([&mut ana, &mut bea, &mut caro], "* Dino se ha unido")?;
    ana.send("Hola a todos\n")?;
    all_hear([&mut bea, &mut caro, &mut dino], "Ana > Hola a todos")?;

    caro.send("/sala cine\n")?;
    caro.expect("* estás en la sala cine")?;
    caro.expect("* eres Caro; en cine (1): Caro")?;
    all_hear([&mut ana, &mut bea, &mut dino], "* Caro pasa a la sala cine")?;
    dino.send("/sala cine\n")?;
    dino.expect("* estás en la sala cine")?;
    dino.expect("* eres Dino; en cine (2): Caro, Dino")?;
    all_hear([&mut ana, &mut bea], "* Dino pasa a la sala cine")?;
    caro.expect("* Dino viene de la sala general")?;
    caro.send("Vieron la nueva?\n")?;
    dino.expect("Caro > Vieron la nueva?")?;
    bea.send("Se fueron\n")?;
    ana.expect("Bea > Se fueron")?;
    bea.send("/salas\n/quien\n")?;
    bea.expect("* salas: general (2), cine (2)")?;
    bea.expect("* en general (2): Ana, Bea")?;

    ana.send("/privado dino vuelves?\n")?;
    ana.expect("[privado a Dino] vuelves?")?;
    dino.expect("[privado] Ana > vuelves?")?;
    dino.send("/responder enseguida\n/nombre Tino\n/sala general\n")?;
    dino.expect("[privado a Ana] enseguida")?;
    dino.expect("* ahora te llamas Tino")?;
    dino.expect("* estás en la sala general")?;
    dino.expect("* eres Tino; en general (3): Ana, Bea, Tino")?;
    ana.expect("[privado] Dino > enseguida")?;
    caro.expect("* Dino ahora es Tino")?;
    caro.expect("* Tino pasa a la sala general")?;
    all_hear([&mut ana, &mut bea], "* Tino viene de la sala cine")?;

    caro.send("/salir\n")?;
    caro.expect_end()?;
    dino.send("Volvi\n")?;
    all_hear([&mut ana, &mut bea], "Tino > Volvi")?;
    drop(dino);
    all_hear([&mut ana, &mut bea], "* Tino ha salido")
}
