//! The four stories: the lines that are typed, and the output that they cause.
//!
//! Every line is compared exactly with the specification, so the texts are repeated here.

use chat_drive::failure::Result;
use comfy_table::Table;

use crate::scene::Scene;
use crate::scene::Who::{self, Server};

/// The capture of the assignment S4: every client hears every other one, by port number.
pub(crate) fn basico() -> Result<Table> {
    let mut scene = Scene::open("basico", 2)?;
    let (one, two) = (scene.client_comes(&[], "")?, scene.client_comes(&[], "")?);
    let talk = [
        (one, two, "Hola que tal?"),
        (two, one, "Bien, haciendo un trabajo de redes"),
        (one, two, "Genial, seguro que sale bien"),
        (two, one, "Eso espero!, adios!"),
    ];
    for (speaker, listener, text) in talk {
        let address = scene.address_of(speaker);
        let printed = format!("cliente {address}: {text}");
        let heard = format!("usuario {}: {text}", address.port());
        scene.types(speaker, text, &[(Server, &printed), (listener, &heard)])?;
    }
    scene.leaves(two, &[])?;
    scene.end()
}

/// S2: a room whose members have names, and see the others join and leave.
pub(crate) fn sala() -> Result<Table> {
    let mut scene = Scene::open("sala", 3)?;
    let ana = scene.client_comes(&["--name", "Ana"], "* eres Ana; en general (1): Ana")?;
    scene.types(ana, "hay alguien?", &[(Server, "Ana > hay alguien?")])?;
    let bea = scene.client_comes(&["--name", "Bea"], "* eres Bea; en general (2): Ana, Bea")?;
    scene.types(
        bea,
        "yo, Bea",
        &[(Server, "Bea > yo, Bea"), (ana, "* Bea se ha unido\nBea > yo, Bea")],
    )?;
    let present = "* eres Caro; en general (3): Ana, Bea, Caro";
    let caro = scene.client_comes(&["--name", "Caro"], present)?;
    let joined = "* Caro se ha unido\nCaro > buenas a las dos";
    scene.types(
        caro,
        "buenas a las dos",
        &[(Server, "Caro > buenas a las dos"), (ana, joined), (bea, joined)],
    )?;
    scene.leaves(bea, &[(ana, "* Bea ha salido"), (caro, "* Bea ha salido")])?;
    scene.types(
        ana,
        "quedamos dos",
        &[(Server, "Ana > quedamos dos"), (caro, "Ana > quedamos dos")],
    )?;
    scene.leaves(caro, &[(ana, "* Caro ha salido")])?;
    scene.end()
}

/// S3: the operator talks with one client at a time; the next one waits.
pub(crate) fn practico() -> Result<Table> {
    let mut scene = Scene::open("practico", 2)?;
    let facundo = scene.client_comes(&["--name", "Facundo"], "")?;
    scene.types(facundo, "Hola, como estas?", &[(Server, "Facundo > Hola, como estas?")])?;
    scene.types(Server, "Bien, y vos?", &[(facundo, "Servidor > Bien, y vos?")])?;
    let eva = scene.client_waits(&["--name", "Eva"])?;
    scene.types(facundo, "Bien, hasta luego", &[(Server, "Facundo > Bien, hasta luego")])?;
    let turn = format!("cliente {} tiene el turno", scene.address_of(eva));
    let greeting = "bienvenido al chat! escribe 'salir' para salir";
    scene.leaves(facundo, &[(Server, &turn), (eva, greeting)])?;
    scene.types(eva, "Llego mi turno?", &[(Server, "Eva > Llego mi turno?")])?;
    scene.types(Server, "Si, te escucho", &[(eva, "Servidor > Si, te escucho")])?;
    scene.end()
}

const HELP: &str = "* /ayuda muestra los comandos";

/// S1: names, rooms and private messages.
pub(crate) fn grupal() -> Result<Table> {
    let mut scene = Scene::open("grupal", 4)?;
    let mut people = Vec::new();
    let names = ["Ana", "Bea", "Caro", "Dani"];
    for (i, name) in names.into_iter().enumerate() {
        let present = names[..=i].join(", ");
        let told = format!("* eres {name}; en general ({}): {present}\n{HELP}", i + 1);
        let person = scene.client_comes(&["--name", name], &told)?;
        let (printed, joined) =
            (format!("{name} > hola"), format!("* {name} se ha unido\n{name} > hola"));
        let mut shown = vec![(Server, printed.as_str())];
        shown.extend(people.iter().map(|other| (*other, joined.as_str())));
        scene.types(person, "hola", &shown)?;
        people.push(person);
    }
    let people: [Who; 4] = people.try_into().unwrap_or_else(|_| unreachable!("one for each name"));
    rooms_and_private_messages(&mut scene, people)?;
    scene.end()
}

/// The part of the story in which four members use their commands.
fn rooms_and_private_messages(scene: &mut Scene, people: [Who; 4]) -> Result {
    let [ana, bea, caro, dani] = people;
    let goes = |name: &str| format!("* {name} pasa a la sala cocina");
    let printed = [caro, dani].map(|who| goes(&scene.known_as(who).unwrap_or_default()));
    scene.types(
        caro,
        "/sala cocina",
        &[
            (Server, &printed[0]),
            (caro, "* estás en la sala cocina\n* eres Caro; en cocina (1): Caro"),
            (ana, &goes("Caro")),
            (bea, &goes("Caro")),
            (dani, &goes("Caro")),
        ],
    )?;
    scene.types(
        dani,
        "/sala cocina",
        &[
            (Server, &printed[1]),
            (dani, "* estás en la sala cocina\n* eres Dani; en cocina (2): Caro, Dani"),
            (ana, &goes("Dani")),
            (bea, &goes("Dani")),
            (caro, "* Dani viene de la sala general"),
        ],
    )?;
    scene.types(
        caro,
        "solo cocina",
        &[(Server, "Caro > solo cocina"), (dani, "Caro > solo cocina")],
    )?;
    scene.types(
        ana,
        "solo general",
        &[(Server, "Ana > solo general"), (bea, "Ana > solo general")],
    )?;
    scene.types(
        ana,
        "/privado Dani te veo?",
        &[(ana, "[privado a Dani] te veo?"), (dani, "[privado] Ana > te veo?")],
    )?;
    scene.types(
        dani,
        "/responder si!",
        &[(dani, "[privado a Ana] si!"), (ana, "[privado] Dani > si!")],
    )?;
    scene.types(bea, "/salas", &[(bea, "* salas: general (2), cocina (2)")])?;
    scene.types(bea, "/quien", &[(bea, "* en general (2): Ana, Bea")])?;
    scene.leaves(dani, &[(caro, "* Dani ha salido")])
}
