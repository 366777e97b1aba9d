// Bodies of problem.hpp.
#pragma once

#include <fanlight/problem.hpp>

FANLIGHT_BEGIN

FANLIGHT_INLINE std::string_view to_text(problem_code code) noexcept {
  switch (code) {
    case problem_code::config_bad: return "config_bad";
    case problem_code::environment_bad: return "environment_bad";
    case problem_code::already_initialised: return "already_initialised";
    case problem_code::second_copy: return "second_copy";
    case problem_code::feature_missing: return "feature_missing";
    case problem_code::thread_failed: return "thread_failed";
    case problem_code::ignored: return "ignored";
    case problem_code::no_parent: return "no_parent";
    case problem_code::segment_nested: return "segment_nested";
    case problem_code::ended: return "ended";
    case problem_code::out_of_order: return "out_of_order";
    case problem_code::attributes_dropped: return "attributes_dropped";
    case problem_code::key_empty: return "key_empty";
    case problem_code::header_bad: return "header_bad";
    case problem_code::context_callback_threw: return "context_callback_threw";
    case problem_code::late: return "late";
    case problem_code::log_callback_threw: return "log_callback_threw";
    case problem_code::metric_bad: return "metric_bad";
    case problem_code::baggage_bad: return "baggage_bad";
    case problem_code::queue_full: return "queue_full";
    case problem_code::capture_full: return "capture_full";
    case problem_code::delivery_failed: return "delivery_failed";
    case problem_code::rejected: return "rejected";
    case problem_code::exporter_threw: return "exporter_threw";
    case problem_code::exporter_stuck: return "exporter_stuck";
    case problem_code::recovered: return "recovered";
    case problem_code::flush_late: return "flush_late";
    case problem_code::file_failed: return "file_failed";
    case problem_code::process_threw: return "process_threw";
    case problem_code::sampler_threw: return "sampler_threw";
    case problem_code::expired: return "expired";
    case problem_code::key_refused: return "key_refused";
    case problem_code::redirected: return "redirected";
    case problem_code::back_end_warned: return "back_end_warned";
    case problem_code::key_changed: return "key_changed";
    case problem_code::key_dropped: return "key_dropped";
    case problem_code::value_cut: return "value_cut";
    case problem_code::value_dropped: return "value_dropped";
    case problem_code::name_changed: return "name_changed";
    case problem_code::annotations_over_50: return "annotations_over_50";
    case problem_code::late_child: return "late_child";
    case problem_code::left_open: return "left_open";
    case problem_code::doc_split: return "doc_split";
    case problem_code::doc_trimmed: return "doc_trimmed";
    case problem_code::doc_dropped: return "doc_dropped";
    case problem_code::unprocessed: return "unprocessed";
    case problem_code::send_failed: return "send_failed";
    case problem_code::rules_bad: return "rules_bad";
    case problem_code::rules_converted: return "rules_converted";
    case problem_code::rules_missing: return "rules_missing";
  }
  return "unknown";
}

FANLIGHT_END
