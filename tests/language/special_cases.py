"""Diagnostics that no small text file can cause, and the test that causes each."""

from __future__ import annotations

SPECIAL = {
    "DG0101": "test_files.test_a_missing_file",
    "DG0102": "test_files.test_what_is_no_regular_file",
    "DG0103": "test_files.test_a_huge_file_is_refused_unread",
    "DG0104": "test_files.test_binary_junk_is_one_clear_line",
    "DG0111": "test_files.test_too_many_values",
    "DG0124": "test_check_paths.test_an_unused_fragment_is_named",
    "DG0125": "test_check_paths.test_two_devices_that_make_one_module",
    "DG0126": "test_check_paths.test_a_link_out_of_the_folder_is_not_read",
    "DG0151": "../cli/test_finding_formats.test_a_stale_file_is_a_finding_of_the_build",
    "DG0152": "../cli/test_finding_formats.test_a_left_over_file_is_a_finding_of_the_build",
    "DG0446": "test_register_types.test_uses_are_bounded",
    "DG0501": "test_behaviour_limits.test_a_text_that_is_too_long",
    "DG0537": "test_behaviour_limits.test_a_function_that_is_used_in_too_many_ways",
    "DG1030": "test_kernel_room.test_files_that_do_not_fit_are_found_by_the_check",
    "DG0199": "test_diagnostics.test_the_rest_is_counted",
    "DG0211": "test_schema.test_a_rule_without_words_of_its_own",
}
