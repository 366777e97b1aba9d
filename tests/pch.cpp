// Nothing but a place for the precompiled header to be made.
#include "pch.hpp"
