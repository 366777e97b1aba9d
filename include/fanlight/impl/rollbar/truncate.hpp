// Makes an item fit: step by step, from what is missed least, until it does. It always does. Pure; its lane's thread.
#pragma once

#include <fanlight/impl/rollbar/node.hpp>

#include <string>

FANLIGHT_BEGIN
namespace detail {

/// The request's body, `{"data":…}`, of at most `limit` bytes (8 KiB or more). What was done is listed in the item, at
/// `notifier.diagnostic.truncation`. True: something had to be.
bool fit_rollbar_item(rollbar_node& data, std::size_t limit, std::string& body);

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/rollbar/truncate.ipp>
#endif
