// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "report/json.h"

namespace rogate::report {

/// Where in a file a value stands; a text is made of it only for a message.
struct JsonPlace {
    const JsonPlace* parent = nullptr;
    const char* key = nullptr;  ///< of an object's member
    size_t index = 0;           ///< of an array's element, when there is no key
    [[nodiscard]] std::string text() const;
};

/// Remembers the first thing that is wrong with a file; later ones are mostly its consequences.
class JsonProblems {
public:
    explicit JsonProblems(std::string file) : file_(std::move(file)) {}
    void add(const JsonPlace& place, const std::string& what, const std::string& hint = {});
    [[nodiscard]] bool any() const { return first_.has_value(); }
    [[nodiscard]] const Error& first() const { return *first_; }

private:
    std::string file_;
    std::optional<Error> first_;
};

/// Parses `text`. Errors: corrupt, naming the file, line and column.
Result<Json> parse_json(std::string_view text, const std::string& file);

/// Takes the members of one object, each at most once; what is missing, of the wrong type or left over is a problem.
/// A value that cannot be had is returned empty, so that callers need no branches.
class JsonObject {
public:
    JsonObject(const Json& json, const JsonPlace& place, JsonProblems& problems);
    ~JsonObject() = default;
    JsonObject(const JsonObject&) = delete;
    JsonObject& operator=(const JsonObject&) = delete;

    std::string text(const char* key);
    std::string text_if_any(const char* key);
    bool flag(const char* key);
    bool flag_if_any(const char* key);
    uint64_t number(const char* key);
    int signed_number(const char* key);
    double real(const char* key);
    /// Lower-case hexadecimal digits, 1..8 of them.
    uint32_t hex(const char* key);
    std::optional<uint32_t> hex_if_any(const char* key);
    std::vector<std::string> texts(const char* key);
    /// A place in a list of `size` elements.
    std::optional<size_t> index_if_any(const char* key, size_t size);
    /// The member as it is; null when there is none, which is a problem unless `optional`.
    const Json* member(const char* key, bool optional = false);
    const Json* array(const char* key);
    const Json* object(const char* key, bool optional = false);

    [[nodiscard]] JsonPlace at(const char* key) const { return {&place_, key, 0}; }
    void problem(const char* key, const std::string& what) { problems_.add(at(key), what); }
    [[nodiscard]] JsonProblems& problems() { return problems_; }
    /// To be called last: members that nobody took are problems, with the nearest known key.
    void finish();

private:
    const Json* json_ = nullptr;
    JsonPlace place_;
    JsonProblems& problems_;
    std::vector<const char*> asked_;
    size_t taken_ = 0;
};

/// Lower-case hexadecimal; nothing when `text` is anything else or longer than 8 digits.
std::optional<uint32_t> parse_hex(std::string_view text);

}  // namespace rogate::report
