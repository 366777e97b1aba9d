// A second file of the same program that includes everything: no symbol may be defined twice.
#include <fanlight/fanlight.hpp>

void second_file() { fanlight::scoped_span span{"second file"}; }
