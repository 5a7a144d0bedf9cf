// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "report/json_reader.h"
#include "report/results.h"

namespace rogate::report {

/// Each reads one element of a results file; what is wrong with it is told to `problems`.
Machine read_machine(const Json& json, const JsonPlace& place, JsonProblems& problems);
std::vector<lab::GuestCommand> read_guest(const Json& json, const JsonPlace& place, JsonProblems& problems);
std::vector<std::optional<uint32_t>> read_checksums(const Json& json, const JsonPlace& place, JsonProblems& problems);
std::vector<lab::WireRequest> read_wire(const Json& json, const JsonPlace& place, JsonProblems& problems);

/// Takes `verdict`, `reasons` and `evidence` of `object`; the lists of `results` must be there already.
Outcome read_outcome(JsonObject& object, const Results& results);

/// A verdict's word; a problem when there is no such verdict.
matrix::VerdictKind read_verdict(JsonObject& object, const char* key);

/// Calls `read(element, place)` for each element of the member `key`.
template <class Reader>
void for_each(JsonObject& object, const char* key, Reader read)
{
    const Json* list = object.array(key);
    const JsonPlace place = object.at(key);
    for (size_t i = 0; list && i < list->size(); ++i) {
        read((*list)[i], JsonPlace{&place, nullptr, i});
    }
}

}  // namespace rogate::report
