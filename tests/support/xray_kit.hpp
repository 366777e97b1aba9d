// For tests of X-Ray documents: taken out of an outbox and parsed. They are also written to the folder that FANLIGHT_XRAY_DOCUMENTS names,
// over which tests/xray/check_documents.py runs the schemas.
#pragma once

#include <fanlight/impl/xray/assembler.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "catch.hpp"
#include "kept.hpp"

namespace support {

namespace fl = fanlight;

/// A document, parsed.
class json_value {
 public:
  explicit json_value(std::string const& text) : document_{std::make_shared<rapidjson::Document>()}, at_{document_.get()} {
    document_->Parse<rapidjson::kParseFullPrecisionFlag>(text.c_str(), text.size());
    if (document_->HasParseError()) FAIL("no JSON: " << text);
  }
  [[nodiscard]] json_value operator[](char const* key) const {
    static rapidjson::Value const none;
    if (!at_->IsObject() || !at_->HasMember(key)) return {document_, &none};
    return {document_, &(*at_)[key]};
  }
  [[nodiscard]] json_value at(std::size_t i) const {
    if (!at_->IsArray() || i >= at_->Size()) throw std::out_of_range{"no element " + std::to_string(i) + " in " + text()};
    return {document_, &(*at_)[static_cast<rapidjson::SizeType>(i)]};
  }
  [[nodiscard]] bool has(char const* key) const { return at_->IsObject() && at_->HasMember(key); }
  [[nodiscard]] std::size_t size() const { return at_->IsArray() ? at_->Size() : at_->IsObject() ? at_->MemberCount() : 0; }
  /// As compact JSON, a text without its quotation marks.
  [[nodiscard]] std::string text() const {
    if (at_->IsString()) return {at_->GetString(), at_->GetStringLength()};
    rapidjson::StringBuffer out;
    rapidjson::Writer<rapidjson::StringBuffer> writer{out};
    at_->Accept(writer);
    return {out.GetString(), out.GetSize()};
  }
  [[nodiscard]] rapidjson::Value const& raw() const { return *at_; }
  friend bool operator==(json_value const& a, std::string_view b) { return a.text() == b; }
  friend std::ostream& operator<<(std::ostream& out, json_value const& of) { return out << of.text(); }
  /// Without what stands on a page of its own: service, origin, aws.xray.
  [[nodiscard]] std::string bare() const {
    rapidjson::Document copy;
    copy.CopyFrom(*at_, copy.GetAllocator());
    if (copy.HasMember("aws")) copy["aws"].RemoveMember("xray");
    if (copy.HasMember("aws") && copy["aws"].ObjectEmpty()) copy.RemoveMember("aws");
    copy.RemoveMember("service"), copy.RemoveMember("origin");
    rapidjson::StringBuffer out;
    rapidjson::Writer<rapidjson::StringBuffer> writer{out};
    copy.Accept(writer);
    return {out.GetString(), out.GetSize()};
  }

 private:
  json_value(std::shared_ptr<rapidjson::Document> document, rapidjson::Value const* at) : document_{std::move(document)}, at_{at} {}
  std::shared_ptr<rapidjson::Document> document_;
  rapidjson::Value const* at_;
};

/// For the schemas.
inline void keep_document(std::string_view body) { keep_text("FANLIGHT_XRAY_DOCUMENTS", body); }

/// All that is in the outbox, which is empty then.
[[nodiscard]] inline std::vector<std::string> bodies_of(fl::detail::xray_outbox& outbox) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < outbox.size(); ++i) {
    if (outbox[i].records == 0 && !outbox[i].in_progress) continue;  // void
    out.emplace_back(outbox.body(i));
    keep_document(out.back());
  }
  outbox.clear();
  return out;
}

[[nodiscard]] inline std::uint64_t times_of(fl::detail::xray_notices const& all, fl::problem_code code) {
  for (auto const& each : all.all())
    if (each.code == code) return each.times;
  return 0;
}

}  // namespace support
