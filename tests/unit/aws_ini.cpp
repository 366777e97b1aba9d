// The files of profiles as AWS's tools write them and people edit them.
#include "catch.hpp"

#include <fanlight/impl/aws/ini.hpp>

using namespace fanlight::detail;

namespace {

std::string value(ini_file const& in, std::string_view kind, std::string_view name, std::string_view key) {
  auto const* const section = in.find(kind, name);
  auto const* const entry = section == nullptr ? nullptr : section->find(key);
  return entry == nullptr ? "(none)" : entry->value;
}

}  // namespace

TEST_CASE("ini: sections, keys in any case, blanks, comments") {
  auto const in = read_ini(
      "# a comment\n[default]\nAWS_Access_Key_ID=AKIA\n  ; one that is indented\naws_secret_access_key =  a=b#c;d  \r\n\n[profile  dev ]\nregion=eu-west-1\n"
      "[profile \"two words\"]\nregion = eu-west-2\n[services s]\n");
  CHECK(value(in, "", "default", "aws_access_key_id") == "AKIA");
  CHECK(value(in, "", "default", "aws_secret_access_key") == "a=b#c;d");
  CHECK(value(in, "profile", "dev", "region") == "eu-west-1");
  CHECK(value(in, "profile", "two words", "region") == "eu-west-2");
  CHECK(in.find("services", "s") != nullptr);
  CHECK(in.find("", "dev") == nullptr);
  CHECK(in.bad_line == 0);
}

TEST_CASE("ini: a section that comes twice is one, the last of a key holds") {
  auto const in = read_ini("[a]\nk=1\n[b]\nk=2\n[a]\nk=3\nl=4");
  CHECK(in.sections.size() == 2);
  CHECK(value(in, "", "a", "k") == "3");
  CHECK(value(in, "", "a", "l") == "4");
}

TEST_CASE("ini: indented lines nest below a key without value, and continue one with") {
  auto const in = read_ini(
      "[services s]\ncloudwatch_logs =\n  endpoint_url = http://h:1/?a=b\n\n  other=x\nxray =\n\tendpoint_url=http://h:2\n[p]\nlong = one\n  two = three\nnext = 1\n");
  auto const* const logs = in.find("services", "s")->find("cloudwatch_logs");
  REQUIRE(logs != nullptr);
  CHECK(logs->below("endpoint_url") == "http://h:1/?a=b");
  CHECK(logs->below("other") == "x");
  CHECK(logs->below("none").empty());
  CHECK(in.find("services", "s")->find("xray")->below("endpoint_url") == "http://h:2");
  CHECK(value(in, "", "p", "long") == "one\ntwo = three");
  CHECK(value(in, "", "p", "next") == "1");
}

TEST_CASE("ini: entries that are indented alike are entries") {
  auto const in = read_ini("[default]\n  region = eu-west-1\n  output = json\n    more\n [profile b]\n region=x\n");
  CHECK(value(in, "", "default", "region") == "eu-west-1");
  CHECK(value(in, "", "default", "output") == "json\nmore");
  CHECK(value(in, "profile", "b", "region") == "x");
}

TEST_CASE("ini: what cannot be read is left out, and its first line told") {
  auto const in = read_ini("[a]\nk=1\nno equals\n=value\n[\nlost=1\n[b]\nk=2\n");
  CHECK(in.bad_line == 3);
  CHECK(value(in, "", "a", "k") == "1");
  CHECK(value(in, "", "b", "k") == "2");
  CHECK(in.sections.size() == 2);
  CHECK(read_ini("k=1\n[a]\n").bad_line == 1);
  CHECK(read_ini("[]\n").bad_line == 1);
}

TEST_CASE("ini: byte order marks, missing last line ends, nothing") {
  CHECK(value(read_ini("\xEF\xBB\xBF[a]\nk=1"), "", "a", "k") == "1");
  CHECK(read_ini("").sections.empty());
  CHECK(read_ini("\n\n \n").bad_line == 0);
}
