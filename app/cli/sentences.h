#pragma once
#include "core/base/error.h"

namespace sotto {

/// What happened, for a person: the error's own words, else a sentence that says what to do about its code.
QString sentenceOf(const Error &error);

} // namespace sotto
