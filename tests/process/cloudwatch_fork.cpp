// W9 of the CloudWatch page: after a fork parent and child write to streams of their own, the child's with its own number in the name, and no
// line is sent twice.
#include "process.hpp"

#include "support/fake_cloudwatch.hpp"

using namespace process;

namespace {

[[nodiscard]] std::size_t lines_of(support::fake_cloudwatch const& there, std::string const& stream) { return there.messages("cruddur", stream).size(); }

void streams_are_not_shared() {
  ::setenv("no_proxy", "*", 1);
  support::fake_cloudwatch there;
  there.make("cruddur");
  fl::cloudwatch_config how;
  how.log_group = "cruddur";
  how.log_stream = "p{process_id}";
  how.region = "us-east-1";
  how.endpoint = there.url();
  how.aws.access_key_id = support::fake_cloudwatch::key_id;
  how.aws.secret_access_key = support::fake_cloudwatch::secret;
  auto session = fl::init({.exporters = {fl::cloudwatch(how)},
                           .batching = {.span_delay = never, .log_delay = never},
                           .detect_resource = false,
                           .read_environment = false});
  for (int i = 0; i < 3; ++i) fl::info("parent");  // not sent yet when the child begins
  EXPECT(in_child([&] {
           fl::info("child");
           fl::info("child");
           EXPECT(session.flush(patience));
           EXPECT(session.shutdown(patience));
         }) == 0);
  EXPECT(session.flush(patience));
  EXPECT(session.shutdown(patience));
  auto const streams = there.groups().at("cruddur").streams;
  EXPECT(streams.size() == 2);
  EXPECT(lines_of(there, "p" + std::to_string(::getpid())) == 3);
  for (auto const& [name, lines] : streams)
    if (name != "p" + std::to_string(::getpid())) EXPECT(lines.size() == 2);
  EXPECT(there.refusals().empty());
}

}  // namespace

int main() {
  if (!fork_is_not_tried.empty()) return std::puts(fork_is_not_tried.data()), 77;
  streams_are_not_shared();
  return failures();
}
