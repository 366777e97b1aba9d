// Who sends: the attributes that hold for everything a pipeline makes (service, host, process). A value, made once when the pipeline
// starts, then shared unchanged.
#pragma once

#include <fanlight/value.hpp>

#include <string>

FANLIGHT_BEGIN

struct resource {
  object attributes;
  std::string schema_url;

  /// The text of an attribute, or an empty one.
  [[nodiscard]] std::string_view get(std::string_view key) const noexcept { return attributes.get(key).as_text(); }
  /// Takes over what `stronger` says, even empty values. False: the schema URLs differ, and ours is kept.
  bool merge(resource const& stronger) {
    for (auto const item : stronger.attributes.members()) attributes.set(item.key, item.value);
    if (schema_url.empty()) schema_url = stronger.schema_url;
    return stronger.schema_url.empty() || stronger.schema_url == schema_url;
  }
};

FANLIGHT_END
