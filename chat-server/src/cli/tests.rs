use chat_protocol::usage::Switch;
use clap::FromArgMatches;

use super::*;

#[test]
fn the_command_line_is_consistent_in_every_profile() {
    for profile in Profile::ALL {
        command(profile).debug_assert();
        let cli = command(profile).try_get_matches_from(["chat-server"]);
        let cli = Cli::from_arg_matches(&cli.unwrap()).unwrap();
        let options = profile.server();
        assert_eq!(Ok(cli.config.operator.clone()), options.operator.parse());
        let Config { label, ask_name, presence, commands, .. } = cli.config;
        assert_eq!((label, ask_name.is_on()), (options.label, options.ask_name));
        let given = (presence.is_on(), commands.is_on());
        assert_eq!(given, (options.presence, options.commands));
        let Config { max_clients, when_full, idle_timeout, max_rate, .. } = cli.config;
        assert_eq!((max_clients, when_full), (options.max_clients, options.when_full));
        assert_eq!((idle_timeout, max_rate), (options.idle_timeout, options.max_rate));
    }
}

#[test]
fn help_shows_what_the_profile_sets() {
    let help = command(Profile::Sala).render_help().to_string();
    let presence = help.split("--presence").nth(1).unwrap().split("--").next().unwrap();
    assert!(presence.contains("[default: on]"), "{help}");
    assert!(help.contains("basico    sala      practico  grupal"), "{help}");
}

#[test]
fn every_example_can_be_used() {
    for (_, example) in EXAMPLES {
        command(Profile::Basico).try_get_matches_from(example.split(' ')).unwrap();
    }
}

#[test]
fn an_option_wins_over_the_profile() {
    let arguments = ["chat-server", "--ask-name", "off", "--presence=off", "--operator", "off"];
    for profile in Profile::ALL {
        let cli = command(profile).try_get_matches_from(arguments).unwrap();
        let cli = Cli::from_arg_matches(&cli).unwrap();
        let switches = [cli.config.ask_name, cli.config.presence];
        assert!(!switches.into_iter().any(Switch::is_on), "{profile}");
        assert!(cli.config.operator.0.is_none(), "{profile}");
    }
}
