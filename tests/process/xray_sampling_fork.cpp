// A fork while X-Ray's sampling rules are in force: the child forgets them, decides by the local ones, and fetches them again on a thread and
// over a connection of its own, as another client; the parent's go on as if nothing had been.
#include "process.hpp"

#include "support/fault_server.hpp"

#include <fanlight/subsegment.hpp>
#include <fanlight/xray_sampling.hpp>

#include <set>

using namespace process;

namespace {

constexpr char rules[] = R"({"SamplingRuleRecords":[{"SamplingRule":{"RuleName":"all","ResourceARN":"*","Priority":1,"FixedRate":1,"ReservoirSize":0,
  "ServiceName":"*","ServiceType":"*","Host":"*","HTTPMethod":"*","URLPath":"*","Version":1}}],
  "SamplingTargetDocuments":[{"RuleName":"all","FixedRate":1,"ReservoirQuota":1000000,"ReservoirQuotaTTL":4000000000}]})";

[[nodiscard]] fl::sampling_source source_of_next() {
  fl::segment const one{"svc"};
  return fl::why_sampled().source;
}
/// Rules, then a report, and with its answer a quota.
[[nodiscard]] bool quota_comes(fl::session& session) {
  return eventually([&] {
    session.flush(patience);  // or the probes would fill the ring
    fl::segment const one{"svc"};
    return fl::why_sampled().by == fl::sampling_means::reservoir && fl::why_sampled().source == fl::sampling_source::central;
  });
}

/// Who reported.
[[nodiscard]] std::set<std::string> clients(std::vector<test::seen_request> const& requests) {
  std::set<std::string> out;
  for (auto const& each : requests)
    if (auto const at = each.body.find("\"ClientID\":\""); at != std::string::npos) out.insert(each.body.substr(at + 12, 24));
  return out;
}

void rules_are_not_shared() {
  test::fault_server server;
  server.always(test::behaviour::answer(200, {{"Content-Type", "application/json"}}, rules));
  fl::xray_sampling how;
  how.central = fl::xray_central{.endpoint = "127.0.0.1:" + std::to_string(server.port()), .targets_every = std::chrono::milliseconds{100}};
  fl::config all;
  all.sampler = fl::xray_rules(how);
  all.exporters = std::vector<fl::exporter_spec>{};
  all.process = [](fl::record_editor& one) { one.drop(); };
  all.detect_resource = all.read_environment = false;
  auto session = fl::init(all);
  EXPECT(quota_comes(session));
  EXPECT(in_child([&] {
           EXPECT(source_of_next() == fl::sampling_source::built_in);
           EXPECT(quota_comes(session));
           EXPECT(session.shutdown(patience));
         }) == 0);
  EXPECT(source_of_next() == fl::sampling_source::central);
  EXPECT(session.shutdown(patience));
  EXPECT(server.connections() == 2);
  EXPECT(clients(server.requests()).size() == 2);
}

}  // namespace

int main() {
  if (!fork_is_not_tried.empty()) return std::puts(fork_is_not_tried.data()), 77;
  rules_are_not_shared();
  return failures();
}
