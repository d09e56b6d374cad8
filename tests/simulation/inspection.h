#pragma once
#include "tests/kit/world.h"

namespace sotto::simulation {

/// Writes what a desktop's database says about mail, a line a row, into a file of `folder`, for whoever looks for the
/// reason of a finding.
void writeDown(kit::World &world, const kit::Person &who, std::size_t desktop, const QString &folder);

} // namespace sotto::simulation
