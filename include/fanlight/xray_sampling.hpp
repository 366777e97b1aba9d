// X-Ray's way to decide which traces are sampled: rules with a reservoir and a rate, given in code, as JSON, in a file, or fetched from X-Ray.
// xray_rules() makes a sampler, an inert value; the pipeline that it is given to makes what runs: with central rules one thread of fanlight's
// own, started by the first trace, that ends with the pipeline. Decisions are taken on the thread that begins a trace and never wait for it.
#pragma once

#include <fanlight/sampler.hpp>
#include <fanlight/xray_sampling_config.hpp>

#include <initializer_list>

FANLIGHT_BEGIN

/// Follows a caller's decision; where a trace begins, or its caller left the decision open, the rules decide, for every back end. What is
/// wrong with them is told as `rules_bad`, and the built-in rule stays.
[[nodiscard]] sampler xray_rules(xray_sampling how);
[[nodiscard]] sampler xray_rules(std::initializer_list<xray_rule> rules, xray_default otherwise = {});

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/xray/sampling.ipp>
#endif
