// One span as the members of an X-Ray segment or subsegment, straight from its packed entry: name, times, blocks, flags, cause,
// annotations, metadata. What surrounds them (ids, nesting) is the builder's. OpenTelemetry's attributes are read by their old and new
// names. A writer is made and owned by the builder; its lane's thread alone; it keeps room from one span to the next, and nothing else.
#pragma once

#include <fanlight/impl/json.hpp>
#include <fanlight/impl/survey.hpp>
#include <fanlight/impl/xray/form.hpp>
#include <fanlight/impl/xray/keys.hpp>
#include <fanlight/impl/xray/names.hpp>
#include <fanlight/impl/xray/sender.hpp>

FANLIGHT_BEGIN
namespace detail {

/// What a span that is too large must do without.
struct xray_trim {
  std::vector<unsigned char> gone;  // metadata entries, by their place
  bool short_query = false, no_stacks = false, first_exception = false, brief = false, no_annotations = false;
  std::vector<std::string> lost;    // each loss in words
  std::size_t lost_more = 0;        // beyond those
};

/// A member of metadata or annotations, as it was found.
struct xray_member {
  std::string_view space, key;
  unsigned char const* item = nullptr;
  bool is_document = false;    // its value is a JSON object in text: a whole namespace
  bool dead = false;           // another one of the same name replaces it
  std::size_t size = 0;        // in bytes, once written
};

class xray_writer {
 public:
  xray_writer(xray_form const& form, xray_notices& notices) : form_{form}, notices_{notices} {}
  xray_writer(xray_writer const&) = delete;
  xray_writer& operator=(xray_writer const&) = delete;

  /// Writes `,"name":…` and all that follows; no brackets around it. Without `trim` it gets all it has.
  void write(send_buffer& to, batch_data const& batch, unsigned char const* at, bool segment, xray_trim const* trim = nullptr);
  /// The same within `limit` bytes, with the least loss. False: it cannot be done, and nothing is written.
  bool write_within(send_buffer& to, std::size_t limit, batch_data const& batch, unsigned char const* at, bool segment);

 private:
  class entry_writer;

  [[nodiscard]] bool trim_metadata(xray_trim& trim, std::size_t excess);
  [[nodiscard]] bool trim_more(xray_trim& trim, unsigned& step, std::string_view fragment);

  xray_form const& form_;
  xray_notices& notices_;
  xray_sender sender_;
  std::vector<xray_member> metadata_, annotations_;
  std::vector<std::unique_ptr<std::string>> cleaned_;  // keys that had to be changed
  send_buffer scratch_;
};

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/xray/document.ipp>
#endif
