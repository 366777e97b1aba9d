// The whole of fanlight::compiled: every body, once.
#include <fanlight/impl/src.hpp>
