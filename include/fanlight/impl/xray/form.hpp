// How spans become X-Ray documents: options, limits, and what there was to complain of. Values; the exporter makes them from its
// configuration and its lane's thread uses them.
#pragma once

#include <fanlight/problem.hpp>
#include <fanlight/value.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

FANLIGHT_BEGIN
namespace detail {

struct xray_form {
  std::string tracing_name = {};                      // every segment's name (AWS_XRAY_TRACING_NAME); empty: the segment's own
  std::vector<std::string> indexed_attributes = {};   // attributes that become annotations too
  bool index_all = false;                             // all that no block takes
  bool collect_sql = false;                           // sql.sanitized_query; else the text goes nowhere
  bool keep_query = false;                            // the query of URLs; user, password and fragment never stay
  bool exceptions_as_error = false;                   // an exception means error: true, and not fault: true
  bool source_facts = false;                          // code.* and thread.id as metadata
  bool resource_facts = false;                        // the resource's attributes as metadata of segments
  object platform = {};                               // what was found out of it: wins over the resource in what segments say of their sender
  bool roots_are_subsegments = false;                 // Lambda: the segment belongs to the platform
};

struct xray_limits {
  std::size_t budget = 64'000;             // bytes of a document
  std::size_t least_budget = 4'096;        // what halving ends at
  std::size_t held_records = 65'536;       // children that wait for their segment
  std::size_t held_bytes = std::size_t{32} << 20;  // of the batches they lie in
  std::chrono::seconds longest_wait{600};  // for a segment that stays open, or was lost: then they go on their own
};

/// What went wrong in making documents: for each code how often, and the first case in words. No values of users in them: keys and names.
class xray_notices {
 public:
  struct notice {
    problem_code code;
    std::string what;
    std::uint64_t times;
  };
  /// `words()` gives the text, and is called for the first case only.
  template <class Words>
  void add(problem_code code, Words&& words, std::uint64_t times = 1) {
    for (auto& each : all_)
      if (each.code == code) {
        each.times += times;
        return;
      }
    all_.push_back({code, words(), times});
  }
  [[nodiscard]] std::vector<notice> const& all() const noexcept { return all_; }
  [[nodiscard]] bool empty() const noexcept { return all_.empty(); }
  void clear() noexcept { all_.clear(); }

 private:
  std::vector<notice> all_;
};

}  // namespace detail
FANLIGHT_END
