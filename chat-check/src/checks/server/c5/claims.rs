//! Chapter 5: which names a client can have.

use std::time::Duration;

use crate::checks::check::{Check, NAMED, Side};
use crate::checks::server::c5::names::labelled;
use crate::checks::server::c5::presence::Leave;
use crate::checks::server::synchronization::let_go;
use crate::scene::participant::Participant;
use crate::scene::{Scene, Server};
use crate::text::{Text, Words, normal, shortened};
use crate::verdict::{Checked, Halt, Level};

pub(crate) const CHECKS: &[&Check] = &[&DUPLICATE, &CASE, &FREE_AGAIN, &INVALID, &IMITATES];

const DUPLICATE: Check = Check {
    id: "5.4-duplicate",
    side: Side::Server,
    level: Level::Must,
    profiles: NAMED,
    needs: &["5.4-names-in-step"],
    title: Text {
        es: "un nombre que ya está en uso no se da otra vez",
        en: "a name that is taken is not given again",
    },
    explanation: Text {
        es: "Dos clientes hablaban con el mismo nombre: nadie sabe quién es quién. Antes de \
             aceptar un nombre, busca si ya está (`if nombre in nombres.values():`), con el mismo \
             cerrojo con el que se añade; si está, pide otro o cierra la conexión.",
        en: "Two clients talked under the same name: nobody knows who is who. Before a name is \
             accepted see whether it is there already (`if name in names.values():`), under the \
             same lock under which it is added; if it is, ask for another or close the connection.",
    },
    body: duplicate,
};

fn duplicate(scene: &mut Scene) -> Checked {
    claim_again(scene, str::to_owned)
}

const CASE: Check = Check {
    id: "5.4-case",
    side: Side::Server,
    level: Level::Should,
    profiles: NAMED,
    needs: &["5.4-duplicate"],
    title: Text {
        es: "un nombre en uso tampoco se da con otras mayúsculas",
        en: "a name that is taken is not given in capitals either",
    },
    explanation: Text {
        es: "«ana» y «ANA» se confunden. Compara los nombres sin mayúsculas: `nombre.casefold()`.",
        en: "\"ana\" and \"ANA\" are mistaken for each other. Compare names without regard to \
             case: `name.casefold()`.",
    },
    body: case,
};

fn case(scene: &mut Scene) -> Checked {
    claim_again(scene, str::to_uppercase)
}

/// A client asks for a name that another has.
fn claim_again(scene: &mut Scene, as_wanted: fn(&str) -> String) -> Checked {
    labelled(scene)?;
    let (ana, beto) = (scene.name("ana"), scene.name("beto"));
    let (server, [mut ana, mut beto]) = scene.room([&ana, &beto])?;
    let form = Form::of(scene, &mut ana, &mut beto)?;
    let wanted = as_wanted(ana.name());
    let came = claim(scene, &server, &wanted, &mut beto)?;
    match came.filter(|came| form.fits(came, &wanted)) {
        None => Ok(()),
        Some(_) if ana.end().is_some() => Err(Halt::NotStrict(Words::new(
            "quien ya tenía el nombre pierde su conexión",
            "who had the name already loses its connection",
        ))),
        Some(came) => Err(Halt::fault(
            Words::new(
                format!("que nadie más se llame «{wanted}»"),
                format!("that nobody else is called \"{wanted}\""),
            ),
            Words::new(
                format!("otro cliente habla con ese nombre: «{came}»"),
                format!("another client talks under that name: \"{came}\""),
            ),
        )),
    }
}

const FREE_AGAIN: Check = Check {
    id: "5.4-free-again",
    side: Side::Server,
    level: Level::Must,
    profiles: NAMED,
    needs: &["5.4-names-in-step"],
    title: Text {
        es: "el nombre de quien se fue se puede usar otra vez",
        en: "the name of who has left can be used again",
    },
    explanation: Text {
        es: "Quien se desconecta y vuelve no puede usar su nombre: sigue apuntado como ocupado. \
             Al terminar una conexión, sea como sea, quita su nombre de la lista (`finally: \
             nombres.pop(cliente, None)`).",
        en: "Who disconnects and comes back cannot have their name: it still counts as taken. When \
             a connection ends, however, remove its name (`finally: names.pop(client, None)`).",
    },
    body: free_again,
};

fn free_again(scene: &mut Scene) -> Checked {
    free_after(scene, |_, ana| {
        ana.close();
        Ok(())
    })
}

/// A participant leaves in this way, and another gets its name.
pub(super) fn free_after(scene: &mut Scene, leave: Leave) -> Checked {
    labelled(scene)?;
    let (ana, beto) = (scene.name("ana"), scene.name("beto"));
    let (server, [mut ana, mut beto]) = scene.room([&ana, &beto])?;
    let form = Form::of(scene, &mut ana, &mut beto)?;
    let (name, local) = (ana.name().to_owned(), ana.local());
    leave(scene, ana)?;
    // A server may have closed the connection, but not yet released the name: it is asked again.
    let mut last = None;
    let_go(scene, &server, local);
    let given = scene.eventually(|| match claim(scene, &server, &name, &mut beto) {
        Err(halt) => Some(Err(halt)),
        Ok(came) if came.as_ref().is_some_and(|came| form.fits(came, &name)) => Some(Ok(())),
        Ok(came) => {
            last = came;
            None
        }
    });
    given.unwrap_or_else(|| {
        let last = last.unwrap_or_default();
        Err(Halt::fault(
            Words::new(
                format!("que se pueda entrar otra vez como «{name}»"),
                format!("that one can come back as \"{name}\""),
            ),
            Words::new(
                format!("no se concede, aunque ya nadie se llama así; llegó «{last}»"),
                format!("it is not given although nobody has it any more; \"{last}\" came"),
            ),
        ))
    })
}

const INVALID: Check = Check {
    id: "5.5-invalid",
    side: Side::Server,
    level: Level::Should,
    profiles: NAMED,
    needs: &["5.4-names-in-step"],
    title: Text {
        es: "un nombre vacío, larguísimo o con caracteres de control no se acepta tal cual",
        en: "a name that is empty, endless or full of control characters is not taken as it is",
    },
    explanation: Text {
        es: "Comprueba el nombre antes de aceptarlo: sin espacios alrededor no debe quedar vacío \
             (`nombre.strip()`), debe tener un largo máximo (32) y solo caracteres visibles \
             (`nombre.isprintable()`). Si no es así, pide otro.",
        en: "Look at a name before it is accepted: without blanks around it, it must not be empty \
             (`name.strip()`), it must not be longer than 32 and have visible characters only \
             (`name.isprintable()`). Otherwise ask for another.",
    },
    body: invalid,
};

fn invalid(scene: &mut Scene) -> Checked {
    labelled(scene)?;
    let (ana, beto) = (scene.name("ana"), scene.name("beto"));
    let (server, [mut ana, mut beto]) = scene.room([&ana, &beto])?;
    let form = Form::of(scene, &mut ana, &mut beto)?;
    let control = format!("{}\u{7}\u{1b}[7m", scene.name("m"));
    for name in ["", "   ", &"x".repeat(200), &control] {
        if name.is_empty() && !scene.dialect.framing.has_ends() {
            continue;
        }
        let came = claim(scene, &server, name, &mut beto)?;
        if let Some(came) = came.filter(|came| form.fits(came, name)) {
            let (name, came) =
                (shortened(&name.escape_debug().to_string(), 40), shortened(&came, 40));
            return Err(Halt::fault(
                Words::new(
                    format!("que el nombre «{name}» se rechace o se cambie"),
                    format!("that the name \"{name}\" is refused or altered"),
                ),
                Words::new(
                    format!("se aceptó: llegó «{came}»"),
                    format!("it was accepted: \"{came}\" came"),
                ),
            ));
        }
    }
    Ok(())
}

const IMITATES: Check = Check {
    id: "5.5-imitates",
    side: Side::Server,
    level: Level::Should,
    profiles: NAMED,
    needs: &["5.3-joins", "5.4-names-in-step"],
    title: Text {
        es: "un nombre no puede imitar un aviso del servidor",
        en: "a name cannot imitate a notice of the server",
    },
    explanation: Text {
        es: "Alguien puede llamarse como empiezan los avisos (`* ana`) y hacer creer que el \
             servidor habla. Acepta en los nombres solo letras, cifras, `_`, `-` y `.`.",
        en: "Somebody can be called what notices begin with (`* ana`), and make believe that the \
             server talks. Accept only letters, digits, `_`, `-` and `.` in names.",
    },
    body: imitates,
};

fn imitates(scene: &mut Scene) -> Checked {
    labelled(scene)?;
    let names = ["ana", "beto", "caro", "dora"].map(|name| scene.name(name));
    let (server, [mut ana, mut beto]) = scene.room([&names[0], &names[1]])?;
    let mark = scene.mark(&mut ana, &mut beto)?;
    let _caro = scene.join(&server, &names[2])?;
    let notice = scene.eventually(|| beto.mentions(mark, &names[2]).pop()).unwrap_or_default();
    let form = Form::of(scene, &mut ana, &mut beto)?;
    let begin = before(&notice, &names[2]);
    let Some(own) = own_begin(begin, before(&form.message, &form.name)) else {
        return Err(Halt::Untestable(Words::new(
            "los avisos no tienen un comienzo propio",
            "notices do not begin with anything of their own",
        )));
    };
    let name = format!("{own}{}", names[3]);
    let came = claim(scene, &server, &name, &mut beto)?;
    let imitates = |came: &String| form.fits(came, &name) && came.starts_with(&normal(begin));
    came.filter(imitates).map_or(Ok(()), |came| {
        Err(Halt::fault(
            Words::new(
                format!("que nadie pueda llamarse «{name}»: los avisos empiezan así"),
                format!("that nobody can be called \"{name}\": notices begin so"),
            ),
            Words::new(format!("llegó «{came}»"), format!("\"{came}\" came")),
        ))
    })
}

/// Returns the text before a name, in whatever letters the name is written there.
fn before<'a>(text: &'a str, name: &str) -> &'a str {
    let at = text.to_ascii_lowercase().find(&name.to_ascii_lowercase());
    &text[..at.unwrap_or(0)]
}

/// Returns the beginning that notices have and messages have not, if there is one: all lines may
/// begin with the same word, time or prompt.
fn own_begin<'a>(notice: &'a str, message: &str) -> Option<&'a str> {
    let mut own = notice;
    for word in message.split_whitespace() {
        let next = own.split_whitespace().next().unwrap_or_default();
        if normal(next) != normal(word) {
            break;
        }
        own = own.trim_start()[next.len()..].trim_start();
    }
    Some(own).filter(|own| !own.trim().is_empty())
}

/// Time-out for a server's answer about a name, before its owner talks.
const ANSWER: Duration = Duration::from_millis(250);

/// Connects a client that gives this name and says something. Returns the message that the listener
/// receives, if any, without the words said. If the server asks for another name, it takes these
/// words for it.
fn claim(
    scene: &Scene,
    server: &Server,
    name: &str,
    listener: &mut Participant,
) -> Checked<Option<String>> {
    let mark = listener.messages().len();
    let mut claimant = scene.connect(server, "claimant")?;
    scene.introduce(&mut claimant, name)?;
    let before = claimant.messages().len();
    scene.within(ANSWER, || {
        let answered = claimant.messages().len() > before || claimant.end().is_some();
        (answered || listener.messages().len() > mark).then_some(())
    });
    let token = scene.token();
    // It may have been thrown out.
    let _ = claimant.say(&token);
    let came = scene.eventually(|| {
        let came = listener.message(&token);
        came.map(Some).or_else(|| claimant.end().map(|_| None))
    });
    Ok(came.flatten().map(|message| normal(&message.replacen(&token, "", 1))))
}

/// The form of the messages of this server's clients.
struct Form {
    message: String,
    name: String,
}

impl Form {
    fn of(scene: &Scene, speaker: &mut Participant, listener: &mut Participant) -> Checked<Self> {
        // The server's answer to the listener's own words, such as a prompt, hangs on the message
        // that comes next; this one comes behind another's, as any other does.
        scene.pause(scene.timeouts.grace)?;
        scene.probe(speaker, listener)?;
        let token = scene.token();
        speaker.say(&token)?;
        let message = listener.hears(&token)?.replacen(&token, "", 1);
        Ok(Self { message, name: speaker.name().to_owned() })
    }

    /// Returns whether this is a message from a participant of this name, without its text. Names
    /// may be written in other letters than they were given in.
    fn fits(&self, came: &str, name: &str) -> bool {
        let [message, own] = [&self.message, &self.name].map(|text| text.to_lowercase());
        came.to_lowercase() == normal(&message.replace(&own, &name.to_lowercase()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_shows_what_another_name_looks_like() {
        let form = Form { message: "[12:03] Ana > ".to_owned(), name: "ana".to_owned() };
        assert!(form.fits(&normal("[12:04]  ANA >"), "ana"));
        assert!(form.fits(&normal("[12:04] Beto > "), "beto"));
        assert!(form.fits("[0:0] >", "   "));
        assert!(!form.fits(&normal("[12:03] ana_2 > "), "ana"));
        assert!(!form.fits(&normal("* ha entrado"), "ana"));
    }

    #[test]
    fn what_all_lines_begin_with_is_no_notice() {
        assert_eq!(own_begin("* ", ""), Some("* "));
        assert_eq!(own_begin("MSG ", "MSG "), None);
        assert_eq!(own_begin("[12:03] > *** ", "[12:04] > "), Some("*** "));
        assert_eq!(own_begin("[12:03] ", "[12:04] "), None);
        assert_eq!(own_begin("Se unió ", "usuario "), Some("Se unió "));
        assert_eq!(own_begin("", "usuario "), None);
        assert_eq!(before("* Ana ha entrado", "ana"), "* ");
    }
}
