//! Texts of refusals.

use std::fmt;

use super::short;
use super::texts::texts;
use crate::account::AccountError;
use crate::language::Language;
use crate::limits::{MAX_NAME, WORD_LENGTH};
use crate::name::{Name, NameError, SIGNS};
use crate::refusal::{AddressLimit, Refusal};

texts! {
    pub(super) server_full { es: "! servidor lleno", en: "! the server is full" }
    too_many_connections(limit: AddressLimit) {
        es: "! demasiadas conexiones desde tu dirección ({limit})",
        en: "! too many connections from your address ({limit})",
    }
    too_many_connects(limit: AddressLimit) {
        es: "! demasiadas conexiones nuevas desde tu dirección ({limit})",
        en: "! too many new connections from your address ({limit})",
    }
    too_many_rooms_of_address(limit: AddressLimit) {
        es: "! no caben más salas desde tu dirección ({limit})",
        en: "! no more rooms are allowed from your address ({limit})",
    }
    line_too_long(limit: usize) {
        es: "! mensaje demasiado largo (máximo {limit} bytes)",
        en: "! the message is too long (at most {limit} bytes)",
    }
    reserved_name { es: "! nombre reservado", en: "! the name is reserved" }
    taken_name {
        es: "! nombre ocupado: alguien se llama así, o de un modo que se confunde",
        en: "! the name is taken: somebody has it, or one that looks like it",
    }
    no_number {
        es: "! en una sesión, cada línea lleva su número delante: NÚMERO TEXTO",
        en: "! in a session, each line has its number before it: NUMBER TEXT",
    }
    no_session { es: "! esa sesión ya no existe", en: "! there is no such session any more" }
    no_name_now {
        es: "! ahora no se dan nombres: no hay conexión con los otros servidores",
        en: "! no names are given now: there is no connection to the other servers",
    }
    invalid_name(why: &str) { es: "! nombre no válido: {why}", en: "! the name is not valid: {why}" }
    pub(super) too_many_names { es: "! demasiados intentos", en: "! too many attempts" }
    pub(super) name_too_late { es: "! no diste ningún nombre a tiempo", en: "! you did not give a name in time" }
    unknown_command(word: &str) {
        es: "! no existe el comando /{word}; /ayuda muestra los que hay",
        en: "! there is no command /{word}; /help lists the commands",
    }
    misspelled_command(word: &str, nearest: &str) {
        es: "! no existe el comando /{word}: ¿querías decir /{nearest}? /ayuda muestra los que hay",
        en: "! there is no command /{word}: did you mean /{nearest}? /help lists the commands",
    }
    pub(super) form(written: &str) { es: "! se escribe así: /{written}", en: "! usage: /{written}" }
    invalid_room(why: &str) {
        es: "! nombre de sala no válido: {why}",
        en: "! the room's name is not valid: {why}",
    }
    too_many_rooms(limit: usize) {
        es: "! no caben más salas (máximo {limit})",
        en: "! no more rooms are allowed (at most {limit})",
    }
    same_room(room: &Name) {
        es: "! ya estás en la sala {room}",
        en: "! you are in the room {room} already",
    }
    operator_stays {
        es: "! el operador no cambia de sala",
        en: "! the operator does not change the room",
    }
    no_such_person(name: &str) {
        es: "! no hay nadie que se llame {name}",
        en: "! there is nobody called {name}",
    }
    no_longer_here(name: &Name) { es: "! {name} ya no está", en: "! {name} is no longer here" }
    nothing_to_answer {
        es: "! nadie te ha escrito en privado",
        en: "! nobody has written to you in private",
    }
    private_to_self {
        es: "! no puedes escribirte en privado a ti mismo",
        en: "! you cannot write to yourself in private",
    }
    cannot_hear_now(name: &Name) {
        es: "! {name} no puede recibir mensajes ahora mismo",
        en: "! {name} cannot receive messages right now",
    }
    no_client { es: "! no hay ningún cliente", en: "! there is no client" }
    which_client {
        es: "! hay varios clientes: /echar NOMBRE; /quien muestra quiénes",
        en: "! there are several clients: /kick NAME; /who lists them",
    }
    no_accounts {
        es: "! aquí no hay cuentas; las activa quien lleva el servidor, con --accounts optional",
        en: "! there are no accounts here; the operator of the server can turn them on by --accounts optional",
    }
    name_is_registered {
        es: "! ese nombre está registrado: entra con él",
        en: "! this name is registered: come in with it",
    }
    name_has_no_account {
        es: "! ese nombre no tiene cuenta, y aquí hace falta: las crea quien lleva el servidor (chat-server account passwd NOMBRE)",
        en: "! this name has no account, which it needs here: the operator of the server makes them (chat-server account passwd NAME)",
    }
    word_not_encrypted {
        es: "! la clave viajaría sin cifrar: usa una conexión con TLS (tls://, wss:// o https://)",
        en: "! the word would travel unencrypted: use a connection with TLS (tls://, wss:// or https://)",
    }
    wrong_word { es: "! clave equivocada", en: "! wrong word" }
    too_soon {
        es: "! demasiadas claves equivocadas desde tu dirección: prueba dentro de un minuto",
        en: "! too many wrong words from your address: try again in a minute",
    }
    busy { es: "! hay demasiadas claves por comprobar: prueba otra vez", en: "! too many words wait to be checked: try again" }
    short_word(least: usize) {
        es: "! la clave es demasiado corta (mínimo {least} caracteres)",
        en: "! the word is too short (at least {least} characters)",
    }
    long_word(most: usize) {
        es: "! la clave es demasiado larga (máximo {most} caracteres)",
        en: "! the word is too long (at most {most} characters)",
    }
    control_in_word { es: "! la clave tiene un carácter de control", en: "! the word has a control character" }
    has_account {
        es: "! ya has entrado con una cuenta; /clave cambia su clave",
        en: "! you have come in with an account; /password changes its word",
    }
    has_no_account {
        es: "! no has entrado con una cuenta; /registrar hace tuyo tu nombre",
        en: "! you have not come in with an account; /register makes your name yours",
    }
    too_many_accounts {
        es: "! no caben más cuentas ni cambios de clave por ahora",
        en: "! no more accounts or changes of a word are allowed for now",
    }
    not_stored {
        es: "! la cuenta no se puede guardar ahora mismo",
        en: "! the account cannot be stored right now",
    }
    name_is_empty { es: "está vacío", en: "it is empty" }
    name_is_long(limit: usize) { es: "más de {limit} caracteres", en: "it has more than {limit} characters" }
    name_has_blanks(limit: usize) {
        es: "sin espacios, y como mucho {limit} caracteres",
        en: "without blanks, and at most {limit} characters",
    }
    name_has_signs(signs: &str) {
        es: "solo letras, cifras y los signos {signs}",
        en: "only letters, digits and the signs {signs}",
    }
    name_mixes_scripts { es: "mezcla letras de alfabetos distintos", en: "it mixes letters of different scripts" }
    name_has_no_letter { es: "falta una letra o una cifra", en: "a letter or a digit is missing" }
    name_is_reserved { es: "está reservado", en: "it is reserved" }
    name_is_taken { es: "se confunde con otro", en: "it looks like another one" }
}

impl Language {
    /// The text of a refusal: one line, or two if the client may try no further name.
    pub fn refusal(self, refusal: &Refusal) -> impl fmt::Display {
        fmt::from_fn(move |f| match refusal {
            Refusal::ServerFull => f.write_str(self.server_full()),
            Refusal::Address(limit) => match limit {
                AddressLimit::Connections(_) => write!(f, "{}", self.too_many_connections(*limit)),
                AddressLimit::Connects(_) => write!(f, "{}", self.too_many_connects(*limit)),
                AddressLimit::Rooms(_) => write!(f, "{}", self.too_many_rooms_of_address(*limit)),
            },
            Refusal::LineTooLong(limit) => write!(f, "{}", self.line_too_long(*limit)),
            Refusal::Name(error) => write!(f, "{}", self.name_refused(*error)),
            Refusal::LastName(error) => {
                write!(f, "{}\n{}", self.name_refused(*error), self.too_many_names())
            }
            Refusal::Account(error) => write!(f, "{}", self.account_refused(*error)),
            Refusal::NameTooLate => f.write_str(self.name_too_late()),
            Refusal::UnknownCommand { word, nearest: None } => {
                write!(f, "{}", self.unknown_command(&short(word)))
            }
            Refusal::UnknownCommand { word, nearest: Some(nearest) } => {
                write!(f, "{}", self.misspelled_command(&short(word), nearest))
            }
            Refusal::Malformed { word, form } => write!(f, "{}", self.right_form(word, form)),
            Refusal::RoomName(error) => {
                write!(f, "{}", self.invalid_room(&self.why(*error).to_string()))
            }
            Refusal::TooManyRooms(limit) => write!(f, "{}", self.too_many_rooms(*limit)),
            Refusal::SameRoom(room) => write!(f, "{}", self.same_room(room)),
            Refusal::OperatorStays => f.write_str(self.operator_stays()),
            Refusal::NoSuchPerson(name) => write!(f, "{}", self.no_such_person(&short(name))),
            Refusal::NoLongerHere(name) => write!(f, "{}", self.no_longer_here(name)),
            Refusal::NothingToAnswer => f.write_str(self.nothing_to_answer()),
            Refusal::PrivateToSelf => f.write_str(self.private_to_self()),
            Refusal::NoClient => f.write_str(self.no_client()),
            Refusal::WhichClient => f.write_str(self.which_client()),
            Refusal::NoNumber => f.write_str(self.no_number()),
            Refusal::CannotHearNow(name) => write!(f, "{}", self.cannot_hear_now(name)),
            Refusal::Order(objection) => self.object(f, objection),
        })
    }

    /// The text of a refused name, with the reason (requirements 5.4 and 5.5).
    pub fn name_refused(self, error: NameError) -> impl fmt::Display {
        fmt::from_fn(move |f| match error {
            NameError::Reserved => f.write_str(self.reserved_name()),
            NameError::Taken => f.write_str(self.taken_name()),
            NameError::Account(error) => write!(f, "{}", self.account_refused(error)),
            NameError::NoSession => f.write_str(self.no_session()),
            NameError::NotNow => f.write_str(self.no_name_now()),
            _ => write!(f, "{}", self.invalid_name(&self.why(error).to_string())),
        })
    }

    /// The text of what is refused because of an account (chapter 12).
    fn account_refused(self, error: AccountError) -> impl fmt::Display {
        fmt::from_fn(move |f| match error {
            AccountError::Off => f.write_str(self.no_accounts()),
            AccountError::Registered => f.write_str(self.name_is_registered()),
            AccountError::Unregistered => f.write_str(self.name_has_no_account()),
            AccountError::NotEncrypted => f.write_str(self.word_not_encrypted()),
            AccountError::WrongWord => f.write_str(self.wrong_word()),
            AccountError::TooSoon => f.write_str(self.too_soon()),
            AccountError::Busy => f.write_str(self.busy()),
            AccountError::ShortWord => write!(f, "{}", self.short_word(*WORD_LENGTH.start())),
            AccountError::LongWord => write!(f, "{}", self.long_word(*WORD_LENGTH.end())),
            AccountError::ControlInWord => f.write_str(self.control_in_word()),
            AccountError::HasOne => f.write_str(self.has_account()),
            AccountError::HasNone => f.write_str(self.has_no_account()),
            AccountError::TooMany => f.write_str(self.too_many_accounts()),
            AccountError::NotStored => f.write_str(self.not_stored()),
        })
    }

    /// The fault of a name, as the end of a sentence.
    fn why(self, error: NameError) -> impl fmt::Display {
        fmt::from_fn(move |f| match error {
            NameError::Empty => f.write_str(self.name_is_empty()),
            NameError::TooLong => write!(f, "{}", self.name_is_long(MAX_NAME)),
            NameError::Blank => write!(f, "{}", self.name_has_blanks(MAX_NAME)),
            NameError::Character => write!(f, "{}", self.name_has_signs(SIGNS)),
            NameError::Scripts => f.write_str(self.name_mixes_scripts()),
            NameError::NoLetter => f.write_str(self.name_has_no_letter()),
            NameError::Reserved => f.write_str(self.name_is_reserved()),
            NameError::Taken | NameError::Account(_) => f.write_str(self.name_is_taken()),
            // Of no room's name.
            NameError::NoSession => f.write_str(self.no_session()),
            NameError::NotNow => f.write_str(self.no_name_now()),
        })
    }
}
