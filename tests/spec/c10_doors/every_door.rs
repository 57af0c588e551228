//! Tests of the other chapters, run again with peers that come through other doors.

use std::env;
use std::process::Command;

use chat_tests::harness::door::VARIABLE;

/// The tests that hold through every door, by chapter. Not among them are those of the listener for lines itself, of the
/// real client, of what ends a message where there are no frames (2.6, 2.10, 5.1), and some that take long.
const TESTS: &[&str] = &[
    "c11_memory::r11_1_the_last_messages_of_the_room_can_be_asked_for",
    "c11_memory::r11_2_where_clients_have_no_names_as_well",
    "c11_memory::r11_2_who_joins_is_told_the_last_messages_before_what_is_said_next",
    "c11_memory::cuts::r11_12_random_cuts_cost_nobody_a_message",
    "c11_memory::resuming::r11_11_a_numbered_line_is_acted_on_once_and_answered_each_time",
    "c11_memory::resuming::r11_12_a_session_outlives_the_server",
    "c11_memory::resuming::r11_12_who_was_cut_off_misses_nothing_and_hears_nothing_twice",
    "c11_memory::absence::r11_13_a_long_one_is_and_so_is_the_return",
    "c11_memory::absence::r11_13_a_short_absence_is_not_heard",
    "c11_memory::resuming::r11_9_the_room_tells_its_position",
    "c11_memory::store::r11_4_the_next_server_remembers",
    "c13_order::bans::r13_4_a_ban_has_an_end",
    "c13_order::bans::r13_4_a_banned_person_is_sent_away_and_does_not_come_back_under_a_similar_name",
    "c13_order::bans::r13_4_the_ban_of_an_owner_holds_in_its_room",
    "c13_order::bans::r13_5_bans_and_mutes_survive_the_server_and_its_sudden_end",
    "c13_order::bans::r13_6_what_a_muted_person_says_is_refused_to_it_alone",
    "c13_order::deeds::r13_10_what_moderators_do_is_in_the_store_and_in_the_diagnostics",
    "c13_order::r13_1_the_owner_makes_operators_and_loses_its_role_by_leaving",
    "c13_order::r13_2_the_help_has_what_one_may_do",
    "c13_order::r13_2_what_is_not_allowed_is_refused_and_nobody_hears_of_it",
    "c13_order::r13_3_a_person_is_sent_away_with_the_reason_and_the_room_hears_it",
    "c13_order::r13_3_who_is_at_the_console_sends_anybody_away",
    "c13_order::rooms::r13_7_in_a_slow_room_each_person_says_one_message_in_the_time",
    "c13_order::rooms::r13_8_a_closed_room_lets_in_who_is_invited_once",
    "c13_order::rooms::r13_8_the_room_where_all_begin_cannot_be_closed",
    "c13_order::rooms::r13_9_who_joins_is_told_the_message_of_the_day_behind_the_greeting",
    "c13_order::rooms::r13_9_who_joins_is_told_the_topic",
    "c2_broadcast::console::r2_5_without_labels_an_imitation_of_the_server_is_marked_on_the_console_alone",
    "c2_broadcast::r2_11_controls_do_not_pass_but_the_tab_does",
    "c2_broadcast::r2_11_what_only_looks_like_the_greeting_is_a_message",
    "c2_broadcast::r2_1_a_reset_in_the_middle_of_a_broadcast_costs_nobody_a_message",
    "c2_broadcast::r2_1_every_message_reaches_every_other_client_exactly_once",
    "c2_broadcast::r2_2_never_reaches_its_sender",
    "c2_broadcast::r2_2_never_reaches_its_sender_when_many_speak_at_once",
    "c2_broadcast::r2_3_everybody_sees_one_order_in_which_each_senders_is_kept",
    "c2_broadcast::r2_4_a_message_is_labelled_with_its_senders_port",
    "c2_broadcast::r2_4_without_a_label_a_message_passes_as_it_came",
    "c2_broadcast::r2_5_a_quiet_server_prints_who_comes_and_goes_but_no_messages",
    "c2_broadcast::r2_5_the_server_prints_each_message",
    "c2_broadcast::r2_6_framing_line_waits_for_the_newline_for_ever",
    "c2_broadcast::r2_6_lf_and_crlf_end_a_line",
    "c2_broadcast::r2_6_what_is_no_text_is_part_of_no_line",
    "c2_broadcast::r2_7_a_character_cut_in_two_arrives_whole",
    "c2_broadcast::r2_7_what_is_not_utf_8_is_replaced_and_the_connection_lives",
    "c2_broadcast::r2_8_two_messages_in_one_read_are_two_and_an_empty_line_is_none",
    "c2_broadcast::r2_9_a_line_over_the_limit_is_dropped_whole_and_its_sender_told",
    "c2_broadcast::r2_9_an_endless_line_is_refused_before_it_ends",
    "c2_broadcast::r2_9_the_limit_can_be_chosen",
    "c3_leaving::r3_1_nothing_behind_salir_is_heard",
    "c3_leaving::r3_1_who_leaves_while_still_sending_sees_a_proper_end",
    "c3_leaving::r3_2_a_line_that_contains_the_word_is_a_message",
    "c3_leaving::r3_3_who_is_gone_is_removed_and_nobody_else_notices",
    "c3_leaving::r3_5_one_that_leaves_by_itself_is_told_no_reason",
    "c5::asking::r1_5_another_greeting_or_none",
    "c5::asking::r5_1_line_is_for_clients_that_read_lines",
    "c5::names::r5_1_name_and_first_message_may_come_together_or_cut_anywhere",
    "c5::names::r5_1_names_can_be_asked_for_without_a_profile",
    "c5::names::r5_1_the_keyword_follows_the_greeting",
    "c5::names::r5_1_who_has_no_name_neither_hears_nor_is_announced",
    "c5::names::r5_1_who_leaves_while_it_is_asked_is_announced_to_nobody",
    "c5::names::r5_4_a_name_is_free_again_when_its_owner_has_left",
    "c5::names::r5_4_a_name_that_can_be_taken_for_another_is_taken",
    "c5::names::r5_4_is_asked_five_times_at_most",
    "c5::names::r5_4_the_fifth_name_may_be_the_right_one",
    "c5::names::r5_5_a_name_has_up_to_32_characters",
    "c5::names::r5_5_a_name_that_is_not_utf_8_is_none",
    "c5::names::r5_5_nobody_is_called_like_the_operator",
    "c5::names::r5_5_people_are_called_as_they_write_their_names",
    "c5::names::r5_5_the_names_of_guests_are_reserved_where_clients_have_port_numbers",
    "c5::names::r5_5_what_is_no_name_is_refused_with_the_reason",
    "c5::presence::r5_3_a_name_that_was_cut_off_is_not_announced",
    "c5::presence::r5_3_presence_is_heard_of_those_who_were_not_asked_too",
    "c5::presence::r5_3_the_console_needs_no_second_line_for_a_guest",
    "c5::presence::r5_3_the_console_ties_names_to_addresses",
    "c5::presence::r5_3_the_room_hears_who_joins_and_leaves_however_it_leaves",
    "c5::presence::r5_3_without_presence_nobody_is_announced",
    "c6::conversation::r6_1_a_name_is_found_whatever_its_case_and_normal_form",
    "c6::conversation::r6_1_a_private_message_finds_who_is_in_another_room",
    "c6::conversation::r6_1_a_private_message_reaches_one_alone_and_its_sender_gets_a_receipt",
    "c6::conversation::r6_1_controls_pass_in_private_no_more_than_in_public",
    "c6::conversation::r6_1_what_cannot_be_sent_is_answered_and_heard_by_nobody",
    "c6::conversation::r6_1_who_changes_rooms_again_and_again_loses_no_private_message",
    "c6::conversation::r6_1_who_has_no_name_yet_cannot_be_written_to",
    "c6::conversation::r6_1_who_was_not_asked_for_a_name_has_one_too",
    "c6::conversation::r6_3_a_new_name_is_announced_once_and_in_order",
    "c6::conversation::r6_3_a_new_name_is_judged_like_the_first",
    "c6::conversation::r6_3_ayuda_lists_every_command",
    "c6::conversation::r6_3_quien_lists_the_room_and_salas_the_rooms",
    "c6::conversation::r6_3_responder_answers_whoever_wrote_last_under_whatever_name",
    "c6::conversation::r6_3_responder_does_not_answer_a_stranger_with_the_name_of_who_has_left",
    "c6::conversation::r6_3_salir_leaves",
    "c6::conversation::r6_3_the_old_name_is_free_and_the_new_one_reachable",
    "c6::conversation::r6_4_what_is_no_command_is_answered_and_never_shown_to_others",
    "c6::conversation::r6_4_without_commands_a_slash_is_a_letter",
    "c6::conversation::r6_5_every_alias_does_what_the_command_does",
    "c6::conversation::r6_6_what_people_say_begins_no_line_like_a_notice",
    "c6::rooms::r6_2_a_room_is_made_on_first_use_and_gone_with_its_last_member",
    "c6::rooms::r6_2_a_room_is_one_whatever_the_case_of_its_name",
    "c6::rooms::r6_2_messages_stay_in_their_room",
    "c6::rooms::r6_2_odd_names_of_rooms_are_refused",
    "c6::rooms::r6_2_presence_stays_in_its_room",
    "c6::rooms::r6_2_there_are_so_many_rooms_and_no_more",
    "c6::rooms::r6_2_what_is_said_around_a_move_is_heard_where_it_was_said",
    "c6::rooms::r6_2_who_goes_while_changing_rooms_leaves_nothing_behind",
    "c6::rooms::r6_2_who_is_in_the_room_already_stays",
    "c7_one_to_one::operator::r7_2_a_member_is_sent_away_by_its_name_and_the_room_hears_that_it_left",
    "c7_one_to_one::operator::r7_2_one_of_several_without_names_is_sent_away_by_address_or_port",
    "c7_one_to_one::operator::r7_2_one_that_sends_without_end_is_sent_away_as_well",
    "c7_one_to_one::operator::r7_2_the_client_that_is_there_is_sent_away_and_the_next_one_is_served",
    "c7_one_to_one::r7_1_places_for_two_are_given_one_by_one",
    "c7_one_to_one::r7_1_who_goes_while_waiting_is_gone_at_once",
    "c7_one_to_one::r7_1_who_leaves_while_it_waits_holds_up_nobody",
    "c7_one_to_one::r7_2_either_side_sends_at_any_moment",
    "c7_one_to_one::r7_2_the_name_of_the_operator_is_free_when_it_has_another",
    "c7_one_to_one::r7_2_what_is_piped_in_before_anybody_is_there_is_for_the_first_who_comes",
    "c7_one_to_one::r7_5_one_too_many_is_refused_until_a_place_is_free",
    "c7_one_to_one::r7_5_who_is_refused_is_not_heard",
    "c8_idle::r8_1_a_silent_connection_is_closed_with_a_notice",
    "robustness::faults::r2_1_a_flood_reaches_even_those_who_read_slower_than_it_is_sent",
    "robustness::faults::r2_1_a_reader_too_slow_for_a_flood_is_told_how_much_it_missed",
    "robustness::faults::r6_1_a_flood_of_private_messages_to_one_who_never_reads_delays_nobody",
    "robustness::faults::r6_2_those_who_change_rooms_all_the_time_are_announced_in_turn",
    "robustness::faults::r6_2_who_changes_rooms_without_end_delays_nobody",
    "robustness::limits::r1_9_an_address_has_so_many_connections_and_no_more",
    "robustness::limits::r1_9_who_has_left_counts_until_the_connection_is_closed",
    "robustness::limits::r1_9_who_waits_for_a_place_is_a_connection_of_its_address",
    "robustness::limits::r2_10_who_goes_while_it_may_not_talk_is_heard_to_the_end",
];

/// Those that take a second or more each, most of it without doing anything. They run through each kind of door, and not
/// through one that is made of two.
const LONG: &[&str] = &[
    "c5::names::r5_4_of_those_who_race_for_a_name_one_gets_it",
    "c5::names::r5_6_who_drips_its_name_is_closed",
    "c5::names::r5_6_who_floods_instead_of_giving_a_name_is_closed",
    "c5::names::r5_6_who_gives_no_name_in_time_is_closed_and_nobody_else",
    "c5::presence::r5_3_who_is_closed_for_silence_leaves_like_everybody",
    "c7_one_to_one::operator::r7_2_what_begins_with_a_slash_is_for_the_server_and_never_sent",
    "c7_one_to_one::r7_1_a_second_client_waits_unheard_and_is_served_when_the_first_has_left",
    "c7_one_to_one::r7_1_all_who_wait_are_served_in_the_order_of_their_coming",
    "c7_one_to_one::r7_2_an_operator_among_many_has_the_same_commands",
    "c8_idle::r8_1_off_is_off",
    "c8_idle::r8_2_bytes_in_either_direction_start_the_time_again",
    "c8_idle::r8_2_bytes_that_are_no_message_count_too",
    "c8_idle::r8_3_others_and_the_listener_are_untouched",
    "robustness::faults::r6_3_who_asks_without_end_and_never_reads_delays_nobody",
];

/// Runs tests with peers that come through this door.
fn run_through(door: &str, tests: &[&str]) {
    let program = env::current_exe().expect("the path of this program");
    let mut run = Command::new(program);
    // One at a time: this program's own tests run meanwhile.
    run.args(["--exact", "--test-threads=1"]).args(tests).env(VARIABLE, door);
    let run = run.output().expect("it runs");
    let (out, err) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    let all = format!("{} passed; 0 failed", tests.len());
    assert!(run.status.success() && out.contains(&all), "{out}{err}");
}

#[test]
fn r10_7_what_holds_for_lines_holds_through_a_websocket() {
    run_through("ws", &[TESTS, LONG].concat());
}

#[test]
fn r10_8_what_holds_for_lines_holds_through_tls() {
    run_through("tls", &[TESTS, LONG].concat());
}

#[test]
fn r10_8_what_holds_for_lines_holds_through_a_websocket_in_tls() {
    run_through("wss", TESTS);
}
