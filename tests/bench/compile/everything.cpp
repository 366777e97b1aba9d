// The file that sets everything up.
#include <fanlight/fanlight.hpp>

int main() {
  auto session = fanlight::init();
  fanlight::scoped_span const span{"operation"};
}
