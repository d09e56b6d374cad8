#pragma once
#include <QObject>
#include <functional>
#include <memory>

namespace sotto::kit {

/// Adds a Qt Test class to this binary's list; called by SOTTO_TEST before main().
bool registerTest(std::function<std::unique_ptr<QObject>()> make);

} // namespace sotto::kit

/// Registers the Qt Test class `Class` with its test binary. The binary runs every registered class; `binary Class`
/// runs one, `binary Class function…` some of its functions.
#define SOTTO_TEST(Class)                                                                                              \
    static const bool registered##Class = ::sotto::kit::registerTest([] { return std::make_unique<Class>(); });
