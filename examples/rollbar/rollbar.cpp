// An order that fails, as Rollbar gets it: the exception and what caused it, whom and which request it happened to, what was logged and
// called before, and the ids of the trace it belongs to. The token and, for tests, the address come from the environment:
//
//   ROLLBAR_ACCESS_TOKEN=… examples/rollbar          a failed order, and a message: 2 of 2 reports delivered
//   ROLLBAR_ACCESS_TOKEN=… examples/rollbar test     an error on purpose, to see that reports arrive
//   examples/rollbar                                 without a token, on stderr:
//     fanlight: config_bad [rollbar]: rollbar: there is no access token, so nothing is sent; set ROLLBAR_ACCESS_TOKEN, or access_token in code, to a project …
//   examples/rollbar show                            prints the items and sends nothing
//
// The exit status says whether all of it left.
#include <fanlight/fanlight.hpp>

#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string_view>

namespace fl = fanlight;
using namespace std::chrono_literals;

namespace {

struct card_declined : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void charge(int order) {
  fl::scoped_span call{"POST", {.kind = fl::span_kind::client}, {{"http.request.method", "POST"}, {"url.full", "https://pay.example/charge?token=abc"}}};
  call.set("http.response.status_code", 402);  // an item shows the call, without the token
  fl::warn("card was not accepted", {{"order", order}});
  throw card_declined{"card declined"};
}

void place_order(std::string_view user) {
  fl::scoped_span request{"POST /orders", {.kind = fl::span_kind::server}};
  fl::annotation const who{"user.id", user};                     // on the item: person
  fl::annotation const url{"url.full", "https://shop.example/orders"};  // request
  fl::annotation const method{"http.request.method", "POST"};
  fl::annotation const where{"http.route", "/orders"};           // context
  try {
    fl::guarded([] { charge(42); });
  } catch (std::exception const& error) {
    request.fail(error);
    fl::error_report{error}.at(fl::level::critical).set("order_id", 42).set("card", fl::object{{"last4", "4242"}, {"cvc", "123"}});
  }
}

fl::rollbar_config configuration(bool show) {
  fl::rollbar_config out;
  out.transmit = !show;
  out.rules = {{.type = "fanlight::test_error", .level = fl::rollbar_level::info}};
  out.transform = [](fl::rollbar_item& item) { item.set("custom/shop", "berlin"); };
  return out;
}

void test_route() {
  try {
    fl::guarded([] { fl::raise_test_error(); });
  } catch (std::exception const& error) {
    fl::error_report{error};
  }
}

}  // namespace

int main(int count, char** words) {
  std::string_view const what = count > 1 ? words[1] : "";
  auto session = fl::init({.service = "shop", .version = "1.4.0", .environment = "example", .exporters = {fl::rollbar(configuration(what == "show"))}, .shutdown_within = 500ms});
  if (what == "test") {
    test_route();
  } else {
    place_order("u-81");
    fl::error_report{"stock is low", fl::level::warn}.set("item", "tea").set("left", 3);
  }
  bool const left = session.flush(3s);
  auto const told = session.stats();
  std::printf("%llu of %llu reports delivered\n", static_cast<unsigned long long>(told.delivered), static_cast<unsigned long long>(told.accepted));
  return left && told.delivered != 0 ? 0 : 1;
}
