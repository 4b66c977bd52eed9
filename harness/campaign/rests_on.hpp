// How far a finding can be trusted: whether the fakes whose behaviour led to it are known to behave
// as the real services do.
#pragma once

#include <vector>

#include "harness/campaign/past.hpp"
#include "harness/campaign/result.hpp"

namespace raceproof::campaign {

/// By fake, in the order of `fakes`, what a finding with this past rests on: each request that its
/// past has put to the fake, answered or not, for silence leads on too; how it was refused; and the
/// faults and outages that the scenario made up. Behaviour counts as verified if the contract suite
/// of the fake has compared the like with the real service (fakes/*/verified.yaml); faults and
/// outages never do. Fakes that had no part in it are left out. Scripted clients are no fakes: what
/// they do is the scenario.
[[nodiscard]] std::vector<RestsOn> rests_on(const Past& past, const std::vector<FakeUsed>& fakes);

}  // namespace raceproof::campaign
